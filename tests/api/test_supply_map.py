"""The small picture of an outage's area: inside its frame, coarse, with the own place and words for it."""

import re

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from api.supply_map import HEIGHT, WIDTH, OutageArea, draw
from gis.place import Place

METRE = 1 / 111_320


def square(side_m, *, lon=0.0, lat=0.0):
    half = side_m * METRE / 2
    return shapely.box(lon - half, lat - half, lon + half, lat + half)


def points(picture):
    return [(int(x), int(y)) for x, y in re.findall(r"(-?\d+),(-?\d+)", picture.path)]


def test_an_area_without_an_outline_has_no_picture():
    assert draw(OutageArea(customers=3, outline=None), own=None) is None


def test_a_square_is_a_square_and_north_is_up():
    picture = draw(OutageArea(customers=9, outline=square(1000)), own=Place(lon=0.0, lat=400 * METRE))
    columns, rows = zip(*points(picture), strict=True)
    assert abs((max(columns) - min(columns)) - (max(rows) - min(rows))) <= 2
    assert picture.dot[1] < HEIGHT / 2
    assert picture.sector == "north"
    assert (picture.width_m, picture.height_m) == (1100, 1100)
    assert picture.bar_m == 500


@pytest.mark.parametrize(
    ("east", "north", "sector"),
    [
        (0, 0, "middle"),
        (400, 0, "east"),
        (400, 400, "north_east"),
        (-400, 400, "north_west"),
        (-400, 0, "west"),
        (-400, -400, "south_west"),
        (0, -400, "south"),
        (400, -400, "south_east"),
    ],
)
def test_the_part_of_the_area_is_named(east, north, sector):
    own = Place(lon=east * METRE, lat=north * METRE)
    assert draw(OutageArea(customers=9, outline=square(1000)), own=own).sector == sector


def test_one_house_does_not_fill_the_picture():
    picture = draw(OutageArea(customers=9, outline=square(20)), own=None)
    columns, rows = zip(*points(picture), strict=True)
    assert max(columns) - min(columns) < WIDTH / 2
    assert max(rows) - min(rows) < HEIGHT / 2


def test_holes_are_not_drawn_since_they_would_show_who_has_supply():
    holed = square(1000).difference(square(300))
    assert draw(OutageArea(customers=9, outline=holed), own=None).path.count("M") == 1


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-75, 75),
    side_m=st.floats(1, 50_000),
    own=st.none() | st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)),
)
def test_whatever_is_drawn_stays_inside_and_small(lon, lat, side_m, own):
    place = None if own is None else Place(lon=lon + own[0], lat=lat + own[1])
    picture = draw(OutageArea(customers=9, outline=square(side_m, lon=lon, lat=lat)), own=place)
    drawn = points(picture) + ([picture.dot] if picture.dot else [])
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)
    assert 0 < picture.bar <= WIDTH / 2
    assert len(picture.path) < 4_000
    assert "nan" not in picture.path
