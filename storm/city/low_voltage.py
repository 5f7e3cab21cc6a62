"""Low voltage along the streets and into each house, as equipment.

Rules:
1. From a transformer a main runs along each street edge with a pole (or a cable cabinet) for the houses of
   every 38 m, on both sides; to a corner that is served from the next one, a main leads there first.
2. Each building has a node of its own and a service line from the nearest pole; flats share the node.
3. A customer with a dedicated transformer is at its low-voltage terminals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Flags, Floats, Longs, numbered
from storm.city.feeders import FeederTrees
from storm.city.grid_rows import LOW_KV, LineRows, NodeRows, TransformerRows
from storm.city.street_plan import StreetPlan
from storm.city.transformers import Premises, Units

_POLE_EVERY_M = 38.0
_ASIDE_M = 6.0
_MAIN_A, _SERVICE_A = 250.0, 63.0


@dataclass(frozen=True, slots=True)
class _Poles:
    of_building: Longs  # -1 for a building with a transformer of its own
    node: Longs
    before: Longs
    transformer: Longs
    edge: Longs


def make_low_voltage(
    nodes: NodeRows,
    plan: StreetPlan,
    trees: FeederTrees,
    *,
    premises: Premises,
    units: Units,
    transformers: TransformerRows,
    cables: Flags,
) -> tuple[LineRows, Longs]:
    """Return the lines below the transformers, and the node to which each building's customers are connected.

    `cables` tells by street edge whether there are cables.
    """
    poles, corner_mains = _poles(nodes, plan, trees, premises, transformers)
    buildings = premises.buildings
    public = np.flatnonzero(~premises.is_dedicated)
    node_of_building = transformers.to_node[premises.transformer].copy()
    node_of_building[public] = nodes.add(buildings.x_m[public], buildings.y_m[public], LOW_KV)
    in_building = np.zeros(buildings.count, dtype=np.int64)
    np.bitwise_or.at(in_building, units.building, units.phases)
    ends = poles.node[poles.of_building[public]], node_of_building[public]
    services = np.stack([*ends, premises.transformer[public], buildings.edge[public]], axis=1)
    mains = np.stack([poles.before, poles.node, poles.transformer, poles.edge], axis=1)
    sections = np.concatenate([corner_mains, mains, services])
    count = len(sections) - len(public)
    lines = _low_lines(
        nodes,
        sections,
        phases=np.r_[transformers.phases[sections[:count, 2]], in_building[public]],
        rated_a=np.r_[np.full(count, _MAIN_A), np.full(len(public), _SERVICE_A)],
        feeder=transformers.feeder[sections[:, 2]],
        is_underground=cables[sections[:, 3]],
    )
    return lines, node_of_building


def _poles(
    nodes: NodeRows, plan: StreetPlan, trees: FeederTrees, premises: Premises, transformers: TransformerRows
) -> tuple[_Poles, Longs]:
    """Return the poles, and the mains to corners that are served from the next one (as rows of sections)."""
    public = np.flatnonzero(~premises.is_dedicated)
    keys = np.stack(
        [
            premises.transformer[public],
            premises.corner[public],
            premises.buildings.edge[public],
            (premises.away_m[public] / _POLE_EVERY_M).astype(np.int64),
        ]
    )
    new = _changes(keys)
    pole = np.cumsum(new) - 1
    transformer, corner, edge, _ = keys[:, new]
    away = np.bincount(pole, weights=premises.away_m[public]) / np.maximum(np.bincount(pole), 1)
    x, y = plan.places_along(corner, edge, away, aside_m=_ASIDE_M)
    node = nodes.add(x, y, LOW_KV)
    is_first = _changes(keys[:3, new])
    is_corner = _changes(keys[:2, new]) & (corner != trees.corner[premises.tree_node[public][new]])
    root = transformers.to_node[transformer].copy()
    corner_node = nodes.add(plan.x_m[corner[is_corner]] + 3, plan.y_m[corner[is_corner]] + 3, LOW_KV)
    # From its first pole on, all of a corner hang from that corner's node.
    is_guest = corner != trees.corner[premises.tree_node[public][new]]
    root[is_guest] = corner_node[np.cumsum(is_corner)[is_guest] - 1]
    before = np.where(is_first, root, np.r_[node[:1], node[:-1]])
    mains = np.stack(
        [
            transformers.to_node[transformer[is_corner]],
            corner_node,
            transformer[is_corner],
            edge[is_corner],
        ],
        axis=1,
    )
    of_building = np.full(premises.buildings.count, -1, dtype=np.int64)
    of_building[public] = pole
    return _Poles(of_building, node, before, transformer, edge), mains


def _changes(keys: Longs) -> Flags:
    """Return where any of the rows of keys differs from what stands before it."""
    if not keys.shape[1]:
        return np.zeros(0, dtype=np.bool_)
    return np.asarray(np.r_[True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)], dtype=np.bool_)


def _low_lines(
    nodes: NodeRows,
    sections: Longs,
    *,
    phases: Longs,
    rated_a: Floats,
    feeder: Longs,
    is_underground: Flags,
) -> LineRows:
    x, y = np.concatenate(nodes.x_m), np.concatenate(nodes.y_m)
    ends = sections[:, :2]
    return LineRows(
        id=numbered("V", np.arange(1, len(sections) + 1, dtype=np.int64), 7),
        from_node=sections[:, 0],
        to_node=sections[:, 1],
        phases=phases,
        is_underground=is_underground,
        rated_a=rated_a,
        feeder=feeder,
        points=np.full(len(sections), 2, dtype=np.int64),
        x_m=x[ends].ravel(),
        y_m=y[ends].ravel(),
    )
