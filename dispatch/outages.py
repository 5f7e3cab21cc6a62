"""Reading outages: what a dispatcher sees of one or of all, who is affected, and the whole history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.change_log import Change, changes_after
from dispatch.errors import UnknownThing
from dispatch.many_ids import is_among
from dispatch.states import (
    ENDED_JOB_STATUSES,
    JOB_TRANSITIONS,
    OPEN_OUTAGE_STATUSES,
    JobStatus,
    OutageStatus,
    allowed_outage_actions,
)
from dispatch.tables import AffectedRow, EvidenceRow, JobRow, OutageRow
from gis.areas import outage_area
from gis.place import Place
from gis.places import ServicePointDetail, device_places, service_point_details

ON_KINDS = ("power_up",)
OUT_KINDS = ("trouble_call", "last_gasp")


@dataclass(frozen=True, slots=True)
class JobView:
    """One crew's work on an outage or a hazard; `allowed_actions` are the steps its crew may report next."""

    id: str
    kind: str
    outage_id: str | None
    hazard_id: str | None
    crew_id: str
    status: str
    travel_minutes: float
    travel_source: str
    assigned_at: datetime
    accepted_at: datetime | None
    en_route_at: datetime | None
    on_site_at: datetime | None
    working_at: datetime | None
    ended_at: datetime | None
    ended_because: str | None
    allowed_actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutageView:
    """One outage as a dispatcher sees it; `allowed_actions` are what may be done to it now.

    `lon` and `lat` are its device's, WGS 84, also when its network version is gone.
    """

    id: str
    version: int
    network_version: int
    status: str
    device: str
    device_kind: str
    phases: str
    probability: float
    candidates: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    service_points_out: int
    customers_out: int
    reports_out: int
    reports_on: int
    hazards: tuple[str, ...]
    started_at: datetime
    predicted_at: datetime
    confirmed_at: datetime | None
    restored_at: datetime | None
    closed_at: datetime | None
    etr_at: datetime | None
    etr_source: str | None
    etr_earliest: datetime | None
    etr_latest: datetime | None
    etr_warn_at: datetime | None
    etr_lapsing_at: datetime | None
    cause: str | None
    dismissed_because: str | None
    merged_into: str | None
    split_from: str | None
    device_told_at: datetime | None
    reopened_at: datetime | None
    incident_id: str | None
    failed_equipment: str | None
    failed_device: str | None
    note: str | None
    lon: float | None
    lat: float | None
    allowed_actions: tuple[str, ...]
    jobs: tuple[JobView, ...]


@dataclass(frozen=True, slots=True)
class AffectedServicePoint:
    """One household of an outage: without supply in `[started_at, ended_at)`."""

    id: str
    customers: int
    account: str | None
    address: str | None
    priority: str | None
    phases_lost: str
    is_partly_out: bool
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Reports:
    reports_out: int = 0
    reports_on: int = 0
    hazards: tuple[str, ...] = ()


def outage_row(session: Session, *, outage_id: str) -> OutageRow:
    """Return the row of an outage; UnknownThing if there is none."""
    row = session.get(OutageRow, outage_id)
    if row is None:
        raise UnknownThing(kind="outage", id=outage_id)
    return row


def get_outage(session: Session, *, outage_id: str) -> OutageView:
    """Return one outage; UnknownThing if there is none."""
    return _views(session, [outage_row(session, outage_id=outage_id)])[0]


def list_outages(
    session: Session,
    *,
    statuses: Collection[str] = (),
    active: bool = False,
    ids: Collection[str] | None = None,
    limit: int = 1000,
) -> list[OutageView]:
    """Return outages, newest first: those of the given statuses or ids, those not yet closed, or all."""
    query = select(OutageRow).order_by(OutageRow.predicted_at.desc(), OutageRow.id.desc()).limit(limit)
    if statuses:
        query = query.where(OutageRow.status.in_(statuses))
    if ids is not None:
        query = query.where(OutageRow.id.in_(list(ids)))
    if active:
        query = query.where(OutageRow.status.in_([*OPEN_OUTAGE_STATUSES, OutageStatus.RESTORED]))
    return _views(session, list(session.scalars(query)))


def affected_service_points(session: Session, *, outage_id: str) -> list[AffectedServicePoint]:
    """Return the households of an outage, to the service point (分析到户)."""
    outage = outage_row(session, outage_id=outage_id)
    rows = session.scalars(
        select(AffectedRow).where(AffectedRow.outage_id == outage_id).order_by(AffectedRow.service_point)
    ).all()
    details = service_point_details(
        session, network_version=outage.network_version, ids=[row.service_point for row in rows]
    )
    by_id = {detail.id: detail for detail in details}
    return [_affected(row, by_id.get(row.service_point), outage.phases) for row in rows]


