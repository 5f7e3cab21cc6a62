"""Points come in as WGS 84, GCJ-02 or BD-09, and go out as WGS 84."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import fsolve

from gis.coordinates import from_wgs84, to_wgs84
from gis.errors import CoordinatesOutOfRangeError, UnknownCrsError
from gis.mainland import is_on_mainland
from gis.place import Place
from gis.travel import straight_line_m

# Tiananmen as the maps give it: WGS 84, and what AMap and Baidu show at the same spot.
BEIJING = {
    "wgs84": (116.391349, 39.907375),
    "gcj02": (116.397592, 39.908777),
    "bd09": (116.403964, 39.915119),
}
MAINLAND = {
    "Harbin": (126.63, 45.75),
    "Heihe, by the river": (127.49, 50.245),
    "Dandong": (124.38, 40.13),
    "Hunchun": (130.36, 42.87),
    "Suifenhe": (131.15, 44.41),
    "Manzhouli": (117.44, 49.59),
    "Erenhot": (111.97, 43.65),
    "Kashgar": (75.99, 39.47),
    "Lhasa": (91.13, 29.66),
    "Ruili": (97.86, 24.01),
    "Hekou": (103.94, 22.535),
    "Dongxing": (107.97, 21.56),
    "Sanya": (109.51, 18.25),
    "Zhuhai": (113.57, 22.27),
    "Zhuhai, Hengqin": (113.52, 22.14),
    "Shenzhen, Luohu": (114.12, 22.545),
    "Shenzhen, Shekou": (113.92, 22.485),
    "Xiamen": (118.1, 24.48),
    "Pingtan": (119.8, 25.5),
    "Shanghai": (121.47, 31.23),
    "Zhoushan": (122.2, 29.99),
    "Qingdao": (120.38, 36.07),
    "Dalian": (121.61, 38.91),
}
OUTSIDE = {
    "Hong Kong, Central": (114.16, 22.28),
    "Hong Kong, Sheung Shui": (114.128, 22.505),
    "Hong Kong, Tuen Mun": (113.97, 22.39),
    "Hong Kong, airport": (113.92, 22.31),
    "Macau": (113.555, 22.197),
    "Macau, Coloane": (113.575, 22.12),
    "Taipei": (121.56, 25.04),
    "Kinmen": (118.32, 24.44),
    "Matsu": (119.93, 26.16),
    "Penghu": (119.58, 23.57),
    "Seoul": (126.98, 37.57),
    "Pyongyang": (125.75, 39.03),
    "Vladivostok": (131.89, 43.12),
    "Khabarovsk": (135.07, 48.48),
    "Blagoveshchensk": (127.53, 50.29),
    "Ulaanbaatar": (106.92, 47.92),
    "Almaty": (76.95, 43.24),
    "Bishkek": (74.59, 42.87),
    "Kathmandu": (85.32, 27.71),
    "Delhi": (77.21, 28.61),
    "Thimphu": (89.64, 27.47),
    "Hanoi": (105.85, 21.03),
    "Mong Cai": (107.96, 21.51),
    "Vientiane": (102.6, 17.97),
    "Fukuoka": (130.4, 33.59),
    "Manila": (120.98, 14.6),
    "Schwerin": (11.37, 53.64),
    "Null Island": (0.0, 0.0),
}
SHIFTED = ("gcj02", "bd09")


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return straight_line_m(origin=Place(*one), destination=Place(*other))


class Twin:
    """The same shift by another way: sums of sines as a table, and the way back by a solver."""

    # (metres, how often in 180 degrees, of which: x or y), east and north; as published.
    WAVES_EAST = (
        (20, 6, "x"),
        (20, 2, "x"),
        (20, 1, "x"),
        (40, 1 / 3, "x"),
        (150, 1 / 12, "x"),
        (300, 1 / 30, "x"),
    )
    WAVES_NORTH = (
        (20, 6, "x"),
        (20, 2, "x"),
        (20, 1, "y"),
        (40, 1 / 3, "y"),
        (160, 1 / 12, "y"),
        (320, 1 / 30, "y"),
    )
    AXIS, FLATTENING = 6_378_245.0, 1 / 298.3

    @classmethod
    def gcj02(cls, lon, lat):
        x, y = lon - 105, lat - 35
        at = {"x": x, "y": y}
        powers = np.array([1, x, y, x * x, x * y, y * y, math.sqrt(abs(x))])
        east = powers @ [300, 1, 2, 0.1, 0.1, 0, 0.1]
        north = powers @ [-100, 2, 3, 0, 0.1, 0.2, 0.2]
        east += sum(
            2 / 3 * height * math.sin(often * math.pi * at[of]) for height, often, of in cls.WAVES_EAST
        )
        north += sum(
            2 / 3 * height * math.sin(often * math.pi * at[of]) for height, often, of in cls.WAVES_NORTH
        )
        squared = cls.FLATTENING * (2 - cls.FLATTENING)
        bent = 1 - squared * math.sin(math.radians(lat)) ** 2
        across = cls.AXIS / math.sqrt(bent) * math.cos(math.radians(lat))
        along = cls.AXIS * (1 - squared) / bent**1.5
        return lon + math.degrees(east / across), lat + math.degrees(north / along)

    @classmethod
    def bd09(cls, lon, lat):
        place = complex(*cls.gcj02(lon, lat))
        often = math.pi * 3000 / 180
        longer = 2e-5 * math.sin(place.imag * often)
        turned = 3e-6 * math.cos(place.real * often)
        moved = (abs(place) + longer) * np.exp(1j * (np.angle(place) + turned)) + complex(0.0065, 0.006)
        return float(moved.real), float(moved.imag)

    @classmethod
    def back(cls, crs, lon, lat):
        there = getattr(cls, crs)
        found = fsolve(
            lambda guess: np.subtract(there(*guess), (lon, lat)), (lon - 0.006, lat - 0.003), xtol=1e-13
        )
        return float(found[0]), float(found[1])


@pytest.mark.parametrize("crs", SHIFTED)
def test_a_known_place_is_found_again(crs: str) -> None:
    lon, lat = BEIJING[crs]
    assert metres(to_wgs84(lon=lon, lat=lat, crs=crs), BEIJING["wgs84"]) < 2
    lon, lat = BEIJING["wgs84"]
    assert metres(from_wgs84(lon=lon, lat=lat, crs=crs), BEIJING[crs]) < 2


@given(lon=st.floats(73, 136), lat=st.floats(17, 54), crs=st.sampled_from(SHIFTED))
def test_there_and_back_is_less_than_a_metre_off_all_over_the_mainland(
    lon: float, lat: float, crs: str
) -> None:
    if not is_on_mainland(lon, lat):
        return
    there = from_wgs84(lon=lon, lat=lat, crs=crs)
    assert 10 < metres(there, (lon, lat)) < 2_500
    assert metres(to_wgs84(lon=there[0], lat=there[1], crs=crs), (lon, lat)) < 0.1


@given(lon=st.floats(80, 120), lat=st.floats(25, 40), crs=st.sampled_from(SHIFTED))
def test_it_is_the_shift_of_the_twin_there_and_back(lon: float, lat: float, crs: str) -> None:
    if not is_on_mainland(lon, lat):
        return
    there = from_wgs84(lon=lon, lat=lat, crs=crs)
    assert metres(there, getattr(Twin, crs)(lon, lat)) < 0.1
    assert metres(to_wgs84(lon=there[0], lat=there[1], crs=crs), Twin.back(crs, *there)) < 0.1


@pytest.mark.parametrize("name", MAINLAND)
@pytest.mark.parametrize("crs", SHIFTED)
def test_places_of_the_mainland_are_shifted_and_found_again(name: str, crs: str) -> None:
    place = MAINLAND[name]
    there = from_wgs84(lon=place[0], lat=place[1], crs=crs)
    assert metres(there, place) > 50
    assert metres(to_wgs84(lon=there[0], lat=there[1], crs=crs), place) < 1


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("crs", [*SHIFTED, "wgs84", "cgcs2000"])
def test_outside_the_mainland_nothing_is_shifted(name: str, crs: str) -> None:
    lon, lat = OUTSIDE[name]
    assert from_wgs84(lon=lon, lat=lat, crs=crs) == (lon, lat)
    assert to_wgs84(lon=lon, lat=lat, crs=crs) == (lon, lat)


def test_an_unknown_system_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownCrsError, match=r"'mars'.*wgs84, cgcs2000, gcj02, bd09"):
        to_wgs84(lon=104, lat=30, crs="mars")


@pytest.mark.parametrize(
    ("lon", "lat"), [(181, 0), (0, 91), (30.6, 104.1), (float("nan"), 1), (1, float("inf"))]
)
def test_a_point_that_is_no_place_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(CoordinatesOutOfRangeError, match="no place on Earth"):
        to_wgs84(lon=lon, lat=lat, crs="wgs84")
