"""How much is heard at or below every device of the blame tree, added up once for one answer.

Owns the counts that reasons give, so that none has to look at service points again: those that report, the
meters that did not wake, those that are on (as far as that is not stale) and those explained otherwise.
"""

from __future__ import annotations

import numpy as np

from topology.arrays import IntArray, LongArray
from topology.blame_tree import BlameTree
from topology.evidence_weights import UNWOKEN, Meter
from topology.heard import Heard, TimeArray
from topology.phases import ABC

_MASKS = np.arange(ABC + 1, dtype=np.uint8)


class Tally:
    """Counts by vertex; those by phases are of service points that take one of these phases."""

    def __init__(self, blame: BlameTree, heard: Heard, feeder_since: TimeArray) -> None:
        """Add up what is heard now."""
        self._blame = blame
        hung = blame.vertex_of_point >= 0
        self._out = self._by_phases(np.flatnonzero(heard.reports() & hung))
        unwoken = np.zeros(len(hung), dtype=np.bool_)
        for word in UNWOKEN:
            unwoken |= heard.word == word
        self._unwoken = self._by_phases(np.flatnonzero(unwoken & hung))
        on = np.flatnonzero((heard.word == Meter.ON) & hung)
        self._on = self._below(on[heard.categories(on, feeder_since) == Meter.ON])
        self._explained = self._below(np.flatnonzero(heard.explained & hung))

    def out(self, vertex: int, phases: int = ABC) -> int:
        """Return how many service points at or below report, of those that take some phase."""
        return int(self._out.item(vertex, phases))

    def unwoken(self, vertex: int, phases: int) -> int:
        """Return how many meters at or below did not wake where supply came back."""
        return int(self._unwoken.item(vertex, phases))

    def on(self, vertex: int) -> int:
        """Return how many service points at or below are known to be on."""
        return int(self._on.item(vertex))

    def explained(self, vertex: int) -> int:
        """Return how many service points at or below are explained by what is known to be open."""
        return int(self._explained.item(vertex))

    def reporting_parts(self, vertex: int) -> LongArray:
        """Return the vertices right below one at or below which something is reported."""
        children, starts = self._blame.children
        below = children[starts[vertex] : starts[vertex + 1]].astype(np.int64)
        return np.asarray(below[self._out[below, ABC] > 0])

    def _below(self, points: LongArray) -> IntArray:
        own = np.bincount(self._blame.vertex_of_point[points] + 1, minlength=len(self._blame) + 1)
        running = np.cumsum(own)
        return np.asarray(running[self._blame.end] - running[:-1], dtype=np.int32)

    def _by_phases(self, points: LongArray) -> IntArray:
        blame = self._blame
        sorts = len(blame.taken)
        cells = (blame.vertex_of_point[points].astype(np.int64) + 1) * sorts + blame.taken_of_point[points]
        own = np.bincount(cells, minlength=(len(blame) + 1) * sorts)
        running = np.cumsum(own.reshape(len(blame) + 1, sorts), axis=0)
        takes = (blame.taken[:, None] & _MASKS) > 0
        return np.asarray((running[blame.end] - running[:-1]) @ takes, dtype=np.int32)
