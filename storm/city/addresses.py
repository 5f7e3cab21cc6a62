"""Where each customer lives, in words: house numbers along the real street, and flats by staircase and floor.

Rules:
1. Houses are numbered along their street, odd on one side and even on the other.
2. English: "12 Alder Street, Northgate" and "Flat 7, 12 Alder Street, Northgate"; Chinese:
   "北门街道杨树路12号" and "北门街道杨树路12号3单元402室" (staircase 3, fourth floor, second door).
"""

from __future__ import annotations

import numpy as np

from storm.city.arrays import Longs, Texts, joined, rank_in_group
from storm.city.buildings import BuildingKind, Buildings
from storm.city.districts import Districts
from storm.city.plane import Language
from storm.city.street_runs import StreetRuns
from storm.city.transformers import Units


def house_numbers(buildings: Buildings, runs: StreetRuns) -> Longs:
    """Return the number of each building in its street."""
    street = runs.street[buildings.edge]
    along = runs.begins_m[buildings.edge] + buildings.along_m
    order = np.lexsort((along, buildings.side, street))
    is_even = buildings.side[order] > 0
    numbers = np.empty(buildings.count, dtype=np.int64)
    numbers[order] = 2 * rank_in_group(street[order] * 2 + is_even) + 1 + is_even
    return numbers


def addresses(
    *, buildings: Buildings, units: Units, runs: StreetRuns, districts: Districts, language: Language
) -> Texts:
    """Return the address of each customer."""
    number = house_numbers(buildings, runs).astype(np.str_)
    street = districts.street_names[runs.street[buildings.edge]].astype(np.str_)
    district = districts.names[districts.of_edge[buildings.edge]].astype(np.str_)
    if language == "zh":
        house = joined(district, street, number, "号")[units.building]
        return joined(house, _flats_zh(buildings, units))
    house = joined(number, " ", street, ", ", district)[units.building]
    return joined(_flats_en(buildings, units), house)


def _flats_en(buildings: Buildings, units: Units) -> Texts:
    flats = buildings.kind[units.building] == BuildingKind.FLATS
    door = joined(np.where(flats, "Flat ", "Unit "), (units.number + 1).astype(np.str_), ", ")
    return np.where(buildings.units[units.building] > 1, door, "")


def _flats_zh(buildings: Buildings, units: Units) -> Texts:
    building = units.building
    staircase, rest = np.divmod(units.number, buildings.per_staircase[building])
    floor, door = np.divmod(rest, buildings.per_floor[building])
    room = joined(((floor + 1) * 100 + door + 1).astype(np.str_), "室")
    flats = buildings.kind[building] == BuildingKind.FLATS
    whole = np.where(flats, joined((staircase + 1).astype(np.str_), "单元", room), room)
    return np.where(buildings.units[building] > 1, whole, "")
