"""A crew's work on an outage, as it reports it from the phone: one step after the other, each exactly once.

Reports may come late and twice (phones lose signal): the client's own event id makes each count once, and
`occurred_at` keeps when it happened beside when it was recorded, `phone_at` what the phone's clock showed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.assignments import forget_word_of_crew
from dispatch.change_log import Author, as_json, phone_clock, record, recorded_client_event, set_values
from dispatch.errors import Because, Conflict, InvalidInput, NotYours, UnknownThing
from dispatch.etr import Etr, EtrSource
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import say_etr
from dispatch.events import Event
from dispatch.evidence_lines import Document
from dispatch.guest_leave import leave_of
from dispatch.hazard_actions import follow_make_safe
from dispatch.hazard_views import HazardView, get_hazard, hazard_row
from dispatch.intake import LATEST_AHEAD, receive_evidence
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.outages import JobView, OutageView, get_outage, job_view, outage_row
from dispatch.states import JobStatus, job_status_after
from dispatch.tables import JobRow, OutageRow
from gis.network_versions import active_network_version
from gis.place import Place
from gis.places import nearest_service_point, service_point_details

# An address farther off than this would lead a crew astray rather than there.
ADDRESS_WITHIN_M = 500.0

_EVENTS = {
    JobStatus.ACCEPTED: Event.JOB_ACCEPTED,
    JobStatus.EN_ROUTE: Event.JOB_EN_ROUTE,
    JobStatus.ON_SITE: Event.JOB_ON_SITE,
    JobStatus.WORKING: Event.JOB_WORKING,
    JobStatus.FINISHED: Event.JOB_FINISHED,
    JobStatus.DECLINED: Event.JOB_DECLINED,
}
_TIME_OF = {
    JobStatus.ACCEPTED: "accepted_at",
    JobStatus.EN_ROUTE: "en_route_at",
    JobStatus.ON_SITE: "on_site_at",
    JobStatus.WORKING: "working_at",
    JobStatus.FINISHED: "ended_at",
    JobStatus.DECLINED: "ended_at",
}
# A crew that is under way or there may say another time without a new step; a hazard's crew has none to say.
_SAYS_WHEN = (JobStatus.EN_ROUTE, JobStatus.ON_SITE, JobStatus.WORKING)
_TOLD = {JobStatus.EN_ROUTE: MessageKind.CREW_EN_ROUTE, JobStatus.ON_SITE: MessageKind.CREW_ON_SITE}


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a crew; `finding` is {"device", "result"} (design §4.2), `etr_at` the crew's own ETR.

    With `etr_at` the status that the job has may be reported again: the crew says another time, and no more.
    `hazard_outcome` is what a crew that was sent to make safe found (dispatch/hazard_kinds.py).
    `phone_at` is the phone's own clock at the tap; `occurred_at` is that, set right by Relight's clock.
    """

    status: str
    occurred_at: datetime
    client_event_id: str
    finding: dict[str, Any] | None = None
    etr_at: datetime | None = None
    reason: str | None = None
    hazard_outcome: str | None = None
    phone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CrewJob:
    """A job with what the crew needs to know of its outage, or of its hazard; no customer's name or phone.

    `address` is the one on file nearest to the device or hazard, `address_distance_m` metres off, where one
    is near.
    """

    job: JobView
    outage: OutageView | None
    hazard: HazardView | None
    address: str | None
    address_distance_m: float | None


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report: the job as it is now, and whether this report was new or taken before."""

    crew_job: CrewJob
    is_new: bool


def jobs_of_crew(session: Session, *, crew_id: str, ended: bool = False) -> list[CrewJob]:
    """Return a crew's jobs in the order it got them, those that ended only if asked for."""
    query = select(JobRow).where(JobRow.crew_id == crew_id).order_by(JobRow.assigned_at, JobRow.id)
    if not ended:
        query = query.where(JobRow.ended_at.is_(None))
    return [_crew_job(session, row) for row in session.scalars(query).all()]


