"""The streets as a map has them: corners in degrees, ways with name, class, direction and speed.

Rules:
1. Some residential ways of the centre are one-way, neighbours in opposite directions.
2. From every corner all others can be reached: where one-ways would cut one off, they are given up.
3. A private track outside the town is joined to no other street, so that there is a place nobody can reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from storm.city.arrays import Flags, Floats, Longs, Objects, chance
from storm.city.plane import Language, to_degrees
from storm.city.street_plan import HIGHWAY, MAXSPEED_KMH, StreetClass, StreetPlan
from storm.city.street_runs import StreetRuns

_ONE_WAY_FROM_URBANITY, _ONE_WAY_SHARE = 0.4, 0.7
_TRACK_CORNERS, _TRACK_STEP_M = 6, 90.0


@dataclass(frozen=True, slots=True)
class Streets:
    """Corners and ways, counted from 0. Way w runs along `way_nodes[way_starts[w]:way_starts[w + 1]]`.

    A one-way street is driven in the order of its corners; `names` is empty for a street without one.
    """

    lon: Floats
    lat: Floats
    way_starts: Longs
    way_nodes: Longs
    names: tuple[str, ...]
    highways: tuple[str, ...]
    oneway: Flags
    maxspeed_kmh: Longs
    is_private: Flags

    @property
    def way_count(self) -> int:
        """How many ways there are."""
        return len(self.names)


def make_streets(
    *, seed: int, plan: StreetPlan, runs: StreetRuns, street_names: Objects, language: Language
) -> Streets:
    """Return the streets of a city as a map."""
    way = runs.way[runs.order]
    firsts = np.flatnonzero(np.r_[True, way[1:] != way[:-1]])
    edges = np.diff(np.r_[firsts, len(way)])
    starts = np.r_[0, np.cumsum(edges + 1)]
    nodes = np.empty(starts[-1], dtype=np.int64)
    place = np.arange(len(way)) + way
    nodes[place] = plan.from_nodes[runs.order]
    nodes[starts[1:] - 1] = plan.to_nodes[runs.order[np.r_[firsts[1:], len(way)] - 1]]
    first_edge = runs.order[firsts]
    direction = _directions(seed, plan, first_edge, edges)
    for one in np.flatnonzero(direction < 0).tolist():
        nodes[starts[one] : starts[one + 1]] = nodes[starts[one] : starts[one + 1]][::-1]
    oneway = _kept_reachable(nodes, starts, direction != 0, plan.node_count)
    x, y = _track(plan)
    lon, lat = to_degrees(np.r_[plan.x_m, x], np.r_[plan.y_m, y], language)
    street_class = plan.street_class[first_edge].tolist()
    classes = [*street_class, int(StreetClass.PRIVATE)]
    return Streets(
        lon=lon,
        lat=lat,
        way_starts=np.r_[starts, starts[-1] + len(x)],
        way_nodes=np.r_[nodes, plan.node_count + np.arange(len(x))],
        names=(*street_names[runs.street[first_edge]].tolist(), ""),
        highways=tuple(HIGHWAY[one] for one in classes),
        oneway=np.r_[oneway, False],
        maxspeed_kmh=np.array([MAXSPEED_KMH[one] for one in classes], dtype=np.int64),
        is_private=np.array([one == StreetClass.PRIVATE for one in classes]),
    )


def _directions(seed: int, plan: StreetPlan, first_edge: Longs, edges: Longs) -> Longs:
    """Return 1 or -1 for ways to be driven one way only, 0 for others."""
    rng = chance(seed, "one-ways")
    can = plan.street_class[first_edge] == StreetClass.RESIDENTIAL
    can &= (plan.edge_urbanity()[first_edge] > _ONE_WAY_FROM_URBANITY) & (edges > 1)
    can &= rng.random(len(first_edge)) < _ONE_WAY_SHARE
    return np.where(can, np.where(plan.line[first_edge] % 2 == 0, 1, -1), 0)


def _kept_reachable(nodes: Longs, starts: Longs, oneway: Flags, count: int) -> Flags:
    """Give up the one-ways at corners that could not be reached, or left, until there are none such."""
    oneway = oneway.copy()
    way = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    inner = way[1:] == way[:-1]
    a, b, way = nodes[:-1][inner], nodes[1:][inner], way[1:][inner]
    while True:
        both = ~oneway[way]
        ends = np.r_[a, b[both]], np.r_[b, a[both]]
        graph = sparse.coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(count, count))
        parts, part = connected_components(graph, connection="strong")
        if parts == 1:
            return oneway
        lost = part != np.bincount(part).argmax()
        given_up = np.unique(way[(lost[a] | lost[b]) & ~both])
        oneway[given_up] = False


def _track(plan: StreetPlan) -> tuple[Floats, Floats]:
    step = np.arange(_TRACK_CORNERS)
    x = plan.x_m.max() + 300 + 40 * np.sin(step)
    return np.asarray(x), plan.y_m.max() + 200 + _TRACK_STEP_M * step
