"""Travel by road: a plan's matrix, the crews for one outage, closed roads (`relight benchmark dispatch`).

Each on a lattice of 313,600 corners, since no extract of that size is at hand, and the matrix also on an
extract where one is. What is measured is what the house itself calls; the peer is scipy's Dijkstra over all
arcs, one walk per origin, and its answers are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.dispatch_house import (
    BUSY_CREWS,
    CREWS,
    JOBS_OF_A_BUSY_CREW,
    NOW,
    ControlRoom,
    make_control_room,
    places_along,
)
from benchmarks.dispatch_roads import lattice_roads
from benchmarks.dispatch_storms import OSM_FOLDER, ROADS_FILE
from benchmarks.report import Row
from benchmarks.scale_house import house
from dispatch.crew_ranking import RankingAt, rank_crews_for_outage
from dispatch.drive_routes import route_to_outage
from dispatch.road_closures import close_roads, open_roads
from dispatch.transactions import read_transaction, write_transaction
from dispatch.travel import ROADS, Travel
from gis.place import Place
from gis.roads.arcs import without_entries
from gis.roads.ends import beginnings, endings
from gis.roads.kept_minutes import KeptMinutes
from gis.roads.matrix import direct_way
from gis.roads.open_arcs import OpenArcs
from gis.roads.reading import read_roads
from gis.roads.road_cache import RoadCache
from gis.roads.roads import Roads
from gis.roads.snapping import Snaps
from gis.roads.travel_graph import TravelGraph

JOBS = 1_000
MATRIX_LIMIT_S = 5.0
RANKING_LIMIT_S = 0.3
SIDE = 560
_SEED = 1
_ORIGINS_COMPARED = 12
_OUTAGES_RANKED = 9
_CLOSURES = 5
# Half a kilometre of flooded ground, about twenty streets.
_FLOODED_DEGREES = 0.005
_SAME_MINUTES = 1e-6

Minutes = npt.NDArray[np.float64]
Answer = TypeVar("Answer")


def rows(progress: Callable[[str], None]) -> list[Row]:
    """Return the rows of travel by road; `progress` is told what is being done."""
    lattice = lattice_roads(side=SIDE, seed=_SEED)
    found = list(matrix_rows(f"{lattice.vertex_count:,} corners", lattice, progress, target=MATRIX_LIMIT_S))
    extract = OSM_FOLDER / ROADS_FILE
    if extract.exists():
        roads = read_roads(extract).roads
        name = ROADS_FILE.partition("_")[0].capitalize()
        found += matrix_rows(f"{name}, {roads.vertex_count:,} corners", roads, progress, target=None)
    return found + list(_control_room_rows(f"{lattice.vertex_count:,} corners", lattice, progress))


def matrix_rows(
    case: str, roads: Roads, progress: Callable[[str], None], *, target: float | None
) -> Iterator[Row]:
    """Return the rows of one network of roads: the matrix, beside plain walks, and what is kept of it."""
    progress(f"{case}: {CREWS} crews × {JOBS:,} jobs")
    begun = perf_counter()
    graph = TravelGraph(roads)
    places = places_along(roads, CREWS + JOBS + 2, seed=2)
    crews, jobs, (moved, new) = places[:CREWS], places[CREWS:-2], places[-2:]
    # What is made once per process and road version: the core, and the index of streets.
    graph.travel_minutes(origins=_snaps(graph, crews[:1]), destinations=_snaps(graph, jobs[:1]))
    yield Row(case, "made ready, once", perf_counter() - begun, "s")
    kept = KeptMinutes(graph)
    minutes, took = _timed(lambda: kept.minutes(origins=crews, destinations=jobs))
    yield Row(case, f"{CREWS} crews × {JOBS:,} jobs", took, "s", target=target, at_most=target is not None)
    progress(f"{case}: scipy's Dijkstra over all arcs")
    compared, peer_took = _timed(lambda: _by_plain_walks(graph, crews[:_ORIGINS_COMPARED], jobs))
    yield Row(
        case,
        "for one crew",
        1000 * took / CREWS,
        "ms",
        peer="scipy's Dijkstra over all arcs",
        peer_value=1000 * peer_took / _ORIGINS_COMPARED,
        equal=np.allclose(minutes[:_ORIGINS_COMPARED], compared, atol=_SAME_MINUTES),
    )
    _, took = _timed(lambda: kept.minutes(origins=crews, destinations=[*jobs, new]))
    yield Row(case, "again, with one job more", 1000 * took, "ms")
    _, took = _timed(lambda: kept.minutes(origins=[moved, *crews[1:]], destinations=[*jobs, new]))
    yield Row(case, "again, one crew having moved", 1000 * took, "ms")


def _by_plain_walks(graph: TravelGraph, origins: Sequence[Place], destinations: Sequence[Place]) -> Minutes:
    """Return the same minutes by one walk per origin over all arcs; nothing of the core is used."""
    arcs = graph.arcs
    open_arcs = OpenArcs(graph.roads, arcs, np.zeros(2 * graph.roads.segment_count, dtype=np.bool_))
    start, count = arcs.place_count, len(origins)
    out, to = _snaps(graph, origins), _snaps(graph, destinations)
    begin, end = beginnings(open_arcs, out), endings(open_arcs, to)
    from_starts = len(arcs.minutes) + np.cumsum(np.bincount(begin.numbers, minlength=count))
    walk = csr_array(
        (
            np.concatenate([arcs.minutes, begin.minutes]),
            np.concatenate([arcs.heads, begin.places.astype(np.int32)]),
            np.concatenate([arcs.starts, from_starts]).astype(np.int32),
        ),
        shape=(start + count,) * 2,
    )
    minutes = np.full((count, len(destinations)), np.inf)
    for row in range(count):
        found = dijkstra(walk, indices=[start + row])[0]
        np.minimum.at(minutes[row], end.numbers, found[end.places] + end.minutes)
        for column in np.flatnonzero(to.segments == out.segments[row]).tolist():
            direct = direct_way(open_arcs, out[row], to[column])
            minutes[row, column] = min(minutes[row, column], direct[0] if direct else np.inf)
    return without_entries(minutes)


def _control_room_rows(case: str, roads: Roads, progress: Callable[[str], None]) -> Iterator[Row]:
    with house() as home:
        folder = home.folder / "roads"
        travel = Travel(RoadCache(folder=folder))
        room = make_control_room(home, roads=roads, travel=travel, progress=progress)
        busy = f"{CREWS} crews, {BUSY_CREWS} of them with {JOBS_OF_A_BUSY_CREW} jobs ahead"
        progress(f"{case}: {busy}, ranked for one outage")
        anew = Travel(RoadCache(folder=folder))
        _, took = _timed(lambda: _ranked(room, anew, room.open_outages[0]))
        yield Row(case, f"{busy}: ranked, the first time in a process", took, "s")
        times = []
        for outage_id in room.open_outages[1 : 1 + _OUTAGES_RANKED]:
            ranking, took = _timed(partial(_ranked, room, anew, outage_id))
            times.append(took)
        yield Row(
            case,
            f"{busy}: ranked for another outage",
            float(np.median(times)),
            "s",
            target=RANKING_LIMIT_S,
            at_most=True,
            equal=ranking.source == ROADS,
        )
        progress(f"{case}: closed roads")
        yield _closed_road_row(case, busy, room, anew, Travel(RoadCache(folder=folder)))


def _closed_road_row(case: str, busy: str, room: ControlRoom, travel: Travel, other: Travel) -> Row:
    """Close streets where a crew would drive: the next ranking is another, and the same in every process."""
    outage_id = room.open_outages[0]
    times, are_right = [], []
    for _ in range(_CLOSURES):
        before = _ranked(room, travel, outage_id)
        geometry = _around(room, travel, outage_id)
        with write_transaction(room.engine) as session:
            closure = close_roads(
                session,
                geometry=geometry,
                reason="flooded",
                note=None,
                until=None,
                actor="benchmark",
                now=NOW,
            )
        after, took = _timed(partial(_ranked, room, travel, outage_id))
        times.append(took)
        elsewhere = _ranked(room, other, outage_id)
        with write_transaction(room.engine) as session:
            open_roads(session, closure_id=closure.id, actor="benchmark", now=NOW)
        again = _ranked(room, travel, outage_id)
        are_right.append(_arrivals(after) == _arrivals(elsewhere) != _arrivals(before) == _arrivals(again))
    return Row(
        case,
        f"{busy}: ranked right after a road was closed",
        float(np.median(times)),
        "s",
        target=RANKING_LIMIT_S,
        at_most=True,
        equal=all(are_right),
    )


def _around(room: ControlRoom, travel: Travel, outage_id: str) -> dict[str, Any]:
    """Return flooded ground on the way of the first crew of the ranking, half-way along it."""
    with read_transaction(room.engine) as session:
        route = route_to_outage(
            session,
            outage_id=outage_id,
            crew_id=_ranked(room, travel, outage_id).ranking.crews[0].crew_id,
            travel=travel,
            now=NOW,
        )
    lon, lat = route.points[len(route.points) // 2]
    half = _FLOODED_DEGREES / 2
    west, south, east, north = lon - half, lat - half, lon + half, lat + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _ranked(room: ControlRoom, travel: Travel, outage_id: str) -> RankingAt:
    with read_transaction(room.engine) as session:
        return rank_crews_for_outage(session, outage_id=outage_id, now=NOW, travel=travel)


def _arrivals(ranked: RankingAt) -> dict[str, str]:
    return {crew.crew_id: f"{crew.arrival_at:%H:%M:%S}" for crew in ranked.ranking.crews if crew.arrival_at}


def _snaps(graph: TravelGraph, places: Sequence[Place]) -> Snaps:
    return graph.nearest([place.lon for place in places], [place.lat for place in places])


def _timed(action: Callable[[], Answer]) -> tuple[Answer, float]:
    begun = perf_counter()
    answer = action()
    return answer, perf_counter() - begun
