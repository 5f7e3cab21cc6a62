"""How a drive begins where a crew stands, and how it ends where a job is: snapped places as ends of arcs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gis.roads.arcs import PERMISSION_MINUTES
from gis.roads.drive_ends import Ends
from gis.roads.open_arcs import OpenArcs
from gis.roads.snapping import Snap, Snaps

FURTHEST_FROM_ROAD_M = 2_000.0
WALKING_METRES_PER_MINUTE = 5_000.0 / 60.0
ON_FOOT = -1

_Row = tuple[int, int, float, int]


def foot_minutes(length_m: float) -> float:
    """Return how long a crew takes on foot, with its tools: 5 km/h."""
    return length_m / WALKING_METRES_PER_MINUTE


def beginnings(graph: OpenArcs, snaps: Snaps) -> Ends:
    """Return where drives from places come to first. From a closed road a crew may still drive away."""
    return _as_ends(
        (number, *row)
        for number in range(len(snaps))
        if is_near(snap := snaps[number])
        for row in _ways_out(graph, snap)
    )


def endings(graph: OpenArcs, snaps: Snaps) -> Ends:
    """Return from where drives to places take their last edge, or walk where the road is closed."""
    return _as_ends(
        (number, *row)
        for number in range(len(snaps))
        if is_near(snap := snaps[number])
        for row in _ways_in(graph, snap)
    )


def is_near(snap: Snap) -> bool:
    """Return whether a place lies near enough to a road for a crew to walk."""
    return snap.distance_m <= FURTHEST_FROM_ROAD_M


def _ways_out(graph: OpenArcs, snap: Snap) -> Iterator[tuple[int, float, int]]:
    for edge, ahead in ((2 * snap.segment, 1.0 - snap.fraction), (2 * snap.segment + 1, snap.fraction)):
        minutes = float(graph.roads.edge_minutes[edge])
        if np.isfinite(minutes):
            yield int(graph.arcs.edge_ends[edge]), ahead * minutes + foot_minutes(snap.distance_m), edge


def _ways_in(graph: OpenArcs, snap: Snap) -> Iterator[tuple[int, float, int]]:
    walked = foot_minutes(snap.distance_m)
    sides = ((2 * snap.segment, snap.fraction), (2 * snap.segment + 1, 1.0 - snap.fraction))
    is_shut = not any(graph.is_driven[edge] for edge, _ in sides)
    for edge, share in sides:
        if is_shut:
            length_m = share * float(graph.roads.lengths_m[snap.segment])
            for place in graph.places_at(int(graph.roads.edge_tails[edge])):
                yield place, walked + foot_minutes(length_m), ON_FOOT
        elif graph.is_driven[edge]:
            minutes = share * float(graph.roads.edge_minutes[edge]) + walked
            minutes += PERMISSION_MINUTES * bool(graph.enters[edge])
            for place in graph.places_before(edge):
                yield place, minutes, edge


def _as_ends(rows: Iterator[_Row]) -> Ends:
    columns = np.array(list(rows), dtype=np.float64).reshape(-1, 4)
    return Ends(
        numbers=columns[:, 0].astype(np.int64),
        places=columns[:, 1].astype(np.int64),
        minutes=columns[:, 2],
        edges=columns[:, 3].astype(np.int64),
    )
