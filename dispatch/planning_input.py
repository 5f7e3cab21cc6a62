"""From the database to a planning problem: what must be done, who is there to do it, and how far it all is.

Owns how the running house becomes a PlanningProblem (docs/planning.md, "In the running house"); the rules
about work stand in planned_work, about crews in planned_crews, the weights in planning_weights, what is
upstream in topology.precedence.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import latest_position
from dispatch.crews import CrewView, list_crews
from dispatch.damage import RepairForecast, repair_forecasts
from dispatch.guest_leave import GuestLeave, guest_leaves, guests_kept_from
from dispatch.hazard_views import HazardView, list_hazards
from dispatch.network_cache import NetworkCache
from dispatch.outages import OutageView, list_outages
from dispatch.plan_orders import OrdersOfOutage, orders_by_outage
from dispatch.planned_crews import CrewOnDuty, crews_on_duty
from dispatch.planned_work import (
    ASSESSMENT,
    AT_THE_DEVICE,
    REPAIR,
    PlannedWork,
    WorkForecast,
    crew_of,
    forbidden,
    look_before,
    make_safe_work,
    needs_look,
    needs_work,
    remaining_minutes,
    with_crews,
    work_id,
)
from dispatch.planning.problem import FloatArray, PlanningCrew, PlanningJob, PlanningProblem
from dispatch.planning_weights import restoration_weight
from dispatch.promises import due_times
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import AffectedRow
from gis.place import Place
from gis.priorities import priorities_of
from gis.travel import STRAIGHT_LINE, estimate_travel
from topology.phases import parse_phases
from topology.precedence import FaultPlace, upstream_faults

_MOST_OUTAGES = 10_000


class TravelTable(Protocol):
    """Minutes from each origin (row) to each destination (column), infinite where no way leads there."""

    @property
    def minutes(self) -> FloatArray:
        """Return the minutes."""

    @property
    def source(self) -> str:
        """Return where they come from."""


class TravelTimes(Protocol):
    """Who knows how long drives take."""

    def minutes(
        self, session: Session, *, origins: Sequence[Place], destinations: Sequence[Place]
    ) -> TravelTable:
        """Return the minutes between places."""


@dataclass(frozen=True)
class RunningProblem:
    """The problem of this moment; `work` are its jobs, in the same order.

    `left_out` have no place on the map, so that nothing can be said of the way to them. `position` is that of
    the newest change it knows; `digest` differs when something else than the passing of time has changed.
    """

    problem: PlanningProblem
    work: tuple[PlannedWork, ...]
    left_out: tuple[PlannedWork, ...]
    position: int
    digest: str


def running_problem(
    session: Session, *, networks: NetworkCache, travel: TravelTimes, now: datetime
) -> RunningProblem:
    """Return what a plan would have to be about now; NoActiveNetwork while no network is in force."""
    position = latest_position(session)
    outages = {
        outage.id: outage
        for outage in list_outages(session, statuses=OPEN_OUTAGE_STATUSES, limit=_MOST_OUTAGES)
        if needs_work(outage)
    }
    crews = {crew.id: crew for crew in list_crews(session, now=now)}
    hazards = list_hazards(session)
    works = _works(session, outages, networks) + _dangers(hazards)
    jobs = {one.id: one.jobs for one in outages.values()} | {one.id: one.jobs for one in hazards}
    found = [_standing(work, crews) for work in with_crews(works, jobs)]
    found.sort(key=lambda one: (one.reported_at, one.id))
    leaves = guest_leaves(session)
    work = [_without_guests_outside(one, leaves) for one in found if one.place is not None]
    # That nobody can be sent to look is told with the repair.
    left_out = [one for one in found if one.place is None and one.kind != ASSESSMENT]
    on_duty = crews_on_duty(crews.values(), crew_of(work), now)
    problem = _problem(session, crews=on_duty, work=work, outages=outages, travel=travel, now=now)
    return RunningProblem(
        problem=problem,
        work=tuple(work),
        left_out=tuple(left_out),
        position=position,
        digest=_digest(problem, work, on_duty, left_out),
    )


def _dangers(hazards: Iterable[HazardView]) -> list[PlannedWork]:
    return [work for work in map(make_safe_work, hazards) if work is not None]


def _works(session: Session, outages: Mapping[str, OutageView], networks: NetworkCache) -> list[PlannedWork]:
    """Return the work on each outage, with what lies upstream of it."""
    orders = orders_by_outage(session)
    priorities = _priorities(session, outages.values())
    upstream = _upstream(session, outages, networks)
    forecasts = repair_forecasts(session, device_kinds={one.id: one.device_kind for one in outages.values()})
    minutes = {id: forecast.minutes for id, forecast in forecasts.items()}
    due = due_times(session, outage_ids=list(outages), work_minutes=minutes)
    looked_at = {
        outage.id
        for outage in outages.values()
        if needs_look(outage, is_assessed=forecasts[outage.id].assessed_at is not None)
    }
    works: list[PlannedWork] = []
    for outage in outages.values():
        repair = _repair(
            outage,
            forecast=forecasts[outage.id],
            due_by=due.get(outage.id),
            priorities=priorities.get(outage.id, ()),
            orders=orders.get(outage.id, OrdersOfOutage()),
            after=_after([*upstream[outage.id], outage.id], looked_at, own=outage.id),
        )
        if outage.id in looked_at:
            look = look_before(repair)
            works += [replace(repair, look=look.id), look]
        else:
            works.append(repair)
    return works


def _after(outage_ids: Iterable[str], looked_at: Collection[str], *, own: str) -> tuple[str, ...]:
    """Return the work that must be done before supply is back: repairs upstream, and every look."""
    ids = list(outage_ids)
    repairs = [work_id(id, REPAIR) for id in ids if id != own]
    return (*repairs, *(work_id(id, ASSESSMENT) for id in ids if id in looked_at))


def _repair(
    outage: OutageView,
    *,
    forecast: RepairForecast,
    due_by: datetime | None,
    priorities: Sequence[str],
    orders: OrdersOfOutage,
    after: tuple[str, ...],
) -> PlannedWork:
    is_predicted = outage.status == OutageStatus.PREDICTED
    return PlannedWork(
        id=work_id(outage.id, REPAIR),
        outage_id=outage.id,
        hazard_id=None,
        kind=REPAIR,
        place=_place(outage),
        customers=float(outage.customers_out),
        weight=restoration_weight(
            customers=outage.customers_out,
            priorities=priorities,
            probability=outage.probability if is_predicted else 1.0,
        ),
        forecast=WorkForecast(
            minutes=forecast.minutes, skills=frozenset(forecast.skills), source=forecast.source
        ),
        due_by=due_by,
        reported_at=outage.started_at,
        is_confirmed=not is_predicted,
        after=after,
        pinned_crew=orders.pinned,
        forbidden_crews=forbidden(outage, ordered=orders.forbidden, pinned=orders.pinned),
    )


def _upstream(
    session: Session, outages: Mapping[str, OutageView], networks: NetworkCache
) -> dict[str, list[str]]:
    """Return for each outage those that must be over before its customers have supply again."""
    if not outages:
        return {}
    tree = networks.in_force(session).tree
    ids = list(outages)
    faults = [FaultPlace(id=one.device, phases=parse_phases(one.phases)) for one in outages.values()]
    above = upstream_faults(tree, faults)
    return {id: [ids[number] for number in numbers] for id, numbers in zip(ids, above, strict=True)}


def _priorities(session: Session, outages: Iterable[OutageView]) -> dict[str, list[str]]:
    """Return the priorities of the service points that are out, by outage."""
    versions = {outage.id: outage.network_version for outage in outages}
    query = select(AffectedRow.outage_id, AffectedRow.service_point).where(
        AffectedRow.outage_id.in_(list(versions)), AffectedRow.ended_at.is_(None)
    )
    out: dict[int, dict[str, str]] = defaultdict(dict)
    for outage_id, service_point in session.execute(query):
        out[versions[outage_id]][service_point] = outage_id
    found: dict[str, list[str]] = defaultdict(list)
    for network_version, points in out.items():
        for point, priority in priorities_of(
            session, network_version=network_version, service_points=points
        ).items():
            found[points[point]].append(priority)
    return found


def _standing(work: PlannedWork, crews: Mapping[str, CrewView]) -> PlannedWork:
    """What is under way where no map shows it is where its crew says it stands."""
    if work.place is None and work.is_under_way and work.job is not None:
        return replace(work, place=crews[work.job.crew_id].place)
    return work


def _without_guests_outside(work: PlannedWork, leaves: Mapping[str, GuestLeave]) -> PlannedWork:
    """A guest crew is planned for nothing outside its area, unless it is there already."""
    there = {work.pinned_crew, work.job.crew_id if work.job is not None else None}
    outside = {crew_id for crew_id in guests_kept_from(leaves, work.place) if crew_id not in there}
    return replace(work, forbidden_crews=work.forbidden_crews | outside) if outside else work


def _problem(
    session: Session,
    *,
    crews: Sequence[CrewOnDuty],
    work: Sequence[PlannedWork],
    outages: Mapping[str, OutageView],
    travel: TravelTimes,
    now: datetime,
) -> PlanningProblem:
    matrix, source = _matrix(session, crews=crews, work=work, travel=travel)
    minutes = {one.id: remaining_minutes(one, outages.get(one.outage_id or ""), now) for one in work}
    looked = _looked_at(crews=crews, work=work, minutes=minutes, travel_minutes=matrix, now=now)
    jobs = [_job(one, minutes=minutes, not_before=looked.get(one.look or "")) for one in work]
    planning_crews = [
        PlanningCrew(
            id=one.crew.id,
            lon=one.place.lon,
            lat=one.place.lat,
            skills=frozenset(one.crew.skills),
            available_from=one.available_from,
            available_until=one.available_until,
        )
        for one in crews
    ]
    return PlanningProblem(
        now=now,
        crews=tuple(planning_crews),
        jobs=tuple(jobs),
        travel_minutes=matrix,
        travel_source=source,
    )


def _looked_at(
    *,
    crews: Sequence[CrewOnDuty],
    work: Sequence[PlannedWork],
    minutes: Mapping[str, float],
    travel_minutes: FloatArray,
    now: datetime,
) -> dict[str, datetime]:
    """Return when each look can be done at the earliest, by who was sent or else by whom it suits best."""
    free_after = np.array([(crew.available_from - now).total_seconds() / 60 for crew in crews])
    found: dict[str, datetime] = {}
    for column, one in enumerate(work, start=len(crews)):
        if one.kind != ASSESSMENT:
            continue
        sent = one.job.crew_id if one.job is not None else None
        rows = [row for row, crew in enumerate(crews) if sent in {None, crew.crew.id}]
        there = free_after[rows] + travel_minutes[rows, column]
        first = float(there.min(initial=np.inf))
        if np.isfinite(first):
            found[one.id] = now + timedelta(minutes=first + minutes[one.id])
    return found


def _job(work: PlannedWork, *, minutes: Mapping[str, float], not_before: datetime | None) -> PlanningJob:
    return PlanningJob(
        id=work.id,
        lon=work.place.lon if work.place else None,
        lat=work.place.lat if work.place else None,
        customers=work.customers,
        weight=work.weight,
        repair_minutes=minutes[work.id],
        skills=work.forecast.skills,
        after=tuple(id for id in work.after if id in minutes),
        not_before=not_before,
        due_by=work.due_by,
        pinned_crew=work.pinned_crew,
        under_way=work.job.crew_id if work.is_under_way and work.job else None,
        forbidden_crews=work.forbidden_crews,
    )


def _matrix(
    session: Session, *, crews: Sequence[CrewOnDuty], work: Sequence[PlannedWork], travel: TravelTimes
) -> tuple[FloatArray, str]:
    """Return minutes over crews then jobs, and their source. Nobody drives to a crew: those columns are 0."""
    jobs = [one.place for one in work if one.place is not None]
    origins = [one.place for one in crews] + jobs
    matrix = np.zeros((len(origins), len(origins)))
    if not jobs:
        return matrix, STRAIGHT_LINE
    table = travel.minutes(session, origins=origins, destinations=jobs)
    matrix[:, len(crews) :] = table.minutes
    np.fill_diagonal(matrix, 0.0)
    rows = {one.crew.id: row for row, one in enumerate(crews)}
    for column, one in enumerate(work, start=len(crews)):
        if one.is_under_way and one.job is not None and one.place is not None:
            row = rows.get(one.job.crew_id)
            if row is None:
                continue
            if one.job.status in AT_THE_DEVICE:
                matrix[row, column] = 0.0
            elif not np.isfinite(matrix[row, column]):
                # It is on its way, whatever the map of roads says.
                drive = estimate_travel(origin=crews[row].place, destination=one.place)
                matrix[row, column] = drive.travel_minutes
    return matrix, table.source


def _digest(
    problem: PlanningProblem,
    work: Sequence[PlannedWork],
    crews: Sequence[CrewOnDuty],
    left_out: Sequence[PlannedWork],
) -> str:
    """Return what differs when people or events, not the clock or a drive, have changed the problem."""
    jobs = [
        [
            job.id,
            job.customers,
            job.weight,
            job.repair_minutes if job.under_way is None else None,
            sorted(job.skills),
            sorted(job.after),
            job.due_by.isoformat() if job.due_by else None,
            job.pinned_crew,
            job.under_way,
            sorted(job.forbidden_crews),
            one.is_confirmed,
        ]
        for job, one in zip(problem.jobs, work, strict=True)
    ]
    on_duty = [[one.crew.id, sorted(one.crew.skills), one.crew.works_until.isoformat()] for one in crews]
    told = json.dumps([jobs, on_duty, sorted(work.id for work in left_out)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _place(outage: OutageView) -> Place | None:
    if outage.lon is None or outage.lat is None:
        return None
    return Place(lon=outage.lon, lat=outage.lat)
