"""`relight roads`: what it prints, how it ends, and that nothing is left of a file that cannot be read."""

from __future__ import annotations

import json

import osmium
import pytest
from osmium.osm.mutable import Node, Way
from sqlalchemy import text

# 1 ── 2 ── 3        4 ── 5   an island, left out of the clean file
PLACES = {1: (8.0, 50.0), 2: (8.01, 50.0), 3: (8.02, 50.0), 4: (8.1, 50.0), 5: (8.11, 50.0)}
MAIN = (1, [1, 2, 3], {"highway": "primary", "name": "桃园路", "maxspeed": "50"})
ISLAND = (2, [4, 5], {"highway": "residential", "name": "Island Lane"})


@pytest.fixture
def roads_file(tmp_path):
    def write(*ways, name="roads.osm.pbf"):
        path = tmp_path / name
        with osmium.SimpleWriter(str(path)) as writer:
            for number, place in PLACES.items():
                writer.add_node(Node(id=number, location=place))
            for number, nodes, tags in ways:
                writer.add_way(Way(id=number, nodes=nodes, tags=tags))
        return path

    return write


@pytest.fixture
def database(database_url, monkeypatch):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", database_url)


def _rows(engine):
    with engine.connect() as connection:
        return [
            connection.scalar(text("SELECT count(*) FROM road_version")),
            connection.scalar(text("SELECT count(*) FROM road_segment")),
        ]


def test_a_clean_file_is_checked_without_a_database(relight, roads_file, monkeypatch):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    code, out, _ = relight("roads", "check", roads_file(MAIN))

    assert code == 0
    assert "Read 1 road of 1 km, 0 one-way, 1 with a speed limit; 0 turn restrictions;" in out
    assert "No findings." in out


def test_findings_end_with_code_1_and_stand_in_the_json(relight, roads_file):
    code, out, err = relight("roads", "check", roads_file(MAIN, ISLAND), "--json")
    answer = json.loads(out)

    assert code == 1
    assert answer["counts"]["ways_driven"] == 2
    assert [(one["rule"], one["layer"], one["ids"]) for one in answer["findings"]] == [
        ("unreachable", "road", ["2"])
    ]
    assert "Island Lane" in answer["findings"][0]["text"]
    code, out, err = relight("roads", "check", roads_file(MAIN, ISLAND, name="again.osm.pbf"))
    assert (code, "1 finding." in out) == (1, True)
    assert "unreachable (road): One part cannot be reached" in err


def test_roads_are_imported_and_in_force(relight, roads_file, database, engine):
    code, out, _ = relight("roads", "import", roads_file(MAIN))
    assert code == 0
    assert "Imported as road version 1, now in force: 1 road of 1 km" in out

    code, out, _ = relight("roads", "import", roads_file(MAIN, ISLAND, name="again.osm.pbf"), "--json")
    assert code == 1
    assert json.loads(out)["road_version"] == 2
    assert _rows(engine) == [2, 3]


@pytest.mark.parametrize(
    ("share", "more", "said"),
    [
        (0.9, b"", "is cut short"),
        (0.0, b"", "is empty"),
        (0.0, b"no map at all", "is not an OpenStreetMap PBF file"),
    ],
)
@pytest.mark.usefixtures("database")
def test_a_file_that_cannot_be_read_leaves_nothing_behind(  # noqa: PLR0917
    relight, roads_file, engine, share, more, said
):
    path = roads_file(MAIN)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))] + more)
    code, out, err = relight("roads", "import", path)

    assert (code, out) == (2, "")
    assert err.strip().startswith(f"Error: {path} ")
    assert said in err
    assert _rows(engine) == [0, 0]


def test_a_file_without_roads_and_one_that_is_not_there(relight, roads_file, tmp_path):
    code, _, err = relight("roads", "check", roads_file())
    assert (code, "holds no roads" in err) == (2, True)

    code, _, err = relight("roads", "check", tmp_path / "nothing.osm.pbf")
    assert (code, "nothing.osm.pbf: No such file or directory." in err) == (2, True)

    code, _, err = relight("roads", "check", tmp_path)
    assert (code, "Is a directory" in err) == (2, True)
