"""How far, and how long a crew drives. Until roads are imported: the straight line, stretched.

The factor and the speed are those of design §6: a road is about 1.3 times the straight line,
and a truck in a town makes about 30 km/h. The estimate always says where it comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

import numpy as np
import numpy.typing as npt

from gis.place import Place

STRAIGHT_LINE = "straight_line"

_EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
ROAD_FACTOR = 1.3
_SPEED_KMH = 30.0
_METRES_PER_MINUTE = _SPEED_KMH * 1000.0 / 60.0


@dataclass(frozen=True, slots=True)
class TravelEstimate:
    """Distance driven and time taken, with the source of both."""

    distance_m: float
    travel_minutes: float
    source: str = STRAIGHT_LINE


def estimate_travel(*, origin: Place, destination: Place) -> TravelEstimate:
    """Estimate the drive between two places."""
    distance_m = straight_line_m(origin=origin, destination=destination) * ROAD_FACTOR
    return TravelEstimate(distance_m=distance_m, travel_minutes=distance_m / _METRES_PER_MINUTE)


def straight_line_m(*, origin: Place, destination: Place) -> float:
    """Return the great-circle distance in metres (haversine)."""
    north = radians(destination.lat - origin.lat)
    east = radians(destination.lon - origin.lon)
    chord = (
        sin(north / 2) ** 2 + cos(radians(origin.lat)) * cos(radians(destination.lat)) * sin(east / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def estimated_minutes(*, origins: Sequence[Place], destinations: Sequence[Place]) -> npt.NDArray[np.float64]:
    """Return the minutes of `estimate_travel` from each origin (row) to each destination (column)."""
    from_lon, from_lat = _radians(origins)
    to_lon, to_lat = _radians(destinations)
    north = to_lat[None, :] - from_lat[:, None]
    east = to_lon[None, :] - from_lon[:, None]
    chord = (
        np.sin(north / 2) ** 2 + np.cos(from_lat)[:, None] * np.cos(to_lat)[None, :] * np.sin(east / 2) ** 2
    )
    metres = 2 * _EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord)))
    minutes: npt.NDArray[np.float64] = metres * ROAD_FACTOR / _METRES_PER_MINUTE
    return minutes


def _radians(places: Sequence[Place]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    degrees = np.array([(place.lon, place.lat) for place in places], dtype=np.float64).reshape(-1, 2)
    lon, lat = np.radians(degrees).T
    return lon, lat
