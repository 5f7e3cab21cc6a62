"""Where the storm stays: one district of the network, small enough for crews to drive across.

A storm and its crews belong to a region. On a network as large as a country a crew would drive for days.
"""

from collections.abc import Mapping
from random import Random

import numpy as np

from gis.place import Place

# Half an hour at the speed assumed without roads, with detours: the reach of a depot.
RADIUS_M = 12_000.0
_METRES_PER_DEGREE = 111_320.0
_DRAWN_CENTRES = 30


def choose_district(*, places: Mapping[str, Place], random: Random) -> dict[str, Place]:
    """Return the places within reach of a centre, of some drawn the one with most around it.

    A network that is small enough is one district. `places` must not be empty.
    """
    ids = sorted(places)
    lon = np.array([places[id].lon for id in ids])
    lat = np.array([places[id].lat for id in ids])
    scale = _METRES_PER_DEGREE * np.cos(np.radians(lat.mean()))
    easting_m, northing_m = lon * scale, lat * _METRES_PER_DEGREE
    best = np.zeros(len(ids), dtype=bool)
    for _ in range(_DRAWN_CENTRES):
        centre = random.randrange(len(ids))
        distance_m = np.hypot(easting_m - easting_m[centre], northing_m - northing_m[centre])
        inside = distance_m <= RADIUS_M
        if inside.sum() > best.sum():
            best = inside
    return {ids[index]: places[ids[index]] for index in np.flatnonzero(best).tolist()}
