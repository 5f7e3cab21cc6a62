"""Fixtures of the browser tests: a town on a running system, Chromium, and pages that are checked at the end.

Every page must ask nothing but its own server and make no mistake in its scripts; whoever opens one through
`open_page` gets both checked.
"""

import importlib.util
import os
import shutil
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

BROWSERS = ("chromium", "google-chrome-stable", "google-chrome")
# Names the folder that pictures of the faces go to; without it none are taken.
PICTURES = "RELIGHT_PICTURES"
LARGEST_PICTURE_BYTES = 300_000
MAP_IS_DRAWN_MS = 2_500
FLAGS = (
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--use-angle=swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # Not even Chromium itself (its updates, its help with forms) reaches anything but this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# Generous, since a build server may be busy: it only decides when to give up.
PATIENCE_MS = 60_000

MEASURED = "measured_seconds"  # as in tests/conftest.py

SIZES = {
    "desk": {"width": 1280, "height": 800},
    "phone": {"width": 360, "height": 740},
}


def _load(path):
    spec = importlib.util.spec_from_file_location(f"relight_tests_browser_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _browser_path():
    for name in BROWSERS:
        place = shutil.which(name)
        # A snap sees neither our folders nor our flags.
        if place and "/snap" not in str(Path(place).resolve()):
            return place
    return None


@pytest.fixture(scope="session")
def faces():
    return _load(Path(__file__).parent / "faces.py")


@pytest.fixture(scope="session")
def open_town(database_server):
    """Return open_town(**settings): a context with a running system on a database of its own."""
    module = _load(Path(__file__).parent / "town.py")
    world_module = _load(Path(__file__).parents[1] / "api" / "world.py")

    @contextmanager
    def open_town(**settings):
        with database_server.fresh_database() as name:
            town = module.Town(database_server.url(name), world_module, **settings)
            try:
                yield town
            finally:
                town.close()

    return open_town


@pytest.fixture(scope="session")
def town(open_town):
    """The running system, one for all browser tests of a process."""
    with open_town() as town:
        yield town


@pytest.fixture
def street(town):
    return town.next_street()


@pytest.fixture(scope="module")
def playwright():
    """Playwright, for one file of tests: while it runs, nothing else in this process may use asyncio."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def start_browser(playwright):
    """Start the machine's Chromium, with flags beside the usual ones; playwright never fetches one."""
    path = _browser_path()
    if path is None:
        reason = (
            f"no browser on this machine ({', '.join(BROWSERS)}; not a snap): `make test` says what to do"
        )
        # On a build server nothing is skipped quietly.
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    started = []

    def start(*flags, usual=FLAGS):
        browser = playwright.chromium.launch(executable_path=path, args=[*usual, *flags])
        started.append(browser)
        return browser

    yield start
    for browser in started:
        browser.close()


@pytest.fixture(scope="module")
def browser(start_browser):
    return start_browser()


@pytest.fixture(scope="session")
def _phone_numbers():
    return count(1)


@pytest.fixture
def open_page(town, browser, faces, stopwatch_module, _phone_numbers):
    """Return open_page(kind, language): a person with a browser of their own, at an address of their own."""
    opened = []

    def open_page(
        kind, language="en", *, size=None, name=None, address=None, browser=browser, scheme="light", **options
    ):
        number = next(_phone_numbers)
        context = browser.new_context(
            locale={"en": "en-GB", "zh": "zh-CN"}[language],
            viewport=size or SIZES["desk" if kind == "Desk" else "phone"],
            color_scheme=scheme,
            timezone_id="UTC",
            # The map jumps instead of flying: without a graphics card each picture of it costs dearly.
            reduced_motion="reduce",
            # As behind a proxy: each phone has an address, which the throttle counts by.
            extra_http_headers={"X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"},
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(stopwatch_module.IN_EVERY_PAGE)
        requests, mistakes = [], []
        context.on("request", lambda request: requests.append(request.url))
        context.on("weberror", lambda error: mistakes.append(str(error.error)))
        server = address or town.address
        face = getattr(faces, kind)(
            context.new_page(), faces.Words(language), name=name or f"{kind} ({language})", address=server
        )
        opened.append((context, face, requests, mistakes))
        return face

    yield open_page
    for context, face, requests, mistakes in opened:
        foreign_words = face.foreign_words()
        context.close()
        foreign = [url for url in requests if not url.startswith((f"{face.address}/", "data:", "blob:"))]
        assert not foreign, f"{face.name} asks elsewhere"
        assert not mistakes, f"a script of {face.name} made a mistake"
        assert not foreign_words, f"{face.name} says this in another language"


@pytest.fixture(scope="session")
def violations():
    """Return violations(page): what axe finds there."""
    return _load(Path(__file__).parent / "axe.py").violations


@pytest.fixture
def by_axe(violations, request):
    """Return by_axe(page, state): all that axe finds is told at the end.

    A test in both languages looks by day in English and in the dark in Chinese; another looks twice. Going
    from one to the other draws a map anew, which takes longer than looking.
    """
    found = []
    parameters = getattr(getattr(request.node, "callspec", None), "params", {})
    schemes = {"en": ("light",), "zh": ("dark",)}.get(parameters.get("language"), ("dark", "light"))

    def by_axe(page, state):
        for scheme in schemes:
            if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") != (scheme == "dark"):
                page.emulate_media(color_scheme=scheme)
            found.extend(f"{state}, {scheme}: {one}" for one in violations(page))

    yield by_axe
    assert not found, "\n".join(found)


@pytest.fixture(scope="session")
def stopwatch_module():
    return _load(Path(__file__).parent / "stopwatch.py")


@pytest.fixture
def stopwatch(stopwatch_module, request):
    """Takes the time of steps; the end of the run lists them (tests/conftest.py)."""
    measured = request.node.user_properties
    return stopwatch_module.Stopwatch(lambda what, seconds: measured.append((MEASURED, (what, seconds))))


@pytest.fixture(scope="session")
def picture():
    """Return picture(face, name): keep what a person sees as NAME.png where RELIGHT_PICTURES says.

    Whoever takes one waits first for what is to be seen; the picture is that of the window.
    """
    folder = os.environ.get(PICTURES)

    def picture(face, name):
        if not folder:
            return
        path = Path(folder) / f"{name}.png"
        # Without a graphics card a map is drawn late, and does not say when.
        face.page.wait_for_timeout(MAP_IS_DRAWN_MS)
        # Without a blinking line where somebody writes, and nothing half way.
        face.page.screenshot(path=path, animations="disabled", caret="hide")
        assert path.stat().st_size <= LARGEST_PICTURE_BYTES, f"{name}.png is too large for the papers"

    return picture


@pytest.fixture
def wire(town):
    """A wire to Relight that can be cut."""
    wire = _load(Path(__file__).parent / "wire.py").Wire(town.port)
    yield wire
    wire.close()
