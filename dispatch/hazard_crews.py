"""Sending a crew to make a hazard safe, and calling it back: a job of its own, with or without an outage."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, first_values, record, set_values
from dispatch.crews import get_crew
from dispatch.errors import Because, Conflict, IllegalTransition, UnknownThing
from dispatch.events import Event
from dispatch.guest_leave import refuse_outside_leave
from dispatch.hazard_actions import acknowledge_by_sending
from dispatch.hazard_kinds import HazardStatus
from dispatch.hazard_tables import HazardRow
from dispatch.hazard_views import HazardView, get_hazard, hazard_row, place_of
from dispatch.job_travel import job_travel
from dispatch.states import ACTIVE_JOB_STATUSES, JobKind, JobStatus
from dispatch.tables import JobRow, job_number
from dispatch.travel import Travel

_FIRST_FIELDS = ("kind", "hazard_id", "crew_id", "status", "travel_minutes", "travel_source", "assigned_at")


def send_to_hazard(
    session: Session,
    *,
    hazard_id: str,
    crew_id: str,
    actor: str,
    now: datetime,
    travel: Travel | None = None,
) -> HazardView:
    """Send a crew to make a hazard safe; it is acknowledged by that."""
    hazard = hazard_row(session, hazard_id=hazard_id)
    if hazard.status == HazardStatus.CLOSED:
        raise Conflict(f"Hazard {hazard_id} is closed.", because=Because.HAZARD_IS_CLOSED)
    crew = get_crew(session, crew_id=crew_id, now=now)
    if any(job.hazard_id == hazard_id for job in crew.jobs):
        raise Conflict(
            f"{crew.name} ({crew.id}) is on hazard {hazard_id} already.",
            because=Because.CREW_IS_ON_IT,
            values={"crew": crew.name},
        )
    place = place_of(hazard)
    refuse_outside_leave(session, crew_id=crew.id, crew_name=crew.name, place=place, now=now)
    drive = job_travel(session, origin=crew.place, destination=place, travel=travel or Travel(), now=now)
    job = JobRow(
        id=f"J-{session.scalars(select(job_number.next_value())).one()}",
        kind=JobKind.MAKE_SAFE,
        hazard_id=hazard_id,
        crew_id=crew_id,
        status=JobStatus.ASSIGNED,
        travel_minutes=drive.travel_minutes,
        travel_source=drive.source,
        assigned_at=now,
    )
    session.add(job)
    session.flush()
    author = Author(actor=actor, now=now)
    acknowledge_by_sending(session, hazard=hazard, author=author)
    values = first_values(job, _FIRST_FIELDS)
    _record(session, job=job, hazard=hazard, name=Event.JOB_ASSIGNED, author=author, values=values)
    return get_hazard(session, hazard_id=hazard_id)


def recall_from_hazard(
    session: Session, *, hazard_id: str, job_id: str, reason: str | None, actor: str, now: datetime
) -> HazardView:
    """Call a crew back from a hazard."""
    hazard = hazard_row(session, hazard_id=hazard_id)
    job = session.get(JobRow, job_id)
    if job is None or job.hazard_id != hazard_id:
        raise UnknownThing(kind=f"job of hazard {hazard_id}", id=job_id)
    if job.status not in ACTIVE_JOB_STATUSES:
        raise IllegalTransition(subject=f"Job {job_id}", status=job.status, attempted="recall", allowed=())
    values = set_values(job, {"status": JobStatus.RECALLED, "ended_at": now, "ended_because": reason})
    author = Author(actor=actor, now=now)
    _record(session, job=job, hazard=hazard, name=Event.JOB_RECALLED, author=author, values=values)
    return get_hazard(session, hazard_id=hazard_id)


def _record(
    session: Session,
    *,
    job: JobRow,
    hazard: HazardRow,
    name: Event,
    author: Author,
    values: dict[str, dict[str, object]],
) -> None:
    record(
        session,
        name=name,
        subject=f"job:{job.id}",
        outage=None,
        author=author,
        data={"values": values},
        hazard=hazard,
    )
