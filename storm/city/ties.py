"""Normally open ties between neighbouring feeders, along the streets between their trunks.

Rules:
1. A tie joins two trunks by the shortest way along streets, and rather near their ends than near the
   substation.
2. A feeder gets two to four, its nearest neighbours first.
3. One whose trunk runs beside others everywhere is tied to one of them, pole to pole.
4. Some are drawn as two open switches in series, with a dead node between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from storm.city.arrays import Flags, Floats, Longs, chance
from storm.city.feeders import FeederTrees
from storm.city.street_plan import StreetPlan
from storm.city.substations import ways_from
from storm.city.trunks import Branches

_TIES_WANTED, _TIES_AT_MOST = 2, 4
_SERIES_SHARE = 0.2
# Metres of detour that a tie takes to reach the end of a trunk rather than its beginning.
_RATHER_AT_THE_END_M = 450.0
_PAST_THE_WAY_OUT = 0.9  # of the feeder's customers are farther on


@dataclass(frozen=True, slots=True)
class Tie:
    """The nodes of the feeder trees that a tie joins, the corners on its way, and how it is drawn."""

    from_node: int
    to_node: int
    corners: tuple[int, ...]
    is_series: bool


def make_ties(*, seed: int, plan: StreetPlan, trees: FeederTrees, branches: Branches) -> list[Tie]:
    """Return the ties of a city; none where it has a single feeder."""
    if trees.feeder_count == 1:
        return []
    rng = chance(seed, "ties")
    ends, detour = _trunk_ends(trees, branches)
    cost, before, end_of = _nearest_ends(plan, trees.corner[ends], detour)
    a, b = plan.from_nodes, plan.to_nodes
    end_a, end_b = end_of[a], end_of[b]
    differs = trees.feeder[ends[end_a]] != trees.feeder[ends[end_b]]
    whole = cost[a] + plan.lengths_m() + cost[b]
    edges = np.flatnonzero(differs)
    edges = edges[np.argsort(whole[edges], kind="stable")]
    ties: list[Tie] = []
    count = [0] * trees.feeder_count
    pairs: set[tuple[int, int]] = set()
    for edge in edges.tolist():
        one, other = int(ends[end_a[edge]]), int(ends[end_b[edge]])
        pair = tuple(sorted((int(trees.feeder[one]), int(trees.feeder[other]))))
        if (pair[0], pair[1]) in pairs or max(count[pair[0]], count[pair[1]]) >= _TIES_AT_MOST:
            continue
        if min(count[pair[0]], count[pair[1]]) >= _TIES_WANTED:
            continue
        pairs.add((pair[0], pair[1]))
        count[pair[0]] += 1
        count[pair[1]] += 1
        way = (*reversed(_way(before, int(a[edge]))), *_way(before, int(b[edge])))
        ties.append(Tie(one, other, way, bool(rng.random() < _SERIES_SHARE)))
    untied = [feeder for feeder, ties_of in enumerate(count) if not ties_of]
    return ties + _pole_to_pole(trees, branches, untied)


def _pole_to_pole(trees: FeederTrees, branches: Branches, feeders: list[int]) -> list[Tie]:
    """Tie each of these feeders where its trunk passes a corner with another's, as far out as can be."""
    ties = []
    for feeder in feeders:
        mine = np.flatnonzero(branches.is_trunk & (trees.feeder == feeder))
        for node in mine[np.argsort(branches.customers_below[mine], kind="stable")].tolist():
            beside = branches.is_trunk & (trees.corner == trees.corner[node]) & (trees.feeder != feeder)
            if beside.any():
                ties.append(Tie(node, int(np.argmax(beside)), (int(trees.corner[node]),), is_series=False))
                break
    return ties


def _trunk_ends(trees: FeederTrees, branches: Branches) -> tuple[Longs, Floats]:
    """Return one trunk node for each corner that trunks pass, and how far it is from being an end.

    Where several trunks pass a corner, the one with the fewest customers behind it counts.
    """
    total = np.zeros(trees.feeder_count)
    roots = trees.parent < 0
    total[trees.feeder[roots]] = branches.customers_below[roots]
    share = branches.customers_below / np.maximum(total[trees.feeder], 1)
    nodes = np.flatnonzero(_can_end(trees, branches, share))
    nodes = nodes[np.lexsort((nodes, share[nodes], trees.corner[nodes]))]
    firsts = np.r_[True, trees.corner[nodes][1:] != trees.corner[nodes][:-1]]
    ends = nodes[firsts]
    return ends, _RATHER_AT_THE_END_M * share[ends]


def _can_end(trees: FeederTrees, branches: Branches, share: Floats) -> Flags:
    """Trunk nodes past the way out of the substation; all of a feeder whose trunk has no others."""
    later = branches.is_trunk & (share < _PAST_THE_WAY_OUT)
    has_later = np.zeros(trees.feeder_count, dtype=np.bool_)
    has_later[trees.feeder[later]] = True
    return np.asarray(later | (branches.is_trunk & ~has_later[trees.feeder]))


def _nearest_ends(plan: StreetPlan, corners: Longs, detour: Floats) -> tuple[Floats, Longs, Longs]:
    """Return for each corner the cost to the nearest trunk end, the corner before it, and which end it is."""
    size, root = plan.node_count + 1, plan.node_count
    length = plan.lengths_m()
    from_nodes = np.r_[plan.from_nodes, plan.to_nodes, np.full(len(corners), root)]
    to_nodes = np.r_[plan.to_nodes, plan.from_nodes, corners]
    graph = sparse.csr_array((np.r_[length, length, detour + 1], (from_nodes, to_nodes)), shape=(size, size))
    cost, before = ways_from(graph, root)
    before = np.where(before[:root] == root, -1, before[:root]).astype(np.int64)
    end_of = np.full(root, -1, dtype=np.int64)
    end_of[corners] = np.arange(len(corners))
    for node in np.argsort(cost[:root], kind="stable").tolist():
        if before[node] >= 0:
            end_of[node] = end_of[before[node]]
    return cost[:root], before, end_of


def _way(before: Longs, corner: int) -> list[int]:
    """Return the corners from here back to the trunk."""
    way = [corner]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    return way
