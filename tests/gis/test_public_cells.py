"""The areas of the public map: drawn beforehand, none with fewer than twenty customers, none over another."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.public_cells import COARSEST_ZOOM, FEWEST_CUSTOMERS, FINEST_ZOOM, draw_cells

# Half a square of the finest zoom in degrees of longitude.
_HALF = 360 / 2**FINEST_ZOOM / 2


def drawn(places, *, customers=None, streets=None):
    """Return the cells of service points at places in degrees."""
    count = len(places)
    return draw_cells(
        network_version=1,
        ids=[f"p{number:04d}" for number in range(count)],
        customers=customers or [1] * count,
        lon=[place[0] for place in places],
        lat=[place[1] for place in places],
        streets=streets or [None] * count,
    )


def partition(cells):
    """Return which service points are together in a cell."""
    return {
        frozenset(np.flatnonzero(cells.cell_of_point == number).tolist())
        for number in range(len(cells.cells))
    }


def slow_partition(places, customers):
    """The same by the words of the rule: from large squares to small ones and back, without arrays."""

    def square(place, zoom):
        lon, lat = place
        count = 2**zoom
        y = (0.5 - np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) / (2 * np.pi)) * count
        return int((lon + 180) / 360 * count), int(np.floor(y))

    found = set()

    def left_of(points, zoom):
        if zoom < FINEST_ZOOM:
            parts = {}
            for point in points:
                parts.setdefault(square(places[point], zoom + 1), []).append(point)
            points = [point for part in parts.values() for point in left_of(part, zoom + 1)]
        if sum(customers[point] for point in points) >= FEWEST_CUSTOMERS:
            found.add(frozenset(points))
            return []
        return points

    start = {}
    for number, place in enumerate(places):
        if customers[number]:
            start.setdefault(square(place, COARSEST_ZOOM), []).append(number)
    for points in start.values():
        left_of(points, COARSEST_ZOOM)
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 30)), min_size=1, max_size=60)
)
def test_cells_are_those_of_the_slow_twin(drawn_points):
    places = [(11.4 + x * _HALF * 1.37, 53.6 + y * _HALF * 0.71) for x, y, _ in drawn_points]
    customers = [count for _, _, count in drawn_points]
    cells = drawn(places, customers=customers)
    assert partition(cells) == slow_partition(places, customers)
    assert all(cell.customers >= FEWEST_CUSTOMERS for cell in cells.cells)
    outlines = [cell.outline for cell in cells.cells]
    assert all(outline.is_valid for outline in outlines)
    for number, points in ((n, np.flatnonzero(cells.cell_of_point == n)) for n in range(len(outlines))):
        assert all(outlines[number].distance(shapely.Point(places[point])) < 1e-5 for point in points)
    for one in range(len(outlines)):
        for other in range(one):
            assert outlines[one].intersection(outlines[other]).area < 1e-9


def test_cells_do_not_depend_on_the_order_of_rows():
    places = [(11.4 + 0.002 * (number % 7), 53.6 + 0.001 * (number % 5)) for number in range(70)]
    order = np.random.default_rng(1).permutation(70)
    there = drawn(places)
    back = draw_cells(
        network_version=1,
        ids=[f"p{number:04d}" for number in order],
        customers=[1] * 70,
        lon=[places[number][0] for number in order],
        lat=[places[number][1] for number in order],
        streets=[None] * 70,
    )
    assert there.cells == back.cells
    assert there.cell_of_point.tolist() == back.cell_of_point.tolist()


def test_who_has_no_place_and_lonely_farms_are_in_no_cell():
    cells = drawn([(11.4, 53.6)] * 20 + [(None, None)] * 30 + [(15.0, 50.0)] * 19)
    assert [cell.customers for cell in cells.cells] == [20]
    assert cells.points(["p0000", "p0000", "nobody", "p0040"]).tolist() == [0, 40]
    assert cells.cell_of_point[[0, 40, 60]].tolist() == [0, -1, -1]


@pytest.mark.parametrize(
    ("title", "name", "district"),
    [
        ("Oak Street, Riverside", "Oak Street", "Riverside"),
        ("江北区栎树街", "栎树街", "江北区"),
        ("新岭街道牌坊弄", "牌坊弄", "新岭街道"),
        ("Mill", "Mill", "Mill"),
    ],
)
def test_a_cell_is_named_by_the_street_most_of_it_lives_in(title, name, district):
    cells = drawn([(11.4, 53.6)] * 24, streets=[title] * 16 + ["Lone Lane, Riverside"] * 8)
    assert [(cell.name, cell.district) for cell in cells.cells] == [(name, district)]


def test_a_street_of_few_gives_no_name():
    cells = drawn([(11.4, 53.6)] * 20, streets=[f"Farm {number // 4}" for number in range(20)])
    assert [(cell.name, cell.district) for cell in cells.cells] == [(None, None)]


def test_a_network_without_service_points_has_no_cells():
    assert drawn([]).cells == ()
