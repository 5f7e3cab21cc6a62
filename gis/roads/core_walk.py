"""What ways cost, over the core: up to it from where they begin, through it, and down to where they end.

A way climbs to places taken out later and later, and falls again; its highest place is in the core, where
Dijkstra goes from one to the other, or was taken out itself, where both sides meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gis.roads.core import NOT_IN_CORE, Core, Sorted, runs
from gis.roads.drive_ends import Ends

# Beyond any drive and any number of entries by permission, below infinity: closed arcs are not followed.
LIMIT_MINUTES = 1e12
# A row of 60,000 places takes 0.5 MB; so many at once, whatever is asked for.
_ROWS_AT_ONCE = 32

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Reached:
    """Places reached from numbered ends: each number and place once, by number; none infinitely far."""

    numbers: _Ints
    places: _Ints
    minutes: _Floats

    def part(self, wanted: npt.NDArray[np.bool_]) -> _Reached:
        return _Reached(self.numbers[wanted], self.places[wanted], self.minutes[wanted])


class OpenCore:
    """A core with the weights of the roads that are open."""

    def __init__(self, core: Core, arc_minutes: _Floats) -> None:
        """Take the minutes of the arcs of the roads, infinite where they are closed."""
        self._core = core
        self._weights = core.weights(arc_minutes)
        self._onwards = self._matrix(core.onwards)
        self._backwards = self._matrix(core.backwards)

    def costs(
        self,
        begin: Ends,
        begin_count: int,
        end: Ends,
        end_count: int,
        *,
        limit_minutes: float = LIMIT_MINUTES,
    ) -> _Floats:
        """Return what the cheapest way costs from each beginning (rows) to each ending (columns).

        With a limit, only what costs no more than it is sure.
        """
        up = self._climbed(begin, self._core.ways_up)
        down = self._climbed(end, self._core.ways_down)
        costs = np.full((begin_count, end_count), np.inf)
        at_top, at_foot = self._core.number[up.places], self._core.number[down.places]
        _meet(costs, up.part(at_top == NOT_IN_CORE), down.part(at_foot == NOT_IN_CORE))
        up, down = up.part(at_top != NOT_IN_CORE), down.part(at_foot != NOT_IN_CORE)
        if begin_count <= end_count:
            self._walk(self._onwards, costs, up, down, limit_minutes)
        else:
            self._walk(self._backwards, costs.T, down, up, limit_minutes)
        return costs

    def _matrix(self, arcs: Sorted) -> csr_array:
        # scipy walks the arrays as they are.
        return csr_array(
            (self._weights[arcs.arcs], arcs.others, arcs.starts.astype(np.int32)),
            shape=(self._core.place_count,) * 2,
        )

    def _climbed(self, ends: Ends, ways: Sorted) -> _Reached:
        """Return all that is reached from ends by ways that only climb."""
        reached = self._merged(ends.numbers, ends.places, ends.minutes)
        for level in range(self._core.round_count):
            here = reached.part(self._core.level[reached.places] == level)
            if not len(here.places):
                continue
            begins = ways.starts[here.places]
            counts = ways.starts[here.places + 1] - begins
            taken = runs(begins, counts)
            reached = self._merged(
                np.concatenate([reached.numbers, np.repeat(here.numbers, counts)]),
                np.concatenate([reached.places, ways.others[taken].astype(np.int64)]),
                np.concatenate(
                    [reached.minutes, np.repeat(here.minutes, counts) + self._weights[ways.arcs[taken]]]
                ),
            )
        return reached

    def _merged(self, numbers: _Ints, places: _Ints, minutes: _Floats) -> _Reached:
        possible = np.isfinite(minutes)
        numbers, places, minutes = numbers[possible], places[possible], minutes[possible]
        order = np.lexsort((minutes, places, numbers))
        numbers, places, minutes = numbers[order], places[order], minutes[order]
        is_first = np.ones(len(numbers), dtype=np.bool_)
        is_first[1:] = (numbers[1:] != numbers[:-1]) | (places[1:] != places[:-1])
        return _Reached(numbers[is_first], places[is_first], minutes[is_first])

    def _walk(
        self, matrix: csr_array, costs: _Floats, near: _Reached, far: _Reached, limit_minutes: float
    ) -> None:
        """Write into `costs` (a view: rows are the near side) what ways through the core cost."""
        if not (len(near.places) and len(far.places)):
            return
        count = len(costs)
        widened = self._widened(matrix, near, count)
        columns, first = np.unique(far.numbers, return_index=True)
        at = self._core.number[far.places]
        for begin in range(0, count, _ROWS_AT_ONCE):
            rows = np.arange(begin, min(begin + _ROWS_AT_ONCE, count), dtype=np.int32)
            found = dijkstra(widened, indices=self._core.place_count + rows, limit=limit_minutes)
            best = np.minimum.reduceat(found[:, at] + far.minutes, first, axis=1)
            part = np.ix_(rows, columns)
            costs[part] = np.minimum(costs[part], best)

    def _widened(self, matrix: csr_array, near: _Reached, count: int) -> csr_array:
        """Put places to walk from behind all others, with an arc to each place that was climbed to."""
        starts = len(matrix.data) + np.cumsum(np.bincount(near.numbers, minlength=count))
        arrays = (
            np.concatenate([matrix.data, near.minutes]),
            np.concatenate([matrix.indices, self._core.number[near.places]]),
            np.concatenate([matrix.indptr, starts.astype(np.int32)]),
        )
        return csr_array(arrays, shape=(self._core.place_count + count,) * 2)


def _meet(costs: _Floats, up: _Reached, down: _Reached) -> None:
    """Write what ways cost whose highest place was taken out."""
    order = np.argsort(up.places, kind="stable")
    places = up.places[order]
    begins = np.searchsorted(places, down.places, side="left")
    counts = np.searchsorted(places, down.places, side="right") - begins
    met = order[runs(begins, counts)]
    pairs = up.numbers[met], np.repeat(down.numbers, counts)
    np.minimum.at(costs, pairs, up.minutes[met] + np.repeat(down.minutes, counts))