def report_progress(
    session: Session, *, job_id: str, crew_id: str, progress: Progress, actor: str, now: datetime
) -> CrewJob:
    """Take one report of a crew; the same client event id again changes nothing and answers the same."""
    reported = take_progress(session, job_id=job_id, crew_id=crew_id, progress=progress, actor=actor, now=now)
    return reported.crew_job


def take_progress(
    session: Session, *, job_id: str, crew_id: str, progress: Progress, actor: str, now: datetime
) -> Reported:
    """Take one report as `report_progress` does, and say whether it was new."""
    job = job_of_crew(session, job_id=job_id, crew_id=crew_id)
    before = recorded_client_event(session, id=progress.client_event_id)
    if before is None:
        _take(session, job=job, progress=progress, actor=actor, now=now)
    elif before.subject != f"job:{job_id}":
        raise Conflict(f"The event id {progress.client_event_id!r} was used for something else before.")
    return Reported(crew_job=_crew_job(session, job), is_new=before is None)


def job_of_crew(session: Session, *, job_id: str, crew_id: str) -> JobRow:
    """Return the row of a crew's own job; UnknownThing, NotYours."""
    job = session.get(JobRow, job_id)
    if job is None:
        raise UnknownThing(kind="job", id=job_id)
    if job.crew_id != crew_id:
        raise NotYours(f"Job {job_id} is not a job of crew {crew_id}.")
    return job


def _crew_job(session: Session, row: JobRow) -> CrewJob:
    outage = get_outage(session, outage_id=row.outage_id) if row.outage_id is not None else None
    hazard = get_hazard(session, hazard_id=row.hazard_id) if row.hazard_id is not None else None
    version = outage.network_version if outage is not None else active_network_version(session)
    at = outage or hazard
    address, distance_m = None, None
    if at is not None and at.lon is not None and at.lat is not None and version is not None:
        place = Place(lon=at.lon, lat=at.lat)
        address, distance_m = _address_near(session, place, network_version=version)
    return CrewJob(
        job=job_view(row), outage=outage, hazard=hazard, address=address, address_distance_m=distance_m
    )


def _address_near(session: Session, place: Place, *, network_version: int) -> tuple[str | None, float | None]:
    nearest = nearest_service_point(
        session,
        network_version=network_version,
        lon=place.lon,
        lat=place.lat,
        within_m=ADDRESS_WITHIN_M,
    )
    if nearest is None:
        return None, None
    (detail,) = service_point_details(session, network_version=network_version, ids=[nearest[0]])
    return detail.address, None if detail.address is None else round(nearest[1])


def _take(session: Session, *, job: JobRow, progress: Progress, actor: str, now: datetime) -> None:
    if progress.status not in set(_EVENTS):
        raise InvalidInput(field="status", text=f"{progress.status!r} is none of {', '.join(_EVENTS)}")
    if progress.occurred_at > now + LATEST_AHEAD:
        text = f"{progress.occurred_at.isoformat()} lies in the future"
        raise InvalidInput(field="occurred_at", text=text, because=Because.HAPPENED_IN_FUTURE)
    if progress.etr_at is not None and progress.status == job.status and _says_when(job):
        _take_word(session, job=job, progress=progress, etr_at=progress.etr_at, actor=actor, now=now)
        return
    status = job_status_after(
        job_id=job.id, status=JobStatus(job.status), reported=JobStatus(progress.status)
    )
    outage = outage_row(session, outage_id=job.outage_id) if job.outage_id is not None else None
    hazard = hazard_row(session, hazard_id=job.hazard_id) if job.hazard_id is not None else None
    author = Author(
        actor=actor, now=now, occurred_at=progress.occurred_at, client_event_id=progress.client_event_id
    )
    values: dict[str, Any] = {"status": status, _TIME_OF[status]: _not_before(job, progress.occurred_at)}
    if status is JobStatus.DECLINED:
        values["ended_because"] = progress.reason
    position = record(
        session,
        name=_EVENTS[status],
        subject=f"job:{job.id}",
        outage=outage,
        author=author,
        data={"values": set_values(job, values), **phone_clock(progress.phone_at)},
        hazard=hazard,
    )
    if hazard is not None:
        follow_make_safe(session, hazard=hazard, job=job, outcome=progress.hazard_outcome, author=author)
    if outage is None:
        return
    if status in _TOLD:
        queue_notifications(session, outage=outage, kind=_TOLD[status], change_position=position, now=now)
    if status is JobStatus.DECLINED:
        forget_word_of_crew(session, outage=outage, author=Author(actor=actor, now=now))
    if progress.etr_at is not None:
        _take_etr(session, outage=outage, progress=progress, actor=actor, now=now)
    if progress.finding is not None:
        _refuse_foreign_finding(session, job=job, outage=outage, finding=progress.finding)
        _take_finding(session, outage=outage, progress=progress, actor=actor, now=now)