def _affected(row: AffectedRow, detail: ServicePointDetail | None, open_phases: str) -> AffectedServicePoint:
    """What has supply left on a phase it takes is partly out; a vanished service point counts as out."""
    taken = detail.phases if detail else open_phases
    lost = "".join(phase for phase in taken if phase in open_phases)
    return AffectedServicePoint(
        id=row.service_point,
        customers=row.customers,
        account=detail.account if detail else None,
        address=detail.address if detail else None,
        priority=detail.priority if detail else None,
        phases_lost=lost,
        is_partly_out=lost != taken,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def outage_history(session: Session, *, outage_id: str) -> list[Change]:
    """Return every change of one outage, its jobs and its hazards, oldest first."""
    outage_row(session, outage_id=outage_id)
    return changes_after(session, position=0, limit=1_000_000, outage_id=outage_id)


def area_of_outage(session: Session, *, outage_id: str) -> dict[str, Any] | None:
    """Return the area of those still out as a GeoJSON feature; None where none has a place.

    Of an outage that is over the area of all who were out.
    """
    outage = outage_row(session, outage_id=outage_id)
    query = select(AffectedRow.service_point).where(AffectedRow.outage_id == outage_id)
    if outage.status in OPEN_OUTAGE_STATUSES:
        query = query.where(AffectedRow.ended_at.is_(None))
    service_points = session.scalars(query).all()
    return outage_area(session, network_version=outage.network_version, service_points=service_points)


def job_view(row: JobRow) -> JobView:
    """Return a job as others see it."""
    return JobView(
        id=row.id,
        kind=row.kind,
        outage_id=row.outage_id,
        hazard_id=row.hazard_id,
        crew_id=row.crew_id,
        status=row.status,
        travel_minutes=row.travel_minutes,
        travel_source=row.travel_source,
        assigned_at=row.assigned_at,
        accepted_at=row.accepted_at,
        en_route_at=row.en_route_at,
        on_site_at=row.on_site_at,
        working_at=row.working_at,
        ended_at=row.ended_at,
        ended_because=row.ended_because,
        allowed_actions=JOB_TRANSITIONS[JobStatus(row.status)],
    )


def _views(session: Session, rows: Sequence[OutageRow]) -> list[OutageView]:
    ids = [row.id for row in rows]
    places = {}
    for network_version in {row.network_version for row in rows}:
        devices = {row.device for row in rows if row.network_version == network_version}
        places[network_version] = device_places(session, network_version=network_version, ids=devices)
    jobs: dict[str, list[JobView]] = defaultdict(list)
    for job in session.scalars(
        select(JobRow).where(is_among(JobRow.outage_id, ids)).order_by(JobRow.assigned_at, JobRow.id)
    ):
        jobs[job.outage_id or ""].append(job_view(job))
    reports = _reports(session, ids)
    return [
        _view(
            row,
            places[row.network_version].get(row.device) or _kept_place(row),
            reports.get(row.id, _Reports()),
            tuple(jobs[row.id]),
        )
        for row in rows
    ]


def _reports(session: Session, ids: Iterable[str]) -> dict[str, _Reports]:
    """Count what was reported for each outage: out, on, and hazards, each hazard once."""
    out = func.count().filter(EvidenceRow.kind.in_(OUT_KINDS) | (EvidenceRow.result == "off"))
    on = func.count().filter(EvidenceRow.kind.in_(ON_KINDS) | (EvidenceRow.result == "on"))
    hazards = func.array_agg(EvidenceRow.hazard.distinct()).filter(EvidenceRow.hazard.is_not(None))
    query = (
        select(EvidenceRow.outage_id, out, on, hazards)
        .where(is_among(EvidenceRow.outage_id, ids))
        .group_by(EvidenceRow.outage_id)
    )
    return {
        outage_id: _Reports(
            reports_out=out_count, reports_on=on_count, hazards=tuple(name for name in names or () if name)
        )
        for outage_id, out_count, on_count, names in session.execute(query)
        if outage_id is not None
    }


def _kept_place(row: OutageRow) -> Place | None:
    if row.location is None:
        return None
    point = to_shape(row.location)
    return Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))


def _view(row: OutageRow, place: Place | None, reports: _Reports, jobs: tuple[JobView, ...]) -> OutageView:
    return OutageView(
        id=row.id,
        version=row.version,
        network_version=row.network_version,
        status=row.status,
        device=row.device,
        device_kind=row.device_kind,
        phases=row.phases,
        probability=row.probability,
        candidates=row.candidates,
        reasons=row.reasons,
        service_points_out=row.service_points_out,
        customers_out=row.customers_out,
        reports_out=reports.reports_out,
        reports_on=reports.reports_on,
        hazards=reports.hazards,
        started_at=row.started_at,
        predicted_at=row.predicted_at,
        confirmed_at=row.confirmed_at,
        restored_at=row.restored_at,
        closed_at=row.closed_at,
        etr_at=row.etr_at,
        etr_source=row.etr_source,
        etr_earliest=row.etr_earliest,
        etr_latest=row.etr_latest,
        etr_warn_at=row.etr_warn_at,
        etr_lapsing_at=row.etr_lapsing_at,
        cause=row.cause,
        dismissed_because=row.dismissed_because,
        merged_into=row.merged_into,
        split_from=row.split_from,
        device_told_at=row.device_told_at,
        reopened_at=row.reopened_at,
        incident_id=row.incident_id,
        failed_equipment=row.failed_equipment,
        failed_device=row.failed_device,
        note=row.note,
        lon=place.lon if place else None,
        lat=place.lat if place else None,
        allowed_actions=allowed_outage_actions(
            status=OutageStatus(row.status),
            has_crew=any(job.status not in ENDED_JOB_STATUSES for job in jobs),
        ),
        jobs=jobs,
    )
