"""EPSG:3857, in which web maps are drawn: turning degrees into its metres, and its tiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

SRID = 3857
_RADIUS_M = 6_378_137.0
# Beyond this latitude the square map of the world ends.
_HIGHEST_LATITUDE = 85.051128779806
WORLD_M = 2 * np.pi * _RADIUS_M

Geometry = npt.NDArray[np.object_]


def to_web_mercator(geometry: Geometry) -> Geometry:
    """Return geometries in degrees as geometries in EPSG:3857; what is missing stays missing."""
    return shapely.transform(geometry, _project)


def _project(degrees: npt.NDArray[Any]) -> npt.NDArray[Any]:
    longitude, latitude = np.radians(degrees).T
    highest = np.radians(_HIGHEST_LATITUDE)
    latitude = np.clip(latitude, -highest, highest)
    return _RADIUS_M * np.column_stack([longitude, np.arcsinh(np.tan(latitude))])


def tiles_of(places_m: npt.NDArray[np.float64], zoom: int) -> npt.NDArray[np.int64]:
    """Return for each place (rows of x, y in EPSG:3857) a number of its own for its tile at a zoom."""
    cells = np.floor((places_m / WORLD_M + 0.5) * 2**zoom).astype(np.int64)
    tiles: npt.NDArray[np.int64] = cells[:, 0] * 2**zoom + cells[:, 1]
    return tiles


def metres_per_pixel(zoom: int) -> float:
    """Return how many metres of EPSG:3857 a pixel shows, where a tile is drawn 512 pixels wide."""
    return float(WORLD_M / 2**zoom / 512)
