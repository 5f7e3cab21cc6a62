"""The quarters of the town and the villages, the names of all streets, and where each number is in use.

Rule: a name is used once for main streets in the whole city, and once in its district for others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from storm.city.arrays import Longs, Objects, chance
from storm.city.place_names import district_names, lane_names, main_street_names, village_names
from storm.city.plane import Language
from storm.city.street_plan import StreetClass, StreetPlan
from storm.city.street_runs import StreetRuns
from storm.city.substations import middle_corners

_CUSTOMERS_PER_DISTRICT = 9_000


@dataclass(frozen=True, slots=True)
class Districts:
    """Names of districts and streets; the district of each corner, and that in the address of each edge."""

    names: Objects
    street_names: Objects
    of_corner: Longs
    of_edge: Longs


def make_districts(
    *, seed: int, plan: StreetPlan, runs: StreetRuns, customers_at: Longs, language: Language
) -> Districts:
    """Return the districts of a city and the names in it."""
    rng = chance(seed, "names")
    town = np.flatnonzero((plan.place == 0) & (customers_at > 0))
    villages = int(plan.place.max())
    count = max(1, min(round(int(customers_at.sum()) / _CUSTOMERS_PER_DISTRICT), len(town)))
    of_corner = count - 1 + plan.place
    if len(town):
        middles = np.array(middle_corners(plan, customers_at, town, count))
        tree = cKDTree(np.column_stack([plan.x_m[middles], plan.y_m[middles]]))
        corners = np.flatnonzero(plan.place == 0)
        _, nearest = tree.query(np.column_stack([plan.x_m[corners], plan.y_m[corners]]))
        of_corner[corners] = nearest
    names = np.array(
        district_names(rng, count, language) + village_names(rng, villages, language), dtype=object
    )
    of_edge = of_corner[plan.from_nodes]
    is_lane = plan.street_class == StreetClass.RESIDENTIAL
    firsts = np.full(runs.street_count, -1, dtype=np.int64)
    firsts[runs.street[runs.order[::-1]]] = runs.order[::-1]
    of_edge = np.where(is_lane, of_corner[plan.from_nodes[firsts]][runs.street], of_edge)
    street_names = _street_names(
        rng, plan, firsts=firsts, of_edge=of_edge, districts=len(names), language=language
    )
    return Districts(names, street_names, of_corner, of_edge)


def _street_names(
    rng: np.random.Generator,
    plan: StreetPlan,
    *,
    firsts: Longs,
    of_edge: Longs,
    districts: int,
    language: Language,
) -> Objects:
    mains = iter(main_street_names(rng, len(firsts), language))
    used: Counter[int] = Counter()
    lanes = [lane_names(rng, language) for _ in range(districts)]
    names = []
    for edge in firsts.tolist():
        if plan.street_class[edge] != StreetClass.RESIDENTIAL:
            names.append(next(mains))
            continue
        district = int(of_edge[edge])
        pool = lanes[district]
        names.append(pool[used[district] % len(pool)])
        used[district] += 1
    made = np.empty(len(names), dtype=object)
    made[:] = names
    return made
