"""`relight benchmark crew_app`: shifts without signal, at random, and how soon the page starts without.

Rule 1: a running system and a real Chromium; the network of the phones is cut there. No part of the page is
    replaced; the clocks are moved on by hours.
Rule 2: a run is right only if phone and server agree on every report and photo (benchmarks/crew_shift.py).
Rule 3: what starts without signal has been opened once before; the time is from asking for the page until the
    job stands on it, the worst of several.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.crew_phone import CrewPhone
from benchmarks.crew_shift import Outcome, Shift, play_shift
from benchmarks.report import Report, Row
from benchmarks.scale_house import house

SIZES = (200,)
STORMS = 50
START_LIMIT_S = 2.0
_STARTS = 5
_ROOT = Path(__file__).parents[1]
_SKEWS_HOURS = ((0, 6), (0, -6), (6, -6))
_PHONE = {"width": 360, "height": 740}
_HOUR_MS = 3_600_000

WORDS = """Made by `relight benchmark crew_app --save docs/benchmarks`. Two phones of one crew on one job,
in a real browser, without signal for about eight hours by their clocks: steps, times, material, damage
reports with photos. The page is killed and opened again at random moments, in the midst of a tap, of
sending and of a photo, and one phone's clock is six hours wrong. Afterwards every report that a phone's
journal calls taken is one change of the log, in that phone's order, and every photo is kept once. Starting
is measured from asking for the page, without signal, until the job stands on it."""


def run(
    *,
    sizes: Sequence[int],
    progress: Callable[[str], None],
    storms: int = STORMS,
    bar: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Return the rows; `storms` is how many shifts are played, `sizes` how many actions each has."""
    rows: list[Row] = []
    for actions in sizes:
        with _town(progress) as (town, browser):
            shift = Shift(actions=actions, photos=max(1, actions // 4))
            seen = bar or (lambda *_: None)
            rows += _shifts(town, browser, shift=shift, storms=storms, progress=progress, bar=seen)
            rows.append(_starts(town, browser, progress))
    return Report("crew_app", tuple(rows))


def write(report: Report, folder: Path) -> None:
    """Write the table of a report into a folder, as `docs/benchmarks/` has it."""
    (folder / "crew_app.md").write_text(report.as_page(WORDS), encoding="utf-8")


def _shifts(
    town: Any,
    browser: Browser,
    *,
    shift: Shift,
    storms: int,
    progress: Callable[[str], None],
    bar: Callable[[str, int, int], None],
) -> Iterator[Row]:
    outcomes: list[Outcome] = []
    for number in range(storms):
        bar("shifts", number, storms)
        outcome = play_one(town, browser, shift=shift, seed=number)
        outcomes.append(outcome)
        for one in outcome.wrong:
            progress(f"shift {number}: {one}")
    bar("shifts", storms, storms)
    yield from rows_of(outcomes, shift)


def rows_of(outcomes: Sequence[Outcome], shift: Shift) -> Iterator[Row]:
    """Yield what shifts came to."""
    case = f"{len(outcomes)} shifts, two phones, {shift.actions} actions"
    wrong = sum(bool(one.wrong) for one in outcomes)
    yield Row(case, "shifts in which something was lost or twice", wrong, "", target=0, at_most=True)
    for what, value in (
        ("reports taken", sum(one.taken for one in outcomes)),
        ("reports refused, and shown", sum(one.refused for one in outcomes)),
        ("photos", sum(one.photos for one in outcomes)),
        ("times the page was killed", sum(one.kills for one in outcomes)),
        ("shortest time without signal", min(one.hours for one in outcomes)),
    ):
        yield Row(case, what, value, "h" if "time without" in what else "")


def play_one(town: Any, browser: Browser, *, shift: Shift, seed: int) -> Outcome:
    """Play one shift in a street of its own."""
    street = town.next_street()
    town.lose(*street.households[:4])
    _send_crew(town, street)
    phones = [
        CrewPhone(_context(browser), town.address, hours * _HOUR_MS)
        for hours in _SKEWS_HOURS[seed % len(_SKEWS_HOURS)]
    ]
    try:
        for phone in phones:
            phone.sign_in(street.crew, town.password)
        return play_shift(phones, engine=town.engine, crew=street.crew, shift=shift, seed=seed)
    finally:
        for phone in phones:
            phone.context.close()


def _starts(town: Any, browser: Browser, progress: Callable[[str], None]) -> Row:
    progress("starting without signal")
    street = town.next_street()
    town.lose(*street.households[:4])
    _send_crew(town, street)
    phone = CrewPhone(_context(browser), town.address, 0)
    phone.sign_in(street.crew, town.password)
    phone.has_signal(on=False)
    times = []
    for _ in range(_STARTS):
        phone.shown.close()
        begun = perf_counter()
        phone.open()
        phone.shown.locator("article.job").wait_for()
        times.append(perf_counter() - begun)
    phone.context.close()
    return Row(
        "no signal", "the page starts, worst of 5", max(times), "s", target=START_LIMIT_S, at_most=True
    )


def _send_crew(town: Any, street: Any) -> None:
    """Wait for the outage of a street, confirm it and send its crew."""
    desk = town.client("wang")
    gives_up_at = perf_counter() + 60
    while True:
        outages = desk.get("/api/outages", params={"active": True}).json()["outages"]
        found = next((one for one in outages if one["device"] == street.fuse), None)
        if found is not None:
            break
        if perf_counter() > gives_up_at:
            raise RuntimeError(f"no outage behind {street.fuse}")
    for action, more in (("confirm", {}), ("assign", {"crew_id": street.crew})):
        version = desk.get(f"/api/outages/{found['id']}").json()["version"]
        order = {"version": version, **more}
        desk.post(f"/api/outages/{found['id']}/{action}", json=order).raise_for_status()


def _context(browser: Browser) -> Any:
    return browser.new_context(viewport=_PHONE, locale="en-GB", timezone_id="UTC", reduced_motion="reduce")  # type: ignore[arg-type]


@contextmanager
def _town(progress: Callable[[str], None]) -> Iterator[tuple[Any, Browser]]:
    """Give a running town, as the browser tests have it, and a browser; both gone afterwards."""
    path = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        raise RuntimeError("this benchmark needs Chromium: `make browser`")
    with ExitStack() as closing:
        progress("a town")
        home = closing.enter_context(house())
        before = os.environ.get("RELIGHT_HOME")
        os.environ["RELIGHT_HOME"] = str(home.folder / "relight")
        closing.callback(_restore_home, before)
        town = _load("tests/browser/town.py").Town(home.url, _load("tests/api/world.py"))
        closing.callback(town.close)
        playwright = closing.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        closing.callback(browser.close)
        yield town, browser


def _restore_home(before: str | None) -> None:
    if before is None:
        os.environ.pop("RELIGHT_HOME", None)
    else:
        os.environ["RELIGHT_HOME"] = before


def _load(path: str) -> ModuleType:
    place = _ROOT / path
    spec = importlib.util.spec_from_file_location(f"relight_benchmark_{place.stem}", place)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} is not in this checkout")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
