"""The crew's page as it is built: small enough for a weak line, and all of it known to its service worker."""

import gzip
import json
import re
from pathlib import Path

import pytest

DIST = Path(__file__).parents[2] / "web" / "dist"
LARGEST_CODE_BYTES = 250 * 1000
# What only the map needs; it is loaded beside the page.
MAP = re.compile(r"/assets/(maplibre-gl|network_map|JobMap)")


@pytest.fixture(scope="module")
def files():
    """The files that the service worker keeps, by address."""
    worker = DIST / "crew" / "service_worker.js"
    assert worker.exists(), "the pages are not built: `make web`"
    first = worker.read_text(encoding="utf-8").partition("\n")[0]
    build = json.loads(first.removeprefix("self.relight_build = ").rstrip(";"))
    return {address: _path(address) for address in build["files"]}


def _path(address):
    name = "index.html" if address == "/crew/" else ""
    return DIST / address.removeprefix("/") / name


def test_its_code_is_small_enough_without_the_map(files):
    code = {address: path for address, path in files.items() if not MAP.match(address)}
    sizes = {address: len(gzip.compress(path.read_bytes())) for address, path in code.items()}
    assert sum(sizes.values()) <= LARGEST_CODE_BYTES, sizes


def test_every_file_that_it_keeps_is_there_and_the_map_is_among_them(files):
    assert all(path.is_file() for path in files.values())
    assert any(MAP.match(address) for address in files)
    assert any("worker" in address for address in files), "the map's own worker"
    assert {"/crew/", "/crew/manifest.en.webmanifest", "/crew/manifest.zh.webmanifest"} <= files.keys()


def test_it_keeps_nothing_of_the_desk(files):
    assert not [address for address in files if "dispatcher" in address or "DeskMap" in address]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_can_be_installed_in_both_languages(language):
    manifest = json.loads((DIST / "crew" / f"manifest.{language}.webmanifest").read_text(encoding="utf-8"))
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (
        "/crew/",
        "/crew/",
        "standalone",
    )
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    assert all((DIST / icon["src"].removeprefix("/")).is_file() for icon in manifest["icons"])
