"""Reads a planning problem (design §4.4, docs/formats/plan.md) and says all that is wrong with it.

RULE 1: everything that is wrong is collected, each with its place (`jobs[3].repair_minutes`) and the way
    out; with anything wrong there is no problem to plan. Without crews, or without jobs, there is.
RULE 2: an entry that nobody knows is passed over, unless it is nearly one that exists: a misspelt pin would
    otherwise change nothing in silence.
RULE 3: without `travel_minutes` the way is the straight line × 1.3 at 30 km/h, and `travel_source` says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from dispatch.planning.errors import PlanningError, WrongProblemError
from dispatch.planning.file_values import ValueReader, shown
from dispatch.planning.problem import FloatArray, PlanningCrew, PlanningJob, PlanningProblem
from gis.place import Place
from gis.travel import STRAIGHT_LINE, estimated_minutes

GIVEN = "given"

# Beyond these a number is a slip: a thousand million customers, ten years of repair, a year on the road.
_MOST_CUSTOMERS = 1e9
_MOST_REPAIR_MINUTES = 10 * 366 * 1440.0
_MOST_TRAVEL_MINUTES = 366 * 1440.0

_NUMBERS = (int, float)
_PROBLEM_ENTRIES = ("now", "crews", "jobs", "travel_minutes")
_CREW_ENTRIES = tuple(field.name for field in fields(PlanningCrew))
_JOB_ENTRIES = tuple(field.name for field in fields(PlanningJob))


def read_problem(path: Path) -> PlanningProblem:
    """Return the problem in a file.

    WrongProblemError tells all that is wrong with it, PlanningError that it is no JSON, OSError that it is
    not there.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PlanningError(place=str(path), text=f"it is no JSON ({error})") from error
    return problem_from_json(document)


def problem_from_json(document: object) -> PlanningProblem:
    """Return the problem that parsed JSON describes; WrongProblemError tells all that is wrong with it."""
    if not isinstance(document, dict):
        text = f"{shown(document)} is not an object with now, crews and jobs"
        raise WrongProblemError([PlanningError(place="problem", text=text)])
    reader = ValueReader()
    reader.check_names("", document, _PROBLEM_ENTRIES)
    now = reader.time("now", document.get("now"))
    has_travel = document.get("travel_minutes") is not None
    crews, jobs = _crews_and_jobs(reader, document, needs_place=not has_travel)
    travel = np.zeros((0, 0))
    if has_travel:
        travel = _travel(reader, document["travel_minutes"], len(crews) + len(jobs))
    if reader.wrong:
        raise WrongProblemError(reader.wrong)
    if not has_travel:
        positions = [(crew.lon, crew.lat) for crew in crews] + [(job.lon, job.lat) for job in jobs]
        places = [Place(lon=lon or 0.0, lat=lat or 0.0) for lon, lat in positions]
        travel = estimated_minutes(origins=places, destinations=places)
    return PlanningProblem(
        now=now,
        crews=tuple(crews),
        jobs=tuple(jobs),
        travel_minutes=travel,
        travel_source=GIVEN if has_travel else STRAIGHT_LINE,
    )


def _crews_and_jobs(
    reader: ValueReader, document: Mapping[str, Any], *, needs_place: bool
) -> tuple[list[PlanningCrew], list[PlanningJob]]:
    crew_entries = reader.objects("crews", document.get("crews"))
    job_entries = reader.objects("jobs", document.get("jobs"))
    crews = [
        _crew(reader, f"crews[{number}]", entry, needs_place=needs_place)
        for number, entry in enumerate(crew_entries or ())
    ]
    jobs = [
        _job(reader, f"jobs[{number}]", entry, needs_place=needs_place)
        for number, entry in enumerate(job_entries or ())
    ]
    _check_ids(reader, "crews", [crew.id for crew in crews])
    _check_ids(reader, "jobs", [job.id for job in jobs])
    for number, job in enumerate(jobs):
        _check_window(reader, f"jobs[{number}]", job)
    if job_entries is not None:
        _check_upstream(reader, jobs)
        if crew_entries is not None:
            _check_crews_of_jobs(reader, crews, jobs)
    return crews, jobs


def _crew(reader: ValueReader, place: str, entry: Mapping[str, Any], *, needs_place: bool) -> PlanningCrew:
    reader.check_names(f"{place}.", entry, _CREW_ENTRIES)
    found = len(reader.wrong)
    begin = reader.time(f"{place}.available_from", entry.get("available_from"))
    end = reader.time(f"{place}.available_until", entry.get("available_until"))
    if end < begin and len(reader.wrong) == found:
        text = f"{end.isoformat()} is before available_from {begin.isoformat()}; give the end of the shift"
        reader.wrong_at(f"{place}.available_until", text)
    lon, lat = _position(reader, place, entry, needs_place=needs_place)
    return PlanningCrew(
        id=reader.id(f"{place}.id", entry.get("id")),
        lon=lon,
        lat=lat,
        skills=frozenset(reader.names(f"{place}.skills", entry.get("skills"))),
        available_from=begin,
        available_until=end,
    )


def _check_window(reader: ValueReader, place: str, job: PlanningJob) -> None:
    if job.not_before is not None and job.not_after is not None and job.not_after < job.not_before:
        text = f"it lies before not_before ({job.not_before.isoformat()}); work could never begin"
        reader.wrong_at(f"{place}.not_after", text)


