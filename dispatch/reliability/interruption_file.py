"""Interruption files: CSV with `start,end,customers[,cause,planned][,service_point,feeder,district]` (§4.5).

A row that cannot count is a finding and is left out; rows that are equal count each, and are named.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.reliability.columns import Interruptions, Labels
from dispatch.reliability.errors import UnknownPart, UnreadableInterruptions
from dispatch.reliability.read_findings import FileFindings
from dispatch.reliability.row_reader import RowProblem, read_row
from topology.findings import Finding

REQUIRED = ("start", "end", "customers")
SERVICE_POINT = "service_point"
# Always told apart where a file has them; others only when they are asked for.
LABELS = ("cause", "feeder", "district")
ROWS_BETWEEN_PROGRESS = 20_000

Progress = Callable[[int, int], None]


class InterruptionFile:
    """What a file says: the rows that count, what was wrong, and how many rows there were."""

    def __init__(self, rows: Interruptions, findings: tuple[Finding, ...], row_count: int) -> None:
        """Keep what was read."""
        self.rows = rows
        self.findings = findings
        self.row_count = row_count


def read_interruptions(
    path: Path, *, zone: ZoneInfo | None = None, by: Sequence[str] = (), progress: Progress | None = None
) -> InterruptionFile:
    """Read a file; UnreadableInterruptions where there is none or its header lacks something, UnknownPart.

    `by` names further columns to tell rows apart by; `progress` is told the bytes done and all.
    """
    try:
        # Excel marks UTF-8 at the begin; bytes that are no text at all shall not stop the rest.
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return _read(file, path, zone=zone, by=by, progress=progress)
    except OSError as problem:
        raise UnreadableInterruptions(f"{path} cannot be read: {problem.strerror}.") from problem


def _read(
    file: TextIO, path: Path, *, zone: ZoneInfo | None, by: Sequence[str], progress: Progress | None
) -> InterruptionFile:
    lines = csv.reader(file)
    columns, width = _header(lines, path)
    for name in by:
        if name not in columns and name not in LABELS:
            raise UnknownPart(name, known=[*columns, "month"])
    reading = _Reading(columns, width=width, zone=zone, labels=dict.fromkeys((*LABELS, *by)))
    size, number = path.stat().st_size, 1
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            break
        except csv.Error as problem:
            number += 1
            reading.findings.add("unreadable_row", number, f"cannot be read: {problem}")
            continue
        number += 1
        if cells:
            reading.take(number, cells)
        if progress is not None and number % ROWS_BETWEEN_PROGRESS == 0:
            progress(min(file.buffer.tell(), size), size)
    return reading.result()


def _header(lines: Iterator[list[str]], path: Path) -> tuple[dict[str, int], int]:
    try:
        first = next(lines, [])
    except csv.Error as problem:
        raise UnreadableInterruptions(f"{path} is no CSV: {problem}.") from problem
    names = [name.strip().lower() for name in first]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise UnreadableInterruptions(
            f"{path} needs a header with {', '.join(REQUIRED)}; there is no {' and no '.join(missing)}."
        )
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise UnreadableInterruptions(f"{path} has the column {twice[0]} more than once.")
    return {name: place for place, name in enumerate(names)}, len(names)


class _Reading:
    """Gathers rows into columns."""

    def __init__(
        self, columns: Mapping[str, int], *, width: int, zone: ZoneInfo | None, labels: Mapping[str, None]
    ) -> None:
        self.findings = FileFindings()
        self._columns, self._zone = columns, zone
        self._needed = {name: columns[name] for name in (*REQUIRED, "planned") if name in columns}
        self._width = width
        self._numbers = {name: array("q") for name in ("started_us", "ended_us", "day", "customers", "kind")}
        named = [*labels, SERVICE_POINT]
        self._names: dict[str, dict[str, int]] = {name: {} for name in named if name in columns}
        self._codes = {name: array("q") for name in self._names}
        self._digests, self._lines = array("q"), array("q")
        self._rows = 0

    def take(self, number: int, cells: list[str]) -> None:
        self._rows += 1
        if len(cells) > self._width:
            self.findings.add("too_many_cells", number, f"has {len(cells)} cells for {self._width} columns")
            return
        cells += [""] * (self._width - len(cells))
        try:
            row = read_row(
                {name: cells[place].strip() for name, place in self._needed.items()}, zone=self._zone
            )
        except RowProblem as problem:
            self.findings.add(problem.rule, number, problem.text)
            return
        for rule, text in row.remarks:
            self.findings.add(rule, number, text)
        for name, column in self._numbers.items():
            column.append(getattr(row, name))
        for name, codes in self._codes.items():
            text = cells[self._columns[name]].strip()
            known = self._names[name]
            codes.append(known.setdefault(text, len(known)) if text else -1)
        self._digests.append(hash(tuple(cells)))
        self._lines.append(number)

    def result(self) -> InterruptionFile:
        self._name_equal_rows()
        numbers = {name: np.frombuffer(column, dtype=np.int64) for name, column in self._numbers.items()}
        codes = {
            name: np.frombuffer(column, dtype=np.int64).astype(np.int32)
            for name, column in self._codes.items()
        }
        rows = Interruptions(
            started_us=numbers["started_us"],
            ended_us=numbers["ended_us"],
            day=numbers["day"].astype(np.int32),
            customers=numbers["customers"].astype(np.int32),
            kind=numbers["kind"].astype(np.int8),
            service_point=codes.get(SERVICE_POINT),
            labels={name: Labels(codes[name], tuple(self._names[name])) for name in codes},
        )
        return InterruptionFile(rows, self.findings.all(), self._rows)

    def _name_equal_rows(self) -> None:
        """Tell of rows that repeat one before: two outages, or one told twice; they count all the same."""
        digests = np.frombuffer(self._digests, dtype=np.int64)
        order = np.argsort(digests, kind="stable")
        repeats = np.flatnonzero(digests[order][1:] == digests[order][:-1]) + 1
        for later in np.sort(order[repeats]):
            self.findings.add("equal_row", self._lines[later], "is equal to one before it; both count")
