"""Roads in PostGIS: whole or absent, the newest in force, read back as they were, mapped from one file."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.roads.errors import RoadVersionNotFoundError
from gis.roads.graph_file import open_graph, save_graph
from gis.roads.reading import read_roads
from gis.roads.road_cache import RoadCache
from gis.roads.road_versions import (
    import_roads,
    load_roads,
    road_version_details,
    road_version_in_force,
)
from gis.roads.travel_graph import TravelGraph
from tests.gis.road_file import degrees_at, write_roads
from topology.errors import NetworkFileError

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
NODES = {"a": (0, 0), "b": (300, 0), "c": (300, 200), "d": (600, 0), "e": (640, 0), "f": (640, 0)}
WAYS = [
    ("a b d", {"highway": "primary", "name": "桃园路", "oneway": "yes"}),
    ("b c", {"highway": "residential", "name": 'O\'Neill \\ "Street"', "maxspeed": "quick"}),
    ("d e", {"highway": "service", "access": "private"}),
    ("e f", {"highway": "service"}),
]
TURN = (1, "b", 2, {"restriction": "no_left_turn"})


@pytest.fixture
def read(tmp_path):
    path = write_roads(tmp_path / "roads.osm.pbf", nodes=NODES, ways=WAYS, restrictions=[TURN])
    return read_roads(path)


def _store(session, read, source="roads.osm.pbf"):
    return import_roads(session, read=read, source=source, now=NOW)


def _same(first, second):
    names = [one.name for one in fields(first) if one.name not in {"names", "name_starts", "name_bytes"}]
    assert all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)
    assert all(first.name(segment) == second.name(segment) for segment in range(first.segment_count))


def test_roads_come_back_as_they_were(session, read):
    version = _store(session, read)

    _same(load_roads(session, road_version=version), read.roads)
    details = road_version_details(session, road_version=version)
    assert (details.source, details.imported_at) == ("roads.osm.pbf", NOW)
    assert (details.counts, details.findings) == (read.counts, read.findings)


def test_the_newest_is_in_force_and_the_one_before_is_kept(session, read):
    assert road_version_in_force(session) is None
    versions = [_store(session, read) for _ in range(3)]

    assert road_version_in_force(session) == versions[2]
    assert (
        session.scalars(text("SELECT DISTINCT road_version FROM road_segment ORDER BY 1")).all()
        == (versions[1:])
    )
    with pytest.raises(RoadVersionNotFoundError, match="no road version"):
        load_roads(session, road_version=versions[0])


def test_an_import_that_is_interrupted_leaves_nothing_behind(engine, read):
    def interrupted(part, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Session(engine) as session, session.begin():
        import_roads(session, read=read, source="x", now=NOW, progress=interrupted)
    with Session(engine) as session:
        assert road_version_in_force(session) is None
        assert session.scalar(text("SELECT count(*) FROM road_segment")) == 0


def test_segments_can_be_found_on_the_map(session, read):
    _store(session, read)
    west, south = degrees_at(250, 100)
    east, north = degrees_at(350, 300)

    found = session.scalars(
        text(
            "SELECT name FROM road_segment "
            "WHERE geometry && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
        ),
        {"west": west, "south": south, "east": east, "north": north},
    ).all()
    assert found == ['O\'Neill \\ "Street"']


def test_a_graph_is_the_same_from_its_file(tmp_path, read):
    graph = TravelGraph(read.roads)
    save_graph(graph, tmp_path / "graph.roads")
    mapped = open_graph(tmp_path / "graph.roads")
    _same(mapped.roads, graph.roads)
    lon, lat = zip(*(degrees_at(*point) for point in NODES.values()), strict=True)
    places, again = graph.nearest(lon, lat), mapped.nearest(lon, lat)

    assert np.array_equal(places.segments, again.segments)
    assert np.array_equal(
        graph.travel_minutes(origins=places, destinations=places),
        mapped.travel_minutes(origins=again, destinations=again),
    )
    assert mapped.without([0]).closed_edges.tolist() == [0]


def test_processes_share_one_file_per_version(session, tmp_path, read):
    cache, other = (RoadCache(folder=tmp_path / "networks") for _ in range(2))
    assert cache.in_force(session) is None

    version = _store(session, read)
    kept = cache.in_force(session)
    assert kept.road_version == version
    assert cache.in_force(session) is kept
    _same(other.in_force(session).graph.roads, read.roads)
    for _ in range(3):
        _store(session, read)
        assert cache.in_force(session).road_version == road_version_in_force(session)
    assert len(list((tmp_path / "networks").iterdir())) == 2


def test_a_damaged_file_is_made_anew(session, tmp_path, read, caplog):
    _store(session, read)
    RoadCache(folder=tmp_path).in_force(session)
    (path,) = tmp_path.glob("*.roads")
    path.write_bytes(b"not a graph")
    with pytest.raises(NetworkFileError):
        open_graph(path)

    _same(RoadCache(folder=tmp_path).in_force(session).graph.roads, read.roads)
    assert "made anew" in caplog.text
    _same(open_graph(path).roads, read.roads)


def test_without_a_folder_each_process_keeps_its_own(session, read):
    version = _store(session, read)

    assert RoadCache().in_force(session).road_version == version
