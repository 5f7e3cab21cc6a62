"""Kept travel times held against the same graph asked afresh, and against networkx on the same arcs.

Towns are those of test_roads_against_networkx: a grid of nine corners with one-ways, private streets,
forbidden turns and bollards. Streets are closed and opened in any order between questions; nothing that was
kept may differ from what a twin works out anew: networkx over the arcs of the streets that are open.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.place import Place
from gis.roads.ends import beginnings, endings
from gis.roads.kept_minutes import KeptMinutes, fewest_lines
from gis.roads.matrix import direct_way
from gis.roads.open_arcs import OpenArcs
from tests.gis.road_file import degrees_at
from tests.gis.test_roads_against_networkx import CORNERS, _graph, towns

ENTRY = 100_000.0


def _places(town, shares):
    """Places along the streets, a few metres beside them."""
    found = []
    for number, share in shares:
        a, b, _ = town.streets[number % len(town.streets)]
        x, y = (CORNERS[str(a)][axis] * (1 - share) + CORNERS[str(b)][axis] * share for axis in (0, 1))
        found.append(Place(*degrees_at(x + 3.0, y + 4.0)))
    return found


def _twin_minutes(graph, places):
    """From each place to each, by networkx on the arcs of the open roads."""
    arcs = OpenArcs(
        graph.roads, graph.arcs, np.isin(np.arange(2 * graph.roads.segment_count), graph.closed_edges)
    )
    snaps = graph.nearest([one.lon for one in places], [one.lat for one in places])
    walk = nx.MultiDiGraph()
    walk.add_nodes_from(range(graph.arcs.place_count))
    for tail, head, edge, minutes in zip(
        *(
            array.tolist()
            for array in (graph.arcs.tails, graph.arcs.heads, graph.arcs.edges, graph.arcs.minutes)
        ),
        strict=True,
    ):
        if not arcs.is_closed[edge]:
            walk.add_edge(tail, head, weight=minutes)
    begin, end = beginnings(arcs, snaps), endings(arcs, snaps)
    for number, place, minutes in zip(begin.numbers, begin.places, begin.minutes, strict=True):
        walk.add_edge(("from", int(number)), int(place), weight=float(minutes))
    for number, place, minutes in zip(end.numbers, end.places, end.minutes, strict=True):
        walk.add_edge(int(place), ("to", int(number)), weight=float(minutes))
    minutes = np.full((len(places), len(places)), np.inf)
    for row in range(len(places)):
        found = nx.single_source_dijkstra_path_length(walk, ("from", row)) if ("from", row) in walk else {}
        for column in range(len(places)):
            direct = direct_way(arcs, snaps[row], snaps[column])
            weights = [found.get(("to", column), np.inf)] + ([direct[0]] if direct else [])
            best = min(weights)
            minutes[row, column] = best % ENTRY if np.isfinite(best) else np.inf
    return minutes


_SHARES = st.lists(st.tuples(st.integers(0, 11), st.sampled_from([0.1, 0.5, 0.8])), min_size=2, max_size=6)


@settings(max_examples=120, deadline=None)
@given(towns(), _SHARES, st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=1, max_size=4), st.data())
def test_what_is_kept_under_changing_closures_is_what_a_twin_works_out_anew(town, shares, closures, data):
    whole = _graph(town).all_open
    places = _places(town, shares)
    kept = KeptMinutes(whole)
    for closed in closures:
        edges = np.flatnonzero(np.isin((whole.roads.way_ids - 1).repeat(2), sorted(closed)))
        kept = kept.on(whole.without(edges))
        origins = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4))
        destinations = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4))
        wanted = _twin_minutes(kept.graph, places)
        rows, columns = ([places.index(one) for one in ends] for ends in (origins, destinations))

        assert kept.minutes(origins=origins, destinations=destinations) == pytest.approx(
            wanted[np.ix_(rows, columns)], abs=1e-4
        )
        pairs = list(zip(origins, destinations, strict=False))
        assert kept.minutes_of_pairs(pairs) == pytest.approx(
            [wanted[places.index(a), places.index(b)] for a, b in pairs], abs=1e-4
        )


@settings(max_examples=50, deadline=None)
@given(towns(), _SHARES, st.integers(1, 12))
def test_places_that_are_forgotten_for_want_of_room_are_worked_out_again(town, shares, most_pairs):
    graph = _graph(town)
    places = _places(town, shares)
    kept = KeptMinutes(graph, most_pairs=most_pairs)
    wanted = _twin_minutes(graph, places)
    for row in range(len(places)):
        found = kept.minutes(origins=[places[row]], destinations=places)
        assert found[0] == pytest.approx(wanted[row], abs=1e-4)


@given(st.integers(0, 6), st.integers(0, 6), st.data())
def test_the_lines_to_work_out_hold_all_that_is_unknown(height, width, data):
    marks = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    unknown = np.array(marks, dtype=bool).reshape(height, width)
    rows, columns = fewest_lines(unknown)
    left = unknown.copy()
    left[rows], left[:, columns] = False, False
    assert not left.any()
    assert len(rows) + len(columns) <= min(height, width)
