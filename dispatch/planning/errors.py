"""What can be wrong with a planning problem."""

from __future__ import annotations

from collections.abc import Sequence


class PlanningError(Exception):
    """A planning problem that cannot be understood; `place` says where in it (`jobs[3].after`)."""

    def __init__(self, *, place: str, text: str) -> None:
        super().__init__(f"{place}: {text}")
        self.place = place
        self.text = text


class WrongProblemError(Exception):
    """All that is wrong with a planning problem, each with its place."""

    def __init__(self, findings: Sequence[PlanningError]) -> None:
        super().__init__("; ".join(str(one) for one in findings))
        self.findings = tuple(findings)
