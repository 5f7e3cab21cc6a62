"""Where substations stand, and which corners each feeds along which streets.

Rules:
1. One for every 30,000 customers or so; the city is halved across its longer side until there is a part for
   each, and a substation stands at the corner nearest to the middle of its part.
2. Lines follow streets, main streets rather than lanes; a corner belongs to the substation with the shortest
   way, longer ways being allowed to one that would otherwise have too little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from storm.city.arrays import Floats, Longs
from storm.city.street_plan import StreetPlan

CUSTOMERS_PER_SUBSTATION = 30_000
_COST_PER_M = np.array([0.6, 0.65, 0.8, 1.0, 0.7, 1.0])
_BALANCING_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class SupplyAreas:
    """For each substation its corner; for each corner its substation, the one before it, and the cost."""

    corners: Longs
    substation: Longs
    before: Longs  # -1 at a substation's own corner
    cost: Floats

    @property
    def count(self) -> int:
        """How many substations there are."""
        return len(self.corners)


def make_supply_areas(plan: StreetPlan, customers_at: Longs) -> SupplyAreas:
    """Return the substations of a city with so many customers about each corner."""
    count = max(1, round(int(customers_at.sum()) / CUSTOMERS_PER_SUBSTATION))
    corners = np.array(
        middle_corners(plan, customers_at, np.flatnonzero(customers_at > 0), count), dtype=np.int64
    )
    graph = _street_graph(plan)
    handicap = np.zeros(count)
    best = _areas(graph, corners, handicap)
    least = _imbalance(best, customers_at)
    reach = float(np.median(best.cost)) or 1.0
    for _ in range(_BALANCING_ROUNDS if count > 1 else 0):
        load = np.bincount(best.substation, weights=customers_at, minlength=count)
        handicap = handicap + 0.3 * reach * (load / load.mean() - 1)
        tried = _areas(graph, corners, handicap - handicap.min())
        # A substation whose own corner another one feeds would feed nothing.
        if not np.array_equal(tried.substation[corners], np.arange(count)):
            break
        imbalance = _imbalance(tried, customers_at)
        if imbalance >= least:
            break
        best, least = tried, imbalance
    return best


def _imbalance(areas: SupplyAreas, customers_at: Longs) -> float:
    return float(np.bincount(areas.substation, weights=customers_at, minlength=areas.count).max())


def middle_corners(plan: StreetPlan, customers_at: Longs, nodes: Longs, count: int) -> list[int]:
    """Halve these corners until there is a part for each substation, and take the middle of each."""
    x, y, weight = plan.x_m[nodes], plan.y_m[nodes], customers_at[nodes].astype(np.float64)
    if count == 1:
        middle_x, middle_y = np.average(x, weights=weight), np.average(y, weights=weight)
        return [int(nodes[np.argmin(np.hypot(x - middle_x, y - middle_y))])]
    along = x if np.ptp(x) >= np.ptp(y) else y
    order = np.argsort(along, kind="stable")
    first = count // 2
    share = np.cumsum(weight[order]) / weight.sum()
    cut = int(np.searchsorted(share, first / count))
    cut = min(max(cut, first), len(nodes) - (count - first))
    return middle_corners(plan, customers_at, nodes[order[:cut]], first) + middle_corners(
        plan, customers_at, nodes[order[cut:]], count - first
    )


def _street_graph(plan: StreetPlan) -> sparse.csr_array:
    """Return what it costs to lay a line along each street, with room for one more node."""
    cost = plan.lengths_m() * _COST_PER_M[plan.street_class]
    ends = np.r_[plan.from_nodes, plan.to_nodes], np.r_[plan.to_nodes, plan.from_nodes]
    size = plan.node_count + 1
    return sparse.csr_array((np.r_[cost, cost], ends), shape=(size, size))


def ways_from(graph: sparse.csr_array, root: int) -> tuple[Floats, Longs]:
    """Return the cost of the cheapest way from a node to each, and the node before each on it."""
    cost, before = dijkstra(graph, indices=[root], return_predecessors=True)
    return np.asarray(cost[0]), np.asarray(before[0], dtype=np.int64)


def _areas(graph: sparse.csr_array, corners: Longs, handicap: Floats) -> SupplyAreas:
    """Walk from a node before all substations, as far from each as its handicap says."""
    root = graph.shape[0] - 1
    starts = sparse.csr_array((handicap + 1.0, (np.full(len(corners), root), corners)), shape=graph.shape)
    cost, before = ways_from(graph + starts, root)
    order = np.argsort(cost[:root], kind="stable")
    substation = np.full(root, -1, dtype=np.int64)
    substation[corners] = np.arange(len(corners))
    before = np.where(before[:root] == root, -1, before[:root]).astype(np.int64)
    for node in order.tolist():
        if before[node] >= 0:
            substation[node] = substation[before[node]]
    return SupplyAreas(corners, substation, before, cost[:root])
