"""The arcs that may be driven now: what ways over them cost (over the core), and the way itself.

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
from gis.roads.core import Core, core_of
from gis.roads.core_walk import LIMIT_MINUTES, OpenCore
from gis.roads.drive_ends import Ends
from gis.roads.roads import Roads

NO_PLACE = -1

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OpenArcs:
    """Arcs and the edges closed among them (a mask over all edges).

    `known_core` is that of the arcs, where it is known: closed roads change nothing about it.
    """

    roads: Roads
    arcs: Arcs
    is_closed: npt.NDArray[np.bool_]
    known_core: Core | None = None

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
    def core(self) -> Core:
        """Return what is left of the places for Dijkstra."""
        return self.known_core or core_of(self.roads, self.arcs)

    @cached_property
    def _open_core(self) -> OpenCore:
        return OpenCore(self.core, self.arc_minutes)

    @cached_property
    def _onwards(self) -> csr_array:
        # scipy walks the arrays as they are: parallel arcs stay apart, and the shorter one wins.
        return csr_array(
            (self.arc_minutes, self.arcs.heads, self.arcs.starts.astype(np.int32)),
            shape=(self.arcs.place_count,) * 2,
        )

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
        return self._open_core.costs(begin, begin_count, end, end_count, limit_minutes=limit_minutes)

    def ways_from(self, ends: Ends) -> tuple[_Floats, npt.NDArray[np.int32]]:
        """Return the minutes to each place from one beginning, and the place before each; below 0: none."""
        places = self.arcs.place_count
        matrix = self._onwards
        arrays = (
            np.concatenate([matrix.data, ends.minutes]),
            np.concatenate([matrix.indices, ends.places.astype(np.int32)]),
            np.append(matrix.indptr, np.int32(len(matrix.data) + len(ends.places))),
        )
        # The beginning is a place behind all others, with an arc to where each of its ends lies.
        minutes, before = dijkstra(
            csr_array(arrays, shape=(places + 1,) * 2),
            indices=[places],
            return_predecessors=True,
            limit=LIMIT_MINUTES,
        )
        return minutes[0, :places], np.where(before < places, before, NO_PLACE)[0]
