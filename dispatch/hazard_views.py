"""Reading hazards: what desk and crew see of one or of all, with its clocks and what closing it lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.errors import UnknownThing
from dispatch.hazard_kinds import HazardKind, HazardStatus
from dispatch.hazard_rules import (
    MAKE_SAFE_WORK,
    Clock,
    Deadlines,
    HazardFacts,
    Level,
    missing_to_close,
    running_clocks,
)
from dispatch.hazard_tables import HazardReportRow, HazardRow, PhotoRow
from dispatch.outages import JobView, job_view
from dispatch.photos import photos_of_calls
from dispatch.states import ENDED_JOB_STATUSES
from dispatch.tables import EvidenceRow, JobRow
from gis.place import Place


@dataclass(frozen=True, slots=True)
class HazardReport:
    """One report of a hazard: when, in which words, and whether its outage is known."""

    evidence_id: str
    kind: str
    at: datetime
    source: str
    service_point: str | None
    text: str | None
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HazardView:
    """One hazard; `clocks` run now, the first due in front, `missing` is what closing it lacks (codes).

    `skills` and `make_safe_minutes` are what making it safe takes; `lon` and `lat` are WGS 84.
    """

    id: str
    version: int
    kind: str
    level: int
    status: str
    service_point: str | None
    device: str | None
    outage_id: str | None
    lon: float | None
    lat: float | None
    reports: int
    raised_at: datetime
    last_reported_at: datetime
    acknowledge_by: datetime
    attend_by: datetime
    make_safe_by: datetime
    relieve_by: datetime | None
    acknowledged_at: datetime | None
    attended_at: datetime | None
    made_safe_at: datetime | None
    closed_at: datetime | None
    waiting_authority: str | None
    waiting_since: datetime | None
    relieved_at: datetime | None
    outcome: str | None
    found_by: str | None
    found_at: datetime | None
    note: str | None
    skills: tuple[str, ...]
    make_safe_minutes: float
    clocks: tuple[Clock, ...]
    missing: tuple[str, ...]
    photos: tuple[str, ...]
    jobs: tuple[JobView, ...]

    @property
    def place(self) -> Place | None:
        """Return where it is."""
        return Place(lon=self.lon, lat=self.lat) if self.lon is not None and self.lat is not None else None


def hazard_row(session: Session, *, hazard_id: str) -> HazardRow:
    """Return the row of a hazard; UnknownThing if there is none."""
    row = session.get(HazardRow, hazard_id)
    if row is None:
        raise UnknownThing(kind="hazard", id=hazard_id)
    return row


def get_hazard(session: Session, *, hazard_id: str) -> HazardView:
    """Return one hazard; UnknownThing if there is none."""
    return _views(session, [hazard_row(session, hazard_id=hazard_id)])[0]


def list_hazards(
    session: Session, *, outage_id: str | None = None, closed: bool = False, limit: int = 1000
) -> list[HazardView]:
    """Return hazards, the worst and longest open first: of one outage or of all; closed ones if asked for."""
    query = select(HazardRow).order_by(HazardRow.level, HazardRow.raised_at, HazardRow.id).limit(limit)
    if outage_id is not None:
        query = query.where(HazardRow.outage_id == outage_id)
    if not closed:
        query = query.where(HazardRow.status != HazardStatus.CLOSED)
    return _views(session, session.scalars(query).all())


def hazard_reports(session: Session, *, hazard_id: str) -> list[HazardReport]:
    """Return what was reported of a hazard, oldest first. Words may hold personal data: for the desk only."""
    hazard_row(session, hazard_id=hazard_id)
    rows = session.scalars(
        select(EvidenceRow)
        .join(HazardReportRow, HazardReportRow.evidence_id == EvidenceRow.id)
        .where(HazardReportRow.hazard_id == hazard_id)
        .order_by(EvidenceRow.at, EvidenceRow.id)
    ).all()
    photos = photos_of_calls(session, evidence_ids=[row.id for row in rows])
    return [
        HazardReport(
            evidence_id=row.id,
            kind=row.hazard or row.kind,
            at=row.at,
            source=row.source,
            service_point=row.service_point,
            text=row.text,
            photos=tuple(photos.get(row.id, ())),
        )
        for row in rows
    ]


def hazard_places(session: Session, *, ids: Collection[str]) -> dict[str, Place]:
    """Return where hazards are; those without a place are absent."""
    if not ids:
        return {}
    found = {row.id: place_of(row) for row in session.scalars(select(HazardRow).where(HazardRow.id.in_(ids)))}
    return {id: place for id, place in found.items() if place is not None}


def place_of(row: HazardRow) -> Place | None:
    """Return where a hazard is, None where nobody said."""
    if row.location is None:
        return None
    point = to_shape(row.location)
    return Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))


def facts_of(row: HazardRow, *, has_photo: bool, has_crew: bool) -> HazardFacts:
    """Return what the rules need to know of a hazard."""
    return HazardFacts(
        status=HazardStatus(row.status),
        level=Level(row.level),
        raised_at=row.raised_at,
        deadlines=deadlines_of(row),
        is_acknowledged=row.acknowledged_at is not None,
        is_attended=row.attended_at is not None,
        is_made_safe=row.made_safe_at is not None,
        waiting_since=row.waiting_since,
        has_outcome=row.outcome is not None,
        has_finder=row.found_by is not None,
        has_finding_time=row.found_at is not None,
        has_photo=has_photo,
        has_crew_finding=row.finding_job_id is not None,
        has_crew=has_crew,
    )


def deadlines_of(row: HazardRow) -> Deadlines:
    """Return the deadlines of a hazard."""
    return Deadlines(
        acknowledge_by=row.acknowledge_by,
        attend_by=row.attend_by,
        make_safe_by=row.make_safe_by,
        relieve_by=row.relieve_by,
    )


# What a view says as the row does.
_SAME = frozenset(field.name for field in fields(HazardView)) & frozenset(HazardRow.__table__.columns.keys())


def _views(session: Session, rows: Sequence[HazardRow]) -> list[HazardView]:
    ids = [row.id for row in rows]
    jobs: dict[str, list[JobView]] = defaultdict(list)
    query = select(JobRow).where(JobRow.hazard_id.in_(ids)).order_by(JobRow.assigned_at, JobRow.id)
    for job in session.scalars(query):
        jobs[job.hazard_id or ""].append(job_view(job))
    photos: dict[str, list[str]] = defaultdict(list)
    taken = select(PhotoRow.hazard_id, PhotoRow.id).where(PhotoRow.hazard_id.in_(ids))
    for hazard_id, photo_id in session.execute(taken.order_by(PhotoRow.received_at, PhotoRow.id)):
        photos[hazard_id or ""].append(photo_id)
    return [_view(row, tuple(jobs[row.id]), tuple(photos[row.id])) for row in rows]


def _view(row: HazardRow, jobs: tuple[JobView, ...], photos: tuple[str, ...]) -> HazardView:
    has_crew = any(job.status not in ENDED_JOB_STATUSES for job in jobs)
    facts = facts_of(row, has_photo=bool(photos), has_crew=has_crew)
    work = MAKE_SAFE_WORK[HazardKind(row.kind)]
    place = place_of(row)
    return HazardView(
        **{name: getattr(row, name) for name in _SAME},
        lon=place.lon if place else None,
        lat=place.lat if place else None,
        skills=tuple(work.skills),
        make_safe_minutes=work.minutes,
        clocks=tuple(running_clocks(facts)),
        missing=tuple(missing_to_close(facts)),
        photos=photos,
        jobs=jobs,
    )
