"""Travel times that were worked out, kept for the next question: rows of origins, columns of destinations.

RULE 1: a new destination costs one Dijkstra (its column), a moved origin one (its row); of what is missing,
the fewest rows and columns that hold it all are worked out.
RULE 2: when roads are closed or opened, a time stays where every way over a changed road, were all of them
open, would weigh more than it: two Dijkstras prove that for all pairs. The rest is forgotten.
RULE 3: beyond `most_pairs`, places that the question at hand does not name are forgotten.
Threads take turns; one holds the processor while it works anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

from gis.place import Place
from gis.roads.arcs import without_entries
from gis.roads.core_walk import LIMIT_MINUTES
from gis.roads.roads import degrees
from gis.roads.travel_graph import TravelGraph
from gis.travel import estimate_travel

# 8 bytes each: 32 MB.
MOST_PAIRS = 4_000_000
# What two sums of the same minutes may differ by, added in another order.
_SAME_MINUTES = 1e-6
# A pair is looked for within what the straight line suggests and these minutes more, then three times as far,
# then anywhere; pairs whose limits are no more than so many times the least are looked for at once.
_LEAST_LIMIT = 5.0
_LIMIT_SHARES = (1.0, 3.0, np.inf)
_ALIKE = 1.6

_Floats = npt.NDArray[np.float64]


class KeptMinutes:
    """Minutes between places on one graph with one set of closed roads."""

    def __init__(self, graph: TravelGraph, *, most_pairs: int = MOST_PAIRS) -> None:
        """Start with nothing known."""
        self.graph = graph
        self._most_pairs = most_pairs
        self._origins = _Places(graph)
        self._destinations = _Places(graph)
        # NaN: not known.
        self._weights: _Floats = np.full((0, 0), np.nan)
        self._lock = Lock()
        self.lines_worked_out = 0

    def minutes(self, *, origins: Sequence[Place], destinations: Sequence[Place]) -> _Floats:
        """Return the minutes from each origin (row) to each destination (column); infinite where none leads.

        CoordinatesOutOfRangeError.
        """
        with self._lock:
            rows, columns = self._take_in(origins, destinations)
            self._work_out(np.unique(rows), np.unique(columns))
            return without_entries(self._weights[np.ix_(rows, columns)])

    def minutes_of_pairs(self, pairs: Sequence[tuple[Place, Place]]) -> _Floats:
        """Return the minutes from the first to the second of each pair, searched no further than needed."""
        with self._lock:
            rows, columns = self._take_in([one for one, _ in pairs], [other for _, other in pairs])
            self._work_out_pairs(rows, columns)
            return without_entries(self._weights[rows, columns])

    def warm(self) -> None:
        """Build what the first question would have to wait for; the answers stay the same."""
        roads = self.graph.roads
        with self._lock:
            if not roads.segment_count:
                return
            ends = [0, -1]
            snaps = self.graph.nearest(degrees(roads.point_lon[ends]), degrees(roads.point_lat[ends]))
            origin, destination = (snaps.part(np.array([end], dtype=np.intp)) for end in (0, 1))
            self.graph.weights(origins=origin, destinations=destination)

    def on(self, graph: TravelGraph) -> KeptMinutes:
        """Return what is kept for the same roads with others closed: all that provably holds (rule 2)."""
        other = KeptMinutes(graph, most_pairs=self._most_pairs)
        with self._lock:
            other._origins, other._destinations = self._origins.copy(), self._destinations.copy()
            other._weights = self._weights.copy()
        before, now = self.graph.closed_edges, graph.closed_edges
        changed = np.setxor1d(before, now)
        if len(changed) and other._weights.size:
            other._forget_changed(self._most_open(graph), changed)
        return other

    def _most_open(self, graph: TravelGraph) -> TravelGraph:
        """Return the roads with only those closed that are so both here and there."""
        before, now = self.graph.closed_edges, graph.closed_edges
        closed = np.intersect1d(before, now)
        for one, edges in ((self.graph, before), (graph, now)):
            # Weights that are worked out already serve.
            if len(closed) == len(edges):
                return one
        return graph.all_open.without(closed)

    def _forget_changed(self, most_open: TravelGraph, changed: npt.NDArray[np.int32]) -> None:
        origins, destinations = self._origins.snaps, self._destinations.snaps
        to_them, onwards = most_open.weights_over(changed, origins=origins, destinations=destinations)
        over_them = to_them[:, None] + onwards[None, :]
        holds = (over_them > self._weights + _SAME_MINUTES) | np.isinf(over_them)
        # How a place on a changed road is reached has itself changed.
        holds &= ~np.isin(destinations.segments, changed // 2)[None, :]
        self._weights[~holds] = np.nan

    def _take_in(
        self, origins: Sequence[Place], destinations: Sequence[Place]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return the row of each origin and the column of each destination; new ones are added."""
        new_rows, new_columns = self._origins.missing(origins), self._destinations.missing(destinations)
        height, width = self._weights.shape
        if (height + len(new_rows)) * (width + len(new_columns)) > self._most_pairs:
            self._forget_all_but(origins, destinations)
            height, width = self._weights.shape
        if new_rows or new_columns:
            self._origins.add(new_rows)
            self._destinations.add(new_columns)
            weights = np.full((height + len(new_rows), width + len(new_columns)), np.nan)
            weights[:height, :width] = self._weights
            self._weights = weights
        return self._origins.numbers(origins), self._destinations.numbers(destinations)

    def _forget_all_but(self, origins: Sequence[Place], destinations: Sequence[Place]) -> None:
        rows, columns = self._origins.keep(origins), self._destinations.keep(destinations)
        self._weights = self._weights[np.ix_(rows, columns)]

    def _work_out(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> None:
        """Work out the lines that hold all unknown pairs, each for all places on the other side."""
        unknown = np.isnan(self._weights[np.ix_(rows, columns)])
        whole_rows, whole_columns = fewest_lines(unknown)
        every_origin, every_destination = self._origins.snaps, self._destinations.snaps
        if len(whole_rows):
            lines = rows[whole_rows]
            self._weights[lines] = self.graph.weights(
                origins=every_origin.part(lines), destinations=every_destination
            )
        if len(whole_columns):
            lines = columns[whole_columns]
            self._weights[:, lines] = self.graph.weights(
                origins=every_origin, destinations=every_destination.part(lines)
            )
        self.lines_worked_out += len(whole_rows) + len(whole_columns)

    def _work_out_pairs(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> None:
        """Work out unknown pairs, those of like length together, each no further than it may have to be."""
        for share in _LIMIT_SHARES:
            unknown = np.unique(np.flatnonzero(np.isnan(self._weights[rows, columns])))
            rows, columns = rows[unknown], columns[unknown]
            limits = np.full(len(rows), np.inf)
            if np.isfinite(share):
                limits = _LEAST_LIMIT + share * self._straight_minutes(rows, columns)
            order = np.argsort(limits, kind="stable")
            while len(order):
                is_alike = limits[order] <= _ALIKE * limits[order[0]]
                alike, order = order[is_alike], order[~is_alike]
                self._work_out_within(rows[alike], columns[alike], float(limits[alike].max()))

    def _work_out_within(
        self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], limit_minutes: float
    ) -> None:
        rows, columns = np.unique(rows), np.unique(columns)
        found = self.graph.weights(
            origins=self._origins.snaps.part(rows),
            destinations=self._destinations.snaps.part(columns),
            limit_minutes=min(limit_minutes, LIMIT_MINUTES),
        )
        # What lies beyond the limit may be nearer by another end of its road.
        is_sure = (found <= limit_minutes) | np.isinf(limit_minutes)
        part = np.ix_(rows, columns)
        self._weights[part] = np.where(is_sure, found, self._weights[part])
        self.lines_worked_out += min(len(rows), len(columns))

    def _straight_minutes(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> _Floats:
        ends = zip(rows.tolist(), columns.tolist(), strict=True)
        return np.array(
            [
                estimate_travel(
                    origin=self._origins.places[row], destination=self._destinations.places[column]
                ).travel_minutes
                for row, column in ends
            ]
        )


class _Places:
    """Places in the order they were asked for, snapped to roads once."""

    def __init__(self, graph: TravelGraph) -> None:
        self._graph = graph
        self.places: list[Place] = []
        self._numbers: dict[Place, int] = {}
        self.snaps = graph.nearest([], [])

    def copy(self) -> _Places:
        other = _Places(self._graph)
        other.places, other._numbers, other.snaps = self.places.copy(), self._numbers.copy(), self.snaps
        return other

    def missing(self, places: Sequence[Place]) -> list[Place]:
        return [place for place in dict.fromkeys(places) if place not in self._numbers]

    def add(self, places: Sequence[Place]) -> None:
        if not places:
            return
        found = self._graph.nearest([one.lon for one in places], [one.lat for one in places])
        self.snaps = self.snaps.joined(found)
        for place in places:
            self._numbers[place] = len(self.places)
            self.places.append(place)

    def numbers(self, places: Sequence[Place]) -> npt.NDArray[np.intp]:
        return np.array([self._numbers[place] for place in places], dtype=np.intp)

    def keep(self, places: Sequence[Place]) -> npt.NDArray[np.intp]:
        """Forget all others; return the former numbers of those that stay."""
        numbers = self.numbers([place for place in dict.fromkeys(places) if place in self._numbers])
        self.places = [self.places[number] for number in numbers.tolist()]
        self._numbers = {place: number for number, place in enumerate(self.places)}
        self.snaps = self.snaps.part(numbers)
        return numbers


def fewest_lines(unknown: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return rows and columns that hold all marked entries: the fullest line first, until none is left.

    Never more than all rows, or all columns, with a marked entry; the fewest where whole lines are marked, as
    new places make them.
    """
    left = unknown.copy()
    in_rows, in_columns = left.sum(axis=1), left.sum(axis=0)
    rows, columns = list[int](), list[int]()
    while in_rows.any():
        row, column = int(in_rows.argmax()), int(in_columns.argmax())
        if in_rows[row] >= in_columns[column]:
            in_columns -= left[row]
            left[row], in_rows[row] = False, 0
            rows.append(row)
        else:
            in_rows -= left[:, column]
            left[:, column], in_columns[column] = False, 0
            columns.append(column)
    nothing = np.zeros(0, dtype=np.intp)
    all_rows, all_columns = np.flatnonzero(unknown.any(axis=1)), np.flatnonzero(unknown.any(axis=0))
    if len(rows) + len(columns) <= min(len(all_rows), len(all_columns)):
        return np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
    return (all_rows, nothing) if len(all_rows) <= len(all_columns) else (nothing, all_columns)
