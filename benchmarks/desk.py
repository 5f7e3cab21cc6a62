"""`relight benchmark desk`: the dispatcher's desk on a storm night, in a real browser on a running system.

Rule 1: the whole system as `relight up` starts it, its database, and a headless Chromium that draws by the
    processor alone (no graphics card); all on this machine, beside the process that makes the changes.
Rule 2: what there is and what changes is made by benchmarks/desk_storm.py and benchmarks/desk_changes.py,
    what is seen by benchmarks/desk_page.py; their rules say how.
Rule 3: a change is seen when the page says it: an outage's new time in its row of the list, a crew's new
    place in the data of the map. The time runs from the commit.
Rule 4: targets are judged at a million customers. A smaller city has fewer outages and crews, and shows only
    that all of it works.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import Browser
from pydantic import SecretStr

from api.accounts import add_account
from api.passwords import PasswordHashes
from api.processes.system import running_system
from api.roles import Role
from api.settings import DatabaseSettings, MessageSettings, WebSettings
from benchmarks.desk_page import WatchedDesk, watched_browser, watched_desk
from benchmarks.desk_storm import Storm, make_storm
from benchmarks.report import Report, Row
from benchmarks.scale_house import House, house
from dispatch.transactions import write_transaction

SIZES = (1_000_000,)
OUTAGES, CREWS = 5_000, 300
CHANGES_A_SECOND, LEAST_CHANGES = 200, 190
SEEN_LIMIT_S, FRAME_LIMIT_MS, FIRST_VIEW_LIMIT_S = 1.5, 50.0, 6.0
SERVICE_POINTS_FROM_ZOOM = 13
_CUSTOMERS_TO_AN_OUTAGE, _CUSTOMERS_TO_A_CREW = 20, 300
_STILL_S, _PAN_S = 40.0, 12.0
_SMALL_STILL_S, _SMALL_PAN_S = 6.0, 2.0
_FIRST_VIEWS = 3
_LAST_CHANGES_S = 3.0
_DIGITS = 6  # a tenth of a metre

WORDS = """Made by `relight benchmark desk --save docs/benchmarks`. A city of a million customers, 5,000 open
outages behind real devices with the households behind them, 300 crews; the desk at 1366 × 768 in headless
Chromium. **Everything is drawn by software rendering**, without a graphics card, on the same two cores that
run the database, the analysis worker, the web server and the process that makes 200 changes a second (half of
them positions of crews, half restoration times). Outages and their households are written as rows, as
analysis writes predictions; crews, and what people did with both, come through operations. Changes are
written to their rows and to the log, twenty in a transaction, as operations write them. A change is seen when
a row of the list says it, or when the map is handed it; from the commit on. The desk draws a flood of changes
together once a second. The first view is the first page after the start (its tiles were never made before),
then others with nothing kept in the browser; whole when list, network and all outages are drawn."""


@dataclass(frozen=True, slots=True)
class _Served:
    address: str
    client: httpx.Client
    cookies: list[dict[str, Any]]


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows of every size, a number of customers."""
    return Report("desk", tuple(row for size in sizes for row in _Case(size, progress).rows()))


def write(report: Report, folder: Path) -> None:
    """Write the page into a folder, as `docs/benchmarks/` has it."""
    (folder / "desk.md").write_text(report.as_page(WORDS), encoding="utf-8")


