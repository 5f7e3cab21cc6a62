"""Travel times between many places: over the core of the network, or along the segment both lie on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gis.roads.arcs import without_entries
from gis.roads.core_walk import LIMIT_MINUTES
from gis.roads.drive_ends import Ends
from gis.roads.ends import beginnings, endings, foot_minutes, is_near
from gis.roads.open_arcs import OpenArcs
from gis.roads.snapping import Snap, Snaps

_Floats = npt.NDArray[np.float64]


def travel_matrix(graph: OpenArcs, origins: Snaps, destinations: Snaps) -> _Floats:
    """Return the minutes from each origin (rows) to each destination (columns); infinite where none leads."""
    return without_entries(weighed_matrix(graph, origins, destinations))


def weighed_matrix(
    graph: OpenArcs, origins: Snaps, destinations: Snaps, *, limit_minutes: float = LIMIT_MINUTES
) -> _Floats:
    """Return what ways weigh: minutes, and `PERMISSION_MINUTES` for each entry by permission.

    With a limit, only what weighs no more than it is sure.
    """
    minutes = graph.costs(
        beginnings(graph, origins),
        len(origins),
        endings(graph, destinations),
        len(destinations),
        limit_minutes=limit_minutes,
    )
    _take_direct_ways(graph, origins, destinations, minutes)
    return minutes


def weights_through(
    graph: OpenArcs, edges: npt.NDArray[np.bool_], *, origins: Snaps, destinations: Snaps
) -> tuple[_Floats, _Floats]:
    """Return what ways over marked edges weigh at least: from each origin, and on to each destination.

    A way over any of these edges weighs at least the sum of both; infinite where there is none.
    """
    through = np.flatnonzero(edges[graph.arcs.edges])
    zeros = np.zeros(len(through), dtype=np.int64)
    into = Ends(zeros, graph.arcs.tails[through].astype(np.int64), np.zeros(len(through)), zeros)
    out_of = Ends(zeros, graph.arcs.heads[through].astype(np.int64), graph.arc_minutes[through].copy(), zeros)
    to_them = graph.costs(beginnings(graph, origins), len(origins), into, 1)
    onwards = graph.costs(out_of, 1, endings(graph, destinations), len(destinations))
    return to_them[:, 0], onwards[0]


def _take_direct_ways(graph: OpenArcs, origins: Snaps, destinations: Snaps, minutes: _Floats) -> None:
    """Take the way along the segment where both places lie on one; walked if it is closed."""
    of_segment: dict[int, list[int]] = {}
    for row, segment in enumerate(origins.segments.tolist()):
        of_segment.setdefault(segment, []).append(row)
    for column, segment in enumerate(destinations.segments.tolist()):
        for row in of_segment.get(segment, ()):
            direct = direct_way(graph, origins[row], destinations[column])
            if direct is not None:
                minutes[row, column] = min(minutes[row, column], direct[0])


def direct_way(graph: OpenArcs, origin: Snap, destination: Snap) -> tuple[float, int | None] | None:
    """Return minutes and edge (None: on foot) of the way along the segment both lie on, if there is one."""
    if not (origin.segment == destination.segment and is_near(origin) and is_near(destination)):
        return None
    forward, backward = 2 * origin.segment, 2 * origin.segment + 1
    ahead = destination.fraction - origin.fraction
    walked = foot_minutes(origin.distance_m + destination.distance_m)
    if not (graph.is_driven[forward] or graph.is_driven[backward]):
        return walked + foot_minutes(abs(ahead) * float(graph.roads.lengths_m[origin.segment])), None
    for edge, share in ((forward, ahead), (backward, -ahead)):
        if share >= 0 and graph.is_driven[edge]:
            return walked + share * float(graph.roads.edge_minutes[edge]), edge
    return None
