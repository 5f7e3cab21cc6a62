"""Real extracts of OpenStreetMap: their counts, how much of them hangs together, and drives through them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest

from gis.roads.reading import read_roads
from gis.roads.snapping import Snaps
from gis.roads.travel_graph import TravelGraph

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "osm"
# Ways, tagged one-way, with maxspeed, turn restrictions, share in the largest part: from the data's README.
EXTRACTS = {
    "monaco_osrm": (1827, 638, 121, 27, 0.97),
    "liechtenstein_valhalla": (3479, 75, 336, 3, 0.97),
    "bangor": (1778, 240, 64, 2, 0.95),
    "felton": (108, 15, 20, 2, 0.85),
}
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the extracts are not here (../shared/data/osm beside the repository)"
)


@pytest.fixture(scope="module")
def extracts():
    return {name: read_roads(FOLDER / f"{name}.osm.pbf") for name in EXTRACTS}


@pytest.mark.parametrize("name", EXTRACTS)
def test_counts_are_those_of_the_extract(extracts, name):
    ways, one_way, with_maxspeed, restrictions, _ = EXTRACTS[name]
    counts = extracts[name].counts

    assert (counts["ways"], counts["with_maxspeed"], counts["turn_restrictions"]) == (
        ways,
        with_maxspeed,
        restrictions,
    )
    # Ours counts roundabouts and motorways without the tag too, and leaves out what is closed.
    assert one_way * 0.95 <= counts["one_way"] <= one_way * 1.2
    assert counts["ways_driven"] >= 0.9 * ways


@pytest.mark.parametrize("name", EXTRACTS)
def test_the_main_part_is_nearly_all_and_the_rest_is_found(extracts, name):
    read = extracts[name]
    is_main = TravelGraph(read.roads).main.is_main
    outside = {
        int(way) for one in read.findings if one.rule in {"unreachable", "no_way_out"} for way in one.ids
    }

    assert is_main.mean() == pytest.approx(EXTRACTS[name][-1], abs=0.1)
    assert set(read.roads.way_ids[~is_main].tolist()) >= outside
    lengths_m = read.roads.lengths_m[~is_main].sum()
    assert lengths_m == 0 or outside


@pytest.mark.parametrize("name", EXTRACTS)
def test_lengths_are_those_of_the_nodes(extracts, name):
    roads = extracts[name].roads
    wanted = dict.fromkeys(roads.way_ids.tolist(), 0.0)
    for way in osmium.FileProcessor(str(FOLDER / f"{name}.osm.pbf")).with_locations():
        if way.is_way() and way.id in wanted:
            places = [node.location for node in way.nodes if node.location.valid()]
            if len(places) == len(way.nodes):
                pairs = pairwise(places)
                wanted[way.id] = sum(osmium.geom.haversine_distance(a, b) for a, b in pairs)
            else:
                del wanted[way.id]
    lengths_m = dict.fromkeys(wanted, 0.0)
    for way, length_m in zip(roads.way_ids.tolist(), roads.lengths_m.tolist(), strict=True):
        if way in lengths_m:
            lengths_m[way] += length_m

    assert list(lengths_m.values()) == pytest.approx(list(wanted.values()), rel=3e-3, abs=0.1)


@pytest.mark.parametrize("name", EXTRACTS)
def test_within_the_main_part_everything_is_reached_at_a_plausible_speed(extracts, name):
    roads = extracts[name].roads
    graph = TravelGraph(roads)
    generator = np.random.default_rng(4)
    segments = generator.choice(np.flatnonzero(graph.main.is_main), size=30)
    places = Snaps(
        segments=segments.astype(np.int32), fractions=generator.random(30), distances_m=np.zeros(30)
    )
    minutes = graph.travel_minutes(origins=places, destinations=places)

    assert np.isfinite(minutes).all()
    for number in range(1, 8):
        route = graph.route(origin=places[0], destination=places[number])
        assert route.travel_minutes == pytest.approx(minutes[0, number])
        assert 4 <= route.length_m / 1000 / (route.travel_minutes / 60) <= 105
        assert len(route.points) >= 2
        assert sum(step.length_m for step in route.steps) == pytest.approx(route.length_m)


def test_a_closed_main_road_of_monaco_costs_minutes_and_nothing_comes_free(extracts):
    graph = TravelGraph(extracts["monaco_osrm"].roads)
    generator = np.random.default_rng(7)
    segments = generator.choice(np.flatnonzero(graph.main.is_main), size=20).astype(np.int32)
    places = Snaps(segments=segments, fractions=np.full(20, 0.5), distances_m=np.zeros(20))
    before = graph.travel_minutes(origins=places, destinations=places)
    route = graph.route(origin=places[0], destination=places[1])
    closed = graph.without(route.edges[len(route.edges) // 2 :][:1])
    after = closed.travel_minutes(origins=places, destinations=places)

    assert (after >= before - 1e-6).all()
    assert after[0, 1] > before[0, 1]
