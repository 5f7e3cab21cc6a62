"""Places in metres on a plane that touches the network: good to a few parts in a thousand over a city."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from storm.trials.randomness import FloatArray
from topology.arrays import LongArray

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, eq=False)
class Places:
    """Where things are, in degrees of WGS 84; NaN where nobody knows. Rows by index, columns lon, lat."""

    service_points: FloatArray
    devices: FloatArray


def plane_metres(places: Places, degrees: FloatArray) -> FloatArray:
    """Return rows of lon and lat as metres east and north of the first service point with a place."""
    return (degrees - _origin(places)) * _metres(places)


def degrees_of_metres(places: Places, metres: FloatArray) -> FloatArray:
    """Return steps in metres as steps in degrees."""
    return metres / _metres(places)


class NearestPoint:
    """The service point nearest to a place; made once for a network."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._located = np.flatnonzero(~np.isnan(places.service_points[:, 0]))
        self._tree = cKDTree(plane_metres(places, places.service_points[self._located]))

    def __call__(self, degrees: FloatArray) -> LongArray:
        """Return indices of service points, one for each row of lon and lat."""
        return self._located[self._tree.query(plane_metres(self._places, degrees))[1]]


def _origin(places: Places) -> FloatArray:
    points = places.service_points
    origin: FloatArray = points[int(np.argmin(np.isnan(points[:, 0])))]
    return origin


def _metres(places: Places) -> FloatArray:
    narrowing = np.cos(np.radians(_origin(places)[1]))
    return np.array([METRES_PER_DEGREE * narrowing, METRES_PER_DEGREE])
