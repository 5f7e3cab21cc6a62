"""Seeded storms as planning problems (design §4.4), on real roads where they are given.

Jobs lie in groups, as storms strike: customers are log-normal (median 25, a tail of thousands), one job in
twelve is a trunk with laterals below it that have it in `after`, and laterals have spurs of their own. What
is broken says who may repair it and how long it takes. A quarter of the crews are in the second half of their
shift, one in eleven begins later. One job in twenty may not start before a time, one in ten has a promise,
one in fifty is pinned to a crew, one crew in ten is at work already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gis.place import Place
from gis.roads.reading import read_roads
from gis.roads.travel_graph import TravelGraph
from gis.travel import estimated_minutes

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
OSM_FOLDER = Path(__file__).parents[2] / "shared" / "data" / "osm"
ROADS_FILE = "liechtenstein_valhalla.osm.pbf"

# What is broken: how often, the skill that it needs, and the median repair in minutes.
_BROKEN = (
    ("fuse", 0.40, "line", 35.0),
    ("wire", 0.25, "line", 95.0),
    ("pole", 0.15, "truck", 170.0),
    ("cable", 0.12, "cable", 150.0),
    ("transformer", 0.08, "truck", 130.0),
)
# Skills of crews, and their share.
_CREWS = ((("line",), 0.5), (("line", "truck"), 0.3), (("line", "cable"), 0.2))

_Place = tuple[float, float]


@dataclass(frozen=True)
class Ground:
    """Where a storm strikes: places to draw from, and the minutes between places."""

    name: str
    lon: tuple[float, float]
    lat: tuple[float, float]
    graph: TravelGraph | None

    def draw(self, rng: np.random.Generator, count: int) -> list[_Place]:
        """Return places in groups; on roads, along them."""
        if self.graph is not None:
            roads = self.graph.roads
            lon = roads.point_lon * 1e-7
            lat = roads.point_lat * 1e-7
            inside = np.flatnonzero(
                (lon > self.lon[0]) & (lon < self.lon[1]) & (lat > self.lat[0]) & (lat < self.lat[1])
            )
            centres = rng.choice(inside, size=max(3, count // 25))
            places = []
            for _ in range(count):
                centre = rng.choice(centres)
                near = rng.choice(inside, size=40)
                if rng.random() < 0.6:  # noqa: PLR2004 (the share that lies in groups)
                    distance = np.hypot(lon[near] - lon[centre], lat[near] - lat[centre])
                    near = near[np.argsort(distance)]
                places.append((float(lon[near[0]]), float(lat[near[0]])))
            return places
        centres_at = rng.uniform(
            (self.lon[0], self.lat[0]), (self.lon[1], self.lat[1]), (max(3, count // 25), 2)
        )
        spread = ((self.lon[1] - self.lon[0]) / 15, (self.lat[1] - self.lat[0]) / 15)
        drawn = []
        for _ in range(count):
            if rng.random() < 0.6:  # noqa: PLR2004 (the share that lies in groups)
                at = rng.normal(centres_at[rng.integers(len(centres_at))], spread)
            else:
                at = rng.uniform((self.lon[0], self.lat[0]), (self.lon[1], self.lat[1]))
            drawn.append((float(at[0]), float(at[1])))
        return drawn

    def minutes(self, places: list[_Place]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the minutes between all places; infinite where no road leads."""
        if self.graph is None:
            on_map = [Place(lon=lon, lat=lat) for lon, lat in places]
            return estimated_minutes(origins=on_map, destinations=on_map)
        snaps = self.graph.nearest([lon for lon, _ in places], [lat for _, lat in places])
        return self.graph.travel_minutes(origins=snaps, destinations=snaps)


@cache
def grounds() -> tuple[Ground, ...]:
    """Return where storms strike: real roads where ../shared holds them, and a plain."""
    plain = Ground("straight line", (10.0, 10.36), (50.0, 50.2), None)
    path = OSM_FOLDER / ROADS_FILE
    if not path.exists():
        return (plain,)
    graph = TravelGraph(read_roads(path).roads)
    return (Ground("real roads", (9.47, 9.64), (47.06, 47.27), graph), plain)


