"""Points come in as WGS 84, GCJ-02 or BD-09, and go out as WGS 84."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.coordinates import from_wgs84, to_wgs84
from gis.errors import CoordinatesOutOfRangeError, UnknownCrsError
from gis.place import Place
from gis.travel import straight_line_m

# Tiananmen as the maps give it: WGS 84, and what AMap and Baidu show at the same spot.
BEIJING = {
    "wgs84": (116.391349, 39.907375),
    "gcj02": (116.397592, 39.908777),
    "bd09": (116.403964, 39.915119),
}


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return straight_line_m(origin=Place(*one), destination=Place(*other))


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_a_known_place_is_found_again(crs: str) -> None:
    lon, lat = BEIJING[crs]
    assert metres(to_wgs84(lon=lon, lat=lat, crs=crs), BEIJING["wgs84"]) < 2
    lon, lat = BEIJING["wgs84"]
    assert metres(from_wgs84(lon=lon, lat=lat, crs=crs), BEIJING[crs]) < 2


@given(
    lon=st.floats(73, 137),
    lat=st.floats(1, 55),
    crs=st.sampled_from(["wgs84", "cgcs2000", "gcj02", "bd09"]),
)
def test_there_and_back_is_less_than_a_metre_off(lon: float, lat: float, crs: str) -> None:
    there = from_wgs84(lon=lon, lat=lat, crs=crs)
    assert metres(to_wgs84(lon=there[0], lat=there[1], crs=crs), (lon, lat)) < 0.1


@given(lon=st.floats(73, 137), lat=st.floats(1, 55))
def test_the_shift_in_china_is_some_hundred_metres(lon: float, lat: float) -> None:
    assert metres(to_wgs84(lon=lon, lat=lat, crs="gcj02"), (lon, lat)) < 1_500


def test_outside_china_nothing_is_shifted() -> None:
    assert to_wgs84(lon=11.37, lat=53.64, crs="gcj02") == (11.37, 53.64)


def test_an_unknown_system_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownCrsError, match=r"'mars'.*wgs84, cgcs2000, gcj02, bd09"):
        to_wgs84(lon=104, lat=30, crs="mars")


@pytest.mark.parametrize(
    ("lon", "lat"), [(181, 0), (0, 91), (30.6, 104.1), (float("nan"), 1), (1, float("inf"))]
)
def test_a_point_that_is_no_place_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(CoordinatesOutOfRangeError, match="no place on Earth"):
        to_wgs84(lon=lon, lat=lat, crs="wgs84")
