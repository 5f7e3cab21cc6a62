"""Roads as they are read: where ways are cut, what is found, and which files are refused.

    c                  Main Street a ─ b ─ d, one way; Side Street b ─ c; at e a bollard.
    │
a ──b──→ d ──e── f
"""

from __future__ import annotations

import numpy as np
import osmium
import pytest
from osmium.osm.mutable import Relation

from gis.roads.errors import RoadsFileError
from gis.roads.reading import read_roads
from tests.gis.road_file import RESIDENTIAL, write_roads

NODES = {"a": (0, 0), "b": (300, 0), "c": (300, 200), "d": (600, 0), "e": (800, 0), "f": (1000, 0)}
MAIN = {"highway": "primary", "name": "Main Street", "oneway": "yes"}
SIDE = {"highway": "residential", "name": "Side Street"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "roads.osm.pbf"


def _read(path, **file):
    return read_roads(write_roads(path, **file))


def _rules(read):
    return {finding.rule: finding for finding in read.findings}


def _ends(roads):
    return list(zip(roads.from_vertices.tolist(), roads.to_vertices.tolist(), strict=True))


def test_ways_are_cut_where_roads_meet_and_nowhere_else(path):
    roads = _read(path, nodes=NODES, ways=[("a b d", MAIN), ("b c", SIDE), ("d e f", SIDE)]).roads

    assert roads.way_ids.tolist() == [1, 1, 2, 3]
    assert roads.lengths_m.tolist() == pytest.approx([300, 300, 200, 400], rel=1e-4)
    assert [roads.name(segment) for segment in range(4)] == ["Main Street"] * 2 + ["Side Street"] * 2
    assert len(roads.points(3)) == 3
    assert roads.points(3)[0] == pytest.approx(roads.points(1)[-1])


def test_a_one_way_has_minutes_one_way_only(path):
    roads = _read(path, nodes=NODES, ways=[("a b d", MAIN), ("b c", SIDE)]).roads

    assert roads.forward_minutes.tolist() == pytest.approx(
        [0.3 / 65 * 60, 0.3 / 65 * 60, 0.2 / 25 * 60], rel=1e-4
    )
    assert roads.backward_minutes[:2].tolist() == [np.inf, np.inf]
    assert roads.backward_minutes[2] == roads.forward_minutes[2]


def test_a_one_way_against_its_nodes(path):
    roads = _read(path, nodes=NODES, ways=[("a b", {**SIDE, "oneway": "-1"}), ("b c", SIDE)]).roads

    assert not np.isfinite(roads.forward_minutes[0])
    assert np.isfinite(roads.backward_minutes[0])


def test_signals_count_where_they_are_come_to(path):
    tags = {"e": {"highway": "traffic_signals"}, "f": {"highway": "traffic_signals"}}
    roads = _read(path, nodes=NODES, ways=[("d e f", SIDE)], node_tags=tags).roads

    driving = 0.4 / 25 * 60
    assert roads.forward_minutes[0] == pytest.approx(driving + 4 / 60, rel=1e-4)
    assert roads.backward_minutes[0] == pytest.approx(driving + 2 / 60, rel=1e-4)


def test_a_barrier_parts_a_road(path):
    roads = _read(
        path, nodes=NODES, ways=[("d e f", SIDE), ("d b", SIDE)], node_tags={"e": {"barrier": "bollard"}}
    ).roads

    assert roads.vertex_count == 5
    assert len(set(_ends(roads)[0]) & set(_ends(roads)[1])) == 0


def test_a_ring_and_a_road_that_crosses_itself_are_kept(path):
    ring = {"highway": "tertiary", "junction": "roundabout"}
    roads = _read(path, nodes=NODES, ways=[("a b c a", ring), ("d e f b d c", SIDE)]).roads

    # a, b, c of the ring; of the other way d (twice), b and c (of the ring too).
    assert _ends(roads)[0][0] == _ends(roads)[2][1]
    assert roads.way_ids.tolist() == [1, 1, 1, 2, 2, 2]


def test_footways_closed_roads_and_areas_are_not_read(path):
    others = [
        {"highway": "footway"},
        {"highway": "construction"},
        {**SIDE, "access": "no"},
        {**SIDE, "area": "yes"},
    ]
    read = _read(path, nodes=NODES, ways=[("a b", SIDE), *(("b c", tags) for tags in others)])

    assert read.roads.way_ids.tolist() == [1]
    assert (read.counts["ways"], read.counts["ways_driven"]) == (3, 1)
    assert read.findings == ()


def test_progress_is_told_to_the_end(path):
    told = {}
    write_roads(path, nodes=NODES, ways=[("a b", SIDE)])
    read_roads(path, progress=lambda part, done, total: told.__setitem__(part, (done, total)))

    assert list(told) == ["reading ways", "reading nodes", "connecting"]
    assert all(done == total for done, total in told.values())


def test_a_road_cut_at_the_edge_of_an_extract(path):
    read = _read(path, nodes=NODES, ways=[("a b d e f", SIDE)], absent="d")

    assert sorted(read.roads.lengths_m.tolist()) == pytest.approx([200, 300], rel=1e-4)
    assert _rules(read)["missing_nodes"].ids == ("1",)
    assert "1 road with nodes that are not in the file, cut there: 1." in _rules(read)["missing_nodes"].text


def test_roads_without_nodes_twice_the_same_and_of_no_length(path):
    nodes = {**NODES, "g": (300, 200)}
    ways = [("a b b c", SIDE), ("e f", SIDE), ("c g", SIDE), ("d", SIDE)]
    rules = _rules(_read(path, nodes=nodes, ways=ways, absent="e"))

    assert rules["no_usable_nodes"].ids == ("2", "4")
    assert rules["duplicate_node"].ids == ("1",)
    assert rules["zero_length"].ids == ("3",)


def test_values_that_are_not_understood_are_found(path):
    ways = [
        ("a b", {**SIDE, "maxspeed": "quick"}),
        ("b c", {**SIDE, "oneway": "sometimes"}),
        ("b d", {**SIDE, "access": "authorized"}),
        ("d e", {**SIDE, "oneway": "reversible"}),
    ]
    rules = _rules(_read(path, nodes=NODES, ways=ways))

    assert {rule: finding.ids for rule, finding in rules.items()} == {
        "unknown_maxspeed": ("1",),
        "unknown_oneway": ("2",),
        "unknown_access": ("3",),
        "reversible": ("4",),
    }
    assert "quick" in rules["unknown_maxspeed"].text


def test_a_part_that_cannot_be_reached_is_found_with_its_length_and_streets(path):
    island = {**SIDE, "name": "Island Lane"}
    finding = _rules(_read(path, nodes=NODES, ways=[("a b c", SIDE), ("d e", island)]))["unreachable"]

    assert finding.ids == ("2",)
    assert finding.text == (
        "One part cannot be reached from the main part: 0.20 km on 1 road, with Island Lane."
    )


def test_one_ways_that_only_lead_in_or_only_lead_out_are_found(path):
    ways = [("a b", SIDE), ("b c", {**SIDE, "oneway": "yes"}), ("d b", {**SIDE, "oneway": "yes"})]
    rules = _rules(_read(path, nodes=NODES, ways=ways))

    assert rules["no_way_out"].ids == ("2",)
    assert rules["unreachable"].ids == ("3",)


def test_many_small_parts_are_told_together(path):
    nodes = {f"n{number}": (1000.0 * number, 0.0) for number in range(60)}
    nodes |= {f"m{number}": (1000.0 * number, 50.0 + number) for number in range(60)}
    ways = [(f"n{number} m{number}", SIDE) for number in range(60)]
    found = [one for one in _read(path, nodes=nodes, ways=ways).findings if one.rule == "unreachable"]

    assert len(found) == 21
    assert found[-1].text.startswith("39 smaller parts cannot be reached")
    assert sum(len(one.ids) for one in found) == 59


def test_turn_restrictions_are_honoured_or_counted(path):
    ways = [("a b", SIDE), ("b c", SIDE), ("b d", SIDE), ("d e f", SIDE)]
    over_a_way = Relation(
        id=9,
        members=[("w", 1, "from"), ("w", 3, "via"), ("w", 4, "to")],
        tags={"type": "restriction", "restriction": "no_left_turn"},
    )
    no = {"restriction": "no_left_turn"}
    read = _read(
        path,
        nodes=NODES,
        ways=ways,
        restrictions=[
            (1, "b", 2, no),
            (1, "b", 3, {"restriction": "no_right_turn", "except": "bus;motorcar"}),
            (1, "b", 3, {"restriction:hgv": "no_right_turn"}),
            (2, "b", 3, {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}),
            (2, "b", 7, no),
        ],
        relations=[over_a_way],
    )

    assert list(zip(read.roads.turns_from, read.roads.turns_to, strict=True)) == [(0, 2)]
    assert _rules(read)["turn_restriction_unused"].ids == ("4", "9")
    assert read.counts["turn_restrictions"] == 4


def test_an_order_forbids_all_other_turns(path):
    ways = [("a b", SIDE), ("b c", SIDE), ("b d", SIDE)]
    order = {"restriction": "only_straight_on"}
    roads = _read(path, nodes=NODES, ways=ways, restrictions=[(1, "b", 3, order)]).roads

    # From a: neither into Side Street (edge 2) nor back (edge 1).
    assert list(zip(roads.turns_from, roads.turns_to, strict=True)) == [(0, 1), (0, 2)]


def test_a_road_that_comes_twice_is_kept_once(path):
    ways = [("a b", SIDE), ("b c", SIDE)]
    once = write_roads(path, nodes=NODES, ways=ways)
    twice = path.with_name("twice.osm.pbf")
    with osmium.SimpleWriter(str(twice)) as writer:
        for _ in range(2):
            for one in osmium.FileProcessor(str(once)):
                writer.add(one)
    read = read_roads(twice)

    assert read.roads.way_ids.tolist() == [1, 2]
    assert _rules(read)["duplicate_road"].ids == ("1", "2")


def test_the_same_file_gives_the_same_edges(path):
    file = {"nodes": NODES, "ways": [("a b d", MAIN), ("b c", SIDE), ("d e f", SIDE)]}
    first, second = _read(path, **file).roads, _read(path, **file).roads

    assert np.array_equal(first.edge_tails, second.edge_tails)
    assert np.array_equal(first.edge_minutes, second.edge_minutes)


@pytest.fixture
def whole(path):
    nodes = {f"n{number}": (100.0 * number, 10.0 * (number % 7)) for number in range(3000)}
    names = list(nodes)
    ways = [(" ".join(names[number : number + 11]), RESIDENTIAL) for number in range(0, 2990, 10)]
    return write_roads(path, nodes=nodes, ways=ways).read_bytes()


@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.1, 0.01])
def test_a_file_that_is_cut_short_is_refused(path, whole, share):
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(RoadsFileError, match=r"roads\.osm\.pbf is (cut short|damaged|not an)"):
        read_roads(path)


