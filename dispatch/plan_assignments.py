"""Taking stops of the plan: each becomes an assignment like any other, if the plan still says so.

RULE 1: only what the plan in force says is taken. Who looked at an older one and wants what is planned no
    more is told what the plan says now and what happened since.
RULE 2: what happened to the outage or its crew after the plan was made stops it, for the plan did not know.
RULE 3: of several stops each is taken or refused by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dispatch.assignments import assign_crew
from dispatch.beliefs import ENGINE
from dispatch.change_log import Change, changes_after, latest_position
from dispatch.crews import crew_row
from dispatch.errors import Because, Conflict, DispatchError, StalePlan
from dispatch.events import NOT_DECISIVE, Event
from dispatch.outages import OutageView
from dispatch.planned_work import REPAIR
from dispatch.running_plan import RunningPlan, plan_in_force
from dispatch.travel import Travel

_MOST_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class WantedStop:
    """A stop as somebody saw it: this crew to this outage, for work of this kind."""

    outage_id: str
    crew_id: str
    kind: str = REPAIR


@dataclass(frozen=True, slots=True)
class RefusedStop:
    """A stop that was not taken, and why."""

    stop: WantedStop
    error: DispatchError


@dataclass(frozen=True, slots=True)
class TakenStops:
    """What became of the stops: the outages to which crews were sent, and what was refused."""

    taken: tuple[OutageView, ...]
    refused: tuple[RefusedStop, ...]


def take_stops(
    session: Session,
    *,
    version: int,
    stops: Sequence[WantedStop],
    actor: str,
    now: datetime,
    travel: Travel | None = None,
) -> TakenStops:
    """Send the crews of some stops of the plan; `version` is that of the plan the person looked at."""
    plan = plan_in_force(session)
    if plan is None:
        raise Conflict("There is no plan to take from.", because=Because.NO_PLAN)
    known = latest_position(session)
    taken: dict[str, OutageView] = {}
    refused: list[RefusedStop] = []
    for stop in stops:
        try:
            with session.begin_nested():
                _check(session, plan=plan, seen_version=version, stop=stop, known=known)
                taken[stop.outage_id] = assign_crew(
                    session,
                    outage_id=stop.outage_id,
                    # What this very order changed before is no news to who gave it.
                    version=None if stop.outage_id in taken else plan.based_on,
                    crew_id=stop.crew_id,
                    actor=actor,
                    now=now,
                    travel=travel,
                )
        except DispatchError as error:
            refused.append(RefusedStop(stop=stop, error=error))
    return TakenStops(taken=tuple(taken.values()), refused=tuple(refused))


def _check(session: Session, *, plan: RunningPlan, seen_version: int, stop: WantedStop, known: int) -> None:
    """Refuse what is not planned any more, or what sends a crew that was sent elsewhere meanwhile."""
    planned = plan.stop(outage_id=stop.outage_id, kind=stop.kind)
    if planned is None or planned.crew_id != stop.crew_id or planned.job_id is not None:
        raise StalePlan(
            outage_id=stop.outage_id,
            crew_id=stop.crew_id,
            planned_crew=planned.crew_id if planned is not None else None,
            seen_version=seen_version,
            version=plan.version,
            changes=_changes(session, after=seen_version, upto=known, stop=stop),
        )
    sent = [
        change
        for change in _changes(session, after=plan.based_on, upto=known, stop=stop)
        if change.name == Event.JOB_ASSIGNED and change.outage_id != stop.outage_id
    ]
    if sent:
        crew, last = crew_row(session, crew_id=stop.crew_id), sent[-1]
        raise Conflict(
            f"{crew.name} ({crew.id}) was sent to outage {last.outage_id} by {last.actor} meanwhile. "
            "A plan that knows of it is being made.",
            because=Because.CREW_WAS_SENT,
            values={"crew": crew.name, "outage": last.outage_id, "actor": last.actor},
        )


def _changes(session: Session, *, after: int, upto: int, stop: WantedStop) -> list[Change]:
    """Return what happened to the outage, and where the crew was sent, in a stretch of the log."""
    return [
        change
        for change in changes_after(session, position=after, limit=_MOST_CHANGES)
        if change.position <= upto
        and (change.outage_id == stop.outage_id or _sends(change, stop.crew_id))
        and (change.name not in NOT_DECISIVE or change.actor != ENGINE)
    ]


def _sends(change: Change, crew_id: str) -> bool:
    crew = change.data.get("values", {}).get("crew_id", {})
    return change.name == Event.JOB_ASSIGNED and crew.get("new") == crew_id
