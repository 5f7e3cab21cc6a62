"""Distribution transformers as equipment, and what leads to the dedicated ones.

Rule: a public transformer stands at its feeder's node; a dedicated one at the building, behind a fuse and a
line of its own.
"""

from __future__ import annotations

import numpy as np

from storm.city.arrays import Flags, Floats, Longs, Objects, numbered, rank_in_group
from storm.city.feeders import FeederTrees
from storm.city.grid_rows import FEEDER_KV, LOW_KV, LineRows, NodeRows, SwitchRows, TransformerRows
from storm.city.medium_voltage import FeederNodes, feeder_ids
from storm.city.transformers import Premises
from topology.phases import ABC


def make_transformers(
    *,
    nodes: NodeRows,
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
        trees: the feeders.
        at: their nodes.
        premises: the buildings by transformer.
        phases: of each transformer.
        rated_kva: of each transformer.
        is_underground: whether there are cables rather than overhead lines, by street edge.
    """
    firsts = premises.firsts()
    tree_node, own = premises.tree_node[firsts], premises.is_dedicated[firsts]
    feeder, edge = trees.feeder[tree_node], premises.buildings.edge[firsts]
    rank = rank_in_group(tree_node)
    x = np.where(own, premises.buildings.x_m[firsts] + 7, at.x_m[tree_node] + 4 + 3.5 * rank)
    y = np.where(own, premises.buildings.y_m[firsts] + 7, at.y_m[tree_node] + 4)
    fed_from = at.node[tree_node].copy()
    spurs, fuses = _spurs(
        nodes, trees, at, tree_node[own], x_m=x[own], y_m=y[own], is_underground=is_underground[edge[own]]
    )
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


def _spurs(
    nodes: NodeRows,
    trees: FeederTrees,
    at: FeederNodes,
    tree_node: Longs,
    *,
    x_m: Floats,
    y_m: Floats,
    is_underground: Flags,
) -> tuple[LineRows, SwitchRows]:
    """The fuse and the line to each dedicated transformer."""
    count = len(tree_node)
    start = nodes.add(at.x_m[tree_node], at.y_m[tree_node], FEEDER_KV)
    end = nodes.add(x_m, y_m, FEEDER_KV)
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
        points=np.full(count, 2, dtype=np.int64),
        x_m=np.column_stack([at.x_m[tree_node], x_m]).ravel(),
        y_m=np.column_stack([at.y_m[tree_node], y_m]).ravel(),
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
