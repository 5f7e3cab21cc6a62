"""Travel times between many places: one Dijkstra per place on the side that has fewer of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gis.roads.arcs import without_entries
from gis.roads.ends import beginnings, endings, foot_minutes, is_near
from gis.roads.open_arcs import LIMIT_MINUTES, Ends, OpenArcs
from gis.roads.snapping import Snap, Snaps

# A row of 300,000 places takes 2.4 MB; so many at once, whatever is asked for.
_ROWS_AT_ONCE = 16

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
    begin, end = beginnings(graph, origins), endings(graph, destinations)
    minutes = np.full((len(origins), len(destinations)), np.inf)
    if len(origins) <= len(destinations):
        for part, numbers in _parts(begin, len(origins)):
            found = graph.minutes_from(part, len(minutes[numbers]), limit_minutes=limit_minutes)
            _fill(minutes[numbers], found, end)
    else:
        for part, numbers in _parts(end, len(destinations)):
            found = graph.minutes_to(part, len(minutes.T[numbers]), limit_minutes=limit_minutes)
            _fill(minutes.T[numbers], found, begin)
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
    to_them, from_them = graph.minutes_to(into, 1)[0], graph.minutes_from(out_of, 1)[0]
    return (
        _best(beginnings(graph, origins), to_them, len(origins)),
        _best(endings(graph, destinations), from_them, len(destinations)),
    )


def _best(ends: Ends, minutes: _Floats, count: int) -> _Floats:
    best = np.full(count, np.inf)
    np.minimum.at(best, ends.numbers, ends.minutes + minutes[ends.places])
    return best


def _parts(ends: Ends, count: int) -> list[tuple[Ends, slice]]:
    parts = []
    for first in range(0, count, _ROWS_AT_ONCE):
        of_part = (ends.numbers >= first) & (ends.numbers < first + _ROWS_AT_ONCE)
        part = Ends(
            numbers=ends.numbers[of_part] - first,
            places=ends.places[of_part],
            minutes=ends.minutes[of_part],
            edges=ends.edges[of_part],
        )
        parts.append((part, slice(first, min(first + _ROWS_AT_ONCE, count))))
    return parts


def _fill(rows: _Floats, to_places: _Floats, ends: Ends) -> None:
    """Write the best of the ends of each number; `rows` is a view."""
    if len(ends.numbers):
        numbers, first = np.unique(ends.numbers, return_index=True)
        rows[:, numbers] = np.minimum.reduceat(to_places[:, ends.places] + ends.minutes, first, axis=1)


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
