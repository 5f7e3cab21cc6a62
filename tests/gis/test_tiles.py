"""Tiles hold what lies in them, ready for the map, and join at their edges; GDAL's reader is the judge."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyogrio.errors import DataLayerError
from sqlalchemy.orm import Session

from gis.errors import NetworkVersionNotFoundError, TileOutOfRangeError
from gis.map_features import MOST_PER_TILE
from gis.network_tables import network_tables
from gis.network_versions import import_network
from gis.tile_cache import TileCache
from gis.tiles import network_bounds, vector_tile

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
Z, X, Y = 14, 12929, 6732


def corner(x, y, z=Z):
    """Return the place of a tile's north-west corner in degrees."""
    n = 2**z
    return x / n * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / n))))


def inside(across, down):
    """Return a place in the tile under test, by shares of its width and height."""
    west, north = corner(X, Y)
    east, south = corner(X + 1, Y + 1)
    return west + (east - west) * across, north + (south - north) * down


def located(columns, geometry):
    return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")


# S ──B── a ──L1── b ──L2── c      L2 crosses into the next tile; T hangs at b and has no place of its own
#                  └──L3── d       some 30 m
@pytest.fixture
def network_version(session: Session) -> int:
    a, b, c, d = inside(0.2, 0.5), inside(0.8, 0.5), inside(1.4, 0.5), inside(0.8, 0.515)
    layers = {
        "node": located(
            {"id": ["S", "a", "b", "c", "d", "e"], "is_source": [True] + [False] * 5},
            [shapely.Point(*place) for place in (a, a, b, c, d, b)],
        ),
        "line_section": located(
            {
                "id": ["L1", "L2", "L3"], "from_node": ["a", "b", "b"], "to_node": ["b", "c", "d"],
                "phases": "ABC", "kind": ["overhead", "underground", "overhead"],
                "feeder": ["North", "North", "Short"],
            },
            [shapely.LineString(ends) for ends in ([a, b], [b, c], [b, d])],
        ),
        "switch": located(
            {"id": ["B"], "from_node": ["S"], "to_node": ["a"], "phases": "ABC", "kind": "breaker",
             "normally_open": [False], "name": "Gate"},
            [shapely.Point(*a)],
        ),
        "transformer": located(
            {"id": ["T"], "from_node": ["b"], "to_node": ["e"], "phases": "ABC", "kind": "distribution"},
            [None],
        ),
        "service_point": located(
            {
                "id": ["p", "q"], "node": ["e", "c"], "phases": "ABC", "customers": [1, 5],
                "account": ["A-1", "A-2"], "meter": ["M-1", "M-2"], "address": ["1 Mill Lane", "2 Mill Lane"],
                "priority": ["life_support", None],
            },
            [shapely.Point(*inside(0.5, 0.25)), shapely.Point(*inside(1.005, 0.25))],
        ),
        "customer": pd.DataFrame({"account": ["A-1"], "name": ["Ada Becker"], "phone": ["+999 1234"]}),
    }  # fmt: skip
    tables, _ = network_tables(name="drawn", layers=layers)
    return import_network(
        session, tables=tables, findings=(), source="t", format="gpkg", now=NOW
    ).network_version


@pytest.fixture
def read(session: Session, network_version: int, tmp_path):
    """Return a function that makes a tile and reads a layer of it, in EPSG:3857."""

    def of(layer, z=Z, x=X, y=Y):
        file = tmp_path / f"{z}-{x}-{y}.mvt"
        file.write_bytes(vector_tile(session, network_version=network_version, z=z, x=x, y=y))
        try:
            return pyogrio.read_dataframe(file, layer=layer, X=x, Y=y, Z=z, CLIP="NO")
        except DataLayerError:
            return None

    return of


def near(place, geometry, metres=1.0):
    expected = gpd.GeoSeries([shapely.Point(*place)], crs="EPSG:4326").to_crs(3857)[0]
    return expected.distance(geometry) < metres


