"""Distribution transformers as equipment, and what leads to the dedicated ones.

Rule: a public transformer stands at its feeder's node; a dedicated one at the building, behind a fuse and a
line of its own, which follows the street.
"""

from __future__ import annotations

import numpy as np

from storm.city.arrays import Flags, Floats, Longs, Objects, numbered, rank_in_group
from storm.city.feeders import FeederTrees
from storm.city.grid_rows import FEEDER_KV, LOW_KV, LineRows, NodeRows, SwitchRows, TransformerRows
from storm.city.medium_voltage import FeederNodes, feeder_ids
from storm.city.street_plan import StreetPlan
from storm.city.transformers import Premises
from topology.phases import ABC

_ASIDE_M = 5.0


def make_transformers(
    *,
    nodes: NodeRows,
    plan: StreetPlan,
    trees: FeederTrees,
    at: FeederNodes,
    premises: Premises,
    phases: Longs,
    rated_kva: Floats,
    is_underground: Flags,
) -> tuple[TransformerRows, LineRows, SwitchRows]:
    """Return the transformers of all premises, and the lines and fuses of dedicated ones.

    Args:
        nodes: where nodes are added.
        plan: the streets.
        trees: the feeders.
        at: their nodes.
        premises: the buildings by transformer.
        phases: by transformer.
        rated_kva: by transformer.
        is_underground: by street edge.
    """
    firsts = premises.firsts()
    tree_node, own = premises.tree_node[firsts], premises.is_dedicated[firsts]
    feeder, edge = trees.feeder[tree_node], premises.buildings.edge[firsts]
    rank = rank_in_group(tree_node)
    x = np.where(own, premises.buildings.x_m[firsts] + 7, at.x_m[tree_node] + 4 + 3.5 * rank)
    y = np.where(own, premises.buildings.y_m[firsts] + 7, at.y_m[tree_node] + 4)
    fed_from = at.node[tree_node].copy()
    bend = plan.places_along(premises.corner[firsts], edge, premises.away_m[firsts], aside_m=_ASIDE_M)
    way = np.stack([at.x_m[tree_node], bend[0], x]), np.stack([at.y_m[tree_node], bend[1], y])
    way = way[0][:, own], way[1][:, own]
    spurs, fuses = _spurs(nodes, trees, at, tree_node[own], way, is_underground[edge[own]])
    fed_from[own] = spurs.to_node
    rows = TransformerRows(
        id=_ids(trees, feeder),
        from_node=fed_from,
        to_node=nodes.add(x, y, LOW_KV),
        phases=phases,
        is_station=np.zeros(len(feeder), dtype=np.bool_),
        is_dedicated=own,
        rated_kva=rated_kva,
        feeder=feeder,
        edge=edge,
        x_m=x,
        y_m=y,
    )
    return rows, spurs, fuses


def _ids(trees: FeederTrees, feeder: Longs) -> Objects:
    """Return ids like S01F03-T012, which count the transformers of each feeder."""
    names = feeder_ids(trees)
    order = np.argsort(feeder, kind="stable")
    number = np.empty(len(feeder), dtype=np.int64)
    number[order] = rank_in_group(feeder[order]) + 1
    ids = np.empty(len(feeder), dtype=object)
    ids[:] = [f"{names[f]}-T{n:03d}" for f, n in zip(feeder.tolist(), number.tolist(), strict=True)]
    return ids


def _spurs(  # noqa: PLR0917 - one caller
    nodes: NodeRows,
    trees: FeederTrees,
    at: FeederNodes,
    tree_node: Longs,
    way_m: tuple[Floats, Floats],
    is_underground: Flags,
) -> tuple[LineRows, SwitchRows]:
    """The fuse and the line to each dedicated transformer; the way has start, bend and end of all as rows."""
    count = len(tree_node)
    start = nodes.add(at.x_m[tree_node], at.y_m[tree_node], FEEDER_KV)
    end = nodes.add(way_m[0][-1], way_m[1][-1], FEEDER_KV)
    feeder, phases = trees.feeder[tree_node], np.full(count, ABC, dtype=np.int64)
    numbers = np.arange(1, count + 1, dtype=np.int64)
    lines = LineRows(
        id=numbered("SPUR", numbers, 5),
        from_node=start,
        to_node=end,
        phases=phases,
        is_underground=is_underground,
        rated_a=np.full(count, 200.0),
        feeder=feeder,
        points=np.full(count, 3, dtype=np.int64),
        x_m=way_m[0].T.ravel(),
        y_m=way_m[1].T.ravel(),
    )
    ids = numbered("SPURFU", numbers, 5).astype(object)
    fuses = SwitchRows(
        id=ids,
        from_node=at.node[tree_node],
        to_node=start,
        phases=phases,
        kind=np.full(count, "fuse", dtype=object),
        normally_open=np.zeros(count, dtype=np.bool_),
        remote_controlled=np.zeros(count, dtype=np.bool_),
        rated_a=np.full(count, 100.0),
        feeder=feeder,
        name=ids,
        x_m=at.x_m[tree_node],
        y_m=at.y_m[tree_node],
    )
    return lines, fuses
