"""The demo's judge, against networks small enough to judge by eye."""

import sqlite3
from contextlib import closing

import pytest

from api.demo.oracle import Oracle

LAYERS = {
    "node": "id TEXT, is_source BOOLEAN",
    "line_section": "id TEXT, from_node TEXT, to_node TEXT, phases TEXT",
    "switch": "id TEXT, from_node TEXT, to_node TEXT, phases TEXT, normally_open BOOLEAN",
    "transformer": "id TEXT, from_node TEXT, to_node TEXT, phases TEXT",
    "service_point": "id TEXT, node TEXT, phases TEXT",
}


@pytest.fixture
def oracle_of(tmp_path):
    """Make an oracle of rows by layer; only the columns that the oracle reads."""

    def make(**rows):
        path = tmp_path / "network.gpkg"
        with closing(sqlite3.connect(path)) as database:
            for layer, columns in LAYERS.items():
                database.execute(f"CREATE TABLE {layer} ({columns})")
                for row in rows.get(layer, ()):
                    marks = ",".join("?" * len(row))
                    database.execute(f"INSERT INTO {layer} VALUES ({marks})", row)  # noqa: S608
            database.commit()
        return Oracle(path)

    return make


#   grid ──[F]── a ══L1══ b ──(T1)── c: p1, p2
#                │                      b ──[U, open]── d ══L2══ e: p4 (no supply at all)
#                └──(T2)── f: p3
RADIAL = {
    "node": [("grid", 1), *((id_, 0) for id_ in "abcdef")],
    "line_section": [("L1", "a", "b", "ABC"), ("L2", "d", "e", "ABC")],
    "switch": [("F", "grid", "a", "ABC", 0), ("U", "b", "d", "ABC", 1)],
    "transformer": [("T1", "b", "c", "ABC"), ("T2", "a", "f", "ABC")],
    "service_point": [("p1", "c", "ABC"), ("p2", "c", "ABC"), ("p3", "f", "ABC"), ("p4", "e", "ABC")],
}


class TestWhoLosesSupply:
    @pytest.mark.parametrize(
        ("device", "lost"),
        [
            ("F", {"p1", "p2", "p3"}),
            ("L1", {"p1", "p2"}),
            ("T1", {"p1", "p2"}),
            ("T2", {"p3"}),
            ("p1", {"p1"}),
            ("p4", set()),  # it has no supply to lose
            ("L2", set()),
            ("U", set()),  # open already
        ],
    )
    def test_is_what_lies_behind_the_device(self, oracle_of, device, lost):
        assert oracle_of(**RADIAL).who_loses_supply(device) == lost

    def test_is_the_same_when_asked_again(self, oracle_of):
        oracle = oracle_of(**RADIAL)
        oracle.who_loses_supply("F")
        assert oracle.who_loses_supply("T1") == {"p1", "p2"}

    def test_is_nobody_while_a_second_path_holds(self, oracle_of):
        # grid ──[F]── a ── p1, and grid ──[G]── a
        oracle = oracle_of(
            node=[("grid", 1), ("a", 0)],
            switch=[("F", "grid", "a", "ABC", 0), ("G", "grid", "a", "ABC", 0)],
            service_point=[("p1", "a", "ABC")],
        )
        assert oracle.who_loses_supply("F") == set()

    def test_is_nobody_while_another_source_holds(self, oracle_of):
        # north ──[F]── a: p1 ──[G]── south
        oracle = oracle_of(
            node=[("north", 1), ("south", 1), ("a", 0)],
            switch=[("F", "north", "a", "ABC", 0), ("G", "a", "south", "ABC", 0)],
            service_point=[("p1", "a", "ABC")],
        )
        assert oracle.who_loses_supply("F") == set()

    def test_is_told_by_phase(self, oracle_of):
        # grid ──[F: A]── a: p1 on A, p2 on B    and    grid ──[G: BC]── a
        oracle = oracle_of(
            node=[("grid", 1), ("a", 0)],
            switch=[("F", "grid", "a", "A", 0), ("G", "grid", "a", "BCN", 0)],
            service_point=[("p1", "a", "A"), ("p2", "a", "B"), ("p3", "a", "ABC")],
        )
        assert oracle.who_loses_supply("F") == {"p1", "p3"}
        assert oracle.who_loses_supply("G") == {"p2", "p3"}

    def test_is_refused_for_what_does_not_exist(self, oracle_of):
        with pytest.raises(KeyError):
            oracle_of(**RADIAL).who_loses_supply("nothing")
