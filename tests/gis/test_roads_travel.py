"""Driving: how long, which way, around what is closed, and what cannot be reached.

c ──── d ──── e      Residential streets, 1000 m a side: 2.4 minutes each.
│      │      │      p ── q stands apart.
a ──── b ──── f      p ── q
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gis.errors import CoordinatesOutOfRangeError
from gis.roads.reading import read_roads
from gis.roads.snapping import Snaps
from gis.roads.travel_graph import TravelGraph
from tests.gis.road_file import degrees_at, write_roads

NODES = {
    "a": (0, 0),
    "b": (1000, 0),
    "c": (0, 1000),
    "d": (1000, 1000),
    "e": (2000, 1000),
    "f": (2000, 0),
    "p": (9000, 0),
    "q": (9500, 0),
}
SIDE_MINUTES = 2.4
WALKED_100_M = 100 / (5000 / 60)
STREET = {"highway": "residential"}
WAYS = [
    ("a b", {**STREET, "name": "South Street"}),
    ("b f", {**STREET, "name": "South Street"}),
    ("c d", {**STREET, "name": "North Street"}),
    ("d e", {**STREET, "name": "North Street"}),
    ("a c", {**STREET, "name": "West Street"}),
    ("b d", STREET),
    ("f e", STREET),
    ("p q", {**STREET, "name": "Far Street"}),
]


@pytest.fixture
def graph_of(tmp_path):
    def make(ways=WAYS, nodes=NODES, **more):
        path = write_roads(tmp_path / "roads.osm.pbf", nodes=nodes, ways=ways, **more)
        return TravelGraph(read_roads(path).roads)

    return make


def _at(graph, *points):
    lon, lat = zip(*(degrees_at(*point) for point in points), strict=True)
    return graph.nearest(lon, lat)


def _minutes(graph, origin, destination):
    return graph.travel_minutes(origins=_at(graph, origin), destinations=_at(graph, destination))[0, 0]


def _route(graph, origin, destination):
    return graph.route(origin=_at(graph, origin)[0], destination=_at(graph, destination)[0])


def _close(graph, *points):
    return graph.without(graph.edges_touching(shapely.Point(*degrees_at(*points[0])).buffer(1e-5)))


def test_places_are_snapped_to_the_nearest_road(graph_of):
    snaps = _at(graph_of(), (250, 30), (1000, 500), (9100, -10))

    assert snaps.segments.tolist() == [0, 5, 7]
    assert snaps.fractions.tolist() == pytest.approx([0.25, 0.5, 0.2], abs=1e-3)
    assert snaps.distances_m.tolist() == pytest.approx([30, 0, 10], abs=0.5)


def test_a_road_that_leads_somewhere_is_taken_before_a_nearer_island(graph_of):
    nodes = {**NODES, "x": (400, 40), "y": (600, 40), "v": (400, -90), "w": (600, -90)}
    graph = graph_of(ways=[*WAYS, ("x y", STREET), ("v w", STREET)], nodes=nodes)

    assert _at(graph, (500, 30)).segments.tolist() == [0]
    assert _at(graph, (500, -85)).segments.tolist() == [9]


@pytest.mark.parametrize(("lon", "lat"), [(181.0, 50.0), (8.0, 91.0), (float("nan"), 50.0), (8.0, -1e9)])
def test_what_is_no_place_on_earth_is_refused(graph_of, lon, lat):
    with pytest.raises(CoordinatesOutOfRangeError, match="no place on Earth"):
        graph_of().nearest([8.0, lon], [50.0, lat])


def test_minutes_are_those_of_the_streets_and_of_the_ways_on_foot(graph_of):
    graph = graph_of()

    assert _minutes(graph, (0, 500), (2000, 500)) == pytest.approx(3 * SIDE_MINUTES, rel=1e-3)
    assert _minutes(graph, (250, 0), (750, 0)) == pytest.approx(0.5 * SIDE_MINUTES, rel=1e-3)
    assert _minutes(graph, (-100, 500), (2100, 500)) == pytest.approx(
        3 * SIDE_MINUTES + 2 * WALKED_100_M, rel=2e-3
    )


def test_what_no_road_reaches_is_infinitely_far(graph_of):
    graph = graph_of()

    assert _minutes(graph, (0, 500), (9250, 0)) == np.inf
    assert _route(graph, (0, 500), (9250, 0)) is None
    assert _minutes(graph, (0, 500), (0, -2500)) == np.inf
    assert _route(graph, (0, -2500), (0, 500)) is None
    assert np.isfinite(_minutes(graph, (9100, 0), (9250, 0)))


def test_few_jobs_and_many_crews_give_the_same_as_many_jobs_and_few_crews(graph_of):
    graph = graph_of(ways=[(words, {**tags, "oneway": "yes"}) for words, tags in WAYS[:3]] + WAYS[3:])
    many = _at(graph, *((200.0 * number, 400.0) for number in range(-3, 20)), (9200, 0))
    few = _at(graph, (100, 0), (2000, 700), (9400, 3))

    wide = graph.travel_minutes(origins=few, destinations=many)
    one_by_one = [
        graph.travel_minutes(origins=few, destinations=Snaps.of(many[number])) for number in range(len(many))
    ]
    assert wide == pytest.approx(np.hstack(one_by_one))
    tall = graph.travel_minutes(origins=many, destinations=few)
    one_by_one = [
        graph.travel_minutes(origins=Snaps.of(many[number]), destinations=few) for number in range(len(many))
    ]
    assert tall == pytest.approx(np.vstack(one_by_one))


def test_no_places_give_an_empty_matrix(graph_of):
    graph = graph_of()
    one, none = _at(graph, (0, 500)), Snaps.of()

    assert graph.travel_minutes(origins=none, destinations=one).shape == (0, 1)
    assert graph.travel_minutes(origins=one, destinations=none).shape == (1, 0)
    assert graph.travel_minutes(origins=none, destinations=none).shape == (0, 0)


def test_a_closed_road_counts_in_the_next_answer_and_only_there(graph_of):
    graph = graph_of()
    closed = _close(graph, (1500, 0))

    assert closed.closed_edges.tolist() == [2, 3]
    assert _minutes(graph, (500, 0), (2000, 100)) == pytest.approx(1.6 * SIDE_MINUTES, rel=1e-3)
    assert _minutes(closed, (500, 0), (2000, 100)) == pytest.approx(3.4 * SIDE_MINUTES, rel=1e-3)
    assert closed.without([]).closed_edges.tolist() == [2, 3]


def test_a_job_on_a_closed_road_is_reached_on_foot_from_its_nearer_end(graph_of):
    closed = _close(graph_of(), (1500, 0))

    assert _minutes(closed, (1000, 500), (1100, 0)) == pytest.approx(
        0.5 * SIDE_MINUTES + WALKED_100_M, rel=1e-3
    )
    route = _route(closed, (1000, 500), (1100, 0))
    assert [step.name for step in route.steps] == [None]
    assert _minutes(closed, (1200, 0), (1300, 0)) == pytest.approx(WALKED_100_M, rel=1e-2)
    assert _route(closed, (1200, 0), (1300, 0)).length_m == 0


def test_a_crew_on_a_closed_road_drives_away(graph_of):
    closed = _close(graph_of(), (1500, 0))

    assert _minutes(closed, (1500, 0), (1000, 500)) == pytest.approx(SIDE_MINUTES, rel=1e-3)


def test_inside_a_flooded_area_nothing_is_reached(graph_of):
    graph = graph_of()
    west, south = degrees_at(-100, -100)
    east, north = degrees_at(1500, 500)
    flooded = graph.without(graph.edges_touching(shapely.box(west, south, east, north)))

    assert _minutes(flooded, (2000, 900), (0, 100)) == pytest.approx(
        0.1 * SIDE_MINUTES + 2 * SIDE_MINUTES + 9 * WALKED_100_M, rel=1e-3
    )
    assert _minutes(flooded, (2000, 900), (400, 0)) == np.inf


def test_a_one_way_is_driven_around(graph_of):
    ways = [("a b", {**STREET, "oneway": "yes"}), *WAYS[1:]]
    graph = graph_of(ways=ways)

    assert _minutes(graph, (0, 100), (1000, 100)) == pytest.approx(1.2 * SIDE_MINUTES, rel=1e-3)
    assert _minutes(graph, (1000, 100), (0, 100)) == pytest.approx(2.8 * SIDE_MINUTES, rel=1e-3)
    # Back along its own one-way: once around the block.
    assert _minutes(graph, (700, 0), (300, 0)) == pytest.approx(3.6 * SIDE_MINUTES, rel=1e-3)


def test_a_forbidden_turn_is_driven_around(graph_of):
    no_left = (1, "b", 6, {"restriction": "no_left_turn"})
    graph = graph_of(restrictions=[no_left])

    # From a to b, but not up to d: on to f, where one may turn, and back.
    assert _minutes(graph, (900, 0), (1000, 100)) == pytest.approx(2.2 * SIDE_MINUTES, rel=1e-3)
    assert _minutes(graph, (1100, 0), (1000, 100)) == pytest.approx(0.2 * SIDE_MINUTES, rel=1e-3)
    assert _route(graph, (900, 0), (1000, 100)).travel_minutes == pytest.approx(
        _minutes(graph, (900, 0), (1000, 100))
    )


def test_a_private_road_is_reached_but_no_short_cut(graph_of):
    private = {"highway": "service", "access": "private"}
    graph = graph_of(ways=[*WAYS[:5], ("b d", private), WAYS[6]])

    assert _minutes(graph, (1000, 0), (1000, 250)) == pytest.approx(0.25 / 15 * 60, rel=1e-2)
    assert _minutes(graph, (1000, 250), (1000, 0)) == pytest.approx(0.25 / 15 * 60, rel=1e-2)
    # Through it would take 4 minutes and a little; around it are 7.2 and a little.
    assert _minutes(graph, (900, 0), (900, 1000)) == pytest.approx(2.8 * SIDE_MINUTES, rel=1e-2)


def test_a_private_road_is_driven_through_where_there_is_no_other_way(graph_of):
    graph = graph_of(ways=[WAYS[0], ("b d", {**STREET, "access": "private"}), WAYS[2]])

    assert _minutes(graph, (500, 0), (500, 1000)) == pytest.approx(2 * SIDE_MINUTES, rel=1e-3)


def test_two_roads_between_the_same_corners_are_told_apart(graph_of):
    nodes = {**NODES, "m": (500, -300)}
    graph = graph_of(ways=[*WAYS, ("a m b", {"highway": "primary", "name": "Bypass"})], nodes=nodes)

    route = _route(graph, (0, 100), (1000, 100))
    assert [step.name for step in route.steps] == ["West Street", "Bypass", None]
    closed = graph.without(route.edges[1:2])
    assert [step.name for step in _route(closed, (0, 100), (1000, 100)).steps][1] == "South Street"


def test_a_route_can_be_drawn_and_read(graph_of):
    graph = graph_of()
    route = _route(graph, (0, 250), (1990, 0))

    assert [(step.name, step.road_class) for step in route.steps] == [
        ("West Street", "residential"),
        ("South Street", "residential"),
    ]
    assert [step.length_m for step in route.steps] == pytest.approx([250, 1990], rel=1e-3)
    assert route.length_m == pytest.approx(2240, rel=1e-3)
    assert route.travel_minutes == pytest.approx(_minutes(graph, (0, 250), (1990, 0)))
    drawn = [degrees_at(0, 250), degrees_at(0, 0), degrees_at(1000, 0), degrees_at(1990, 0)]
    assert route.points == pytest.approx(np.array(drawn), abs=2e-6)


def test_the_way_to_where_one_stands_is_none(graph_of):
    route = _route(graph_of(), (500, 0), (500, 0))

    assert (route.travel_minutes, route.length_m) == (pytest.approx(0, abs=1e-3), 0.0)
    assert len(route.points) >= 1