def test_a_damaged_file_is_refused(path, whole):
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + b"\xff\x17\x00\xff" * 4 + whole[middle + 16 :])

    with pytest.raises(RoadsFileError, match="is damaged"):
        read_roads(path)


def test_a_file_whose_letters_are_damaged_is_refused(path):
    plain = path.with_name("plain.osm.pbf")
    write_roads(path, nodes=NODES, ways=[("a b", MAIN)])
    with osmium.SimpleWriter(osmium.io.File(str(plain), "pbf,pbf_compression=none")) as writer:
        for one in osmium.FileProcessor(str(path)):
            writer.add(one)
    plain.write_bytes(plain.read_bytes().replace(b"Main Street", b"Main Str\xff\xfet"))

    with pytest.raises(RoadsFileError, match="is damaged"):
        read_roads(plain)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello, this is no map at all\n", "is not an OpenStreetMap PBF file"),
        (b"<?xml version='1.0'?><osm version='0.6'/>", "osmium cat INPUT"),
        (b"\x00\x00", "is not an OpenStreetMap PBF file"),
        (b"\x00\x00\x00\x05\x0a\xff\xff\xff\xff", "is not an OpenStreetMap PBF file"),
        (b"\x00" * 100, "is not an OpenStreetMap PBF file"),
    ],
)
def test_what_is_no_pbf_file_is_refused(path, content, said):
    path.write_bytes(content)

    with pytest.raises(RoadsFileError, match=said):
        read_roads(path)


def test_a_file_without_roads_is_refused(path):
    write_roads(path, nodes=NODES, ways=[("a b", {"waterway": "river"}), ("b c", {"highway": "footway"})])

    with pytest.raises(RoadsFileError, match="holds no roads"):
        read_roads(path)


def test_a_file_of_closed_roads_is_refused(path):
    write_roads(path, nodes=NODES, ways=[("a b", {**SIDE, "access": "no"})])

    with pytest.raises(RoadsFileError, match="1 road, but none that a vehicle may drive on"):
        read_roads(path)


def test_a_file_without_the_nodes_of_its_roads_is_refused(path):
    write_roads(path, nodes=NODES, ways=[("a b", SIDE)], absent="a b")

    with pytest.raises(RoadsFileError, match="not the nodes"):
        read_roads(path)
