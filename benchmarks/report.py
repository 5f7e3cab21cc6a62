"""What a benchmark says: rows with figures beside their peers, the machine, and the forms they are told in.

A row that has a target is met when its ratio (or, without a peer, its value) is on the right side of it.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `ratio` is how many times the peer takes, or for an `at_most` target how many we take."""

    case: str
    metric: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    target: float | None = None
    at_most: bool = False
    equal: bool | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the peer takes what Relight takes, or the other way round for an upper limit."""
        if self.peer_value is None:
            return None
        return self.value / self.peer_value if self.at_most else self.peer_value / self.value

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        judged = self.value if self.ratio is None else self.ratio
        return judged <= self.target if self.at_most else judged >= self.target

    def as_json(self) -> dict[str, Any]:
        """Return the row as the exchange format has it: what does not apply is left out."""
        told = {**asdict(self), "ratio": self.ratio, "met": self.is_met}
        if self.target is None:
            del told["at_most"]
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of one run."""

    name: str
    rows: tuple[Row, ...]

    @property
    def is_met(self) -> bool:
        """Whether every target is reached and every compared answer is equal."""
        return all(row.is_met is not False and row.equal is not False for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Return the report as `relight benchmark NAME --json` prints it."""
        return {
            "name": self.name,
            "commit": commit(),
            "machine": machine(),
            "rows": [row.as_json() for row in self.rows],
        }

    def as_page(self, words: str) -> str:
        """Return the report as a Markdown page: a title, the machine and the commit, words, the table."""
        on = machine()
        return (
            f"# Benchmark: {self.name}\n\n{words}\n\n"
            f"Measured on {on['cpu']}, {on['cores']} cores, {on['memory_gib']} GiB, Python {on['python']}, "
            f"at commit {commit()}.\n\n{self.as_table()}\n"
        )

    def as_table(self) -> str:
        """Return the rows as a Markdown table."""
        lines = [
            "| case | what | Relight | beside | its figure | ratio | target | equal |",
            "|---|---|---|---|---|---|---|---|",
        ]
        return "\n".join([*lines, *(_line(row) for row in self.rows)])


def _line(row: Row) -> str:
    sign = "≤" if row.at_most else "≥"
    met = "" if row.is_met is None else (" ✓" if row.is_met else " ✗")
    cells = [
        row.case,
        row.metric,
        f"{figure(row.value)} {row.unit}",
        row.peer or "",
        f"{figure(row.peer_value)} {row.unit}" if row.peer_value is not None else "",
        f"{figure(row.ratio)} ×" if row.ratio is not None else "",
        f"{sign} {figure(row.target)}{met}" if row.target is not None else "",
        {True: "yes", False: "**no**", None: ""}[row.equal],
    ]
    return f"| {' | '.join(cells)} |"


def figure(value: float | None) -> str:
    """Return a number with three significant digits and no exponent."""
    if value is None:
        return ""
    if value >= 100:  # noqa: PLR2004 (three digits stand before the point)
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.2g}"  # noqa: PLR2004 (shown as it is)


def milliseconds(action: Callable[[], object], *, repeats: int = 5, calls: int = 1) -> float:
    """Return the median time of one call in milliseconds; each repeat makes several calls."""
    times = []
    for _ in range(repeats):
        begun = perf_counter()
        for _ in range(calls):
            action()
        times.append((perf_counter() - begun) / calls)
    return float(np.median(times)) * 1000


def machine() -> dict[str, Any]:
    """Return what this machine is: cpu, cores, memory in GiB and Python."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory_bytes / 2**30, 1),
        "python": platform.python_version(),
    }


def _cpu() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit() -> str | None:
    """Return the commit that was measured, None outside a checkout."""
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or None
