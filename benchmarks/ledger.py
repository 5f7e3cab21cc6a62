"""`relight benchmark ledger`: writing interruptions, and reckoning indices over ten million of them.

Rule 1: a private database with the real tables, the exclusion constraint and the triggers included; each
transaction is committed, to the disk.
Rule 2: opening is what confirming an outage of 2,000 households writes, closing what restoring one of 50,000
does, in the ledger and in what the outage holds. The peer writes the same rows one statement each.
Rule 3: indices are read and reckoned in a process of its own, so that its memory is its own. Those rows are
made without the indexes and constraints of writers, which reading does not use.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from benchmarks.ledger_house import AUTHOR, BEGUN, ENDED, enter, fill_for_reading, predict
from benchmarks.report import Report, Row
from benchmarks.scale_house import house
from dispatch.interruptions import end_interruptions
from dispatch.ledger_reading import CAUSES, ledger_feeders, read_ledger
from dispatch.reliability.ledger_columns import ledger_columns
from dispatch.reliability.measure import measure
from dispatch.reliability.rule_sets import IEEE1366
from dispatch.transactions import read_transaction, write_transaction
from gis.database import connect

SIZES = (10_000_000,)
OPENED, CLOSED = 2_000, 50_000
OPENING_LIMIT_MS, CLOSING_LIMIT_S = 200.0, 3.0
INDICES_LIMIT_S, MEMORY_LIMIT_GB = 20.0, 2.0
_TIMES_OPENED, _TIMES_CLOSED = 7, 3
_STANDING = 200_000
# Row by row takes minutes: it closes a tenth.
_PEER_SHARE = 10
_PATIENCE_S = 600
_KIBIBYTES_PER_GIGABYTE = 1e9 / 1024
_PEER = "one statement a row"
_PEER_OPENS = text(
    """
    INSERT INTO interruption (service_point, period, outage_id, kind, phases, phases_taken, phase_share,
        customers, recorded_at)
    SELECT service_point, tstzrange(started_at, NULL), :outage_id, 'fault', phases, 'ABC', 1, customers, :at
    FROM affected_service_point WHERE outage_id = :outage_id AND service_point = :id
    """
)
_PEER_CLOSES = (
    text(
        "UPDATE affected_service_point SET ended_at = :at "
        "WHERE outage_id = :outage_id AND service_point = :id"
    ),
    text(
        "UPDATE interruption SET period = tstzrange(lower(period), :at) "
        "WHERE service_point = :id AND replaced_by IS NULL"
    ),
)
_COUNT = text(
    "SELECT count(*), count(*) FILTER (WHERE upper_inf(period)) "
    "FROM interruption WHERE outage_id = :outage_id"
)

WORDS = """Made by `relight benchmark ledger --save docs/benchmarks`. Opening writes the ledger rows of an
outage when it is confirmed, closing ends them when it is restored; both to the disk, in a ledger where
200,000 rows stand already, with the exclusion constraint and the triggers. Indices are SAIDI, SAIFI, CEMI-n,
MAIFI-E, the threshold and the major event days, with figures by feeder, cause, kind and month: read from the
database and reckoned."""


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows: of writing once, of reading for each size, a number of ledger rows."""
    is_full = max(sizes) >= SIZES[0]
    return Report(
        "ledger",
        (*_writing(progress, is_full=is_full), *(row for size in sizes for row in _reading(size, progress))),
    )


def write(report: Report, folder: Path) -> None:
    """Write the table of a report into a folder, as `docs/benchmarks/` has it."""
    (folder / "ledger.md").write_text(report.as_page(WORDS), encoding="utf-8")


def _writing(progress: Callable[[str], None], *, is_full: bool) -> Iterator[Row]:
    opened, closed, standing = (OPENED, CLOSED, _STANDING) if is_full else (200, 500, 1_000)
    numbers = iter(range(1, 1_000))
    with house() as home:
        progress("a ledger to write in")
        _make(home.engine, next(numbers), standing)
        progress("opening outages")
        times, is_equal = [], True
        for _ in range(_TIMES_OPENED):
            seconds, rows = _open(home.engine, next(numbers), opened)
            times.append(seconds * 1000)
            is_equal &= rows == (opened, opened)
        peer_ms, rows = _open_row_by_row(home.engine, next(numbers), opened)
        case = f"an outage of {opened:,} opens"
        yield _judged(case, "ledger rows, committed", median(times), "ms", OPENING_LIMIT_MS, is_full=is_full)
        yield Row(
            case,
            "beside row by row",
            median(times),
            "ms",
            peer=_PEER,
            peer_value=peer_ms * 1000,
            equal=is_equal and rows == (opened, opened),
        )
        progress("closing outages")
        times = []
        for _ in range(_TIMES_CLOSED):
            seconds, rows = _close(home.engine, next(numbers), closed)
            times.append(seconds)
            is_equal &= rows == (closed, 0)
        case = f"an outage of {closed:,} closes"
        yield _judged(case, "ledger rows, committed", median(times), "s", CLOSING_LIMIT_S, is_full=is_full)
        part = closed // _PEER_SHARE
        seconds, _ = _close(home.engine, next(numbers), part)
        peer_s, rows = _close_row_by_row(home.engine, next(numbers), part)
        yield Row(
            f"an outage of {part:,} closes",
            "beside row by row",
            seconds,
            "s",
            peer=_PEER,
            peer_value=peer_s,
            equal=is_equal and rows == (part, 0),
        )