def _job(reader: ValueReader, place: str, entry: Mapping[str, Any], *, needs_place: bool) -> PlanningJob:
    reader.check_names(f"{place}.", entry, _JOB_ENTRIES)
    lon, lat = _position(reader, place, entry, needs_place=needs_place)
    repair = reader.number(f"{place}.repair_minutes", entry.get("repair_minutes"), most=_MOST_REPAIR_MINUTES)
    weight = entry.get("weight")
    return PlanningJob(
        id=reader.id(f"{place}.id", entry.get("id")),
        lon=lon,
        lat=lat,
        customers=reader.number(f"{place}.customers", entry.get("customers"), most=_MOST_CUSTOMERS),
        repair_minutes=repair,
        skills=frozenset(reader.names(f"{place}.skills", entry.get("skills"))),
        after=reader.names(f"{place}.after", entry.get("after")),
        not_before=reader.time_or_none(f"{place}.not_before", entry.get("not_before")),
        not_after=reader.time_or_none(f"{place}.not_after", entry.get("not_after")),
        due_by=reader.time_or_none(f"{place}.due_by", entry.get("due_by")),
        pinned_crew=reader.id_or_none(f"{place}.pinned_crew", entry.get("pinned_crew")),
        weight=None if weight is None else reader.number(f"{place}.weight", weight, most=_MOST_CUSTOMERS),
        under_way=reader.id_or_none(f"{place}.under_way", entry.get("under_way")),
        forbidden_crews=frozenset(reader.names(f"{place}.forbidden_crews", entry.get("forbidden_crews"))),
    )


def _position(
    reader: ValueReader, place: str, entry: Mapping[str, Any], *, needs_place: bool
) -> tuple[float | None, float | None]:
    lon, lat = entry.get("lon"), entry.get("lat")
    if not needs_place and lon is None and lat is None:
        return None, None
    if lon is None or lat is None:
        missing = " and ".join(name for name in ("lon", "lat") if entry.get(name) is None)
        reader.wrong_at(place, f"it has no {missing}; give both, or travel_minutes for the whole problem")
        return None, None
    return (
        reader.number(f"{place}.lon", lon, least=-180.0, most=180.0),
        reader.number(f"{place}.lat", lat, least=-90.0, most=90.0),
    )


def _check_ids(reader: ValueReader, place: str, ids: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for number, id in enumerate(ids):
        if id and first.setdefault(id, number) != number:
            text = f"{id!r} is also the id of {place}[{first[id]}]; each needs its own"
            reader.wrong_at(f"{place}[{number}].id", text)


def _check_crews_of_jobs(
    reader: ValueReader, crews: Sequence[PlanningCrew], jobs: Sequence[PlanningJob]
) -> None:
    known = {crew.id for crew in crews}
    under_way: dict[str, int] = {}
    for number, job in enumerate(jobs):
        named = [("pinned_crew", job.pinned_crew), ("under_way", job.under_way)]
        named += [("forbidden_crews", crew) for crew in sorted(job.forbidden_crews)]
        for name, crew in named:
            if crew and crew not in known:
                text = f"there is no crew {crew!r}; name a crew of this problem or leave it out"
                reader.wrong_at(f"jobs[{number}].{name}", text)
        if job.under_way and under_way.setdefault(job.under_way, number) != number:
            other = under_way[job.under_way]
            text = f"crew {job.under_way!r} has jobs[{other}] under way already; it can be at one only"
            reader.wrong_at(f"jobs[{number}].under_way", text)


def _check_upstream(reader: ValueReader, jobs: Sequence[PlanningJob]) -> None:
    number = {job.id: index for index, job in reversed(list(enumerate(jobs)))}
    for index, job in enumerate(jobs):
        for id in job.after:
            if id not in number:
                text = f"there is no job {id!r}; name jobs of this problem or leave it out"
                reader.wrong_at(f"jobs[{index}].after", text)
    waits = nx.DiGraph((job.id, id) for job in jobs for id in job.after if id in number)
    for group in nx.strongly_connected_components(waits):
        id = min(group, key=lambda one: number[one])
        if len(group) > 1 or waits.has_edge(id, id):
            around = [edge[0] for edge in nx.find_cycle(waits.subgraph(group), id)]
            text = f"jobs wait for one another in a circle: {' → '.join([*around, around[0]])}; break it"
            reader.wrong_at(f"jobs[{number[id]}].after", text)


def _travel(reader: ValueReader, value: object, count: int) -> FloatArray:
    matrix = np.zeros((count, count))
    if not isinstance(value, list) or len(value) != count:
        found = f"{len(value)} rows" if isinstance(value, list) else shown(value)
        text = f"it needs {count} rows, one for each crew and then each job, not {found}"
        reader.wrong_at("travel_minutes", text)
        return matrix
    for number, row in enumerate(value):
        place = f"travel_minutes[{number}]"
        if not isinstance(row, list) or len(row) != count:
            found = str(len(row)) if isinstance(row, list) else shown(row)
            reader.wrong_at(place, f"it needs {count} numbers, crews in order, then jobs, not {found}")
            continue
        if all(type(minutes) in _NUMBERS and 0 <= minutes <= _MOST_TRAVEL_MINUTES for minutes in row):
            matrix[number] = row
            continue
        for column, minutes in enumerate(row):
            matrix[number, column] = (
                np.inf
                if minutes is None
                else reader.number(f"{place}[{column}]", minutes, most=_MOST_TRAVEL_MINUTES)
            )
    return matrix
