"""Who reports of which outage, what was said and since when: of all outages of one answer at once.

Owns when an outage began. Rule: with the first report of it that another one followed within `TOGETHER`, as
far as there are several: a clock hours off, or an older trouble of one customer, does not date it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from topology.arrays import LongArray
from topology.heard import Heard, Spell, TimeArray

TOGETHER = timedelta(minutes=10)
_FEW = 3
# What is counted of what was said, by the names that reasons give it.
SAID = ("last_gasps", "trouble_calls", "pings")


class Reports:
    """The reporting service points of some outages: those of outage i are `points[starts[i]:starts[i + 1]]`.

    `said` counts the meters that gasped, the calls, and the meters that answered `off`. `began` is infinite
    where nobody reports, `first_gasp` where none came.
    """

    def __init__(self, heard: Heard, points: LongArray, starts: LongArray) -> None:
        """Read what is heard now of those that the outages put out, outage by outage, each from its start."""
        is_out = heard.reports(points)
        self.points = points[is_out]
        self.starts = np.concatenate([[0], np.cumsum(is_out)])[starts]
        has_gasped = np.isfinite(heard.first_gasp[self.points])
        counted = (has_gasped, heard.calls_said[self.points], heard.has_answered_off[self.points])
        self.said = {name: self._total(column) for name, column in zip(SAID, counted, strict=True)}
        self.first_gasp = self._least(heard.first_gasp[self.points])
        self.began = self._began(heard.since(self.points))
        self._spells = heard.spell[self.points]

    def spells(self, row: int) -> Sequence[Spell]:
        """Return what is said of an outage, place by place."""
        return [one for one in self._spells[self.starts[row] : self.starts[row + 1]] if one is not None]

    def _total(self, values: LongArray) -> LongArray:
        running = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        return np.asarray(running[self.starts[1:]] - running[self.starts[:-1]])

    def _least(self, times: TimeArray) -> TimeArray:
        least = np.full(len(self.starts) - 1, np.inf)
        some = np.flatnonzero(np.diff(self.starts))
        if len(some):
            least[some] = np.minimum.reduceat(times, self.starts[some])
        return least

    def _began(self, since: TimeArray) -> TimeArray:
        first, last = self._least(since), -self._least(-since)
        is_apart = (np.diff(self.starts) >= _FEW) & (last - first > TOGETHER.total_seconds())
        for row in np.flatnonzero(is_apart).tolist():
            began = first_together(since[self.starts[row] : self.starts[row + 1]])
            first[row] = np.inf if began is None else began
        return first


def first_together(since: TimeArray) -> float | None:
    """Return the first of some times, in seconds, by the rule; None when there is none."""
    times = np.sort(since[np.isfinite(since)])
    if not len(times):
        return None
    if len(times) >= _FEW:
        followed = np.flatnonzero(np.diff(times) <= TOGETHER.total_seconds())
        times = times[followed[:1]] if len(followed) else times
    return float(times[0])
