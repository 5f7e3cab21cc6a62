"""The plan in force, as it is kept and read: stops with times, what is left over and why, what it is worth.

The planner computes outside any transaction and puts a plan in force whole, in one short one; the event
`plan.improved` tells the pages to look. The newest plan takes the place of the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record
from dispatch.events import Event
from dispatch.plan_tables import PlanRow
from dispatch.planned_work import PlannedWork
from dispatch.planning.plan import Plan
from dispatch.planning.plan import PlanStop as EngineStop
from dispatch.planning.replanning import InForce
from dispatch.planning.rules import NEAREST_CREW
from dispatch.planning_input import RunningProblem

PLANNER = "planner"
PLACE_UNKNOWN = "place_unknown"
_ONLY = 1


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """What a plan is worth. The search minimises `weighted_minutes`; without priorities both are the same."""

    customer_minutes: float
    lower_bound: float
    weighted_minutes: float
    weighted_lower_bound: float
    baselines: Mapping[str, float]

    @property
    def gap(self) -> float:
        """Return by what share of itself, at most, what the plan minimises could be less."""
        if self.weighted_minutes <= 0:
            return 0.0
        return max(0.0, 1 - self.weighted_lower_bound / self.weighted_minutes)

    @property
    def nearest_crew(self) -> float:
        """Return the customer-minutes of sending the nearest crew each time, for the same jobs."""
        return self.baselines[NEAREST_CREW]


@dataclass(frozen=True, slots=True)
class PlanStop:
    """One stop of a crew: work on an outage, or on a hazard.

    `number` counts its stops from 1; `job_id` is the job a crew was sent on, if any. `work_id` names the work
    before and after a crew is sent. `is_next`: the crew is free for it now, the outage is confirmed and need
    not be looked at first (`waits_for_look`), so that it can be sent at once. `takes_over_from` is the crew
    that is at it now and whose shift ends before it could finish; it is called back when the stop is taken.
    `restored_at` is when its customers have supply again: later than `finish_at` where it waits for outages
    upstream (`waits_for`), None where those are in no plan.
    """

    work_id: str
    outage_id: str | None
    kind: str
    crew_id: str
    number: int
    depart_at: datetime
    arrive_at: datetime
    start_at: datetime
    finish_at: datetime
    restored_at: datetime | None
    customers: int
    waits_for: tuple[str, ...]
    job_id: str | None
    takes_over_from: str | None
    is_under_way: bool
    is_confirmed: bool
    is_next: bool
    is_late: bool
    due_by: datetime | None
    hazard_id: str | None = None
    waits_for_look: bool = False


@dataclass(frozen=True, slots=True)
class UnplannedWork:
    """Work that no crew is planned for, and why: a code with values for a face, and English text."""

    outage_id: str | None
    kind: str
    customers: int
    because: str
    values: dict[str, Any]
    text: str
    hazard_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """The plan in force. `version` names it; it knows all changes up to `based_on`."""

    version: int
    based_on: int
    digest: str
    made_at: datetime
    figures: PlanFigures
    travel_source: str
    stops: tuple[PlanStop, ...]
    unassigned: tuple[UnplannedWork, ...]

    def stop(
        self, *, kind: str, outage_id: str | None = None, hazard_id: str | None = None
    ) -> PlanStop | None:
        """Return the first stop for some work, None where none is planned."""
        wanted = outage_id, hazard_id, kind
        found = (one for one in self.stops if (one.outage_id, one.hazard_id, one.kind) == wanted)
        return next(found, None)

    @property
    def assignments(self) -> InForce:
        """Return each crew's work in its order, as planning again keeps it."""
        work: dict[str, list[str]] = {}
        for stop in self.stops:
            work.setdefault(stop.crew_id, []).append(stop.work_id)
        return work


def put_in_force(session: Session, *, running: RunningProblem, plan: Plan, now: datetime) -> int:
    """Put a plan in force for the problem it answers, and tell it; return its version."""
    row = session.get(PlanRow, _ONLY)
    document = _document(running, plan)
    old = row.customer_minutes if row is not None else None
    told = {
        "customer_minutes": {"old": old, "new": plan.customer_minutes},
        "stops": {"old": None, "new": len(document["stops"])},
        "unassigned": {"old": None, "new": len(document["unassigned"])},
    }
    position = record(
        session,
        name=Event.PLAN_IMPROVED,
        subject="plan:current",
        outage=None,
        author=Author(actor=PLANNER, now=now),
        data={"values": told},
    )
    if row is None:
        row = PlanRow(id=_ONLY)
        session.add(row)
    row.version = position
    row.based_on = running.position
    row.digest = running.digest
    row.plan = document
    row.customer_minutes = plan.customer_minutes
    row.lower_bound = plan.lower_bound
    row.weighted_minutes = plan.weighted_minutes
    row.weighted_lower_bound = plan.weighted_lower_bound
    row.baselines = dict(plan.baselines)
    row.travel_source = plan.travel_source
    row.made_at = now
    session.flush()
    return position


