"""The way itself: which edges in which order, as a line to draw and as steps to read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gis.roads.arcs import without_entries
from gis.roads.drive_ends import Ends
from gis.roads.ends import ON_FOOT, beginnings, endings
from gis.roads.matrix import direct_way
from gis.roads.open_arcs import NO_PLACE, OpenArcs
from gis.roads.roads import Roads
from gis.roads.snapping import Snap, Snaps

_Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RouteStep:
    """A stretch along one road; `name` is None where it has neither name nor number."""

    name: str | None
    road_class: str
    length_m: float
    travel_minutes: float


@dataclass(frozen=True, slots=True)
class Route:
    """A drive: minutes with the ways on foot at both ends, metres and line of the drive alone.

    `points` are rows of longitude and latitude in degrees; `edges` are those driven on, in order.
    """

    travel_minutes: float
    length_m: float
    points: _Points
    steps: tuple[RouteStep, ...]
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of an edge, by fractions in the direction of driving."""

    edge: int
    begin: float
    end: float


def find_route(graph: OpenArcs, origin: Snap, destination: Snap) -> Route | None:
    """Return the fastest way; None where none leads."""
    begin, end = beginnings(graph, Snaps.of(origin)), endings(graph, Snaps.of(destination))
    best_minutes, stretches = float(np.inf), list[_Stretch]()
    if len(begin.numbers) and len(end.numbers):
        best_minutes, stretches = _through_network(graph, begin, end, origin, destination)
    direct = direct_way(graph, origin, destination)
    if direct is not None and direct[0] <= best_minutes:
        best_minutes, edge = direct
        stretches = [] if edge is None else [_direct_stretch(edge, origin, destination)]
    if not np.isfinite(best_minutes):
        return None
    return _as_route(graph.roads, float(without_entries(np.array(best_minutes))), stretches, origin)


def _through_network(
    graph: OpenArcs, begin: Ends, end: Ends, origin: Snap, destination: Snap
) -> tuple[float, list[_Stretch]]:
    to_places, before = graph.ways_from(begin)
    totals = to_places[end.places] + end.minutes
    best = int(totals.argmin())
    if not np.isfinite(totals[best]):
        return np.inf, []
    places = [int(end.places[best])]
    while (earlier := int(before[places[-1]])) != NO_PLACE:
        places.append(earlier)
    places.reverse()
    there = np.flatnonzero(begin.places == places[0])
    first = int(begin.edges[there[begin.minutes[there].argmin()]])
    stretches = [_Stretch(first, _along(first, origin), 1.0)]
    for tail, head in pairwise(places):
        stretches.append(_Stretch(_fastest_edge(graph, tail, head), 0.0, 1.0))
    last = int(end.edges[best])
    if last != ON_FOOT:
        stretches.append(_Stretch(last, 0.0, _along(last, destination)))
    return float(totals[best]), stretches


def _along(edge: int, snap: Snap) -> float:
    return snap.fraction if edge % 2 == 0 else 1.0 - snap.fraction


def _direct_stretch(edge: int, origin: Snap, destination: Snap) -> _Stretch:
    return _Stretch(edge, _along(edge, origin), _along(edge, destination))


def _fastest_edge(graph: OpenArcs, tail: int, head: int) -> int:
    start, end = graph.arcs.starts[tail : tail + 2]
    arcs = np.arange(start, end)[graph.arcs.heads[start:end] == head]
    return int(graph.arcs.edges[arcs[graph.arc_minutes[arcs].argmin()]])


def _as_route(roads: Roads, travel_minutes: float, stretches: list[_Stretch], origin: Snap) -> Route:
    lines, steps = [], list[RouteStep]()
    for one in stretches:
        segment, share = one.edge // 2, one.end - one.begin
        step = RouteStep(
            name=roads.name(segment),
            road_class=roads.road_class(segment),
            length_m=share * float(roads.lengths_m[segment]),
            travel_minutes=share * float(roads.edge_minutes[one.edge]),
        )
        if steps and (steps[-1].name, steps[-1].road_class) == (step.name, step.road_class):
            step = _joined(steps.pop(), step)
        steps.append(step)
        points = roads.points(segment)
        lines.append(_part_of_line(points if one.edge % 2 == 0 else points[::-1], one.begin, one.end))
    if not lines:
        lines.append(_part_of_line(roads.points(origin.segment), origin.fraction, origin.fraction))
    points = np.concatenate(lines)
    moved = np.concatenate([[True], (points[1:] != points[:-1]).any(axis=1)])
    return Route(
        travel_minutes=travel_minutes,
        length_m=sum(step.length_m for step in steps),
        points=points[moved],
        steps=tuple(steps),
        edges=tuple(one.edge for one in stretches),
    )


def _joined(first: RouteStep, second: RouteStep) -> RouteStep:
    return RouteStep(
        name=first.name,
        road_class=first.road_class,
        length_m=first.length_m + second.length_m,
        travel_minutes=first.travel_minutes + second.travel_minutes,
    )


def _part_of_line(points: _Points, begin: float, end: float) -> _Points:
    """Return a line between two fractions of its length, measured where it lies."""
    scaled = points * [np.cos(np.radians(points[:, 1].mean())), 1.0]
    steps = np.hypot(*np.diff(scaled, axis=0).T)
    so_far = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.array([begin, end]) * so_far[-1]
    ends = np.column_stack([np.interp(wanted, so_far, points[:, axis]) for axis in (0, 1)])
    between = points[(so_far > wanted[0]) & (so_far < wanted[1])]
    return np.concatenate([ends[:1], between, ends[1:]])
