"""`relight benchmark reliability`: indices over a ledger of up to ten million rows, beside pandas.

Rule 1: a ledger is made part by part, as the database gives it, in no order, over five years.
Rule 2: each way runs in a process of its own, so that its memory is its own; making the rows is not counted.
Rule 3: both give SAIDI, SAIFI, the threshold and the major event days; `equal` says that they agree to 1e-9.
Rule 4: ours gives CEMI-n, MAIFI-E and the figures by feeder, cause, kind and month besides.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from math import isclose
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.report import Report, Row
from dispatch.ledger_reading import CAUSES, LedgerPart
from dispatch.reliability.as_json import reliability_as_json
from dispatch.reliability.ledger_columns import ledger_columns
from dispatch.reliability.measure import measure
from dispatch.reliability.rule_sets import IEEE1366

SIZES = (1_000_000, 10_000_000)
JUDGED_SIZE = 10_000_000
SECONDS_AT_MOST = 20.0
GIGABYTES_AT_MOST = 2.0
ROWS_PER_PART = 500_000
ROWS_PER_SERVICE_POINT = 10
FEEDERS = 1_000
SEED = 1
YEARS = range(2022, 2027)
ZONE = ZoneInfo("Asia/Shanghai")
BY = ("feeder", "cause", "kind", "month")
NOW = datetime(2027, 1, 1, tzinfo=UTC)
_SHORTEST_PEER_WAIT_S = 3600
_KIBIBYTES_PER_GIGABYTE = 1e9 / 1024
_BEGIN = np.datetime64("2021-12-31T16:00:00", "s")
_SECONDS = 5 * 365 * 86_400

WORDS = """Made by `relight benchmark reliability --save docs/benchmarks`: indices over a ledger made to
order, five years of it, ten rows for each service point. pandas reckons SAIDI, SAIFI, the threshold and the
major event days only; Relight also CEMI-n, MAIFI-E, and all by feeder, cause, kind and month. The time is
that from the parts, as the database streams them, to the figures; reading them is measured by
`relight benchmark ledger`. Memory is the most that the process ever had, Python and numpy included."""


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows of all sizes; a size is a number of ledger rows."""
    return Report("reliability", tuple(row for size in sizes for row in rows(size, progress)))


def write(report: Report, folder: Path) -> None:
    """Write the table of a report into a folder, as `docs/benchmarks/` has it."""
    (folder / "reliability.md").write_text(report.as_page(WORDS), encoding="utf-8")


def rows(size: int, progress: Callable[[str], None]) -> Iterator[Row]:
    """Give the rows of one size."""
    case = f"{size:,} ledger rows"
    progress(f"{case}: indices")
    ours = _in_a_process("ours", size)
    progress(f"{case}: the same in pandas")
    peer = _in_a_process("pandas", size)
    is_judged = size == JUDGED_SIZE
    yield Row(
        case,
        "indices, CEMI, MAIFI-E, by feeder, cause, kind and month",
        ours["seconds"],
        "s",
        target=SECONDS_AT_MOST if is_judged else None,
        at_most=True,
        equal=_agree(ours["told"], peer["told"]),
    )
    yield Row(case, "SAIDI, SAIFI and major event days alone", peer["seconds"], "s (pandas)")
    yield Row(
        case,
        "memory",
        ours["gigabytes"],
        "GB",
        target=GIGABYTES_AT_MOST if is_judged else None,
        at_most=True,
    )
    yield Row(case, "memory", peer["gigabytes"], "GB (pandas)")


def _in_a_process(way: str, size: int) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", __name__, way, str(size)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=_SHORTEST_PEER_WAIT_S,
    )
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def _agree(ours: dict[str, Any], peer: dict[str, Any]) -> bool:
    numbers = ("saidi_minutes", "saifi", "t_med_minutes")
    return ours["major_event_days"] == peer["major_event_days"] and all(
        isclose(ours[name], peer[name], rel_tol=1e-9) for name in numbers
    )


