"""How much is heard at or below devices of the blame tree, counted for many at once.

Owns the counts that reasons give: service points that report, meters that did not wake, those that are on (as
far as that is not stale) and those explained otherwise.
"""

from __future__ import annotations

import numpy as np

from topology.arrays import BoolArray, Indices, LongArray
from topology.blame_tree import BlameTree
from topology.evidence_weights import UNWOKEN, Meter
from topology.heard import Heard, TimeArray
from topology.phases import ABC

_MASKS = np.arange(ABC + 1, dtype=np.uint8)


class Tally:
    """Counts of what is heard now, by vertex and by the phases of which service points take one."""

    def __init__(self, blame: BlameTree, heard: Heard, feeder_since: TimeArray, within: BoolArray) -> None:
        """Put in order who says what now, of those that hang from the vertices within."""

        def of(says_so: BoolArray) -> LongArray:
            points = np.flatnonzero(says_so)
            at = blame.vertex_of_point[points]
            return points[(at >= 0) & within[at]]

        on = of(heard.word == Meter.ON)
        self.out = Places(blame, of(heard.reports()))
        self.unwoken = Places(blame, np.concatenate([of(heard.word == word) for word in UNWOKEN]))
        self.on = Places(blame, on[heard.categories(on, feeder_since) == Meter.ON])
        self.explained = Places(blame, of(heard.explained))


class Places:
    """Some service points in the order of their vertices: those at or below a vertex are one slice."""

    def __init__(self, blame: BlameTree, points: LongArray) -> None:
        """Put them in order."""
        self._end = blame.end
        at = blame.vertex_of_point[points]
        order = np.argsort(at, kind="stable")
        self._points, self._vertices = points[order], at[order]
        takes = (blame.tree.service_point_phases[self._points][:, None] & _MASKS) > 0
        self._running = np.zeros((len(points) + 1, ABC + 1), dtype=np.int64)
        np.cumsum(takes, axis=0, out=self._running[1:])

    def below(self, vertices: Indices, phases: Indices | int = ABC) -> LongArray:
        """Return how many hang at or below each vertex, of those that take some of its phases."""
        starts = np.searchsorted(self._vertices, vertices)
        stops = np.searchsorted(self._vertices, self._end[vertices])
        return np.asarray(self._running[stops, phases] - self._running[starts, phases])

    def points_below(self, vertex: int) -> LongArray:
        """Return those at or below one vertex."""
        start, stop = np.searchsorted(self._vertices, [vertex, self._end[vertex]]).tolist()
        return self._points[start:stop]
