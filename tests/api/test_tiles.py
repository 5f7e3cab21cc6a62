"""Tiles over HTTP: for those who signed in, kept by the browser, smaller on the way."""

import pytest


@pytest.fixture(scope="module")
def dispatcher(quiet_world):
    return quiet_world.client("dispatcher")


@pytest.fixture
def path(quiet_world):
    return f"/api/tiles/{quiet_world.network_version}/12/2177/1322.mvt"


def test_a_tile_is_answered_once_and_then_kept(dispatcher, path):
    first = dispatcher.get(path)
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert "immutable" in first.headers["cache-control"]
    assert "private" in first.headers["cache-control"]
    again = dispatcher.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert dispatcher.get(path).content == first.content


def test_a_tile_is_packed_only_for_those_who_can_unpack_it(dispatcher, path):
    packed = dispatcher.get(path, headers={"Accept-Encoding": "gzip"})
    plain = dispatcher.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert b"line_section" in plain.content


def test_what_is_no_tile_is_said_so(dispatcher, quiet_world):
    nowhere = dispatcher.get(f"/api/tiles/{quiet_world.network_version}/2/9/0.mvt")
    assert nowhere.status_code == 422
    assert "no tile 2/9/0" in nowhere.json()["error"]["text"]
    unknown = dispatcher.get("/api/tiles/999/2/0/0.mvt")
    assert unknown.status_code == 404
    assert "no network version 999" in unknown.json()["error"]["text"]
