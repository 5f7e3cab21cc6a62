"""Which feeder serves which corner, and the tree of streets each feeder runs along.

Rules:
1. A feeder serves a connected part of its substation's tree of streets with 1,500 to 3,000 customers; small
   towns have two feeders from 400 customers on, so that one can help the other.
2. A feeder's line runs from the substation along the streets to all corners it serves, and has a node of its
   own at each corner it passes, whether other feeders pass there too or not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Longs
from storm.city.substations import SupplyAreas

LEAST_CUSTOMERS, MOST_CUSTOMERS = 1_500, 3_000
_TWO_FEEDERS_FROM = 400
_SMALLEST_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class FeederTrees:
    """The substation and number there of each feeder; the nodes of all their trees, parents first.

    `corner` is the street corner of a node, `parent` the node before it (-1 at the substation),
    `feeder_at` the feeder that serves each corner (-1 where nobody lives).
    """

    substation: Longs
    number: Longs
    feeder_at: Longs
    feeder: Longs
    corner: Longs
    parent: Longs

    @property
    def feeder_count(self) -> int:
        """How many feeders there are."""
        return len(self.substation)

    @property
    def node_count(self) -> int:
        """How many nodes all trees have."""
        return len(self.corner)


def make_feeders(areas: SupplyAreas, customers_at: Longs) -> FeederTrees:
    """Return the feeders of all substations."""
    feeder_at = np.full(len(customers_at), -1, dtype=np.int64)
    substations: list[int] = []
    numbers: list[int] = []
    order = np.argsort(-areas.cost, kind="stable")
    for substation in range(areas.count):
        nodes = order[areas.substation[order] == substation]
        label = _cut_tree(nodes.tolist(), areas.before, customers_at)
        served = nodes[customers_at[nodes] > 0]
        used, renumbered = np.unique(label[served], return_inverse=True)
        feeder_at[served] = len(substations) + renumbered
        substations += [substation] * len(used)
        numbers += range(1, len(used) + 1)
    feeder, corner, parent = _trees(areas, feeder_at)
    return FeederTrees(
        np.array(substations, dtype=np.int64),
        np.array(numbers, dtype=np.int64),
        feeder_at,
        feeder,
        corner,
        parent,
    )


def _cut_tree(nodes: list[int], before: Longs, customers_at: Longs) -> Longs:
    """Cut a tree, its leaves first, into parts of the right size; return the part of each corner."""
    total = int(customers_at[nodes].sum())
    least = min(LEAST_CUSTOMERS, _SMALLEST_SHARE * total) if total >= _TWO_FEEDERS_FROM else total + 1
    most = 2 * least
    open_children: dict[int, list[tuple[int, int]]] = defaultdict(list)
    part_from: dict[int, int] = {}
    load_of_part: list[int] = []
    for node in nodes:
        children = sorted(open_children.pop(node, []), reverse=True)
        load = int(customers_at[node]) + sum(weight for weight, _ in children)
        while load > most and children:
            bundle = 0
            while bundle < least and children:
                weight, child = children.pop(0)
                bundle += weight
                part_from[child] = len(load_of_part)
            load_of_part.append(bundle)
            load -= bundle
        if load >= least:
            part_from[node] = len(load_of_part)
            load_of_part.append(load)
        elif before[node] >= 0:
            open_children[int(before[node])].append((load, node))
        elif load >= _SMALLEST_SHARE * least or not load_of_part:
            part_from[node] = len(load_of_part)
        else:
            part_from[node] = int(np.argmin(load_of_part))
    part = np.full(len(before), -1, dtype=np.int64)
    for node in reversed(nodes):
        part[node] = part_from[node] if node in part_from else part[before[node]]
    return part


def _trees(areas: SupplyAreas, feeder_at: Longs) -> tuple[Longs, Longs, Longs]:
    """Return feeder, corner and parent of each node: all ways from served corners to their substation."""
    index: dict[tuple[int, int], int] = {}
    before = areas.before.tolist()
    served = np.flatnonzero(feeder_at >= 0)
    # Nearest first, so that a way back soon meets one that is known.
    served = served[np.lexsort((areas.cost[served], feeder_at[served]))]
    for corner, feeder in zip(served.tolist(), feeder_at[served].tolist(), strict=True):
        way = []
        node = corner
        while node >= 0 and (feeder, node) not in index:
            way.append(node)
            node = before[node]
        for passed in reversed(way):
            index[feeder, passed] = len(index)
    feeder_corner = np.array(list(index), dtype=np.int64).reshape(-1, 2)
    parent = np.array(
        [index[feeder, before[corner]] if before[corner] >= 0 else -1 for feeder, corner in index],
        dtype=np.int64,
    )
    return feeder_corner[:, 0], feeder_corner[:, 1], parent
