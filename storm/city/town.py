"""The town, the villages about it and the country roads between: where all streets of a city lie.

Rules:
1. The larger the city, the denser its middle: a village of a thousand has houses, a metropolis has towers.
2. From 5,000 customers on a river runs through it, and villages lie about it, each at the end of a country
   road.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Floats, Longs, chance
from storm.city.lattice import make_lattice
from storm.city.river import River, make_river
from storm.city.street_plan import StreetClass, StreetPlan, side_by_side

_RIVER_FROM = 5_000
_VILLAGE_URBANITY = 0.08
_ROAD_CORNER_M = 130.0
_PARK_PER_KM2 = 0.35


@dataclass(frozen=True, slots=True)
class Town:
    """The streets of a city, its river if it has one, and how far the town itself reaches."""

    plan: StreetPlan
    river: River | None
    radius_m: float


def middle_urbanity(customers: int) -> float:
    """Return how urban the middle of a city of this size is, from 0 to 1."""
    return float(np.clip(np.log10(max(customers, 1) / 300) / 3.3, 0.1, 1.0))


def village_count(customers: int) -> int:
    """Return how many villages lie about a city of this size."""
    if customers < _RIVER_FROM:
        return 0
    return int(np.clip(2 * np.log2(customers / _RIVER_FROM) + 2, 0, 16))


def make_town(*, seed: int, customers: int, radius_m: float) -> Town:
    """Return the streets of a city whose town has about this radius."""
    rng = chance(seed, "streets")
    river = make_river(rng, radius_m=radius_m) if customers >= _RIVER_FROM else None
    town = make_lattice(
        rng,
        radius_m=radius_m,
        urbanity=middle_urbanity(customers),
        place=0,
        river=river,
        parks=int(_PARK_PER_KM2 * np.pi * (radius_m / 1000) ** 2),
    )
    count = village_count(customers)
    villages = [_village(rng, number, count, radius_m, customers) for number in range(1, count + 1)]
    plan = side_by_side([town, *villages])
    for number in range(1, count + 1):
        plan = _with_country_road(rng, plan, number)
    return Town(plan=plan, river=river, radius_m=radius_m)


def _village(
    rng: np.random.Generator, number: int, count: int, town_radius_m: float, customers: int
) -> StreetPlan:
    heading = 2 * np.pi * (number + rng.uniform(-0.25, 0.25)) / count
    # Up to 1.35 times its radius, and a blob's bulge: nearer than that, the village would lie in the town.
    away = town_radius_m * rng.uniform(1.85, 2.5) + 500
    largest = 380 + 240 * np.log10(customers / _RIVER_FROM)
    return make_lattice(
        rng,
        radius_m=float(rng.uniform(230, largest)),
        urbanity=_VILLAGE_URBANITY,
        place=number,
        centre_m=(float(away * np.cos(heading)), float(away * np.sin(heading))),
    )


def _with_country_road(rng: np.random.Generator, plan: StreetPlan, village: int) -> StreetPlan:
    """Join a village to the town by a winding road between their nearest corners."""
    here, there = np.flatnonzero(plan.place == 0), np.flatnonzero(plan.place == village)
    is_lattice = plan.urbanity[there] > 0
    middle = plan.x_m[there[is_lattice]].mean(), plan.y_m[there[is_lattice]].mean()
    start = here[np.argmin(np.hypot(plan.x_m[here] - middle[0], plan.y_m[here] - middle[1]))]
    to_start = np.hypot(plan.x_m[there] - plan.x_m[start], plan.y_m[there] - plan.y_m[start])
    end = there[np.argmin(to_start)]
    x, y = _winding(rng, plan, int(start), int(end))
    corners = np.r_[start, plan.node_count + np.arange(len(x)), end]
    edges = len(corners) - 1
    return StreetPlan(
        x_m=np.r_[plan.x_m, x],
        y_m=np.r_[plan.y_m, y],
        urbanity=np.r_[plan.urbanity, np.zeros(len(x))],
        place=np.r_[plan.place, np.full(len(x), village, dtype=np.int64)],
        from_nodes=np.r_[plan.from_nodes, corners[:-1]],
        to_nodes=np.r_[plan.to_nodes, corners[1:]],
        street_class=np.r_[plan.street_class, _all(edges, StreetClass.COUNTRY)],
        line=np.r_[plan.line, _all(edges, int(plan.line.max()) + 1)],
        order=np.r_[plan.order, np.arange(edges)],
    )


def _all(count: int, value: int) -> Longs:
    return np.full(count, value, dtype=np.int64)


def _winding(rng: np.random.Generator, plan: StreetPlan, start: int, end: int) -> tuple[Floats, Floats]:
    """Return the corners between both ends of a road that swings to both sides."""
    x0, y0, x1, y1 = plan.x_m[start], plan.y_m[start], plan.x_m[end], plan.y_m[end]
    length = float(np.hypot(x1 - x0, y1 - y0))
    share = np.linspace(0, 1, max(int(length / _ROAD_CORNER_M), 1) + 1)[1:-1]
    swing = 0.05 * length * np.sin(np.pi * share) * np.sin(2 * np.pi * share * rng.uniform(0.8, 1.6))
    swing *= rng.choice([-1, 1])
    across_x, across_y = -(y1 - y0) / max(length, 1), (x1 - x0) / max(length, 1)
    return x0 + (x1 - x0) * share + swing * across_x, y0 + (y1 - y0) * share + swing * across_y