def test_a_near_tile_holds_every_asset_under_its_id(read) -> None:
    lines = read("line_section").set_index("id")
    assert lines["kind"].to_dict() == {"L1": "overhead", "L2": "underground", "L3": "overhead"}
    assert lines["feeder"].to_dict() == {"L1": "North", "L2": "North", "L3": "Short"}
    switch = read("switch").iloc[0]
    assert (switch["id"], switch["kind"], bool(switch["normally_open"])) == ("B", "breaker", False)
    points = read("service_point").set_index("id")
    assert points.loc["p", "priority"] == "life_support"
    assert near(inside(0.5, 0.25), points.loc["p", "geometry"])


def test_what_has_no_place_stands_at_its_node(read) -> None:
    assert near(inside(0.8, 0.5), read("transformer").iloc[0]["geometry"])


def test_a_line_over_an_edge_joins_in_the_next_tile(read) -> None:
    here, there = (read("line_section", x=x).set_index("id").loc["L2", "geometry"] for x in (X, X + 1))
    edge = gpd.GeoSeries([shapely.LineString([corner(X + 1, Y), corner(X + 1, Y + 1)])], crs="EPSG:4326")
    edge = edge.to_crs(3857)[0]
    # Both reach over the edge, and cross it at the same height.
    assert here.crosses(edge)
    assert there.crosses(edge)
    assert here.intersection(edge).distance(there.intersection(edge)) < 0.5


def test_a_circle_at_an_edge_is_whole_in_both_tiles(read) -> None:
    assert set(read("service_point")["id"]) == {"p", "q"}
    assert set(read("service_point", x=X + 1)["id"]) == {"q"}


def test_from_afar_points_are_groups_with_counts_and_lines_stay(read) -> None:
    for z in (10, 11, 12, 13):
        x, y = X >> (Z - z), Y >> (Z - z)
        groups = read("service_point_group", z=z, x=x, y=y)
        assert (groups["service_points"].sum(), groups["customers"].sum()) == (2, 6)
        assert read("service_point", z=z, x=x, y=y) is None
        assert set(read("line_section", z=z, x=x, y=y)["kind"]) == {"overhead", "underground"}
    assert read("transformer", z=12, x=X >> 2, y=Y >> 2)["id"].tolist() == ["T"]
    assert read("transformer", z=11, x=X >> 3, y=Y >> 3) is None
    assert set(read("line_section", z=13, x=X >> 1, y=Y >> 1)["id"]) == {"L1", "L2", "L3"}


def test_what_is_smaller_than_a_pixel_is_left_out_from_afar(read) -> None:
    assert set(read("line_section", z=12, x=X >> 2, y=Y >> 2)["feeder"]) == {"North", "Short"}
    for z in (3, 8, 11):
        assert set(read("line_section", z=z, x=X >> (Z - z), y=Y >> (Z - z))["feeder"]) == {"North"}


def test_nothing_personal_is_in_a_tile(session: Session, network_version: int) -> None:
    for z in range(8, 18):
        shift = Z - z
        x, y = (X >> shift, Y >> shift) if shift >= 0 else (X << -shift, Y << -shift)
        tile = vector_tile(session, network_version=network_version, z=z, x=x, y=y)
        for personal in (b"Ada", b"999", b"1234", b"A-1", b"M-1", b"Mill", b"Gate"):
            assert personal not in tile


def test_an_empty_place_is_an_empty_tile_and_no_place_is_an_error(
    session: Session, network_version: int
) -> None:
    assert vector_tile(session, network_version=network_version, z=14, x=0, y=0) == b""
    for z, x, y in ((23, 0, 0), (2, 4, 0), (2, 0, -1), (-1, 0, 0)):
        with pytest.raises(TileOutOfRangeError, match=f"no tile {z}/{x}/{y}"):
            vector_tile(session, network_version=network_version, z=z, x=x, y=y)
    west, _, east, _ = network_bounds(session, network_version=network_version)
    assert (west, east) == pytest.approx((inside(0.2, 0.5)[0], inside(1.4, 0.5)[0]))