def parts(size: int) -> Iterator[LedgerPart]:
    """Give a ledger of so many rows, of a tenth as many service points, in parts and in no order."""
    rng = np.random.default_rng(SEED)
    points = max(size // ROWS_PER_SERVICE_POINT, 1)
    for begin in range(0, size, ROWS_PER_PART):
        count = min(ROWS_PER_PART, size - begin)
        started_at = _BEGIN + rng.integers(0, _SECONDS, count)
        lasted = rng.exponential(3_600, count).astype(np.int64) + 1
        started_us = started_at.astype("datetime64[us]")
        # Spread over all numbers there are, as the ledger's keys are.
        keys = rng.integers(0, points, count) * np.int64(2_654_435_761 * 4_294_967_291 % 2**63)
        yield LedgerPart(
            service_point=keys,
            started_at=started_us,
            ended_at=started_us + (lasted * 1_000_000).astype("timedelta64[us]"),
            customers=np.ones(count, dtype=np.int32),
            cause=rng.integers(-1, len(CAUSES), count, dtype=np.int16),
            kind=rng.integers(0, 3, count, dtype=np.int16),
            phase_share=np.ones(count, dtype=np.float32),
            feeder=rng.integers(0, FEEDERS, count, dtype=np.int32),
            outage=np.zeros(count, dtype=np.int64),
        )


def _ours(size: int) -> tuple[dict[str, Any], float]:
    making = 0.0

    def timed() -> Iterator[LedgerPart]:
        nonlocal making
        made = parts(size)
        while True:
            begun = time.perf_counter()
            part = next(made, None)
            making += time.perf_counter() - begun
            if part is None:
                return
            yield part

    begun = time.perf_counter()
    feeders = [f"F-{number}" for number in range(FEEDERS)]
    columns, keys = ledger_columns(timed(), zone=ZONE, now=NOW, causes=CAUSES, feeders=feeders)
    made = measure(columns, rules=IEEE1366, customers_served=len(keys), by=BY)
    seconds = time.perf_counter() - begun - making
    return reliability_as_json(made), seconds


def _pandas(size: int) -> tuple[dict[str, Any], float]:
    import pandas as pd

    kept = [(part.service_point, part.started_at, part.ended_at, part.customers) for part in parts(size)]
    point, start, end, customers = (np.concatenate(column) for column in zip(*kept, strict=True))
    del kept
    begun = time.perf_counter()
    frame = pd.DataFrame({"point": point, "start": start, "end": end, "customers": customers})
    frame = frame.sort_values(["point", "start"])
    before = frame.groupby("point")["end"].cummax().groupby(frame["point"]).shift()
    stretch = (~(frame["start"] <= before)).cumsum()
    whole = frame.groupby(stretch).agg(
        start=("start", "min"), end=("end", "max"), customers=("customers", "first")
    )
    lasted = frame["end"] - frame["start"]
    lost = frame["customers"] * (lasted.dt.total_seconds() / 60)
    whole["lost"] = lost.groupby(stretch).sum()
    whole = whole[whole["end"] - whole["start"] > pd.Timedelta(minutes=5)]
    day = whole["start"].dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.date
    served = frame["point"].nunique()
    by_day = whole["lost"].groupby(day).sum() / served
    years = np.array([one.year for one in by_day.index])
    major, threshold = [], 0.0
    for year in YEARS:
        learned = by_day[years < year] if (years < year).any() else by_day[years == year]
        logarithms = np.log(learned)
        threshold = float(np.exp(logarithms.mean() + 2.5 * logarithms.std(ddof=1)))
        major += [one.isoformat() for one in by_day.index[(years == year) & (by_day > threshold)]]
    told = {
        "saidi_minutes": float(whole["lost"].sum() / served),
        "saifi": float(whole["customers"].sum() / served),
        "t_med_minutes": threshold,
        "major_event_days": major,
    }
    return told, time.perf_counter() - begun


def _main(way: str, size: int) -> None:
    told, seconds = {"ours": _ours, "pandas": _pandas}[way](size)
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = {"told": told, "seconds": seconds, "gigabytes": kibibytes / _KIBIBYTES_PER_GIGABYTE}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