def version_in_force(session: Session) -> int | None:
    """Return the version of the plan in force without reading it, None where none was made yet."""
    return session.scalar(select(PlanRow.version))


def plan_in_force(session: Session) -> RunningPlan | None:
    """Return the plan in force, None where none was made yet."""
    row = session.get(PlanRow, _ONLY)
    if row is None:
        return None
    return RunningPlan(
        version=row.version,
        based_on=row.based_on,
        digest=row.digest,
        made_at=row.made_at,
        figures=PlanFigures(
            customer_minutes=row.customer_minutes,
            lower_bound=row.lower_bound,
            weighted_minutes=row.weighted_minutes,
            weighted_lower_bound=row.weighted_lower_bound,
            baselines=row.baselines,
        ),
        travel_source=row.travel_source,
        stops=tuple(_stop(told) for told in row.plan["stops"]),
        unassigned=tuple(UnplannedWork(**told) for told in row.plan["unassigned"]),
    )


def _document(running: RunningProblem, plan: Plan) -> dict[str, Any]:
    work = {one.id: one for one in running.work}
    late = set(plan.late)
    numbers: dict[str, int] = {}
    stops = []
    for stop in plan.stops:
        numbers[stop.crew] = numbers.get(stop.crew, 0) + 1
        stops.append(_stop_document(stop, work, number=numbers[stop.crew], is_late=stop.job in late))
    unassigned = []
    for one in plan.unassigned:
        facts = asdict(one.reason)
        code, text = facts.pop("code"), facts.pop("text")
        values = {name: value for name, value in facts.items() if value not in (None, ())}
        unassigned.append(_unplanned(work[one.job], code, values, text))
    text = "neither its device nor anything near it has a place on the map"
    unassigned += [_unplanned(one, PLACE_UNKNOWN, {}, text) for one in running.left_out]
    return {"stops": stops, "unassigned": unassigned}


def _stop_document(
    stop: EngineStop, works: Mapping[str, PlannedWork], *, number: int, is_late: bool
) -> dict[str, Any]:
    work = works[stop.job]
    sent = work.job.crew_id if work.job is not None else None
    upstream = {str(works[above].outage_id) for above in work.after if above in works}
    waits_for_look = work.look in works
    is_ready = work.is_confirmed and not waits_for_look and sent != stop.crew
    return {
        "work_id": work.id,
        "outage_id": work.outage_id,
        "hazard_id": work.hazard_id,
        "kind": work.kind,
        "crew_id": stop.crew,
        "number": number,
        "depart_at": as_json(stop.depart),
        "arrive_at": as_json(stop.arrive),
        "start_at": as_json(stop.start),
        "finish_at": as_json(stop.finish),
        "restored_at": as_json(stop.restored),
        "customers": int(work.customers),
        "waits_for": sorted(upstream - {str(work.outage_id)}),
        "job_id": work.job.id if work.job is not None else None,
        "takes_over_from": sent if sent not in {None, stop.crew} else None,
        "is_under_way": work.is_under_way and sent == stop.crew,
        "is_confirmed": work.is_confirmed,
        "waits_for_look": waits_for_look,
        "is_next": number == 1 and is_ready,
        "is_late": is_late,
        "due_by": as_json(work.due_by),
    }


def _unplanned(work: PlannedWork, because: str, values: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {
        "outage_id": work.outage_id,
        "hazard_id": work.hazard_id,
        "kind": work.kind,
        "customers": int(work.customers),
        "because": because,
        "values": dict(values),
        "text": text,
    }


_TIMES = ("depart_at", "arrive_at", "start_at", "finish_at", "restored_at", "due_by")


def _stop(told: Mapping[str, Any]) -> PlanStop:
    times = {name: datetime.fromisoformat(told[name]) if told[name] else None for name in _TIMES}
    return PlanStop(**{**told, **times, "waits_for": tuple(told["waits_for"])})
