"""The breach list as CSV: one row a broken promise, times in UTC, the columns of docs/promises.md."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dispatch.promise_breaches import Breach

COLUMNS = (
    "outage_id",
    "device",
    "customers_out",
    "promise",
    "area_class",
    "area_source",
    "started_at",
    "report_id",
    "due_at",
    "ended_at",
    "late_minutes",
    "crew_id",
    "job_id",
    "tap_at",
    "tap_recorded_at",
    "tap_change",
    "position_at",
    "position_distance_m",
    "position_lon",
    "position_lat",
    "restored_at",
    "restored_change",
    "breach_change",
    "flags",
    "pauses",
    "rules_version",
)
# A cell that begins so is taken for a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def breaches_csv(breaches: Iterable[Breach]) -> str:
    """Return the list with its header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for breach in breaches:
        row = _row(breach)
        writer.writerow([_cell(row.get(column)) for column in COLUMNS])
    return text.getvalue()


def _row(breach: Breach) -> dict[str, Any]:
    row: dict[str, Any] = {column: getattr(breach, column, None) for column in COLUMNS}
    proof = breach.arrival
    if proof is not None:
        for name in ("crew_id", "job_id", "tap_at", "tap_recorded_at", "tap_change", "position_at"):
            row[name] = getattr(proof, name)
        row["position_distance_m"] = proof.position_distance_m
        row["position_lon"], row["position_lat"] = proof.lon, proof.lat
    row["flags"] = " ".join(breach.flags)
    row["pauses"] = " ".join(
        f"{pause.reason}:{_cell(pause.started_at)}/{_cell(pause.ended_at)}" for pause in breach.pauses
    )
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    text = str(value)
    is_formula = isinstance(value, str) and text.startswith(_FORMULA)
    return f"'{text}" if is_formula else text
