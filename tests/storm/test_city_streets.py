"""The streets of a city: read back as written, drivable everywhere but on the private track."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from storm.city import Streets, make_city, write_streets
from storm.errors import StreetsNotWrittenError


@pytest.fixture(scope="module")
def streets() -> Streets:
    return make_city(customers=60_000, seed=1).streets


def way(streets: Streets, number: int) -> list[int]:
    return streets.way_nodes[streets.way_starts[number] : streets.way_starts[number + 1]].tolist()


def test_streets_are_read_back_equal(tmp_path: Path, streets: Streets) -> None:
    write_streets(streets, tmp_path / "streets.osm.pbf")
    places, ways = {}, {}
    for one in osmium.FileProcessor(str(tmp_path / "streets.osm.pbf")):
        if one.is_node():
            places[one.id] = (one.location.lon, one.location.lat)
        elif one.is_way():
            ways[one.id] = ([node.ref for node in one.nodes], dict(one.tags))
    expected = zip(streets.lon.tolist(), streets.lat.tolist(), strict=True)
    assert places == dict(enumerate(expected, start=1))
    assert len(ways) == streets.way_count
    for number in range(streets.way_count):
        nodes, tags = ways[number + 1]
        assert nodes == [node + 1 for node in way(streets, number)]
        assert tags["highway"] == streets.highways[number]
        assert tags.get("name", "") == streets.names[number]
        assert tags["maxspeed"] == str(streets.maxspeed_kmh[number])
        assert (tags.get("oneway") == "yes") == streets.oneway[number]
        assert (tags.get("access") == "private") == streets.is_private[number]


def test_every_corner_reaches_every_other_but_those_of_the_private_track(streets: Streets) -> None:
    count = len(streets.lon)
    from_nodes, to_nodes = [], []
    for number in range(streets.way_count):
        nodes = way(streets, number)
        from_nodes += nodes[:-1]
        to_nodes += nodes[1:]
        if not streets.oneway[number]:
            from_nodes += nodes[1:]
            to_nodes += nodes[:-1]
    ones = np.ones(len(from_nodes), dtype=np.int8)
    graph = sparse.coo_array((ones, (from_nodes, to_nodes)), shape=(count, count))
    parts, part = connected_components(graph, connection="strong")
    assert parts == 2
    track = {node for number in np.flatnonzero(streets.is_private) for node in way(streets, number)}
    assert set(np.flatnonzero(part != np.bincount(part).argmax()).tolist()) == track


def test_there_are_main_streets_one_ways_and_speeds_of_a_town(streets: Streets) -> None:
    assert {"primary", "secondary", "tertiary", "residential", "service"} == set(streets.highways)
    assert 0.02 < streets.oneway.mean() < 0.4
    assert set(streets.maxspeed_kmh.tolist()) == {20, 30, 50, 60, 80}
    assert all(name for name, private in zip(streets.names, streets.is_private, strict=True) if not private)


@pytest.mark.parametrize("name", ["streets.txt", "nowhere/streets.osm.pbf", ".osm.pbf"])
def test_a_file_that_cannot_be_written_is_refused_and_leaves_nothing(
    tmp_path: Path, streets: Streets, name: str
) -> None:
    with pytest.raises(StreetsNotWrittenError, match="cannot be written"):
        write_streets(streets, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
