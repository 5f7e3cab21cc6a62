"""Taking stops of the plan: each becomes an assignment like any other, if the plan still says so.

RULE 1: only what the plan in force says is taken. Who looked at an older one and wants what is planned no
    more is told what the plan says now and what happened since.
RULE 2: what happened to the outage, the hazard or the crew after the plan was made stops it, for the plan did
    not know. Orders of plans do not, where the stop keeps them; nor does a time that was promised.
RULE 3: a stop that takes over from another crew calls that one back, if who takes it has seen from whom.
RULE 4: of several stops each is taken or refused by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dispatch.assignments import assign_crew, reassign_job
from dispatch.beliefs import ENGINE
from dispatch.change_log import Change, changes_after, latest_position
from dispatch.crews import crew_row, name_of_crew
from dispatch.errors import Because, Conflict, DispatchError, InvalidInput, StalePlan
from dispatch.events import NOT_DECISIVE, Event
from dispatch.hazard_crews import recall_from_hazard, send_to_hazard
from dispatch.hazard_views import HazardView
from dispatch.outages import OutageView
from dispatch.plan_orders import OrdersOfOutage, orders_by_outage
from dispatch.planned_work import REPAIR
from dispatch.running_plan import PlanStop, RunningPlan, plan_in_force
from dispatch.states import JobKind
from dispatch.travel import Travel

_MOST_CHANGES = 10_000


# Who ordered or promised something of an outage may still send the crew that is planned for it.
_STOPS_NOBODY = frozenset(
    {Event.PLAN_CREW_PINNED, Event.PLAN_CREW_FORBIDDEN, Event.PLAN_ORDER_WITHDRAWN, Event.OUTAGE_ETR_CHANGED}
)
# What a hazard's plan did not know and should have: a crew is there, or need not come.
_DECIDES_HAZARD = frozenset({Event.JOB_ASSIGNED, Event.HAZARD_MADE_SAFE, Event.HAZARD_CLOSED})


@dataclass(frozen=True, slots=True)
class WantedStop:
    """A stop as somebody saw it: this crew to this outage or hazard, for work of this kind.

    `takes_over_from` is the crew that is called back for it, where the stop said so.
    """

    outage_id: str | None
    crew_id: str
    kind: str = REPAIR
    hazard_id: str | None = None
    takes_over_from: str | None = None

    @property
    def subject(self) -> str:
        """Return the id of what the crew goes to; InvalidInput where it is not one thing."""
        if (self.outage_id is None) == (self.hazard_id is None):
            raise InvalidInput(field="outage_id", text="name an outage or a hazard, one of the two")
        return self.outage_id or self.hazard_id or ""


@dataclass(frozen=True, slots=True)
class RefusedStop:
    """A stop that was not taken, and why."""

    stop: WantedStop
    error: DispatchError


@dataclass(frozen=True, slots=True)
class TakenStops:
    """What became of the stops: the outages and hazards to which crews were sent, and what was refused."""

    taken: tuple[OutageView, ...]
    hazards: tuple[HazardView, ...]
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
    orders = orders_by_outage(session)
    taken: dict[str, OutageView | HazardView] = {}
    refused: list[RefusedStop] = []
    for stop in stops:
        try:
            subject = stop.subject
            with session.begin_nested():
                changes = _changes(session, after=plan.based_on, upto=known, stop=stop)
                planned = _planned(session, plan=plan, seen_version=version, stop=stop, known=known)
                _check(session, stop=stop, orders=orders.get(subject, OrdersOfOutage()), changes=changes)
                # What this very order changed before is no news to who gave it; nor are orders that it keeps.
                stands = subject in taken or all(change.name in _STOPS_NOBODY for change in changes)
                taken[subject] = _send(
                    session,
                    stop=stop,
                    planned=planned,
                    version=None if stands else plan.based_on,
                    actor=actor,
                    now=now,
                    travel=travel,
                )
        except DispatchError as error:
            refused.append(RefusedStop(stop=stop, error=error))
    return TakenStops(
        taken=tuple(one for one in taken.values() if isinstance(one, OutageView)),
        hazards=tuple(one for one in taken.values() if isinstance(one, HazardView)),
        refused=tuple(refused),
    )


def _send(
    session: Session,
    *,
    stop: WantedStop,
    planned: PlanStop,
    version: int | None,
    actor: str,
    now: datetime,
    travel: Travel | None,
) -> OutageView | HazardView:
    """Send the crew; the one that it takes over from is called back with the same order."""
    crew_id, job_id = stop.crew_id, planned.job_id
    if stop.hazard_id is not None:
        if job_id is not None:
            reason = f"→ {name_of_crew(session, crew_id=crew_id) or crew_id}"
            recall_from_hazard(
                session, hazard_id=stop.hazard_id, job_id=job_id, reason=reason, actor=actor, now=now
            )
        return send_to_hazard(
            session, hazard_id=stop.hazard_id, crew_id=crew_id, actor=actor, now=now, travel=travel
        )
    outage_id = str(stop.outage_id)
    if job_id is not None:
        return reassign_job(
            session,
            outage_id=outage_id,
            version=version,
            job_id=job_id,
            crew_id=crew_id,
            actor=actor,
            now=now,
            travel=travel,
        )
    return assign_crew(
        session,
        outage_id=outage_id,
        version=version,
        crew_id=crew_id,
        actor=actor,
        now=now,
        kind=JobKind(stop.kind),
        travel=travel,
    )


def _planned(
    session: Session, *, plan: RunningPlan, seen_version: int, stop: WantedStop, known: int
) -> PlanStop:
    """Return the stop as the plan in force has it; StalePlan where it has it no more, or otherwise."""
    planned = plan.stop(outage_id=stop.outage_id, hazard_id=stop.hazard_id, kind=stop.kind)
    is_same = (
        planned is not None
        and planned.crew_id == stop.crew_id
        and planned.takes_over_from == stop.takes_over_from
        and (planned.job_id is None or planned.takes_over_from is not None)
    )
    if planned is None or not is_same:
        raise StalePlan(
            outage_id=stop.outage_id,
            hazard_id=stop.hazard_id,
            crew_id=stop.crew_id,
            planned_crew=planned.crew_id if planned is not None else None,
            seen_version=seen_version,
            version=plan.version,
            changes=_changes(session, after=seen_version, upto=known, stop=stop),
        )
    return planned


def _check(session: Session, *, stop: WantedStop, orders: OrdersOfOutage, changes: Sequence[Change]) -> None:
    """Refuse what goes against an order, or what the plan would not say of crew or hazard any more."""
    if stop.crew_id in orders.forbidden or orders.pinned not in {None, stop.crew_id, stop.takes_over_from}:
        raise Conflict(
            f"Since the plan was made it was ordered that {stop.crew_id} does not do {stop.outage_id}. "
            "A plan that knows of it is being made.",
            because=Because.ORDERED_OTHERWISE,
            values={"crew": name_of_crew(session, crew_id=stop.crew_id) or stop.crew_id},
        )
    sent = [change for change in changes if _sends(change, stop.crew_id)]
    elsewhere = [change for change in sent if _subject(change) != stop.subject]
    if elsewhere:
        crew, last = crew_row(session, crew_id=stop.crew_id), elsewhere[-1]
        raise Conflict(
            f"{crew.name} ({crew.id}) was sent to {_subject(last)} by {last.actor} meanwhile. "
            "A plan that knows of it is being made.",
            because=Because.CREW_WAS_SENT,
            values={"crew": crew.name, "outage": _subject(last), "actor": last.actor},
        )
    decided = [change for change in changes if change.name in _DECIDES_HAZARD]
    if stop.hazard_id is not None and decided:
        last = decided[-1]
        raise Conflict(
            f"{last.name} by {last.actor}: hazard {stop.hazard_id} has changed since the plan was made. "
            "A plan that knows of it is being made.",
            because=Because.HAZARD_CHANGED,
            values={"hazard": stop.hazard_id, "actor": last.actor},
        )


def _changes(session: Session, *, after: int, upto: int, stop: WantedStop) -> list[Change]:
    """Return what happened to the outage or hazard, and where the crew was sent, in a stretch of the log."""
    return [
        change
        for change in changes_after(session, position=after, limit=_MOST_CHANGES)
        if change.position <= upto
        and (_subject(change) == stop.subject or _sends(change, stop.crew_id))
        and (change.name not in NOT_DECISIVE or change.actor != ENGINE)
    ]


def _subject(change: Change) -> str | None:
    """Return the outage or hazard that a change is about."""
    if change.outage_id is not None:
        return change.outage_id
    if change.subject.startswith("hazard:"):
        return change.subject.removeprefix("hazard:")
    hazard = change.data.get("values", {}).get("hazard_id", {})
    told: str | None = hazard.get("new") or change.data.get("hazard_id")
    return told


def _sends(change: Change, crew_id: str) -> bool:
    crew = change.data.get("values", {}).get("crew_id", {})
    return change.name == Event.JOB_ASSIGNED and crew.get("new") == crew_id
