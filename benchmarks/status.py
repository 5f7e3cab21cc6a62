"""`relight benchmark status`: how fast customers are told, and the snapshot that outlives everything.

Rule 1: one web process with one server; its peer is an empty `async def` route of the same application,
asked in turn with it over as many kept connections, several rounds each; the middle round of each counts.
Rule 2: the client is a process of its own that does as little as it can (raw sockets, prepared requests).
Each answer's status line is looked at; customers with a pass are asked for one after the other.
Rule 3: the snapshot is written by the public map's own keeper, first from nothing (areas drawn), then again.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.processes.public_keeper import PublicKeeper
from api.public_folder import PublicFolder
from api.public_page import PublicPage
from api.vocabulary import read_vocabulary
from benchmarks.report import Report, Row
from benchmarks.scale_house import House, house
from benchmarks.status_server import EMPTY_PATH, STATUS_PATH, serving
from dispatch.transactions import write_transaction

SIZES = (300_000,)
SHARE = 0.6
SNAPSHOT_S = 10.0
_PASSES = 200
_ROUNDS = 7
_ROUND_S = 2.0
_CONNECTIONS = 16

WORDS = """Made by `relight benchmark status --save docs/benchmarks`: the status of a supply as JSON, answered
from memory, beside an empty `async def` route of the same application in one process; and the public map's
snapshot with every customer of the city out. Microseconds an answer are those of the whole server under full
load: their ratio is that of the throughputs."""


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows of every size."""
    return Report("status", tuple(row for size in sizes for row in _rows(size, progress)))


def write(report: Report, folder: Path) -> None:
    """Write the page into a folder, as `docs/benchmarks/` has it."""
    (folder / "status.md").write_text(report.as_page(WORDS), encoding="utf-8")


def _rows(customers: int, progress: Callable[[str], None]) -> Iterator[Row]:
    case = f"{customers:,} customers out"
    with house() as home:
        progress(f"{case}: making and importing the city")
        home.put_city_in_force(customers)
        put_everybody_out(home.engine)
        progress(f"{case}: writing the public map")
        yield from _snapshots(case, home)
        progress("status reads: one process, asked in turn")
        yield from _reads(home)


def _snapshots(case: str, home: House) -> Iterator[Row]:
    folder = PublicFolder(home.folder / "public_map")
    page = PublicPage(texts=read_vocabulary(), zone=ZoneInfo("UTC"), every_s=60.0)
    keeper = PublicKeeper(home.engine, folder=folder, page=page, every_s=60.0)
    for what in ("public map, first snapshot", "public map, next snapshot"):
        begin = time.perf_counter()
        keeper.write()
        seconds = time.perf_counter() - begin
        yield Row(case, what, seconds, "s", target=SNAPSHOT_S, at_most=True)
    status = json.loads(folder.read("status.json") or b"{}")
    yield Row(case, "public map, told at least", float(status["customers_out_at_least"]), "customers")
    yield Row(case, "public map, areas told", float(status["areas_out"]), "areas")
    index = folder.index()
    yield Row(case, "public map, all files", sum(one["bytes"] for one in index["files"].values()) / 1e6, "MB")
    yield Row(case, "public map, page", index["files"]["en.html"]["bytes"] / 1e3, "kB")


def _reads(home: House) -> Iterator[Row]:
    with serving(home.engine, passes=_PASSES) as served:
        rounds: dict[str, list[float]] = {STATUS_PATH: [], EMPTY_PATH: []}
        _asked(served.port, served.tokens, STATUS_PATH)
        for _ in range(_ROUNDS):
            for path, found in rounds.items():
                found.append(_asked(served.port, served.tokens, path))
    status, empty = (statistics.median(rounds[path]) for path in (STATUS_PATH, EMPTY_PATH))
    case = f"one web process, {_CONNECTIONS} connections"
    yield Row(case, "status of a supply", 1e6 / status, "µs", "empty async route", 1e6 / empty, target=SHARE)
    yield Row(case, "status reads", status, "a second")


def _asked(port: int, tokens: Sequence[str], path: str) -> float:
    """Return how many answers a second a client of its own gets."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.status_client",
        str(port),
        path,
        str(_CONNECTIONS),
        str(_ROUND_S),
    ]
    ran = subprocess.run(command, input="\n".join(tokens), capture_output=True, text=True, check=True)
    return float(ran.stdout)


def put_everybody_out(engine: Engine) -> None:
    """Put every service point out, in one outage for each substation's worth of them."""
    now = datetime.now(UTC)
    with write_transaction(engine) as session:
        _outages(session, now)


def _outages(session: Session, now: datetime) -> None:
    session.execute(
        text("""
            INSERT INTO outage (id, version, network_version, status, device, device_kind, phases,
                                probability, candidates, reasons, service_points_out, customers_out,
                                started_at, predicted_at)
            SELECT 'O-' || part, 0, 1, 'predicted', 'D-' || part, 'breaker', 'ABC', 0.99, '[]', '[]', 1, 1,
                   :now, :now
            FROM generate_series(0, 29) AS part
        """),
        {"now": now},
    )
    session.execute(
        text("""
            INSERT INTO affected_service_point (outage_id, service_point, phases, started_at, customers)
            SELECT 'O-' || (row_number() OVER (ORDER BY id) % 30), id, phases, :now, customers
            FROM service_point WHERE network_version = 1
        """),
        {"now": now},
    )
