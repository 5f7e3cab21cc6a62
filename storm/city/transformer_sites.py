"""At which node of a feeder the transformers stand that serve each corner.

Rule: one at every corner with customers; but where a feeder's line would end at a corner with a few, it ends
a corner earlier, and low voltage goes on along the street.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from storm.city.arrays import Flags, Longs
from storm.city.feeders import FeederTrees
from storm.city.street_plan import StreetPlan

_FEW_CUSTOMERS, _MOST_TOGETHER = 45, 110
_FARTHEST_M = 150.0


def make_transformer_sites(
    *, plan: StreetPlan, trees: FeederTrees, customers_at: Longs, needs_own: Flags
) -> tuple[FeederTrees, Longs]:
    """Return the trees without the ends that are not needed, and the node that serves each corner (or -1).

    Args:
        plan: the streets.
        trees: the feeders.
        customers_at: how many customers live about each corner.
        needs_own: corners where a customer has a transformer of their own.
    """
    corner, parent = trees.corner.tolist(), trees.parent.tolist()
    serves = (trees.feeder_at[trees.corner] == trees.feeder).tolist()
    load = np.where(serves, customers_at[trees.corner], 0).tolist()
    own = needs_own[trees.corner].tolist()
    children = [0] * trees.node_count
    for one in parent:
        if one >= 0:
            children[one] += 1
    host = list(range(trees.node_count))
    has_guests = [False] * trees.node_count
    # Parents stand before children: from the back, all children of a node are settled before it.
    for node in range(trees.node_count - 1, -1, -1):
        above = parent[node]
        if above < 0 or children[node] or has_guests[node] or load[node] > _FEW_CUSTOMERS:
            continue
        if (serves[node] and own[node]) or load[above] + load[node] > _MOST_TOGETHER:
            continue
        a, b = corner[node], corner[above]
        if np.hypot(plan.x_m[a] - plan.x_m[b], plan.y_m[a] - plan.y_m[b]) > _FARTHEST_M:
            continue
        host[node] = above
        has_guests[above] = True
        load[above] += load[node]
        children[above] -= 1
    return _without_guests(trees, np.array(host, dtype=np.int64))


def _without_guests(trees: FeederTrees, host: Longs) -> tuple[FeederTrees, Longs]:
    stays = host == np.arange(trees.node_count)
    number = np.cumsum(stays) - 1
    serving = trees.feeder_at[trees.corner] == trees.feeder
    site_of_corner = np.full(len(trees.feeder_at), -1, dtype=np.int64)
    site_of_corner[trees.corner[serving]] = number[host[serving]]
    parent = trees.parent[stays]
    cut = replace(
        trees,
        feeder=trees.feeder[stays],
        corner=trees.corner[stays],
        parent=np.where(parent >= 0, number[parent], -1),
    )
    return cut, site_of_corner
