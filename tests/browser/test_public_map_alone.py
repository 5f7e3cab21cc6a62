"""The public map lives while everything else is down: a plain file server, no database, no worker, no API.

The snapshot is written from a real database, which is dropped before a browser opens it.
"""

from __future__ import annotations

import functools
import http.server
import importlib.util
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.public_folder import MEDIA_TYPES
from api.vocabulary import read_vocabulary

TEXTS = read_vocabulary()
API_TESTS = Path(__file__).parents[1] / "api"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# What a reader of screens stumbles over, by the rules that need no eye for colours.
STUMBLES = """() => {
  const found = [];
  const all = (chosen) => [...document.querySelectorAll(chosen)];
  const name = (one) => (one.getAttribute("aria-label") || one.textContent || one.alt || "").trim();
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title) found.push("no title");
  if (all("main").length !== 1 || all("h1").length !== 1) found.push("not one main and one h1");
  for (const one of all("img")) if (!one.alt) found.push("a picture without words");
  for (const one of all("svg[role=img]")) if (!name(one)) found.push("a map without words");
  for (const one of all("a,button")) if (!name(one)) found.push("a link or button without words");
  for (const one of all("th")) if (!one.scope) found.push("a heading of a table without scope");
  if (all("table").some((one) => !one.caption)) found.push("a table without caption");
  const ids = all("[id]").map((one) => one.id);
  if (new Set(ids).size !== ids.length) found.push("an id twice");
  let level = 0;
  for (const one of all("h1,h2,h3")) {
    if (+one.tagName[1] > level + 1) found.push("a level of headings left out");
    level = +one.tagName[1];
  }
  for (const one of all("button,a.language"))
    if (one.offsetParent && one.getBoundingClientRect().height < 24) found.push("too small to hit");
  if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the screen");
  return found;
}"""


def _load(name):
    spec = importlib.util.spec_from_file_location(f"relight_tests_browser_{name}", API_TESTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FileServer:
    """A plain server of files, and what was asked of it."""

    def __init__(self, folder):
        asked = self.asked = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                asked.append(self.path)

        handler = functools.partial(Handler, directory=folder)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def snapshot(database_server, tmp_path_factory):
    """Return a folder with the snapshot of a village with an outage; its database is gone."""
    village, snapshots, world = _load("public_village"), _load("test_public_map"), _load("world")
    path = tmp_path_factory.mktemp("public") / "map"
    with database_server.fresh_engine() as engine:
        snapshots.import_village(engine, world)
        village.put_out(engine, [*village.of("a", 27), *village.of("b", 3)])
        village.plan_work(engine, "P-1", village.of("c", 20))
        keeper, _ = snapshots.keeper(engine, path)
        keeper.write()
    return path


@pytest.fixture
def server(snapshot):
    server = FileServer(snapshot)
    yield server
    server.stop()


def say(language, key):
    return TEXTS[language][f"customer.map.{key}"].partition("{")[0]


def test_it_is_read_in_both_languages_with_and_without_scripts(server, browser, by_axe):
    for language, locale in (("en", "en-GB"), ("zh", "zh-CN")):
        for size, scripts in ((PHONE, False), (PHONE, True), (DESK, True)):
            context = browser.new_context(viewport=size, locale=locale, java_script_enabled=scripts)
            mistakes, asked = [], []
            context.on("weberror", lambda error, found=mistakes: found.append(str(error.error)))
            context.on("request", lambda request, found=asked: found.append(request.url))
            page = context.new_page()
            page.goto(f"{server.address}/{'' if scripts else f'{language}.html'}")
            page.wait_for_load_state("networkidle")
            # The start leads a Chinese browser to the Chinese page, if it may run scripts.
            assert page.get_attribute("html", "lang") == ("zh-CN" if language == "zh" else "en")
            assert say(language, "title") in page.inner_text("h1")
            assert "25" in page.inner_text(".total")
            assert "25+" in page.inner_text("table")
            assert "20" in page.inner_text(".works")
            age = page.inner_text("#age")
            assert age == (say(language, "age.now") if scripts else say(language, "age.unknown"))
            assert page.locator("time").get_attribute("datetime")
            if scripts:
                assert page.evaluate(STUMBLES) == []
                by_axe(page, f"the public map, {language}, {size['width']} wide")
            assert mistakes == []
            assert all(url.startswith((server.address, "data:")) for url in asked)
            if scripts:
                _enlarge(page)
            context.close()


def _enlarge(page):
    """By keyboard alone: the map comes nearer, and goes back."""
    whole = page.get_attribute("#map svg", "viewBox")
    page.focus("[data-zoom=in]")
    page.keyboard.press("Enter")
    assert page.get_attribute("#map svg", "viewBox") != whole
    page.focus("[data-zoom=all]")
    page.keyboard.press("Enter")
    assert page.get_attribute("#map svg", "viewBox") == whole


def _copy(snapshot, folder, change):
    """Copy a snapshot, with the text of its pages and of its status changed."""
    for name in MEDIA_TYPES:
        content = (snapshot / name).read_bytes()
        if name in {"en.html", "status.json"}:
            content = change(content.decode()).encode()
        (folder / name).write_bytes(content)


def test_it_says_how_old_it_is_whatever_the_clock_of_the_phone(snapshot, browser, tmp_path):
    written = datetime.now(UTC) - timedelta(hours=3, minutes=5)
    _copy(snapshot, tmp_path, lambda text: re.sub(r'data-written="[^"]+"', f'data-written="{written}"', text))
    server = FileServer(tmp_path)
    context = browser.new_context(locale="en-GB", viewport=PHONE)
    page = context.new_page()
    # By the phone's clock, a day slow, the snapshot were of tomorrow; the server's says that it is old.
    page.clock.install(time=datetime.now(UTC) - timedelta(days=1))
    page.goto(f"{server.address}/en.html")
    expect(page.locator("#age")).to_have_class("old")
    told = TEXTS["en"]["customer.map.age.hours"].format(hours=3)
    assert page.inner_text("#age") == f"{told} {say('en', 'age.old')}"
    server.stop()
    page.clock.run_for(31_000)
    expect(page.locator("#age")).to_contain_text("No connection")
    context.close()


def test_a_newer_snapshot_is_taken_up_by_itself(snapshot, browser, tmp_path):
    _copy(snapshot, tmp_path, str)
    server = FileServer(tmp_path)
    context = browser.new_context(locale="en-GB", viewport=DESK)
    page = context.new_page()
    page.clock.install(time=datetime.now(UTC))
    page.goto(f"{server.address}/en.html")
    expect(page.locator("#map svg")).to_be_visible()
    _copy(
        snapshot,
        tmp_path,
        lambda text: re.sub(r'(data-version="|"version":)1\b', r"\g<1>2", text).replace(
            "least 25", "least 40"
        ),
    )
    page.clock.run_for(31_000)
    expect(page.locator(".total").first).to_contain_text("40")
    expect(page.locator("#map svg")).to_be_visible()
    context.close()
    server.stop()
