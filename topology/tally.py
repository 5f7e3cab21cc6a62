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


class Tally:
    """Counts of what is heard now, by vertex and by the phases of which service points take one."""

    def __init__(
        self,
        blame: BlameTree,
        heard: Heard,
        feeder_since: TimeArray,
        *,
        reporting: LongArray,
        within: BoolArray,
    ) -> None:
        """Put in order who says what now of those that hang from the vertices within, `reporting` of them."""

        def among(points: LongArray) -> LongArray:
            return points[blame.is_fed[points] & within[blame.vertex_of_point[points]]]

        spoken = among(np.flatnonzero(heard.word > Meter.SILENT))
        word = heard.word[spoken]
        on = spoken[word == Meter.ON]
        self.out = Places(blame, reporting)
        self.unwoken = Places(blame, spoken[np.isin(word, UNWOKEN)])
        self.on = Places(blame, on[heard.categories(on, feeder_since) == Meter.ON])
        self.explained = Places(blame, among(np.flatnonzero(heard.explained)))


class Places:
    """Some service points in the order of their vertices: those at or below a vertex are one slice."""

    def __init__(self, blame: BlameTree, points: LongArray) -> None:
        """Put them in order."""
        self._end = blame.end
        at = blame.vertex_of_point[points]
        order = np.argsort(at, kind="stable")
        self._points, self._vertices = points[order], at[order]
        self._taken = blame.tree.service_point_phases[self._points]

    def below(self, vertices: Indices, phases: Indices | None = None) -> LongArray:
        """Return how many hang at or below each vertex; of those that take some of its phases, if told."""
        starts = np.searchsorted(self._vertices, vertices)
        stops = np.searchsorted(self._vertices, self._end[vertices])
        if phases is None:
            return np.asarray(stops - starts)
        counts = np.zeros(len(starts), dtype=np.int64)
        for mask in np.unique(phases).tolist():
            running = np.concatenate([[0], np.cumsum((self._taken & mask) > 0)])
            asked = phases == mask
            counts[asked] = running[stops[asked]] - running[starts[asked]]
        return counts

    def points_below(self, vertex: int) -> LongArray:
        """Return those at or below one vertex."""
        start, stop = np.searchsorted(self._vertices, [vertex, self._end[vertex]]).tolist()
        return self._points[start:stop]
