"""How simulated crews drive.

west ── corner      400 m a side; there is no street from west to south but round the corner.
          │
        south
"""

from datetime import timedelta

import pytest

from gis.place import Place
from gis.roads.reading import read_roads
from gis.roads.travel_graph import TravelGraph
from gis.travel import estimate_travel, straight_line_m
from storm.crews import CrewHabits, SimulatedCrew
from storm.drives import Drive, RoadDrives, StraightDrives
from storm.world import World
from tests.gis.road_file import degrees_at, write_roads

AT_ONCE = CrewHabits(decline_share=0, accept_minutes=(0, 0), set_off_minutes=(0, 0), drive_factor=(1, 1))
CORNERS = {"1": (0.0, 0.0), "2": (400.0, 0.0), "3": (400.0, -400.0)}
WEST, CORNER, SOUTH = (Place(*degrees_at(*at)) for at in CORNERS.values())


@pytest.fixture
def on_roads(tmp_path):
    tags = {"highway": "residential", "maxspeed": "50"}
    path = write_roads(tmp_path / "bend.osm.pbf", nodes=CORNERS, ways=[("1 2 3", tags)])
    return RoadDrives(TravelGraph(read_roads(path).roads))


def test_a_drive_goes_round_the_corner(on_roads):
    drive = on_roads.drive(origin=WEST, destination=SOUTH)
    half_way = drive.place_at(0.5)
    assert straight_line_m(origin=half_way, destination=CORNER) < 2
    assert drive.minutes == pytest.approx(800 / (40_000 / 60), rel=0.01)
    assert straight_line_m(origin=drive.place_at(1.0), destination=SOUTH) < 1


def test_what_no_road_leads_to_is_reached_straight_across(on_roads):
    island = Place(*degrees_at(30_000, 0))
    drive = on_roads.drive(origin=WEST, destination=island)
    assert drive == StraightDrives().drive(origin=WEST, destination=island)
    assert drive.minutes == estimate_travel(origin=WEST, destination=island).travel_minutes


@pytest.mark.parametrize(("share", "lon"), [(-1, 10.0), (0, 10.0), (0.25, 10.05), (1, 10.2), (2, 10.2)])
def test_a_share_of_the_way_is_a_place_on_it(share, lon):
    drive = Drive(minutes=5.0, points=(Place(10.0, 50.0), Place(10.1, 50.0), Place(10.2, 50.0)))
    assert drive.place_at(share) == Place(pytest.approx(lon), pytest.approx(50.0))


def test_one_who_stands_is_where_he_stands():
    assert Drive(minutes=0.0, points=(WEST,)).place_at(0.3) == WEST


def test_a_crew_keeps_to_the_roads(town, noon, on_roads):
    crew = SimulatedCrew(
        id="crew-1",
        place=WEST,
        world=World(tree=town),
        places={"T1-1": SOUTH},
        habits=AT_ONCE,
        seed=1,
        drives=on_roads,
    )
    crew.take(job="J-1", device="T1-1", at=noon)
    crew.advance(now=noon)
    assert crew.is_driving
    minutes = on_roads.drive(origin=WEST, destination=SOUTH).minutes
    half_way = crew.place_at(noon + timedelta(minutes=minutes / 2))
    assert straight_line_m(origin=half_way, destination=CORNER) < 5
