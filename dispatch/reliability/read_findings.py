"""Findings about the rows of a file, by line; past so many of one rule only their number is kept."""

from __future__ import annotations

from collections import Counter

from topology.findings import Finding

LAYER = "interruption"
KEPT_PER_RULE = 10_000


class FileFindings:
    """Gathers findings in the order of the file."""

    def __init__(self) -> None:
        """Begin with none."""
        self._findings: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, rule: str, line: int, text: str) -> None:
        """Tell of a line; the header is line 1 where no cell has a line break."""
        self._counts[rule] += 1
        if self._counts[rule] <= KEPT_PER_RULE:
            self._findings.append(Finding(rule, LAYER, (str(line),), f"Row {line} {text}."))

    def all(self) -> tuple[Finding, ...]:
        """Return all findings, and one for each rule that has more than are kept."""
        more = [
            Finding(rule, LAYER, (), f"{count - KEPT_PER_RULE:,} more rows have the same ({rule}).")
            for rule, count in self._counts.items()
            if count > KEPT_PER_RULE
        ]
        return (*self._findings, *more)
