"""How large a town must be for its customers: found by making it, larger each time it does not do."""

from __future__ import annotations

import numpy as np

from storm.city.buildings import Buildings, make_buildings, populated
from storm.city.town import Town, make_town

# Radius that was seen to hold so many customers.
_CUSTOMERS = (1.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0)
_RADIUS_M = (200.0, 500.0, 1_050.0, 2_900.0, 7_300.0)
# A town without a vacant plot looks like none.
_PLOTS_TO_SPARE = 1.05


def settle(*, seed: int, customers: int) -> tuple[Town, Buildings]:
    """Return the town for so many customers, and the buildings that hold exactly these."""
    radius_m = float(np.exp(np.interp(np.log(customers), np.log(_CUSTOMERS), np.log(_RADIUS_M))))
    while True:
        town = make_town(seed=seed, customers=customers, radius_m=radius_m)
        plots = make_buildings(seed=seed, town=town)
        room = int(plots.units.sum())
        if room >= _PLOTS_TO_SPARE * customers:
            return town, populated(seed=seed, buildings=plots, customers=customers)
        radius_m *= float(np.clip(np.sqrt(_PLOTS_TO_SPARE * customers / max(room, 1)), 1.02, 1.5))