#          ┌── 1 ── 2 ── 3 …     one trunk with a house at its end, and spurs by the thousand that feed nobody
def test_among_too_many_lines_those_that_feed_most_are_drawn(session: Session) -> None:
    count = MOST_PER_TILE + 500
    spots = [inside(*place) for place in 0.48 + 0.04 * np.random.default_rng(1).random((count + 1, 2))]
    start, ends = spots[0], spots[1:]
    layers = {
        "node": located(
            {"id": [f"n{i}" for i in range(count + 1)], "is_source": [True] + [False] * count},
            [shapely.Point(*spot) for spot in spots],
        ),
        "line_section": located(
            {
                "id": [*(f"l{i}" for i in range(count)), "ring"], "from_node": "n0", "phases": "ABC",
                "kind": "overhead", "to_node": [*(f"n{i + 1}" for i in range(count)), "n1"],
            },
            [
                *(shapely.LineString([start, end]) for end in ends),
                shapely.LineString([start, inside(0.1, 0.1), ends[0]]),
            ],
        ),
        "service_point": located(
            {"id": ["p"], "node": [f"n{count}"], "phases": "ABC", "customers": [1]},
            [shapely.Point(*ends[-1])],
        ),
    }  # fmt: skip
    tables, _ = network_tables(name="star", layers=layers)
    version = import_network(
        session, tables=tables, findings=(), source="t", format="gpkg", now=NOW
    ).network_version
    far = vector_tile(session, network_version=version, z=13, x=X >> 1, y=Y >> 1)
    assert f"l{count - 1}".encode() in far
    # Nobody hangs from it, but it is the longest by far.
    assert b"ring" in far
    assert far.count(b"\x12\x02l") <= MOST_PER_TILE
    assert vector_tile(session, network_version=version, z=14, x=X, y=Y)


def test_a_tile_is_made_once_and_read_from_its_file_afterwards(
    session: Session, network_version: int, tmp_path
) -> None:
    cache, place = TileCache(tmp_path), {"network_version": network_version, "z": Z, "x": X, "y": Y}
    assert cache.find(**place) is None
    made = cache.make(session, **place)
    assert cache.find(**place) == made
    assert cache.make(session, **{**place, "x": 0}).tag != made.tag
    # Another process knows nothing yet, and finds the file.
    (file,) = tmp_path.rglob("*.mvt.gz")
    file.write_bytes(b"kept")
    assert TileCache(tmp_path).make(session, **place).gzipped == b"kept"
    with pytest.raises(NetworkVersionNotFoundError):
        cache.make(session, **{**place, "network_version": 77})


def test_old_versions_leave_the_cache_and_a_full_disk_stops_no_map(
    session: Session, network_version: int, tmp_path
) -> None:
    for old in ("1-a", "2-b", "3-c"):
        (tmp_path / old).mkdir()
    TileCache(tmp_path).make(session, network_version=network_version, z=Z, x=X, y=Y)
    assert len(list(tmp_path.iterdir())) == 2
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert TileCache(blocked).make(session, network_version=network_version, z=Z, x=X, y=Y).gzipped


def test_what_hangs_at_no_known_node_is_not_drawn_and_stops_no_import(session: Session) -> None:
    switch = {"id": ["s"], "from_node": ["?"], "to_node": ["!"], "phases": "A", "kind": "fuse"}
    layers = {"switch": located({**switch, "normally_open": False}, [None])}
    tables, _ = network_tables(name="odd", layers=layers)
    version = import_network(
        session, tables=tables, findings=(), source="t", format="gpkg", now=NOW
    ).network_version
    assert vector_tile(session, network_version=version, z=0, x=0, y=0) == b""
    assert network_bounds(session, network_version=version) is None
