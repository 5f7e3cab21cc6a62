"""A place: one point on the map."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A point in EPSG:4326, in degrees."""

    lon: float
    lat: float
