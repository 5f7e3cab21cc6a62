"""Sending crews: rank them for an outage, assign one, send another instead, call one back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE, change_etr
from dispatch.change_log import Author, first_values, record, set_values
from dispatch.crews import CrewView, get_crew, list_crews
from dispatch.errors import Because, Conflict, IllegalTransition, InvalidInput, UnknownThing
from dispatch.etr import BY_A_PERSON, etr_with_crew
from dispatch.events import Event
from dispatch.hazard_views import hazard_places
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.operations import outage_for_action
from dispatch.outages import JobView, OutageView, get_outage
from dispatch.ranking import CrewFacts, JobAhead, RankedCrew, rank_crews
from dispatch.skills import needed_skills
from dispatch.states import ACTIVE_JOB_STATUSES, JobKind, JobStatus, OutageAction
from dispatch.tables import JobRow, OutageRow, job_number
from gis.place import Place
from gis.travel import TravelEstimate, estimate_travel

_FIRST_FIELDS = ("kind", "outage_id", "crew_id", "status", "travel_minutes", "travel_source", "assigned_at")


def rank_crews_for_outage(session: Session, *, outage_id: str, now: datetime) -> list[RankedCrew]:
    """Rank the roster for one outage, best first, each with its reasons."""
    outage = get_outage(session, outage_id=outage_id)
    crews = list_crews(session)
    ahead = _ahead(session, {job.outage_id for crew in crews for job in crew.jobs if job.outage_id})
    hazards = hazard_places(
        session, ids={job.hazard_id for crew in crews for job in crew.jobs if job.hazard_id}
    )
    facts = [_facts(crew, ahead, hazards, outage_id) for crew in crews]
    place = _place(outage)
    return rank_crews(
        crews=facts, device_place=place, needed_skills=needed_skills(outage.device_kind), now=now
    )


def assign_crew(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    crew_id: str,
    actor: str,
    now: datetime,
    kind: JobKind = JobKind.REPAIR,
) -> OutageView:
    """Send a crew to an outage, to repair it or to look what is broken.

    Its customers are told, and the ETR takes the crew's drive into account. Raises InvalidInput for
    make_safe: that is a job of a hazard.
    """
    if kind is JobKind.MAKE_SAFE:
        raise InvalidInput(field="kind", text="making safe is a job of a hazard, not of an outage")
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.ASSIGN)
    _assign(session, outage=outage, crew=get_crew(session, crew_id=crew_id), kind=kind, actor=actor, now=now)
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
) -> OutageView:
    """Call a crew back and send another instead, both or neither."""
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.REASSIGN)
    job = active_job(session, outage_id=outage_id, job_id=job_id)
    if job.crew_id == crew_id:
        raise Conflict(
            f"{crew_id} has this job already.",
            because=Because.CREW_IS_ON_IT,
            values={"crew": get_crew(session, crew_id=crew_id).name},
        )
    crew = get_crew(session, crew_id=crew_id)
    # Read in any language: who has it now.
    reason = f"→ {crew.name}"
    _recall(session, outage=outage, job=job, reason=reason, author=Author(actor=actor, now=now))
    _assign(session, outage=outage, crew=crew, kind=JobKind(job.kind), actor=actor, now=now)
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
    session: Session, *, outage: OutageRow, crew: CrewView, kind: JobKind, actor: str, now: datetime
) -> None:
    if any(job.outage_id == outage.id for job in crew.jobs):
        raise Conflict(
            f"{crew.name} ({crew.id}) is on outage {outage.id} already.",
            because=Because.CREW_IS_ON_IT,
            values={"crew": crew.name},
        )
    travel = _travel(crew, get_outage(session, outage_id=outage.id))
    job = JobRow(
        id=f"J-{session.scalars(select(job_number.next_value())).one()}",
        kind=kind,
        outage_id=outage.id,
        crew_id=crew.id,
        status=JobStatus.ASSIGNED,
        travel_minutes=round(travel.travel_minutes, 1),
        travel_source=travel.source,
        assigned_at=now,
    )
    session.add(job)
    session.flush()
    position = record(
        session,
        name=Event.JOB_ASSIGNED,
        subject=f"job:{job.id}",
        outage=outage,
        author=Author(actor=actor, now=now),
        data={"values": first_values(job, _FIRST_FIELDS)},
    )
    if outage.etr_source not in BY_A_PERSON:
        etr = etr_with_crew(
            device_kind=outage.device_kind, assigned_at=now, travel_minutes=travel.travel_minutes
        )
        values = {"etr_at": etr.at, "etr_source": etr.source}
        change_etr(session, outage=outage, values=values, author=Author(actor=ENGINE, now=now))
    told = MessageKind.CREW_ASSIGNED
    queue_notifications(session, outage=outage, kind=told, change_position=position, now=now)


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


def _ahead(session: Session, outage_ids: set[str]) -> dict[str, OutageView]:
    return {id: get_outage(session, outage_id=id) for id in outage_ids}


def _facts(
    crew: CrewView, outages: dict[str, OutageView], hazards: dict[str, Place], outage_id: str
) -> CrewFacts:
    return CrewFacts(
        crew_id=crew.id,
        name=crew.name,
        skills=frozenset(crew.skills),
        shift_start=crew.shift_start,
        shift_end=crew.shift_end,
        place=crew.place,
        position_at=crew.position_at,
        jobs_ahead=tuple(
            _job_ahead(job, outages.get(job.outage_id or ""), hazards.get(job.hazard_id or ""))
            for job in crew.jobs
            if job.outage_id != outage_id
        ),
    )


def _job_ahead(job: JobView, outage: OutageView | None, hazard_place: Place | None) -> JobAhead:
    if outage is None:
        return JobAhead(
            outage_id=job.hazard_id or "",
            status=job.status,
            device_kind=JobKind.MAKE_SAFE,
            place=hazard_place,
            on_site_at=job.on_site_at,
        )
    place = None
    if outage.lon is not None and outage.lat is not None:
        place = Place(lon=outage.lon, lat=outage.lat)
    return JobAhead(
        outage_id=outage.id,
        status=job.status,
        device_kind=outage.device_kind,
        place=place,
        on_site_at=job.on_site_at,
    )


def _place(outage: OutageView) -> Place:
    if outage.lon is None or outage.lat is None:
        raise Conflict(
            f"Outage {outage.id} has no place on the map: neither {outage.device} nor anything near it has a "
            "geometry. Crews cannot be ranked by distance; assign one by hand.",
            because=Because.PLACE_UNKNOWN,
        )
    return Place(lon=outage.lon, lat=outage.lat)


def _travel(crew: CrewView, outage: OutageView) -> TravelEstimate:
    if outage.lon is None or outage.lat is None:
        return TravelEstimate(distance_m=0.0, travel_minutes=0.0, source="unknown_place")
    return estimate_travel(origin=crew.place, destination=Place(lon=outage.lon, lat=outage.lat))