def storm_problem(*, jobs: int, crews: int, seed: int, ground: Ground) -> dict[str, Any]:
    """Return a storm as the JSON of design §4.4, travel minutes included."""
    rng = np.random.default_rng([seed, jobs, crews])
    places = ground.draw(rng, crews + jobs)
    crew_list = [_crew(rng, number, places[number]) for number in range(crews)]
    job_list = [_job(rng, number, places[crews + number]) for number in range(jobs)]
    minutes = ground.minutes(places)
    _put_upstream(rng, job_list, minutes[crews:, crews:])
    _let_people_decide(rng, job_list, crew_list, minutes[:crews, crews:])
    told = [[round(float(one), 2) if np.isfinite(one) else None for one in row] for row in minutes]
    return {"now": _text(0.0), "crews": crew_list, "jobs": job_list, "travel_minutes": told}


def _crew(rng: np.random.Generator, number: int, place: _Place) -> dict[str, Any]:
    skills = _CREWS[rng.choice(len(_CREWS), p=[share for _, share in _CREWS])][0]
    begin, end = 0.0, float(rng.choice([720.0, 840.0, 960.0]))
    if rng.random() < 1 / 4:
        begin, end = -480.0, float(rng.choice([360.0, 420.0, 480.0]))
    elif rng.random() < 1 / 8:
        begin = float(rng.choice([60.0, 120.0]))
    return {
        "id": f"K{number}",
        "lon": place[0],
        "lat": place[1],
        "skills": list(skills),
        "available_from": _text(begin),
        "available_until": _text(end),
    }


def _job(rng: np.random.Generator, number: int, place: _Place) -> dict[str, Any]:
    _, _, skill, median = _BROKEN[rng.choice(len(_BROKEN), p=[row[1] for row in _BROKEN])]
    job: dict[str, Any] = {
        "id": f"J{number}",
        "lon": place[0],
        "lat": place[1],
        "customers": int(np.clip(rng.lognormal(np.log(25.0), 1.3), 1, 5_000)),
        "repair_minutes": round(float(np.clip(rng.lognormal(np.log(median), 0.35), 10, 360)), 1),
        "skills": [skill],
        "after": [],
    }
    if rng.random() < 1 / 20:
        job["not_before"] = _text(float(rng.choice([30.0, 60.0, 120.0])))
    if rng.random() < 1 / 10:
        job["due_by"] = _text(float(rng.choice([120.0, 180.0, 240.0])))
    return job


def _put_upstream(rng: np.random.Generator, jobs: list[dict[str, Any]], minutes: Any) -> None:
    """Make one job in twelve a trunk, with some jobs near it below, and below some of those another."""
    below = np.full(len(jobs), -1)
    trunks = rng.choice(len(jobs), size=len(jobs) // 12, replace=False)
    is_trunk = set(trunks.tolist())
    for trunk in trunks.tolist():
        jobs[trunk]["customers"] *= 4
        free = [j for j in np.argsort(minutes[trunk]).tolist() if j not in is_trunk and below[j] < 0]
        for lateral in free[: int(rng.integers(1, 4))]:
            below[lateral] = trunk
            if rng.random() < 0.3:  # noqa: PLR2004 (the share with a spur)
                spurs = [j for j in free if below[j] < 0 and j != lateral]
                if spurs:
                    below[spurs[0]] = lateral
    for number, job in enumerate(jobs):
        above = int(below[number])
        while above >= 0:
            job["after"].append(f"J{above}")
            above = int(below[above])


def _let_people_decide(
    rng: np.random.Generator, jobs: list[dict[str, Any]], crews: list[dict[str, Any]], minutes: Any
) -> None:
    """Pin some jobs to a crew near them that has the skill, and have some crews at work already."""
    for number, job in enumerate(jobs):
        able = [k for k, crew in enumerate(crews) if set(job["skills"]) <= set(crew["skills"])]
        if able and rng.random() < 1 / 50:
            nearest = sorted(able, key=lambda k: float(minutes[k, number]))[:3]
            job["pinned_crew"] = crews[int(rng.choice(nearest))]["id"]
    for number in rng.choice(len(crews), size=len(crews) // 10, replace=False).tolist():
        crew = crews[number]
        open_jobs = [
            j
            for j in np.argsort(minutes[number]).tolist()
            if set(jobs[j]["skills"]) <= set(crew["skills"])
            and not {"pinned_crew", "under_way", "not_before"} & jobs[j].keys()
        ]
        if open_jobs:
            jobs[open_jobs[0]]["under_way"] = crew["id"]


def _text(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