def _reading(size: int, progress: Callable[[str], None]) -> Iterator[Row]:
    case, is_full = f"{size:,} ledger rows", size >= SIZES[0]
    with house() as home:
        points = fill_for_reading(home.engine, rows=size, progress=progress)
        progress(f"{case}: indices")
        ran = subprocess.run(
            [sys.executable, "-m", __name__, home.url, str(points)],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE_S,
        )
        with read_transaction(home.engine) as session:
            minutes = session.scalar(
                text(
                    "SELECT sum(extract(epoch FROM upper(period) - lower(period))) / 60 FROM interruption "
                    "WHERE upper(period) - lower(period) > :sustained"
                ),
                {"sustained": timedelta(minutes=5)},
            )
    told: dict[str, Any] = json.loads(ran.stdout)
    yield _judged(case, "read", told["read_s"], "s", None, is_full=is_full)
    indices = told["read_s"] + told["measure_s"]
    is_equal = told["rows"] == size and abs(told["customer_minutes"] / float(minutes) - 1) < 1e-9  # noqa: PLR2004
    row = _judged(case, "read, and all indices", indices, "s", INDICES_LIMIT_S, is_full=is_full)
    yield Row(row.case, row.metric, row.value, row.unit, target=row.target, at_most=True, equal=is_equal)
    yield _judged(case, "memory", told["gigabytes"], "GB", MEMORY_LIMIT_GB, is_full=is_full)


def _judged(case: str, metric: str, value: float, unit: str, limit: float | None, *, is_full: bool) -> Row:
    return Row(case, metric, value, unit, target=limit if is_full else None, at_most=True)


def _make(engine: Engine, number: int, households: int) -> str:
    with write_transaction(engine) as session:
        outage_id = predict(session, number=number, households=households)
        enter(session, outage_id=outage_id)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE interruption"))
        connection.execute(text("ANALYZE affected_service_point"))
    return outage_id


def _open(engine: Engine, number: int, households: int) -> tuple[float, tuple[int, int]]:
    with write_transaction(engine) as session:
        outage_id = predict(session, number=number, households=households)
    begun = time.perf_counter()
    with write_transaction(engine) as session:
        enter(session, outage_id=outage_id)
    return time.perf_counter() - begun, _rows(engine, outage_id)


def _open_row_by_row(engine: Engine, number: int, households: int) -> tuple[float, tuple[int, int]]:
    with write_transaction(engine) as session:
        outage_id = predict(session, number=number, households=households)
    begun = time.perf_counter()
    with write_transaction(engine) as session:
        for household in range(households):
            id = f"SP-{number}-{household:07d}"
            session.execute(_PEER_OPENS, {"outage_id": outage_id, "id": id, "at": BEGUN})
    return time.perf_counter() - begun, _rows(engine, outage_id)


def _close(engine: Engine, number: int, households: int) -> tuple[float, tuple[int, int]]:
    outage_id = _make(engine, number, households)
    begun = time.perf_counter()
    with write_transaction(engine) as session:
        end_interruptions(session, outage_id=outage_id, ended_at=ENDED, author=AUTHOR)
    return time.perf_counter() - begun, _rows(engine, outage_id)


def _close_row_by_row(engine: Engine, number: int, households: int) -> tuple[float, tuple[int, int]]:
    outage_id = _make(engine, number, households)
    begun = time.perf_counter()
    with write_transaction(engine) as session:
        for household in range(households):
            id = f"SP-{number}-{household:07d}"
            for statement in _PEER_CLOSES:
                session.execute(statement, {"outage_id": outage_id, "id": id, "at": ENDED})
    return time.perf_counter() - begun, _rows(engine, outage_id)


def _rows(engine: Engine, outage_id: str) -> tuple[int, int]:
    with read_transaction(engine) as session:
        count, still_open = session.execute(_COUNT, {"outage_id": outage_id}).one()
    return int(count), int(still_open)


def _read_and_measure(url: str, points: int) -> dict[str, Any]:
    """Read the whole ledger at the address, and reckon; called in a process of its own."""
    engine = connect(url, application_name="relight benchmark", pool_size=1)
    begun = time.perf_counter()
    with read_transaction(engine) as session:
        feeders = ledger_feeders(session)
        parts = read_ledger(session, feeders=feeders)
        zone = ZoneInfo("Asia/Shanghai")
        rows, _ = ledger_columns(parts, zone=zone, now=ENDED, causes=CAUSES, feeders=feeders)
    read = time.perf_counter()
    made = measure(rows, rules=IEEE1366, customers_served=points, by=("feeder", "cause", "kind", "month"))
    done = time.perf_counter()
    return {
        "rows": len(rows),
        "customer_minutes": made.whole.indices.customer_minutes,
        "read_s": read - begun,
        "measure_s": done - read,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIBIBYTES_PER_GIGABYTE,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_read_and_measure(sys.argv[1], int(sys.argv[2]))))
