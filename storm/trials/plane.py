"""Places in metres on a plane that touches the network: good to a few parts in a thousand over a city."""

from __future__ import annotations

import numpy as np

from storm.trials.ground import Places
from storm.trials.randomness import FloatArray

METRES_PER_DEGREE = 111_320.0


def plane_metres(places: Places, degrees: FloatArray) -> FloatArray:
    """Return rows of lon and lat as metres east and north of the first service point with a place."""
    return (degrees - _origin(places)) * _metres(places)


def degrees_of_metres(places: Places, metres: FloatArray) -> FloatArray:
    """Return steps in metres as steps in degrees."""
    return metres / _metres(places)


def _origin(places: Places) -> FloatArray:
    points = places.service_points
    origin: FloatArray = points[int(np.argmin(np.isnan(points[:, 0])))]
    return origin


def _metres(places: Places) -> FloatArray:
    narrowing = np.cos(np.radians(_origin(places)[1]))
    return np.array([METRES_PER_DEGREE * narrowing, METRES_PER_DEGREE])
