"""Coordinate reference systems by the names that files give them, and points in them.

Owns turning x and y of any system pyproj knows into EPSG:4326; whether a file says its system is for its
importer to find out.
"""

import re
from collections.abc import Sequence

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError, ProjError

from gis.errors import UnknownCrsError

_URN = re.compile(r"urn:ogc:def:crs:(?P<authority>\w+):[^:]*:(?P<code>\w+)$", re.IGNORECASE)
_LON_LAT = "OGC:CRS84"


def known_crs(name: str) -> pyproj.CRS | None:
    """Return the system that a name such as EPSG:4326 or urn:ogc:def:crs:EPSG::4326 means, None if none."""
    match = _URN.match(name.strip())
    text = f"{match['authority']}:{match['code']}" if match else name.strip()
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        return None


def require_crs(name: str) -> pyproj.CRS:
    """Return the system a person named; UnknownCrsError, with how to name one."""
    crs = known_crs(name)
    if crs is None:
        raise UnknownCrsError(
            f"The coordinate system '{name}' is not known. Name it by its EPSG number, such as EPSG:26918."
        )
    return crs


def points_in_wgs84(*, x: Sequence[float], y: Sequence[float], crs: pyproj.CRS) -> NDArray[np.object_]:
    """Return points in EPSG:4326 of x (east, or longitude) and y (north, or latitude) in `crs`.

    What the system cannot place comes back with infinite coordinates, which no check takes for sound.
    """
    try:
        transformer = pyproj.Transformer.from_crs(crs, _LON_LAT, always_xy=True)
        lon, lat = transformer.transform(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    except ProjError as error:
        raise UnknownCrsError(
            f"The coordinate system '{crs.name}' cannot be turned into EPSG:4326 ({error}). Name another."
        ) from error
    return np.asarray(shapely.points(lon, lat), dtype=np.object_)
