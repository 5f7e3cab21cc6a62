"""The first position of a crew near the place of each of its jobs, kept beside its own tap.

`note_position` is called with every position that a crew tells. What counts as near is said by the promise
rules in force.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import shapely
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.arrival_proof import ArrivalProof
from dispatch.events import Event
from dispatch.outage_place import place_of_outage
from dispatch.promise_rules_store import rules_in_force
from dispatch.promise_tables import ArrivalPositionRow
from dispatch.states import ACTIVE_JOB_STATUSES
from dispatch.tables import ChangeLogRow, JobRow, OutageRow
from gis.place import Place
from gis.travel import straight_line_m


def note_position(session: Session, *, crew_id: str, place: Place, at: datetime, now: datetime) -> None:
    """Keep a crew's position (WGS 84) as proof for each of its jobs whose place it is near, the earliest."""
    jobs = session.scalars(
        select(JobRow).where(
            JobRow.crew_id == crew_id, JobRow.status.in_(ACTIVE_JOB_STATUSES), JobRow.assigned_at <= at
        )
    ).all()
    if not jobs:
        return
    near_m = rules_in_force(session).rules.proof.near_m
    for job in jobs:
        known = session.get(ArrivalPositionRow, job.id)
        if known is not None and known.at <= at:
            continue
        target = _place_of(session, job)
        distance = straight_line_m(origin=place, destination=target) if target is not None else None
        if distance is None or distance > near_m:
            continue
        _keep(session, job.id, known, place=place, at=at, now=now, distance=distance)


def _place_of(session: Session, job: JobRow) -> Place | None:
    outage = session.get(OutageRow, job.outage_id) if job.outage_id is not None else None
    return place_of_outage(session, outage) if outage is not None else None


def _keep(
    session: Session,
    job_id: str,
    known: ArrivalPositionRow | None,
    *,
    place: Place,
    at: datetime,
    now: datetime,
    distance: float,
) -> None:
    row = known or ArrivalPositionRow(job_id=job_id)
    row.at = at
    row.recorded_at = now
    row.distance_m = round(distance, 1)
    row.location = from_shape(shapely.Point(place.lon, place.lat), srid=4326)
    session.add(row)
    session.flush()


def arrival_proofs(session: Session, *, outage_ids: Collection[str]) -> dict[str, list[ArrivalProof]]:
    """Return what proves arrivals, by outage: one for each job with a tap or a position."""
    query = (
        select(JobRow, ArrivalPositionRow)
        .outerjoin(ArrivalPositionRow, ArrivalPositionRow.job_id == JobRow.id)
        .where(JobRow.outage_id.in_(list(outage_ids)))
        .order_by(JobRow.assigned_at, JobRow.id)
    )
    rows = [
        (job, position)
        for job, position in session.execute(query)
        if job.on_site_at is not None or position is not None
    ]
    taps = _taps(session, [job.id for job, _ in rows])
    found: dict[str, list[ArrivalProof]] = {}
    for job, position in rows:
        found.setdefault(job.outage_id or "", []).append(_proof(job, position, taps.get(job.id)))
    return found


def _taps(session: Session, job_ids: Collection[str]) -> dict[str, tuple[int, datetime]]:
    """Return place in the change log and time of arrival in Relight of each job's tap."""
    if not job_ids:
        return {}
    query = select(ChangeLogRow.subject, ChangeLogRow.position, ChangeLogRow.recorded_at).where(
        ChangeLogRow.name == Event.JOB_ON_SITE,
        ChangeLogRow.outage_id.in_(select(JobRow.outage_id).where(JobRow.id.in_(list(job_ids)))),
    )
    return {
        row.subject.removeprefix("job:"): (row.position, row.recorded_at) for row in session.execute(query)
    }


def _proof(
    job: JobRow, position: ArrivalPositionRow | None, tap: tuple[int, datetime] | None
) -> ArrivalProof:
    point = to_shape(position.location) if position is not None else None
    return ArrivalProof(
        job_id=job.id,
        crew_id=job.crew_id,
        tap_at=job.on_site_at,
        tap_recorded_at=tap[1] if tap is not None else None,
        tap_change=tap[0] if tap is not None else None,
        position_at=position.at if position is not None else None,
        position_recorded_at=position.recorded_at if position is not None else None,
        position_distance_m=position.distance_m if position is not None else None,
        lon=float(shapely.get_x(point)) if point is not None else None,
        lat=float(shapely.get_y(point)) if point is not None else None,
    )
