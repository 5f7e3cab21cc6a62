"""Sending crews: assign one, send another instead, call one back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author, first_values, record, set_values
from dispatch.crew_view import CrewView
from dispatch.crews import get_crew
from dispatch.damage import repair_forecast
from dispatch.errors import Because, Conflict, IllegalTransition, InvalidInput, UnknownThing
from dispatch.etr import EtrTier, etr_as_assessed, etr_with_crew
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import say_etr, take_back_etr
from dispatch.events import Event
from dispatch.guest_leave import refuse_outside_leave
from dispatch.job_travel import job_travel
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.outage_changes import outage_for_action
from dispatch.outage_place import place_of_outage
from dispatch.outages import OutageView, get_outage
from dispatch.states import ACTIVE_JOB_STATUSES, JobKind, JobStatus, OutageAction
from dispatch.tables import ChangeLogRow, JobRow, OutageRow, job_number
from dispatch.travel import Travel

_FIRST_FIELDS = ("kind", "outage_id", "crew_id", "status", "travel_minutes", "travel_source", "assigned_at")


def assign_crew(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    crew_id: str,
    actor: str,
    now: datetime,
    kind: JobKind = JobKind.REPAIR,
    travel: Travel | None = None,
    seen: int | None = None,
) -> OutageView:
    """Send a crew to an outage, to repair it or to look what is broken.

    Its customers are told, and the ETR takes the crew's drive into account. `seen` is the log position of
    the ranking that the person looked at: a crew that was sent elsewhere since is a Conflict. Raises
    InvalidInput for make_safe: that is a job of a hazard.
    """
    if kind is JobKind.MAKE_SAFE:
        raise InvalidInput(field="kind", text="making safe is a job of a hazard, not of an outage")
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.ASSIGN)
    crew = get_crew(session, crew_id=crew_id, now=now)
    _refuse_if_sent_meanwhile(session, crew=crew, seen=seen, outage_id=outage_id)
    author = Author(actor=actor, now=now)
    _assign(session, outage=outage, crew=crew, kind=kind, travel=travel or Travel(), author=author)
    return get_outage(session, outage_id=outage_id)


def reassign_job(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    job_id: str,
    crew_id: str,
    actor: str,
    now: datetime,
    travel: Travel | None = None,
    seen: int | None = None,
) -> OutageView:
    """Call a crew back and send another instead, both or neither."""
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.REASSIGN)
    job = active_job(session, outage_id=outage_id, job_id=job_id)
    if job.crew_id == crew_id:
        raise Conflict(
            f"{crew_id} has this job already.",
            because=Because.CREW_IS_ON_IT,
            values={"crew": get_crew(session, crew_id=crew_id, now=now).name},
        )
    crew = get_crew(session, crew_id=crew_id, now=now)
    # Read in any language: who has it now.
    reason = f"→ {crew.name}"
    _refuse_if_sent_meanwhile(session, crew=crew, seen=seen, outage_id=outage_id)
    author = Author(actor=actor, now=now)
    _recall(session, outage=outage, job=job, reason=reason, author=author)
    kind = JobKind(job.kind)
    _assign(session, outage=outage, crew=crew, kind=kind, travel=travel or Travel(), author=author)
    return get_outage(session, outage_id=outage_id)


def recall_job(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    job_id: str,
    reason: str | None,
    actor: str,
    now: datetime,
) -> OutageView:
    """Call a crew back from an outage."""
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.RECALL)
    job = active_job(session, outage_id=outage_id, job_id=job_id)
    _recall(session, outage=outage, job=job, reason=reason, author=Author(actor=actor, now=now))
    return get_outage(session, outage_id=outage_id)


def active_job(session: Session, *, outage_id: str, job_id: str) -> JobRow:
    """Return a job of this outage that has not ended."""
    job = session.get(JobRow, job_id)
    if job is None or job.outage_id != outage_id:
        raise UnknownThing(kind=f"job of outage {outage_id}", id=job_id)
    if job.status not in ACTIVE_JOB_STATUSES:
        raise IllegalTransition(subject=f"Job {job_id}", status=job.status, attempted="recall", allowed=())
    return job


def _assign(
    session: Session, *, outage: OutageRow, crew: CrewView, kind: JobKind, travel: Travel, author: Author
) -> None:
    if any(job.outage_id == outage.id for job in crew.jobs):
        raise Conflict(
            f"{crew.name} ({crew.id}) is on outage {outage.id} already.",
            because=Because.CREW_IS_ON_IT,
            values={"crew": crew.name},
        )
    now = author.now
    place = place_of_outage(session, outage)
    refuse_outside_leave(session, crew_id=crew.id, crew_name=crew.name, place=place, now=now)
    drive = job_travel(session, origin=crew.place, destination=place, travel=travel, now=now)
    job = JobRow(
        id=f"J-{session.scalars(select(job_number.next_value())).one()}",
        kind=kind,
        outage_id=outage.id,
        crew_id=crew.id,
        status=JobStatus.ASSIGNED,
        travel_minutes=drive.travel_minutes,
        travel_source=drive.source,
        assigned_at=now,
    )
    session.add(job)
    session.flush()
    position = record(
        session,
        name=Event.JOB_ASSIGNED,
        subject=f"job:{job.id}",
        outage=outage,
        author=author,
        data={"values": first_values(job, _FIRST_FIELDS)},
    )
    # A crew that only looks changes nothing about when the repair is done.
    if kind is JobKind.REPAIR:
        _reckon_with_drive(session, outage=outage, minutes=drive.expected_minutes, now=now)
    told = MessageKind.CREW_ASSIGNED
    queue_notifications(session, outage=outage, kind=told, change_position=position, now=now)


def _reckon_with_drive(session: Session, *, outage: OutageRow, minutes: float, now: datetime) -> None:
    forecast = repair_forecast(session, outage.id)
    etr = (
        etr_with_crew(device_kind=outage.device_kind, assigned_at=now, travel_minutes=minutes)
        if forecast.assessed_at is None
        else etr_as_assessed(
            minutes=forecast.minutes, now=now, on_site_at=None, assigned_at=now, travel_minutes=minutes
        )
    )
    author = Author(actor=ENGINE, now=now)
    # Customers are told of the crew, and of the time with it.
    say_etr(session, outage=outage, etr=etr, because=EtrBecause.CREW_SENT, author=author, tell=False)


def _recall(session: Session, *, outage: OutageRow, job: JobRow, reason: str | None, author: Author) -> None:
    values = {"status": JobStatus.RECALLED, "ended_at": author.now, "ended_because": reason}
    record(
        session,
        name=Event.JOB_RECALLED,
        subject=f"job:{job.id}",
        outage=outage,
        author=author,
        data={"values": set_values(job, values)},
    )
    forget_word_of_crew(session, outage=outage, author=author)


def forget_word_of_crew(session: Session, *, outage: OutageRow, author: Author) -> None:
    """Take back the crew's word once no crew is left that could keep it."""
    at_work = select(JobRow.id).where(
        JobRow.outage_id == outage.id, JobRow.kind == JobKind.REPAIR, JobRow.ended_at.is_(None)
    )
    if session.scalar(at_work.limit(1)) is None:
        author = Author(actor=author.actor, now=author.now)
        because = EtrBecause.CREW_LEFT
        take_back_etr(session, outage=outage, tier=EtrTier.CREW, because=because, author=author)


def _refuse_if_sent_meanwhile(session: Session, *, crew: CrewView, seen: int | None, outage_id: str) -> None:
    """Stop who saw a ranking in which the crew had less to do: somebody else has sent it since."""
    if seen is None:
        return
    sent = session.scalars(
        select(ChangeLogRow)
        .where(
            ChangeLogRow.position > seen,
            ChangeLogRow.name == Event.JOB_ASSIGNED,
            ChangeLogRow.data["values"]["crew_id"]["new"].astext == crew.id,
        )
        .order_by(ChangeLogRow.position.desc())
        .limit(1)
    ).first()
    # What was taken back since, or is this very outage, is told in other ways.
    if (
        sent is None
        or sent.outage_id == outage_id
        or not any(f"job:{job.id}" == sent.subject for job in crew.jobs)
    ):
        return
    where = sent.outage_id or sent.data["values"].get("hazard_id", {}).get("new", "")
    raise Conflict(
        f"{crew.name} ({crew.id}) was sent to {where} by {sent.actor} since you looked. Look at the crews "
        "again and decide anew.",
        because=Because.CREW_WAS_SENT,
        values={"crew": crew.name, "outage": where, "actor": sent.actor},
    )