class _Case:
    """One city and one storm on it."""

    def __init__(self, size: int, progress: Callable[[str], None]) -> None:
        self.size, self.progress = size, progress
        self.is_judged = size >= SIZES[0]
        self.outages = min(OUTAGES, max(1, size // _CUSTOMERS_TO_AN_OUTAGE))
        self.crews = min(CREWS, max(3, size // _CUSTOMERS_TO_A_CREW))
        self.case = f"{size:,} customers"

    def rows(self) -> Iterator[Row]:
        with house() as home:
            self._make_city(home)
            storm = make_storm(
                home.engine,
                folder=home.folder / "relight" / "networks",
                outages=self.outages,
                crews=self.crews,
                seed=1,
                progress=lambda doing: self.progress(f"{self.case}: {doing}"),
            )
            self.case = f"{self.case}, {storm.outages:,} outages"
            self.progress(f"{self.case}: starting Relight")
            with _serving(home) as served:
                yield from self._told(storm, served)
                with watched_browser() as browser:
                    yield from self._first_views(browser, served, storm)
                    yield from self._watched(browser, served, home)

    def _make_city(self, home: House) -> None:
        self.progress(f"{self.case}: making and importing the city")
        package = home.folder / "city.gpkg"
        home.relight("storm", "city", str(package), "--customers", str(self.size), "--seed", "1")
        imported = home.relight("network", "import", str(package))
        home.relight("network", "activate", str(imported.printed["network_version"]))
        package.unlink()

    def _row(self, metric: str, value: float, unit: str, limit: float | None = None) -> Row:
        return Row(self.case, metric, value, unit, target=limit if self.is_judged else None, at_most=True)

    def _told(self, storm: Storm, served: _Served) -> Iterator[Row]:
        yield self._row("open outages", storm.outages, "")
        yield self._row("affected points", storm.households, "")
        yield self._row("crews", storm.crews, "")
        answer = served.client.get("/api/snapshot")
        yield self._row("snapshot", len(answer.content) / 1e6, "MB")
        found = lowest_zoom_with_service_points(served.client)
        is_right = found is not None and found >= SERVICE_POINTS_FROM_ZOOM
        row = self._row("lowest zoom of tiles with service points", found or 0, "")
        yield Row(row.case, row.metric, row.value, row.unit, equal=is_right)

    def _first_views(self, browser: Browser, served: _Served, storm: Storm) -> Iterator[Row]:
        times = []
        for number in range(_FIRST_VIEWS):
            self.progress(f"{self.case}: first view {number + 1}")
            with watched_desk(browser, served.cookies) as desk:
                times.append(desk.first_view_s(served.address, outages=storm.outages))
        yield self._row("first view, after the start", times[0], "s", FIRST_VIEW_LIMIT_S)
        yield self._row("first view, later ones (worst)", max(times[1:]), "s", FIRST_VIEW_LIMIT_S)

    def _watched(self, browser: Browser, served: _Served, home: House) -> Iterator[Row]:
        still_s, pan_s = (_STILL_S, _PAN_S) if self.is_judged else (_SMALL_STILL_S, _SMALL_PAN_S)
        with watched_desk(browser, served.cookies) as desk:
            desk.first_view_s(served.address, outages=self.outages)
            desk.rest(2.0)
            self.progress(f"{self.case}: a still map, {CHANGES_A_SECOND} changes a second")
            told, seen = _watch(desk, home.url, still_s, desk.rest)
            made = self._row("changes made", told["made"] / told["seconds"], "a second", LEAST_CHANGES)
            yield replace(made, at_most=False)
            yield from self._delays(told["told"], seen)
            yield from self._frames("still map", seen, FRAME_LIMIT_MS)
            self.progress(f"{self.case}: panning")
            _, seen = _watch(desk, home.url, pan_s, desk.pan)
            yield from self._frames("panning", seen, None)
            desk.come_nearer(24)
            _, seen = _watch(desk, home.url, pan_s, desk.pan)
            yield from self._frames("panning, near enough to see households", seen, None)

    def _delays(self, told: Sequence[dict[str, Any]], seen: dict[str, Any]) -> Iterator[Row]:
        lists = {
            "in the list": delays_in_rows([one for one in told if one["kind"] == "outage"], seen["rows"]),
            "on the map": delays_on_map([one for one in told if one["kind"] == "crew"], seen["crews"]),
        }
        for where, delays in lists.items():
            missed = sum(delay is None for delay in delays)
            found = [delay for delay in delays if delay is not None] or [0.0]
            yield self._row(f"changes watched {where}", len(delays), "")
            yield self._row(f"changes never seen {where}", missed, "", 0)
            yield self._row(f"a change is seen {where} (middle)", float(np.median(found)), "s")
            p95 = float(np.percentile(found, 95))
            yield self._row(f"a change is seen {where} (p95)", p95, "s", SEEN_LIMIT_S)

    def _frames(self, when: str, seen: dict[str, Any], limit_ms: float | None) -> Iterator[Row]:
        frames = np.array(seen["frames"] or [0.0])
        yield self._row(f"{when}: frame interval (p95)", float(np.percentile(frames, 95)), "ms", limit_ms)
        yield self._row(f"{when}: longest frame interval", float(frames.max()), "ms")
        late = float(frames[frames > FRAME_LIMIT_MS].sum() / max(frames.sum(), 1.0))
        yield self._row(f"{when}: time within intervals over 50 ms", 100 * late, "%")


def _watch(
    desk: WatchedDesk, url: str, seconds: float, do: Callable[[float], None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let changes come for so long, do something meanwhile, and return what was made and what was seen."""
    command = [sys.executable, "-m", "benchmarks.desk_changes", url, str(CHANGES_A_SECOND), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as making:
        if making.stdin is None or making.stdout is None:
            raise RuntimeError("the process that makes the changes has no pipes")
        making.stdin.write("\n".join(desk.rows_in_sight()))
        making.stdin.close()
        desk.rest(1.5)  # it starts, and has begun
        begun = desk.forget()
        do(seconds - 1.5)
        frames = desk.seen()["frames"]
        desk.rest(_LAST_CHANGES_S)
        told: dict[str, Any] = json.loads(making.stdout.read())
    desk.rest(_LAST_CHANGES_S)
    told["told"] = [one for one in told["told"] if one["at"] >= begun]
    return told, {**desk.seen(), "frames": frames}


def delays_in_rows(
    told: Sequence[dict[str, Any]], rows: Sequence[tuple[str, str, float]]
) -> list[float | None]:
    """Return after how many seconds the row of each outage said its new time; None where it never did.

    A time that another one overtook counts from its own commit until the later one is said.
    """
    said_first = {
        (one["id"], one["says"]): min(
            (at / 1000 for id, said, at in rows if id == one["id"] and one["says"] in said), default=None
        )
        for one in told
    }
    return _delays_of(told, [said_first[one["id"], one["says"]] for one in told])


def delays_on_map(
    told: Sequence[dict[str, Any]], crews: Sequence[tuple[str, float, float, float]]
) -> list[float | None]:
    """Return after how many seconds the map was handed each new place of a crew; likewise."""
    handed: dict[tuple[str, float, float], float] = {}
    for id, lon, lat, at in crews:
        handed.setdefault((id, round(lon, _DIGITS), round(lat, _DIGITS)), at / 1000)
    places = [(one["id"], round(one["lon"], _DIGITS), round(one["lat"], _DIGITS)) for one in told]
    return _delays_of(told, [handed.get(place) for place in places])


def _delays_of(told: Sequence[dict[str, Any]], seen: Sequence[float | None]) -> list[float | None]:
    """Return commit to sight for what was told in order; what came later of the same thing shows both."""
    delays: list[float | None] = [None] * len(told)
    latest: dict[str, float] = {}
    for number in range(len(told) - 1, -1, -1):
        one, at = told[number], seen[number]
        shown = min((time for time in (at, latest.get(one["id"])) if time is not None), default=None)
        if shown is not None:
            latest[one["id"]] = shown
            delays[number] = max(0.0, shown - one["at"])
    return delays


def lowest_zoom_with_service_points(client: httpx.Client) -> int | None:
    """Return the lowest zoom whose tile over the middle of the network has a layer of service points."""
    network = client.get("/api/network").raise_for_status().json()
    west, south, east, north = network["bounds"]
    lon, lat = (west + east) / 2, (south + north) / 2
    for zoom in range(17):
        x, y = _tile(lon, lat, zoom)
        for right, down in ((0, 0), (1, 0), (0, 1), (1, 1), (-1, 0), (0, -1)):
            place = f"{zoom}/{(x + right) % 2**zoom}/{(y + down) % 2**zoom}"
            answer = client.get(f"/api/tiles/{network['network_version']}/{place}.mvt")
            # A layer's name in the Mapbox Vector Tile format: field 1, its length, its letters.
            if b"\x0a\x0dservice_point" in answer.raise_for_status().content:
                return zoom
    return None


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    y = np.arcsinh(np.tan(np.radians(lat))) / np.pi
    return int((lon + 180) / 360 * 2**zoom), int((1 - y) / 2 * 2**zoom)


@contextmanager
def _serving(home: House) -> Iterator[_Served]:
    """Start the whole system on the city's database, and sign a dispatcher in."""
    password, passwords = token_hex(12), PasswordHashes()
    with write_transaction(home.engine) as session:
        add_account(
            session,
            passwords=passwords,
            name="dispatcher",
            password=password,
            roles=[Role.DISPATCHER],
            now=datetime.now(UTC),
        )
    before = os.environ.get("RELIGHT_HOME")
    os.environ["RELIGHT_HOME"] = str(home.folder / "relight")
    try:
        with running_system(
            database=DatabaseSettings(database_url=SecretStr(home.url)),
            web=WebSettings(port=0, log_level="warning"),
            messages=MessageSettings(time_zone="UTC"),
        ) as system:
            address = system.address.replace("localhost", "127.0.0.1")
            with httpx.Client(
                base_url=address, headers={"X-Relight": "1"}, trust_env=False, timeout=60.0
            ) as client:
                signed_in = {"name": "dispatcher", "password": password}
                client.post("/api/sign-in", json=signed_in).raise_for_status()
                cookies = [
                    {"name": one.name, "value": one.value or "", "url": address} for one in client.cookies.jar
                ]
                yield _Served(address=address, client=client, cookies=cookies)
    finally:
        if before is None:
            os.environ.pop("RELIGHT_HOME", None)
        else:
            os.environ["RELIGHT_HOME"] = before
