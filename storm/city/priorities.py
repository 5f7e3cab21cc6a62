"""Those that must not be without supply: hospital, waterworks, schools, and people who live by a machine.

The priorities are those of the network package: `important_1` and `important_2` are places whose failure
hurts many, `sensitive` ones where the weak are, `life_support` a home with a machine that keeps someone
alive.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from storm.city.arrays import Floats, Longs, Objects, chance
from storm.city.buildings import BuildingKind, Buildings
from storm.city.street_plan import StreetClass, StreetPlan

_LIFE_SUPPORT_SHARE = 0.002
_IMPORTANT_FACTORY_KW = 400.0
# One for so many customers; the first one from so many customers on.
_PLACES: dict[BuildingKind, tuple[int, int]] = {
    BuildingKind.HOSPITAL: (40_000, 800),
    BuildingKind.WATERWORKS: (80_000, 800),
    BuildingKind.FIRE_STATION: (30_000, 800),
    BuildingKind.SCHOOL: (2_500, 200),
    BuildingKind.CARE_HOME: (4_000, 500),
}
_PRIORITY_OF_KIND = {
    BuildingKind.HOSPITAL: "important_1",
    BuildingKind.WATERWORKS: "important_1",
    BuildingKind.FIRE_STATION: "important_2",
    BuildingKind.SCHOOL: "sensitive",
    BuildingKind.CARE_HOME: "sensitive",
}


def with_public_places(*, seed: int, buildings: Buildings, plan: StreetPlan) -> Buildings:
    """Return the buildings with some houses and shops turned into hospitals, schools and the like."""
    rng, customers = chance(seed, "public places"), int(buildings.units.sum())
    ordinary = (buildings.kind == BuildingKind.HOUSE) | (buildings.kind == BuildingKind.SHOP)
    ordinary &= plan.street_class[buildings.edge] < StreetClass.COUNTRY
    free = rng.permutation(np.flatnonzero(ordinary))
    kind = buildings.kind.copy()
    taken = 0
    for place, (per, first) in _PLACES.items():
        wanted = max(round(customers / per), 1) if customers >= first else 0
        kind[free[taken : taken + wanted]] = place
        taken += wanted
    return replace(buildings, kind=kind)


def priorities(*, seed: int, kind: Longs, peak_kw: Floats) -> Objects:
    """Return the priority of each service point, None for most, by what its building is."""
    rng = chance(seed, "life support")
    found = np.full(len(kind), None, dtype=object)
    homes = np.flatnonzero((kind == BuildingKind.HOUSE) | (kind == BuildingKind.FLATS))
    ill = rng.permutation(homes)[: round(_LIFE_SUPPORT_SHARE * len(homes))]
    found[ill] = "life_support"
    for place, priority in _PRIORITY_OF_KIND.items():
        found[kind == place] = priority
    found[(kind == BuildingKind.FACTORY) & (peak_kw >= _IMPORTANT_FACTORY_KW)] = "important_2"
    return found
