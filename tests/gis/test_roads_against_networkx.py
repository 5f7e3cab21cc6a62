"""Travel held against a slow twin: networkx over pairs of streets that follow one another, on random towns.

The twin knows nothing of vertices, arcs or copies: its nodes are "at the end of this street, driven this
way", and a turn is an edge between two of them where it is allowed.

        0 ── 1 ── 2     Towns are parts of this grid, 400 m a side, with one-ways, private streets, forbidden
        │    │    │     turns, bollards at corners and closed streets drawn at random. Crews and jobs stand
        3 ── 4 ── 5     in the middle of streets.
        │    │    │
        6 ── 7 ── 8
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.roads.reading import read_roads
from gis.roads.snapping import Snaps
from gis.roads.travel_graph import TravelGraph
from tests.gis.road_file import degrees_at, write_roads

SIDE_M = 400.0
CORNERS = {str(number): (SIDE_M * (number % 3), -SIDE_M * (number // 3)) for number in range(9)}
STREETS = [(a, a + 1) for a in range(9) if a % 3 < 2] + [(a, a + 3) for a in range(6)]
KMH = {"20": 16.0, "50": 40.0, "90": 72.0}
WALKED_METRES_PER_MINUTE = 5000 / 60
ENTRY = 1e5


@dataclass(frozen=True)
class Town:
    """Streets as (from, to, tags); forbidden turns as (street, corner, street); bollards; closed streets."""

    streets: tuple[tuple[int, int, dict[str, str]], ...]
    turns: tuple[tuple[int, int, int], ...]
    orders: tuple[tuple[int, int, int], ...]
    bollards: frozenset[int]
    closed: frozenset[int]


@st.composite
def towns(draw):
    chosen = draw(st.lists(st.sampled_from(STREETS), min_size=2, max_size=12, unique=True))
    streets = []
    for a, b in chosen:
        tags = {"highway": "residential", "maxspeed": draw(st.sampled_from(list(KMH)))}
        tags |= draw(st.sampled_from([{}, {}, {"oneway": "yes"}, {"oneway": "-1"}]))
        tags |= draw(st.sampled_from([{}, {}, {}, {"access": "private"}]))
        streets.append((a, b, tags) if draw(st.booleans()) else (b, a, tags))
    numbers = st.integers(0, len(streets) - 1)
    triples = [
        (one, corner, other)
        for one, first in enumerate(streets)
        for other, second in enumerate(streets)
        for corner in set(first[:2]) & set(second[:2])
    ]
    turns = st.lists(st.sampled_from(triples), max_size=4, unique=True).map(tuple)
    return Town(
        streets=tuple(streets),
        turns=draw(turns),
        orders=draw(turns)[:1],
        bollards=frozenset(draw(st.lists(st.integers(0, 8), max_size=1))),
        closed=frozenset(draw(st.lists(numbers, max_size=2))),
    )


def _graph(town):
    with tempfile.TemporaryDirectory() as folder:
        path = write_roads(
            Path(folder) / "town.osm.pbf",
            nodes=CORNERS,
            ways=[(f"{a} {b}", tags) for a, b, tags in town.streets],
            node_tags={str(corner): {"barrier": "bollard"} for corner in town.bollards},
            restrictions=[
                *((a + 1, str(at), b + 1, {"restriction": "no_left_turn"}) for a, at, b in town.turns),
                *((a + 1, str(at), b + 1, {"restriction": "only_left_turn"}) for a, at, b in town.orders),
            ],
        )
        roads = read_roads(path).roads
    segments = np.flatnonzero(np.isin(roads.way_ids, [number + 1 for number in town.closed]))
    return TravelGraph(roads).without(roads.edges_of(segments))


class Twin:
    """The town as driven streets: (number, True where driven from its first corner to its second)."""

    def __init__(self, town):
        self.town = town
        self.drives = [
            (number, forward)
            for number, (_, _, tags) in enumerate(town.streets)
            for forward in (True, False)
            if tags.get("oneway") != ("-1" if forward else "yes")
        ]
        self.open_drives = [drive for drive in self.drives if drive[0] not in town.closed]
        self.graph = nx.DiGraph()
        for first in self.drives:
            for second in self.open_drives:
                if self._may_follow(first, second):
                    self.graph.add_edge(first, second, weight=self._entry(second) + self._minutes(second))

    def _corners(self, drive):
        a, b, _ = self.town.streets[drive[0]]
        return (a, b) if drive[1] else (b, a)

    def _minutes(self, drive):
        return SIDE_M / 1000 / KMH[self.town.streets[drive[0]][2]["maxspeed"]] * 60

    def _is_private(self, number):
        return "access" in self.town.streets[number][2]

    def _entry(self, drive):
        corner = self._corners(drive)[0]
        touching = (
            not self._is_private(number) and corner in (a, b)
            for number, (a, b, _) in enumerate(self.town.streets)
        )
        return (
            ENTRY if self._is_private(drive[0]) and any(touching) and corner not in self.town.bollards else 0
        )

    def _may_follow(self, first, second):
        corner = self._corners(first)[1]
        if corner != self._corners(second)[0]:
            return False
        if corner in self.town.bollards:
            return first[0] == second[0]
        if (first[0], corner, second[0]) in self.town.turns:
            return False
        for street, at, to in self.town.orders:
            # An order onto a street that cannot be driven from there says nothing.
            can = any(drive[0] == to and self._corners(drive)[0] == at for drive in self.drives)
            if (street, at) == (first[0], corner) and can and second[0] != to:
                return False
        return True

    def minutes(self, origin, destination):
        """From the middle of one street to the middle of another."""
        if origin == destination:
            return 0.0
        walks = {}
        graph = self.graph.copy()
        for drive in self.drives:
            if drive[0] == origin:
                graph.add_edge("start", drive, weight=self._minutes(drive) / 2)
        for drive in self.drives:
            for last in self.open_drives:
                if last[0] == destination and self._may_follow(drive, last):
                    weight = self._minutes(last) / 2 + self._entry(last)
                    walks[drive] = min(walks.get(drive, np.inf), weight)
            if destination in self.town.closed:
                corner = self._corners(drive)[1]
                if corner in self.town.streets[destination][:2] and corner not in self.town.bollards:
                    walks[drive] = SIDE_M / 2 / WALKED_METRES_PER_MINUTE
        for drive, weight in walks.items():
            graph.add_edge(drive, "goal", weight=weight)
        if not (graph.has_node("start") and graph.has_node("goal")):
            return np.inf
        try:
            return nx.dijkstra_path_length(graph, "start", "goal") % ENTRY
        except nx.NetworkXNoPath:
            return np.inf


def _middles(graph, town):
    middles = [
        [(CORNERS[str(a)][axis] + CORNERS[str(b)][axis]) / 2 for axis in (0, 1)] for a, b, _ in town.streets
    ]
    lon, lat = zip(*(degrees_at(*middle) for middle in middles), strict=True)
    return graph.nearest(lon, lat)


@settings(max_examples=150, deadline=None)
@given(towns())
def test_travel_times_and_reachability_are_those_of_the_twin(town):
    graph, twin = _graph(town), Twin(town)
    middles = _middles(graph, town)
    wanted = np.array(
        [[twin.minutes(a, b) for b in range(len(town.streets))] for a in range(len(town.streets))]
    )

    assert (graph.roads.way_ids[middles.segments] - 1).tolist() == list(range(len(town.streets)))
    minutes = graph.travel_minutes(origins=middles, destinations=middles)
    assert minutes == pytest.approx(wanted, rel=2e-3, abs=1e-2)
    by_column = [
        graph.travel_minutes(origins=middles, destinations=Snaps.of(middles[column]))
        for column in range(len(middles))
    ]
    assert np.hstack(by_column) == pytest.approx(minutes)


@settings(max_examples=60, deadline=None)
@given(towns(), st.integers(0, 11), st.integers(0, 11))
def test_routes_are_driven_in_the_minutes_told_and_turn_as_allowed(town, first, second):
    graph, twin = _graph(town), Twin(town)
    middles = _middles(graph, town)
    origin, destination = first % len(middles), second % len(middles)
    minutes = graph.travel_minutes(
        origins=Snaps.of(middles[origin]), destinations=Snaps.of(middles[destination])
    )[0, 0]
    route = graph.route(origin=middles[origin], destination=middles[destination])

    assert (route is None) == (not np.isfinite(minutes))
    if route is None:
        return
    assert route.travel_minutes == pytest.approx(minutes)
    drives = [(int(graph.roads.way_ids[edge // 2]) - 1, edge % 2 == 0) for edge in route.edges]
    assert all(twin._may_follow(one, other) for one, other in pairwise(drives))
    assert all(drive in twin.open_drives for drive in drives[1:])
    walked_m = sum(SIDE_M / 2 for _ in [destination] if destination in town.closed and origin != destination)
    driven = sum(step.travel_minutes for step in route.steps)
    assert driven + walked_m / WALKED_METRES_PER_MINUTE == pytest.approx(minutes, abs=1e-2)
    assert np.isfinite(route.points).all()
