"""How simulated crews come from one place to another: on the roads where there are any, else straight.

The simulated world has roads of its own, with nothing closed: what a desk believes to be closed is no truth.
A place no road leads to is reached straight across, since a storm must end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gis.place import Place
from gis.roads.travel_graph import TravelGraph
from gis.travel import estimate_travel, straight_line_m


@dataclass(frozen=True, slots=True)
class Drive:
    """A way along points, and how many minutes it takes."""

    minutes: float
    points: tuple[Place, ...]

    def place_at(self, share: float) -> Place:
        """Return where one is after a share of the way, 0 to 1, at even speed."""
        if share >= 1.0 or len(self.points) == 1:
            return self.points[-1]
        legs_m = [
            straight_line_m(origin=one, destination=other)
            for one, other in zip(self.points, self.points[1:], strict=False)
        ]
        so_far = np.concatenate([[0.0], np.cumsum(legs_m)])
        at_m = max(0.0, share) * so_far[-1]
        return Place(
            lon=float(np.interp(at_m, so_far, [point.lon for point in self.points])),
            lat=float(np.interp(at_m, so_far, [point.lat for point in self.points])),
        )


class Drives(Protocol):
    """Who knows the ways."""

    def drive(self, *, origin: Place, destination: Place) -> Drive:
        """Return the way from one place to another."""


class StraightDrives:
    """Knows no roads: straight lines, as long as gis.travel estimates."""

    def drive(self, *, origin: Place, destination: Place) -> Drive:
        """Return the straight way."""
        estimate = estimate_travel(origin=origin, destination=destination)
        return Drive(minutes=estimate.travel_minutes, points=(origin, destination))


class RoadDrives:
    """Knows the roads of a travel graph."""

    def __init__(self, graph: TravelGraph) -> None:
        """Drive on this graph."""
        self._graph = graph
        self._across = StraightDrives()

    def drive(self, *, origin: Place, destination: Place) -> Drive:
        """Return the fastest way on the roads, with the ways on foot at both ends."""
        ends = self._graph.nearest([origin.lon, destination.lon], [origin.lat, destination.lat])
        route = self._graph.route(origin=ends[0], destination=ends[1])
        if route is None:
            return self._across.drive(origin=origin, destination=destination)
        driven = (Place(lon=lon, lat=lat) for lon, lat in route.points.tolist())
        return Drive(minutes=route.travel_minutes, points=(origin, *driven, destination))
