"""Travel without roads: the straight line times 1.3 at 30 km/h, and it says so."""

from __future__ import annotations

import pytest

from gis.place import Place
from gis.travel import estimate_travel, straight_line_m


def test_a_degree_of_latitude_is_111_km() -> None:
    distance_m = straight_line_m(origin=Place(lon=11, lat=53), destination=Place(lon=11, lat=54))
    assert distance_m == pytest.approx(111_195, abs=1)


def test_the_drive_is_longer_than_the_line_and_says_where_it_comes_from() -> None:
    travel = estimate_travel(origin=Place(lon=11, lat=53), destination=Place(lon=11, lat=54))
    assert travel.distance_m == pytest.approx(144_554, abs=2)
    assert travel.travel_minutes == pytest.approx(289.1, abs=0.1)
    assert travel.source == "straight_line"


def test_a_crew_on_the_spot_has_no_way_to_go() -> None:
    here = Place(lon=104.06, lat=30.57)
    assert estimate_travel(origin=here, destination=here).travel_minutes == 0


def test_the_other_side_of_the_earth_is_half_its_girth_away() -> None:
    distance_m = straight_line_m(origin=Place(lon=0, lat=0), destination=Place(lon=180, lat=0))
    assert distance_m == pytest.approx(20_015_115, abs=1)
