"""How long crews drive, with the closed roads in force taken out; every answer says where it comes from.

RULE 1: where roads are imported, times are those of the road graph. What it does not reach is unreachable,
with the reason, and never guessed.
RULE 2: where none are, a drive is 1.3 times the straight line at 30 km/h (gis.travel).
RULE 3: which roads are closed is read from the database at every question, so that a closure counts in the
next answer of every process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.clock import simulated_now
from dispatch.road_closures import closed_shapes
from gis.place import Place
from gis.roads.ends import FURTHEST_FROM_ROAD_M
from gis.roads.kept_minutes import KeptMinutes
from gis.roads.road_cache import RoadCache
from gis.roads.route import Route
from gis.roads.snapping import Snaps
from gis.roads.travel_graph import TravelGraph
from gis.travel import STRAIGHT_LINE, estimated_minutes

ROADS = "roads"
UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class TravelTable:
    """Minutes from each origin (row) to each destination (column), infinite where no way leads there.

    `source`: ROADS or STRAIGHT_LINE.
    """

    minutes: npt.NDArray[np.float64]
    source: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Why a place cannot be reached: a code with values, so that a face can say it, and English text."""

    code: str
    values: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class _OnRoads:
    """The roads of one moment: version, closures in force, and what is kept for them."""

    road_version: int
    closures: frozenset[str]
    kept: KeptMinutes


class Travel:
    """Travel times and routes for one database; kept from question to question, and safe among threads."""

    def __init__(self, roads: RoadCache | None = None) -> None:
        """Know nothing yet; roads are opened at the first question. Without a cache, none are known."""
        self._roads = roads
        self._lock = Lock()
        self._current: _OnRoads | None = None
        self._warm: KeptMinutes | None = None
        # Closure → edges; a closure's geometry never changes.
        self._closed_edges = dict[str, npt.NDArray[np.int32]]()

    def minutes(
        self,
        session: Session,
        *,
        origins: Sequence[Place],
        destinations: Sequence[Place],
        now: datetime | None = None,
    ) -> TravelTable:
        """Return the minutes between places, with the roads closed at `now` (None: by the clock)."""
        current = self._on_roads(session, now)
        if current is None:
            return TravelTable(estimated_minutes(origins=origins, destinations=destinations), STRAIGHT_LINE)
        return TravelTable(current.kept.minutes(origins=origins, destinations=destinations), ROADS)

    def minutes_of_pairs(
        self, session: Session, *, pairs: Sequence[tuple[Place, Place]], now: datetime | None = None
    ) -> TravelTable:
        """Return the minutes from the first to the second of each pair, as one row for all pairs."""
        current = self._on_roads(session, now)
        if current is None:
            rows = [estimated_minutes(origins=[one], destinations=[other])[0, 0] for one, other in pairs]
            return TravelTable(np.array(rows, dtype=np.float64), STRAIGHT_LINE)
        return TravelTable(current.kept.minutes_of_pairs(pairs), ROADS)

    def route(
        self, session: Session, *, origin: Place, destination: Place, now: datetime | None = None
    ) -> Route | Unreachable | None:
        """Return the way to drive, or why there is none; None where no roads are known."""
        current = self._on_roads(session, now)
        if current is None:
            return None
        ends = _snapped(current.kept.graph, origin, destination)
        found = current.kept.graph.route(origin=ends[0], destination=ends[1])
        return found or _why_unreachable(current.kept.graph, ends)

    def why_unreachable(
        self, session: Session, *, origin: Place, destination: Place, now: datetime | None = None
    ) -> Unreachable | None:
        """Return why no way leads from one place to another; None where one does, or no roads are known."""
        current = self._on_roads(session, now)
        if current is None:
            return None
        if np.isfinite(current.kept.minutes_of_pairs([(origin, destination)])[0]):
            return None
        return _why_unreachable(current.kept.graph, _snapped(current.kept.graph, origin, destination))

    def warm(self, session: Session, *, now: datetime | None = None) -> bool:
        """Build what the next question would wait for; return whether there was anything to build.

        There is at the start, when roads were imported again, and when other roads are closed. A question
        that comes meanwhile waits for what is being built, as it would without.
        """
        current = self._on_roads(session, now)
        if current is None or current.kept is self._warm:
            return False
        current.kept.warm()
        self._warm = current.kept
        return True

    def _on_roads(self, session: Session, now: datetime | None) -> _OnRoads | None:
        if self._roads is None:
            return None
        with self._lock:
            roads = self._roads.in_force(session)
            if roads is None:
                return None
            if now is None:
                now = simulated_now(session, real_now=session.scalars(select(func.clock_timestamp())).one())
            shapes = closed_shapes(session, now=now)
            closures = frozenset(shapes)
            current = self._current
            if current is None or current.road_version != roads.road_version:
                self._closed_edges.clear()
                current = _OnRoads(roads.road_version, frozenset(), KeptMinutes(roads.graph))
            if closures != current.closures:
                graph = self._without(roads.graph, shapes)
                current = _OnRoads(roads.road_version, closures, current.kept.on(graph))
            self._current = current
            return current

    def _without(self, graph: TravelGraph, shapes: dict[str, bytes]) -> TravelGraph:
        for id in self._closed_edges.keys() - shapes.keys():
            del self._closed_edges[id]
        for id in shapes.keys() - self._closed_edges.keys():
            self._closed_edges[id] = graph.edges_touching(shapely.from_wkb(shapes[id]))
        closed = [self._closed_edges[id] for id in sorted(shapes)]
        return graph.without(np.concatenate(closed)) if closed else graph


def _snapped(graph: TravelGraph, origin: Place, destination: Place) -> Snaps:
    return graph.nearest([origin.lon, destination.lon], [origin.lat, destination.lat])


def _why_unreachable(graph: TravelGraph, ends: Snaps) -> Unreachable:
    for end, name in enumerate(("crew", "job")):
        away_m = ends[end].distance_m
        if away_m > FURTHEST_FROM_ROAD_M:
            kilometres = round(away_m / 1000, 1)
            return Unreachable(
                code=f"{name}_far_from_road",
                values={"distance_km": kilometres},
                text=f"the {name} is {kilometres:g} km from the nearest road",
            )
    origin, destination = Snaps.of(ends[0]), Snaps.of(ends[1])
    if np.isfinite(graph.all_open.travel_minutes(origins=origin, destinations=destination)[0, 0]):
        return Unreachable("roads_closed", {}, "all roads that lead there are closed")
    return Unreachable("no_road", {}, "no road leads there from where the crew is")
