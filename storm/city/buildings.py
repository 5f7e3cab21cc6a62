"""What stands along the streets: houses, flats, shops, offices, works and farms, with their customers.

Rules:
1. Each side of a street between two corners is of one kind: a row of houses, of flats, of shops, or works.
2. Flats grow with how urban it is; shops stand on main streets, works in one quarter of the outskirts, farms
   on country roads; nothing stands on a bridge.
3. Exactly as many customers as asked for: plots are drawn in random order until these have a home, the last
   building holds what is left, and the other plots stay empty.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np

from storm.city.arrays import Flags, Floats, Longs, chance
from storm.city.street_plan import StreetClass, StreetPlan
from storm.city.town import Town

_CORNER_M = 15.0
_LONGEST_BUILT_M = 400.0
# Below these degrees of urbanity there are no rows of flats, or of offices.
_FLATS_FROM, _OFFICES_FROM = 0.1, 0.3
_WORKS_SHARE, _WORKS_SECTOR, _WORKS_FROM = 0.5, 0.28, 0.62
_FARM_SHARE, _CORNER_SHOP_SHARE = 0.12, 0.015


class BuildingKind(IntEnum):
    """What a building is. Those from HOSPITAL on are few, and chosen in `storm.city.priorities`."""

    HOUSE = 0
    FLATS = 1
    SHOP = 2
    OFFICE = 3
    FACTORY = 4
    FARM = 5
    HOSPITAL = 6
    WATERWORKS = 7
    SCHOOL = 8
    FIRE_STATION = 9
    CARE_HOME = 10


# Metres of street that a building of each of the first six kinds takes, and how far it stands back.
_FRONTAGE_M = np.array([20.0, 33.0, 15.0, 42.0, 85.0, 85.0])
_SETBACK_M = np.array([13.0, 15.0, 9.0, 18.0, 24.0, 24.0])


@dataclass(frozen=True, slots=True)
class Buildings:
    """Buildings in the order of their street edge, side (-1, +1) and place along it.

    `units` are its customers; `per_floor` and `per_staircase` say how flats are numbered.
    """

    edge: Longs
    side: Longs
    along_m: Floats
    x_m: Floats
    y_m: Floats
    kind: Longs
    units: Longs
    per_floor: Longs
    per_staircase: Longs

    @property
    def count(self) -> int:
        """How many buildings there are."""
        return len(self.edge)

    def taken(self, rows: Longs | Flags) -> Buildings:
        """Return only these buildings."""
        return Buildings(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


def make_buildings(*, seed: int, town: Town) -> Buildings:
    """Return a building on every plot of the city."""
    rng, plan = chance(seed, "buildings"), town.plan
    edge, side, kind = _rows(rng, town)
    length = plan.lengths_m()[edge]
    frontage = _FRONTAGE_M[kind] * rng.uniform(0.9, 1.15, len(edge))
    frontage *= np.where(kind == BuildingKind.HOUSE, 1.15 - 0.5 * plan.edge_urbanity()[edge], 1.0)
    plots = np.maximum(((length - 2 * _CORNER_M) / frontage).astype(np.int64), 0)
    row = np.repeat(np.arange(len(edge)), plots)
    number = np.arange(len(row)) - np.repeat(np.cumsum(plots) - plots, plots)
    spare = (length - 2 * _CORNER_M - plots * frontage)[row]
    along = _CORNER_M + spare / 2 + (number + 0.5) * frontage[row]
    kind = _mixed(rng, kind[row], plan.edge_urbanity()[edge[row]])
    setback = _SETBACK_M[kind] + rng.uniform(0, 5, len(kind))
    units, per_floor, per_staircase = _units(rng, kind, plan.edge_urbanity()[edge[row]])
    x, y = _places(plan, edge[row], side[row], along, setback)
    return Buildings(edge[row], side[row], along, x, y, kind, units, per_floor, per_staircase)


def _rows(rng: np.random.Generator, town: Town) -> tuple[Longs, Longs, Longs]:
    """Return the sides of streets that are built on, and the kind of each."""
    plan = town.plan
    edge = np.repeat(np.arange(len(plan.from_nodes)), 2)
    side = np.tile([-1, 1], len(plan.from_nodes)).astype(np.int64)
    urbanity, street = plan.edge_urbanity()[edge], plan.street_class[edge]
    kind = np.full(len(edge), BuildingKind.HOUSE, dtype=np.int64)
    drawn = rng.random(len(edge))
    flats = np.where(urbanity > _FLATS_FROM, 0.03 + 0.85 * urbanity**1.5, 0.0)
    kind[drawn < flats] = BuildingKind.FLATS
    kind[(drawn > 1 - 0.06 * urbanity) & (urbanity > _OFFICES_FROM)] = BuildingKind.OFFICE
    shops = np.where(street <= StreetClass.TERTIARY, 0.1 + 0.3 * urbanity, 0.02)
    kind[(rng.random(len(edge)) < shops) & (street < StreetClass.COUNTRY)] = BuildingKind.SHOP
    works = _in_works_quarter(rng, town)[edge] & (rng.random(len(edge)) < _WORKS_SHARE)
    kind[works & (street < StreetClass.COUNTRY)] = BuildingKind.FACTORY
    kind[street == StreetClass.COUNTRY] = BuildingKind.FARM
    built = plan.lengths_m()[edge] < _LONGEST_BUILT_M
    built &= (street < StreetClass.COUNTRY) | (rng.random(len(edge)) < _FARM_SHARE)
    if town.river is not None:
        ends = town.river.signed_distance_m(plan.x_m, plan.y_m)
        built &= ends[plan.from_nodes[edge]] * ends[plan.to_nodes[edge]] > 0
    return edge[built], side[built], kind[built]


def _in_works_quarter(rng: np.random.Generator, town: Town) -> Flags:
    """Edges in the sector of the outskirts where factories stand."""
    plan, heading = town.plan, rng.uniform(-np.pi, np.pi)
    x = (plan.x_m[plan.from_nodes] + plan.x_m[plan.to_nodes]) / 2
    y = (plan.y_m[plan.from_nodes] + plan.y_m[plan.to_nodes]) / 2
    off = np.abs(np.angle(np.exp(1j * (np.arctan2(y, x) - heading))))
    is_outside = np.hypot(x, y) > _WORKS_FROM * town.radius_m
    return np.asarray((off < _WORKS_SECTOR) & is_outside & _of_town(plan))


def _of_town(plan: StreetPlan) -> Flags:
    return np.asarray((plan.place[plan.from_nodes] == 0) & (plan.place[plan.to_nodes] == 0))


def _mixed(rng: np.random.Generator, kind: Longs, urbanity: Floats) -> Longs:
    """A shop or small block among houses, houses left among flats."""
    drawn = rng.random(len(kind))
    houses, flats = kind == BuildingKind.HOUSE, kind == BuildingKind.FLATS
    mixed = kind.copy()
    mixed[houses & (drawn < _CORNER_SHOP_SHARE)] = BuildingKind.SHOP
    mixed[houses & (drawn > 1 - 0.05 * urbanity)] = BuildingKind.FLATS
    mixed[flats & (drawn < 0.08 * (1 - urbanity))] = BuildingKind.HOUSE
    return mixed


def _units(rng: np.random.Generator, kind: Longs, urbanity: Floats) -> tuple[Longs, Longs, Longs]:
    """Return the customers of each building, those on one floor of a staircase, and those of a staircase."""
    count = len(kind)
    per_floor = np.where(rng.random(count) < 0.25 * urbanity, 4, 2)
    floors = 3 + (rng.integers(0, 3, count) + urbanity**2 * rng.integers(0, 12, count)).astype(np.int64)
    staircases = 1 + (rng.random(count) * (1 + 2.2 * urbanity)).astype(np.int64)
    is_flats, is_office = kind == BuildingKind.FLATS, kind == BuildingKind.OFFICE
    units = np.where(is_flats, per_floor * floors * staircases, 1)
    units = np.where(is_office, rng.integers(1, 9, count), units)
    per_staircase = np.where(is_flats, per_floor * floors, units)
    return units, np.where(is_flats, per_floor, 4), per_staircase


def _places(
    plan: StreetPlan, edge: Longs, side: Longs, along: Floats, setback: Floats
) -> tuple[Floats, Floats]:
    length = plan.lengths_m()[edge]
    a, b = plan.from_nodes[edge], plan.to_nodes[edge]
    ahead_x, ahead_y = (plan.x_m[b] - plan.x_m[a]) / length, (plan.y_m[b] - plan.y_m[a]) / length
    back = side * setback
    return plan.x_m[a] + ahead_x * along - ahead_y * back, plan.y_m[a] + ahead_y * along + ahead_x * back


def populated(*, seed: int, buildings: Buildings, customers: int) -> Buildings:
    """Return the buildings that together hold exactly so many customers; there must be enough of them."""
    order = chance(seed, "plots").permutation(buildings.count)
    before = np.cumsum(buildings.units[order]) - buildings.units[order]
    kept = order[before < customers]
    units = buildings.units.copy()
    units[kept[-1]] = min(int(units[kept[-1]]), customers - int(before[len(kept) - 1]))
    return replace(buildings, units=units).taken(np.sort(kept))
