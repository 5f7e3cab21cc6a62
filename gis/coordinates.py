"""Points from outside, whatever system they come in, as WGS 84 longitude and latitude.

WeChat and AMap hand out `gcj02`, Baidu `bd09`: both are WGS 84 shifted by up to 1.3 km on the Chinese
mainland (gis/mainland.py), by formulas that were never published but are widely known. Outside it all are
WGS 84 as it stands. In the strip along the outline, as wide as the shift, one pair of numbers may mean a
place on either side: there it is taken for the one on the mainland. `cgcs2000` differs from WGS 84 by
centimetres, which no crew will notice.
"""

from collections.abc import Callable
from math import atan2, cos, isfinite, pi, sin, sqrt

from gis.errors import CoordinatesOutOfRangeError, UnknownCrsError
from gis.mainland import is_on_mainland

_MAX_LON, _MAX_LAT = 180.0, 90.0
# The ellipsoid of Krassowsky 1940, on which the shift is computed.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.006_693_421_622_965_943
_BAIDU_PI = pi * 3000.0 / 180.0
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
# Each round of the inverse shrinks the error about a thousandfold; a centimetre is reached in three.
_INVERSE_ROUNDS = 5

_Point = tuple[float, float]


def to_wgs84(*, lon: float, lat: float, crs: str) -> tuple[float, float]:
    """Return longitude and latitude in WGS 84, in degrees, of a point given in `crs`.

    UnknownCrsError when the system is none of wgs84, cgcs2000, gcj02, bd09;
    CoordinatesOutOfRangeError when the point is no place on Earth.
    """
    return _convert(_TO_WGS84, lon=lon, lat=lat, crs=crs)


def from_wgs84(*, lon: float, lat: float, crs: str) -> tuple[float, float]:
    """Return a WGS 84 point in `crs`, in degrees; the errors are those of `to_wgs84`."""
    return _convert(_FROM_WGS84, lon=lon, lat=lat, crs=crs)


def _convert(
    conversions: dict[str, Callable[[float, float], _Point]], *, lon: float, lat: float, crs: str
) -> _Point:
    convert = conversions.get(crs)
    if convert is None:
        raise UnknownCrsError(
            f"The coordinate system '{crs}' is not known. Use one of: {', '.join(conversions)}."
        )
    if not (isfinite(lon) and isfinite(lat) and abs(lon) <= _MAX_LON and abs(lat) <= _MAX_LAT):
        raise CoordinatesOutOfRangeError(
            f"Longitude {lon}, latitude {lat} is no place on Earth: longitude lies between -180 and 180, "
            "latitude between -90 and 90 degrees (are the two swapped?)."
        )
    return convert(lon, lat)


def _unchanged(lon: float, lat: float) -> _Point:
    return lon, lat


def _gcj02_from_wgs84(lon: float, lat: float) -> _Point:
    return _shifted(lon, lat) if is_on_mainland(lon, lat) else (lon, lat)


def _wgs84_from_gcj02(lon: float, lat: float) -> _Point:
    place = _unshifted(lon, lat)
    return place if is_on_mainland(*place) else (lon, lat)


def _bd09_from_wgs84(lon: float, lat: float) -> _Point:
    return _bd09_from_gcj02(*_shifted(lon, lat)) if is_on_mainland(lon, lat) else (lon, lat)


def _wgs84_from_bd09(lon: float, lat: float) -> _Point:
    place = _unshifted(*_gcj02_from_bd09(lon, lat))
    return place if is_on_mainland(*place) else (lon, lat)


def _shifted(lon: float, lat: float) -> _Point:
    east, north = _shift(lon - 105.0, lat - 35.0)
    radians = lat / 180.0 * pi
    flattened = 1 - _ECCENTRICITY_2 * sin(radians) ** 2
    root = sqrt(flattened)
    north = north * 180.0 / (_AXIS_M * (1 - _ECCENTRICITY_2) / (flattened * root) * pi)
    east = east * 180.0 / (_AXIS_M / root * cos(radians) * pi)
    return lon + east, lat + north


def _shift(x: float, y: float) -> _Point:
    """The shift in metres east and north, x and y in degrees from 105° E 35° N; constants as published."""
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    return east, north


def _unshifted(lon: float, lat: float) -> _Point:
    """The shift has no inverse in closed form: correct a guess by what the way there misses."""
    guess_lon, guess_lat = lon, lat
    for _ in range(_INVERSE_ROUNDS):
        there_lon, there_lat = _shifted(guess_lon, guess_lat)
        guess_lon += lon - there_lon
        guess_lat += lat - there_lat
    return guess_lon, guess_lat


def _bd09_from_gcj02(lon: float, lat: float) -> _Point:
    radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BAIDU_PI)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BAIDU_PI)
    return radius * cos(angle) + _BAIDU_LON, radius * sin(angle) + _BAIDU_LAT


def _gcj02_from_bd09(lon: float, lat: float) -> _Point:
    guess_lon, guess_lat = lon - _BAIDU_LON, lat - _BAIDU_LAT
    for _ in range(_INVERSE_ROUNDS):
        there_lon, there_lat = _bd09_from_gcj02(guess_lon, guess_lat)
        guess_lon += lon - there_lon
        guess_lat += lat - there_lat
    return guess_lon, guess_lat


_TO_WGS84: dict[str, Callable[[float, float], _Point]] = {
    "wgs84": _unchanged,
    "cgcs2000": _unchanged,
    "gcj02": _wgs84_from_gcj02,
    "bd09": _wgs84_from_bd09,
}
_FROM_WGS84: dict[str, Callable[[float, float], _Point]] = {
    "wgs84": _unchanged,
    "cgcs2000": _unchanged,
    "gcj02": _gcj02_from_wgs84,
    "bd09": _bd09_from_wgs84,
}
