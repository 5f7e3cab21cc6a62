"""The travel graph: how long a crew drives from here to there, and which way.

A graph is a value: closing roads gives another one over the same arrays.
Rule 1: travel is the way to the road on foot, the drive, and the way from the road on foot.
Rule 2: a destination on a closed road is reached on foot from an open end of it, since what closes a road is
often just what the crew must see to; a crew that stands on a closed road drives away.
Rule 3: a place further than `FURTHEST_FROM_ROAD_M` from any road, and one to which no road leads, is
infinitely far: it is said to be unreachable, never guessed.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from gis.roads.arcs import Arcs, arcs_of
from gis.roads.connection import MainPart, main_part
from gis.roads.core import Core
from gis.roads.core_walk import LIMIT_MINUTES
from gis.roads.matrix import travel_matrix, weighed_matrix, weights_through
from gis.roads.open_arcs import OpenArcs
from gis.roads.roads import IntArray, Roads
from gis.roads.route import Route, find_route
from gis.roads.snapping import RoadIndex, Snap, Snaps


class TravelGraph:
    """Roads to drive on, some of them perhaps closed; it never changes."""

    def __init__(self, roads: Roads, *, arcs: Arcs | None = None, core: Core | None = None) -> None:
        """Take all roads as open; `arcs` and `core` are theirs, where they are known (from a file)."""
        self.roads = roads
        known = arcs or arcs_of(roads)
        nothing_closed = np.zeros(2 * roads.segment_count, dtype=np.bool_)
        self._open = OpenArcs(roads, known, nothing_closed, known_core=core)
        self._whole = self

    @cached_property
    def _main(self) -> MainPart:
        return main_part(self.roads, self._open.arcs)

    @cached_property
    def _index(self) -> RoadIndex:
        return RoadIndex(self.roads, self._main.is_main)

    @property
    def arcs(self) -> Arcs:
        """Return what Dijkstra walks."""
        return self._open.arcs

    @property
    def core(self) -> Core:
        """Return what is left of the places for Dijkstra, whatever is closed."""
        return self._open.core

    @property
    def main(self) -> MainPart:
        """Return the main part, with all roads open."""
        return self._whole._main  # noqa: SLF001 - another graph of the same roads

    @property
    def closed_edges(self) -> IntArray:
        """Return the edges that are closed, sorted."""
        return np.flatnonzero(self._open.is_closed).astype(np.int32)

    def without(self, edges: npt.ArrayLike) -> TravelGraph:
        """Return this graph with edges closed, besides those that are."""
        is_closed = self._open.is_closed.copy()
        is_closed[np.asarray(edges, dtype=np.int64)] = True
        other = object.__new__(TravelGraph)
        other.roads, other._whole = self.roads, self._whole
        core = self._whole._open.core  # noqa: SLF001 - another graph of the same roads
        other._open = OpenArcs(self.roads, self._open.arcs, is_closed, known_core=core)
        return other

    def edges_touching(self, area: shapely.Geometry) -> IntArray:
        """Return the edges, there and back, of all segments that an area or a line in EPSG:4326 touches."""
        return self.roads.edges_of(self._whole._index.touching(area))  # noqa: SLF001

    def nearest(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Snaps:
        """Return the nearest road of each place in degrees, closed or not; CoordinatesOutOfRangeError."""
        return self._whole._index.nearest(lon, lat)  # noqa: SLF001

    def travel_minutes(self, *, origins: Snaps, destinations: Snaps) -> npt.NDArray[np.float64]:
        """Return the minutes from each origin (rows) to each destination (columns); infinite where none."""
        return travel_matrix(self._open, origins, destinations)

    def weights(
        self, *, origins: Snaps, destinations: Snaps, limit_minutes: float = LIMIT_MINUTES
    ) -> npt.NDArray[np.float64]:
        """Return the minutes with what entries by permission weigh (`without_entries` takes it off)."""
        return weighed_matrix(self._open, origins, destinations, limit_minutes=limit_minutes)

    def weights_over(
        self, edges: npt.ArrayLike, *, origins: Snaps, destinations: Snaps
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return what any way over one of these edges weighs at least: to them, and from them onwards."""
        marked = np.zeros(2 * self.roads.segment_count, dtype=np.bool_)
        marked[np.asarray(edges, dtype=np.int64)] = True
        return weights_through(self._open, marked, origins=origins, destinations=destinations)

    @property
    def all_open(self) -> TravelGraph:
        """Return this graph with no road closed."""
        return self._whole

    def route(self, *, origin: Snap, destination: Snap) -> Route | None:
        """Return the fastest way; None where the destination cannot be reached."""
        return find_route(self._open, origin, destination)
