"""`relight benchmark crew_app`: shifts without signal, at random, and how soon the page starts without.

Rule 1: a running system and a real Chromium; the network of the phones is cut there. No part of the page is
    replaced; the clocks are moved on by hours.
Rule 2: a run is right only if phone and server agree on every report and photo (benchmarks/crew_shift.py).
Rule 3: what starts without signal has been opened once before; the time is from asking for the page until the
    job stands on it, the worst of several.
Rule 4: each shift is a line of a record, kept as soon as it is over: a run that was stopped goes on from
    there, and the table counts all of them, with the commits they were played at.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.crew_phone import CrewPhone
from benchmarks.crew_shift import Outcome, Shift, play_shift
from benchmarks.report import Report, Row, commit
from benchmarks.scale_house import house

SIZES = (200,)
STORMS = 50
RECORD = "crew_app.ndjson"
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


@dataclass(frozen=True, slots=True)
class Played:
    """A line of the record: what one shift came to, or several, `first` being the seed of the first."""

    first: int
    shifts: int
    actions: int
    wrong: int
    taken: int
    refused: int
    photos: int
    kills: int
    hours: float
    commit: str | None


def run(
    *,
    sizes: Sequence[int],
    progress: Callable[[str], None],
    storms: int = STORMS,
    bar: Callable[[str, int, int], None] | None = None,
    first: int = 0,
    record: Path | None = None,
) -> Report:
    """Return the rows; `storms` is how many shifts are played, `sizes` how many actions each has.

    `first` is the seed to begin with; what `record`, a folder, holds of those before it is counted too.
    Stopped by Ctrl-C, it tells what was played until then.
    """
    rows: list[Row] = []
    played = _recorded(record, before=first)
    seen = bar or (lambda *_: None)
    for actions in sizes:
        with _town(progress) as (town, browser):
            start = _starts(town, browser, progress)
            shift = Shift(actions=actions, photos=max(1, actions // 4))
            of_size = [one for one in played if one.actions == actions]
            try:
                for number in range(storms):
                    seen("shifts", number, storms)
                    of_size.append(_play(town, browser, shift, first + number, progress))
                    _keep(record, of_size)
                seen("shifts", storms, storms)
            except KeyboardInterrupt:
                progress(f"stopped; {sum(one.shifts for one in of_size)} shifts are played")
            rows += [*rows_of(of_size, actions=actions), start]
    return Report("crew_app", tuple(rows))


def write(report: Report, folder: Path) -> None:
    """Write the table of a report into a folder, as `docs/benchmarks/` has it."""
    (folder / "crew_app.md").write_text(report.as_page(WORDS), encoding="utf-8")


def rows_of(played: Sequence[Played], *, actions: int) -> Iterator[Row]:
    """Yield what shifts came to; nothing where none was played."""
    if not played:
        return
    case = f"{sum(one.shifts for one in played)} shifts, two phones, {actions} actions"
    wrong = sum(one.wrong for one in played)
    yield Row(case, "shifts in which something was lost or twice", wrong, "", target=0, at_most=True)
    for what, value in (
        ("reports taken", sum(one.taken for one in played)),
        ("reports refused, and shown", sum(one.refused for one in played)),
        ("photos", sum(one.photos for one in played)),
        ("times the page was killed", sum(one.kills for one in played)),
        ("shortest time without signal", min(one.hours for one in played)),
    ):
        yield Row(case, what, value, "h" if "time without" in what else "")
    for at in dict.fromkeys(one.commit for one in played):
        count = sum(one.shifts for one in played if one.commit == at)
        yield Row(case, f"of these played at commit {at}", count, "")


def _play(town: Any, browser: Browser, shift: Shift, seed: int, progress: Callable[[str], None]) -> Played:
    outcome = play_one(town, browser, shift=shift, seed=seed)
    for one in outcome.wrong:
        progress(f"shift {seed}: {one}")
    return Played(
        first=seed,
        shifts=1,
        actions=shift.actions,
        wrong=int(bool(outcome.wrong)),
        taken=outcome.taken,
        refused=outcome.refused,
        photos=outcome.photos,
        kills=outcome.kills,
        hours=outcome.hours,
        commit=commit(),
    )


def _recorded(folder: Path | None, *, before: int) -> list[Played]:
    path = folder / RECORD if folder else None
    if path is None or before == 0 or not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [one for one in (Played(**json.loads(line)) for line in lines) if one.first < before]


def _keep(folder: Path | None, played: Sequence[Played]) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(asdict(one)) for one in played]
    (folder / RECORD).write_text("\n".join(lines) + "\n", encoding="utf-8")


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