def _refuse_foreign_finding(
    session: Session, *, job: JobRow, outage: OutageRow, finding: dict[str, Any]
) -> None:
    """A guest crew says what it found at its own device; our own crews may tell of any."""
    if finding.get("device") != outage.device and leave_of(session, crew_id=job.crew_id) is not None:
        raise NotYours("A guest crew tells what it found at the device of its job.")


def _says_when(job: JobRow) -> bool:
    return job.outage_id is not None and job.status in _SAYS_WHEN


def _take_word(
    session: Session, *, job: JobRow, progress: Progress, etr_at: datetime, actor: str, now: datetime
) -> None:
    """Take a crew's new time without a new step."""
    outage = outage_row(session, outage_id=str(job.outage_id))
    record(
        session,
        name=Event.JOB_ETR_SAID,
        subject=f"job:{job.id}",
        outage=outage,
        author=Author(
            actor=actor, now=now, occurred_at=progress.occurred_at, client_event_id=progress.client_event_id
        ),
        data={"values": {}, "etr_at": as_json(etr_at), **phone_clock(progress.phone_at)},
    )
    _take_etr(session, outage=outage, progress=progress, actor=actor, now=now)


def _not_before(job: JobRow, occurred_at: datetime) -> datetime:
    """A phone's clock may be slow: no step lies before the one that led to it."""
    earlier = (job.assigned_at, job.accepted_at, job.en_route_at, job.on_site_at, job.working_at)
    return max(occurred_at, *(at for at in earlier if at is not None))


def _take_etr(session: Session, *, outage: OutageRow, progress: Progress, actor: str, now: datetime) -> None:
    etr_at = progress.etr_at
    if etr_at is None:
        return
    if etr_at <= min(now, progress.occurred_at):
        text = f"{etr_at.isoformat()} is past; now it is {now.isoformat()}"
        raise InvalidInput(field="etr_at", text=text, because=Because.ETR_IS_PAST)
    if etr_at <= now:
        # Said in time, and heard too late to be told to anybody: what came with it counts all the same.
        return
    etr = Etr(at=etr_at, source=EtrSource.CREW)
    author = Author(actor=actor, now=now)
    say_etr(session, outage=outage, etr=etr, because=EtrBecause.SAID, author=author)


def _take_finding(
    session: Session, *, outage: OutageRow, progress: Progress, actor: str, now: datetime
) -> None:
    """What the crew found is evidence like any other, and reaches the engine the same way."""
    fields = {
        **(progress.finding or {}),
        "id": f"finding:{progress.client_event_id}",
        "kind": "crew_finding",
        "at": progress.occurred_at.isoformat(),
    }
    receipt = receive_evidence(
        session,
        documents=[Document(line=1, fields=fields)],
        network_version=outage.network_version,
        source=actor,
        now=now,
    )
    for rejection in receipt.rejected:
        raise InvalidInput(field="finding", text=rejection.reason)
