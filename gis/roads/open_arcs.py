"""The arcs that may be driven now, as matrices for Dijkstra, from places and towards them.

Closed edges keep their arcs, at infinite weight: closing a road copies one array of weights, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gis.roads.arcs import Arcs, enters_by_permission
from gis.roads.roads import Roads

# Beyond any drive and any number of entries by permission, below infinity: closed arcs are not followed.
LIMIT_MINUTES = 1e12
NO_PLACE = -1

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ends:
    """How drives begin or end: at which place, after or before how many minutes, for which number."""

    numbers: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    minutes: _Floats
    edges: npt.NDArray[np.int64]


@dataclass(frozen=True)
class OpenArcs:
    """Arcs and the edges closed among them (a mask over all edges)."""

    roads: Roads
    arcs: Arcs
    is_closed: npt.NDArray[np.bool_]

    @cached_property
    def is_driven(self) -> npt.NDArray[np.bool_]:
        """Return which edges may be driven now."""
        return np.isfinite(self.roads.edge_minutes) & ~self.is_closed

    @cached_property
    def enters(self) -> npt.NDArray[np.bool_]:
        """Return which edges lead from an open road onto one by permission."""
        return enters_by_permission(self.roads)

    @cached_property
    def arc_minutes(self) -> _Floats:
        """Return the weight of each arc; infinite where it is closed."""
        return np.where(self.is_closed[self.arcs.edges], np.inf, self.arcs.minutes)

    @cached_property
    def _onwards(self) -> csr_array:
        return self._matrix(self.arc_minutes, self.arcs.heads, self.arcs.starts)

    @cached_property
    def _backwards(self) -> csr_array:
        order, tails, starts = self.arcs.backwards
        return self._matrix(self.arc_minutes[order], tails, starts)

    @cached_property
    def _copies(self) -> dict[int, list[int]]:
        copies: dict[int, list[int]] = {}
        vertices = self.roads.vertex_count
        for number, vertex in enumerate(self.arcs.place_vertices[vertices:].tolist()):
            copies.setdefault(vertex, []).append(vertices + number)
        return copies

    def places_at(self, vertex: int) -> list[int]:
        """Return the places of a vertex: itself and its copies."""
        return [vertex, *self._copies.get(vertex, ())]

    def places_before(self, edge: int) -> list[int]:
        """Return the places from which an edge may be taken."""
        places = []
        for place in self.places_at(int(self.roads.edge_tails[edge])):
            start, end = self.arcs.starts[place : place + 2]
            if edge in self.arcs.edges[start:end]:
                places.append(place)
        return places

    def _matrix(
        self, weights: _Floats, to: npt.NDArray[np.int32], starts: npt.NDArray[np.int64]
    ) -> csr_array:
        # scipy walks the arrays as they are: parallel arcs stay apart, and the shorter one wins.
        count = self.arcs.place_count
        return csr_array((weights, to, starts.astype(np.int32)), shape=(count, count))

    def minutes_from(self, ends: Ends, count: int, *, limit_minutes: float = LIMIT_MINUTES) -> _Floats:
        """Return the minutes to each place (columns) for the beginnings numbered below `count` (rows)."""
        return self._minutes(self._onwards, ends, count, limit_minutes)

    def minutes_to(self, ends: Ends, count: int, *, limit_minutes: float = LIMIT_MINUTES) -> _Floats:
        """Return the minutes from each place (columns) for the endings numbered below `count` (rows)."""
        return self._minutes(self._backwards, ends, count, limit_minutes)

    def ways_from(self, ends: Ends) -> tuple[_Floats, npt.NDArray[np.int32]]:
        """Return the minutes to each place from one beginning, and the place before each; below 0: none."""
        places = self.arcs.place_count
        minutes, before = dijkstra(
            self._widened(self._onwards, ends, 1),
            indices=[places],
            return_predecessors=True,
            limit=LIMIT_MINUTES,
        )
        return minutes[0, :places], np.where(before < places, before, NO_PLACE)[0]

    def _minutes(self, matrix: csr_array, ends: Ends, count: int, limit_minutes: float) -> _Floats:
        places = self.arcs.place_count
        origins = np.arange(places, places + count, dtype=np.int32)
        widened = self._widened(matrix, ends, count)
        return dijkstra(widened, indices=origins, limit=limit_minutes)[:, :places]

    def _widened(self, matrix: csr_array, ends: Ends, count: int) -> csr_array:
        """Put places to walk from behind all others, with an arc to where each end lies."""
        order = np.argsort(ends.numbers, kind="stable")
        starts = len(matrix.data) + np.cumsum(np.bincount(ends.numbers, minlength=count))
        arrays = (
            np.concatenate([matrix.data, ends.minutes[order]]),
            np.concatenate([matrix.indices, ends.places[order].astype(np.int32)]),
            np.concatenate([matrix.indptr, starts.astype(np.int32)]),
        )
        return csr_array(arrays, shape=(self.arcs.place_count + count,) * 2)
