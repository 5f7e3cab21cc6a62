"""The base map over HTTP: none, one of each kind, and one that cannot be used, which stops nothing."""

import importlib.util
import sys
from pathlib import Path

import pytest
from pmtiles.tile import Compression, TileType

from api.base_map_file import give_base_map
from api.settings import BaseMapSettings


def _load():
    place = Path(__file__).parents[1] / "gis" / "base_map_file.py"
    spec = importlib.util.spec_from_file_location("relight_tests_base_map_file", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


made = _load()


@pytest.fixture
def desk(quiet_world):
    """A dispatcher's client; what base map there is may be set for one test."""
    client = quiet_world.client("dispatcher")
    state = quiet_world.app.state
    before = state.base_map
    yield client, lambda **settings: setattr(state, "base_map", give_base_map(BaseMapSettings(**settings)))
    state.base_map = before


def test_without_a_base_map_there_is_nothing_and_no_problem(desk):
    client, give = desk
    give()
    assert client.get("/api/base-map").json() == {"base_map": None, "problem": None}
    assert client.get("/api/base-map/1-1/0/0/0").status_code == 204


def test_vector_tiles_stay_packed_on_the_way(desk, tmp_path):
    client, give = desk
    tile = made.gzipped(b"roads")
    file = made.write_pmtiles(
        tmp_path / "town.pmtiles", {(1, 1, 0): tile}, kind=TileType.MVT, compression=Compression.GZIP
    )
    give(base_map=file)
    told = client.get("/api/base-map").json()["base_map"]
    assert (told["kind"], told["name"], told["layers"]) == ("vector", "Streets", ["water", "roads"])
    path = f"/api/base-map/{told['made']}/1/1/0"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "private" in packed.headers["cache-control"]
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content == b"roads"
    assert client.get(f"/api/base-map/{told['made']}/1/0/0").status_code == 204
    assert client.get("/api/base-map/another-1/1/1/0").status_code == 204


def test_pictures_of_a_folder_are_given_as_they_are(desk, tmp_path):
    client, give = desk
    give(base_map=made.write_folder(tmp_path, {(2, 1, 1): made.png()}), base_map_attribution="© Town")
    told = client.get("/api/base-map").json()["base_map"]
    assert (told["kind"], told["attribution"]) == ("raster", "© Town")
    tile = client.get(f"/api/base-map/{told['made']}/2/1/1")
    assert (tile.headers["content-type"], tile.content) == ("image/png", made.png())


def test_one_that_is_gone_is_told_and_stops_nothing(desk, tmp_path, caplog):
    client, give = desk
    give(base_map=tmp_path / "gone.pmtiles")
    assert "no file or folder" in caplog.text
    assert "RELIGHT_BASE_MAP" in caplog.text
    assert client.get("/api/base-map").json() == {"base_map": None, "problem": "missing"}
    assert client.get("/api/network").status_code == 200
