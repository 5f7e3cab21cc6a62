"""What can be wrong with a planning problem."""

from __future__ import annotations


class PlanningError(Exception):
    """A planning problem that cannot be understood; `place` says where in it (`jobs[3].after`)."""

    def __init__(self, *, place: str, text: str) -> None:
        super().__init__(f"{place}: {text}")
        self.place = place
        self.text = text
