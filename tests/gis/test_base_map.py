"""Base maps of any maker: tiles come as they were put in, and what cannot be used says what to do."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import Compression, TileType

from gis.base_map import open_base_map
from gis.errors import BaseMapError


def _load():
    place = Path(__file__).parent / "base_map_file.py"
    spec = importlib.util.spec_from_file_location("relight_tests_base_map_file", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


made = _load()
places = st.integers(0, 6).flatmap(
    lambda z: st.tuples(st.just(z), st.integers(0, 2**z - 1), st.integers(0, 2**z - 1))
)


@given(
    tiles=st.dictionaries(places, st.binary(min_size=1, max_size=40), min_size=1, max_size=80), asked=places
)
@settings(max_examples=30, deadline=None)
def test_file_and_folder_give_what_was_put_in(tmp_path_factory, tiles, asked):
    folder = tmp_path_factory.mktemp("map")
    file_map = open_base_map(made.write_pmtiles(folder / "a.pmtiles", tiles, zooms=(0, 6)))
    folder_map = open_base_map(made.write_folder(folder / "tiles", tiles))
    for place in [*tiles, asked]:
        z, x, y = place
        for one in (file_map, folder_map):
            tile = one.tile(z=z, x=x, y=y)
            assert (tile.content if tile else None) == tiles.get(place)


def test_a_vector_file_tells_its_layers_and_whose_map_it_is(tmp_path):
    content = made.gzipped(b"a vector tile")
    file = made.write_pmtiles(
        tmp_path / "streets.pmtiles", {(1, 0, 0): content}, kind=TileType.MVT, compression=Compression.GZIP
    )
    opened = open_base_map(file)
    assert opened.details.kind == "vector"
    assert opened.details.layers == ("water", "roads")
    assert opened.details.attribution == "© Mappers"
    assert opened.details.bounds == (11.0, 53.0, 12.0, 54.0)
    tile = opened.tile(z=1, x=0, y=0)
    assert tile.is_gzipped
    assert tile.content == content
    assert tile.media_type == "application/vnd.mapbox-vector-tile"
    assert open_base_map(file, attribution="City of Light").details.attribution == "City of Light"


def test_a_folder_tells_what_its_maker_wrote_beside_the_tiles(tmp_path):
    folder = made.write_folder(tmp_path, {(3, 1, 2): made.png(), (5, 1, 2): made.png()})
    told = {"name": "Town", "attribution": "© Town", "bounds": "1,2,3,4"}
    (folder / "metadata.json").write_text(json.dumps(told), encoding="utf-8")
    details = open_base_map(folder).details
    assert (details.kind, details.name, details.attribution) == ("raster", "Town", "© Town")
    assert (details.lowest_zoom, details.highest_zoom, details.bounds) == (3, 5, (1.0, 2.0, 3.0, 4.0))


@pytest.mark.parametrize("place", [(-1, 0, 0), (0, 1, 0), (2, 4, 0), (2, 0, -1), (99, 0, 0)])
def test_what_is_no_tile_is_none(tmp_path, place):
    z, x, y = place
    tiles = {(0, 0, 0): made.png()}
    for one in (made.write_pmtiles(tmp_path / "a.pmtiles", tiles), made.write_folder(tmp_path / "t", tiles)):
        assert open_base_map(one).tile(z=z, x=x, y=y) is None


def _empty(tmp_path):
    return tmp_path


def _wrong_way_round(tmp_path):
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "tile_1_2_3.png").write_bytes(made.png())
    return tmp_path


def _a_picture(tmp_path):
    (tmp_path / "map.pmtiles").write_bytes(made.png())
    return tmp_path / "map.pmtiles"


def _nothing_in_it(tmp_path):
    (tmp_path / "map.pmtiles").write_bytes(b"")
    return tmp_path / "map.pmtiles"


def _cut_off(tmp_path):
    whole = made.write_pmtiles(tmp_path / "map.pmtiles", {(0, 0, 0): made.png()})
    whole.write_bytes(whole.read_bytes()[:140])
    return whole


def _older(tmp_path):
    (tmp_path / "map.pmtiles").write_bytes(b"PMTiles\x02" + bytes(200))
    return tmp_path / "map.pmtiles"


def _unknown_tiles(tmp_path):
    return made.write_pmtiles(tmp_path / "map.pmtiles", {(0, 0, 0): b"x"}, kind=TileType.UNKNOWN)


def _brotli(tmp_path):
    return made.write_pmtiles(
        tmp_path / "map.pmtiles", {(0, 0, 0): b"x"}, kind=TileType.MVT, compression=Compression.BROTLI
    )


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda tmp_path: tmp_path / "gone.pmtiles", "missing", "no file or folder"),
        (_empty, "folder_layout", "{z}/{x}/{y}.png"),
        (_wrong_way_round, "folder_layout", "{z}/{x}/{y}.png"),
        (_a_picture, "not_pmtiles", "not a PMTiles file"),
        (_nothing_in_it, "not_pmtiles", "not a PMTiles file"),
        (_cut_off, "not_pmtiles", "not a PMTiles file"),
        (_older, "not_pmtiles", "another version than 3"),
        (_unknown_tiles, "tile_kind", "cannot draw"),
        (_brotli, "compression", "gzip"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(tmp_path, make, code, says):
    place = make(tmp_path)
    with pytest.raises(BaseMapError, match=says.replace("{", r"\{")) as refused:
        open_base_map(place)
    assert refused.value.code == code
    assert str(place) in str(refused.value)
