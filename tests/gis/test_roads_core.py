"""Ways over the core held against networkx over all arcs: lattices, with streets closed, of any size of core.

Rule by rule: what is left is the same whatever is closed; nothing is lost, nothing gets shorter, whether both
ends were taken out, one of them, or none.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.dispatch_roads import lattice_roads
from gis.roads.arcs import arcs_of
from gis.roads.core import NOT_IN_CORE, core_of
from gis.roads.core_walk import OpenCore
from gis.roads.drive_ends import Ends
from gis.roads.z_order import z_order


def _ends(places, minutes):
    zeros = np.zeros(len(places), dtype=np.int64)
    return Ends(np.arange(len(places)), np.array(places), np.array(minutes, dtype=np.float64), zeros)


def _twin(arcs, arc_minutes, begin, end):
    walk = nx.MultiDiGraph()
    walk.add_nodes_from(range(arcs.place_count))
    for tail, head, minutes in zip(arcs.tails.tolist(), arcs.heads.tolist(), arc_minutes, strict=True):
        if np.isfinite(minutes):
            walk.add_edge(tail, head, weight=minutes)
    costs = np.full((len(begin.places), len(end.places)), np.inf)
    for row, (origin, first) in enumerate(zip(begin.places.tolist(), begin.minutes, strict=True)):
        found = nx.single_source_dijkstra_path_length(walk, origin)
        for column, (to, last) in enumerate(zip(end.places.tolist(), end.minutes, strict=True)):
            costs[row, column] = first + found.get(to, np.inf) + last
    return costs


@settings(max_examples=60, deadline=None)
@given(
    side=st.integers(2, 9),
    seed=st.integers(0, 10_000),
    most_arcs_more=st.sampled_from([-2, 0, 2, 40]),
    closed_share=st.sampled_from([0.0, 0.2, 0.6]),
    data=st.data(),
)
def test_ways_over_the_core_cost_what_they_cost_over_all_arcs(side, seed, most_arcs_more, closed_share, data):
    roads = lattice_roads(side=side, seed=seed)
    arcs = arcs_of(roads)
    rng = np.random.default_rng(seed)
    arc_minutes = np.where(rng.random(len(arcs.minutes)) < closed_share, np.inf, arcs.minutes)
    places = st.lists(st.integers(0, arcs.place_count - 1), min_size=1, max_size=5)
    starts, ends = data.draw(places), data.draw(places)
    begin, end = _ends(starts, rng.random(len(starts))), _ends(ends, rng.random(len(ends)))

    core = core_of(roads, arcs, most_arcs_more=most_arcs_more)
    found = OpenCore(core, arc_minutes).costs(begin, len(starts), end, len(ends))

    assert found == pytest.approx(_twin(arcs, arc_minutes, begin, end), abs=1e-9)


def test_a_core_leaves_fewer_places_and_all_others_hang_on_it():
    roads = lattice_roads(side=40, seed=3)
    arcs = arcs_of(roads)
    core = core_of(roads, arcs, most_arcs_more=2)
    left = core.number != NOT_IN_CORE
    assert 0 < core.place_count == left.sum() < arcs.place_count
    assert sorted(core.number[left]) == list(range(core.place_count))
    assert (core.level[left] == core.round_count).all()


def test_one_number_may_have_many_ends_and_a_limit_leaves_what_is_near_as_it_is():
    roads = lattice_roads(side=30, seed=5)
    arcs = arcs_of(roads)
    walk = OpenCore(core_of(roads, arcs, most_arcs_more=2), arcs.minutes)
    zeros = np.zeros(3, dtype=np.int64)
    several = Ends(zeros, np.array([0, 400, 899]), np.array([1.0, 0.0, 2.0]), zeros)
    one_by_one = [_ends([place], [minutes]) for place, minutes in ((0, 1.0), (400, 0.0), (899, 2.0))]
    end = _ends(list(range(0, 900, 7)), [0.0] * 129)

    together = walk.costs(several, 1, end, 129)[0]
    near = walk.costs(several, 1, end, 129, limit_minutes=3.0)[0]

    apart = np.array([walk.costs(one, 1, end, 129)[0] for one in one_by_one])
    assert together == pytest.approx(apart.min(axis=0), abs=1e-9)
    assert near[together <= 3.0] == pytest.approx(together[together <= 3.0], abs=1e-9)
    assert (near >= together - 1e-9).all()


def test_a_curve_keeps_near_what_is_near():
    lon, lat = np.divmod(np.arange(16), 4)
    order = z_order(lon, lat)
    assert sorted(order.tolist()) == list(range(16))
    assert {(int(lon[point]), int(lat[point])) for point in order[:4]} == {(0, 0), (0, 1), (1, 0), (1, 1)}
