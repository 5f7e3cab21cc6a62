"""What a report about one outage or about a storm tells: read once, from the ledger and the change log.

RULE 1: no personal data. No names, phones or free text, no person who acted, no address, and no place of a
    single household: an outage of one service is listed without its id and is not on the map.
RULE 2: an outage is drawn as an area only from `AREA_FROM` service points on; counts of important customers
    below `FEWEST_TOLD` are not told exactly.
RULE 3: a storm's outages are those confirmed that were out within the span; predictions, dismissed and merged
    ones belong to no record. A single outage is told whatever became of it.
RULE 4: bounded: what is beyond the bounds is counted, and the report says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry import shape
from sqlalchemy import ARRAY, Text, bindparam, func, select, text
from sqlalchemy.orm import Session

from dispatch.errors import InvalidInput
from dispatch.etr_tables import EtrScoreRow, EtrVersionRow
from dispatch.events import Event
from dispatch.outages import outage_row
from dispatch.report_parts import (
    OutageReport,
    ReportedCause,
    ReportedCrew,
    ReportedCustomers,
    ReportedEtr,
    ReportedEvent,
    ReportedOutage,
)
from dispatch.restoration_curve import LONGEST, restoration_curve
from dispatch.states import OutageStatus
from dispatch.tables import AffectedRow, ChangeLogRow, Instant, JobRow, OutageRow
from gis.areas import outage_area
from gis.network_versions import network_version_details
from gis.place import Place
from gis.places import device_places
from gis.report_backdrop import backdrop_lines

MOST_OUTAGES = 5_000
MOST_EVENTS = 2_000
MOST_AREAS = 100
MOST_WORDS = 2_000
AREA_FROM = 10
FEWEST_TOLD = 5
# A degree or so: beyond it the lines of the network would be a blot.
_MARGIN_DEGREES = 0.01

TOLD = (
    Event.OUTAGE_PREDICTED,
    Event.OUTAGE_CONFIRMED,
    Event.OUTAGE_DEVICE_TOLD,
    Event.OUTAGE_DEVICE_CHANGED,
    Event.OUTAGE_SPLIT,
    Event.OUTAGE_SPLIT_OFF,
    Event.OUTAGE_TOOK_OVER,
    Event.OUTAGE_SWITCHED,
    Event.OUTAGE_PARTIALLY_RESTORED,
    Event.OUTAGE_RESTORED,
    Event.OUTAGE_REOPENED,
    Event.OUTAGE_CLOSED,
    Event.OUTAGE_DISMISSED,
    Event.OUTAGE_MERGED,
    Event.JOB_ASSIGNED,
    Event.JOB_EN_ROUTE,
    Event.JOB_ON_SITE,
    Event.JOB_WORKING,
    Event.JOB_FINISHED,
    Event.JOB_DECLINED,
    Event.JOB_RECALLED,
)


def storm_report(session: Session, *, since: datetime, until: datetime, now: datetime) -> OutageReport:
    """Return the report of a span; InvalidInput where it is none, ends ahead or is longer than a month."""
    if since >= until:
        raise InvalidInput(field="until", text="the span must end after it begins")
    if until - since > LONGEST:
        raise InvalidInput(field="since", text=f"a report spans {LONGEST.days} days at most")
    until = min(until, now)
    if since >= until:
        raise InvalidInput(field="since", text="the span lies ahead")
    query = (
        select(OutageRow)
        .where(
            OutageRow.status.not_in((OutageStatus.PREDICTED, OutageStatus.DISMISSED, OutageStatus.MERGED)),
            OutageRow.started_at < until,
            OutageRow.restored_at.is_(None) | (OutageRow.restored_at > since),
        )
        .order_by(OutageRow.customers_out.desc(), OutageRow.id)
    )
    rows = session.scalars(query.limit(MOST_OUTAGES)).all()
    count = session.scalars(select(func.count()).select_from(query.order_by(None).subquery())).one()
    return _report(session, rows, left_out=count - len(rows), since=since, until=until, now=now)


def report_of_outage(session: Session, *, outage_id: str, now: datetime) -> OutageReport:
    """Return the report of one outage, from its beginning until supply was back, or now; UnknownThing."""
    row = outage_row(session, outage_id=outage_id)
    until = min(row.restored_at or now, now)
    since = min(row.started_at, until - timedelta(minutes=1))
    return _report(session, [row], left_out=0, since=since, until=until, now=now, outage_id=outage_id)


def _report(
    session: Session,
    rows: Sequence[OutageRow],
    *,
    left_out: int,
    since: datetime,
    until: datetime,
    now: datetime,
    outage_id: str | None = None,
) -> OutageReport:
    ids = [row.id for row in rows]
    shares = _shares(session, ids, since=since, until=until)
    jobs = session.scalars(
        select(JobRow).where(JobRow.outage_id.in_(ids)).order_by(JobRow.assigned_at, JobRow.id)
    ).all()
    words = _words(session, ids)
    outages = _outages(session, rows, shares, jobs, words)
    events, events_left_out = _events(session, ids, jobs, until=now)
    version = max((row.network_version for row in rows), default=None)
    name = network_version_details(session, network_version=version).name if version is not None else ""
    return OutageReport(
        outage_id=outage_id,
        network=name,
        since=since,
        until=until,
        made_at=now,
        curve=restoration_curve(session, since=since, until=until, now=now, outage_id=outage_id),
        customers=_customers(session, rows, shares, since=since, until=until),
        outages=outages,
        outages_left_out=left_out,
        events=events,
        events_left_out=events_left_out,
        crews=_crews(jobs, now=now),
        etr=tuple(words[:MOST_WORDS]),
        causes=_causes(outages),
        lines=_lines(session, version, outages),
    )


# What each outage did to customers within the span, by the ledger.
_SHARES = text("""
    SELECT outage_id, COUNT(DISTINCT service_point_key) AS service_points,
           SUM(customers * EXTRACT(epoch FROM
               LEAST(COALESCE(upper(period), 'infinity'), :until) - GREATEST(lower(period), :since)
           ) / 60)::double precision AS minutes,
           SUM(customers) FILTER (WHERE COALESCE(upper(period), 'infinity') > :until) AS still_out
    FROM interruption
    WHERE outage_id = ANY(:ids) AND replaced_by IS NULL AND phase_share > 0
      AND lower(period) < :until AND COALESCE(upper(period), 'infinity') > :since
    GROUP BY outage_id
""").bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("since", type_=Instant),
    bindparam("until", type_=Instant),
)
# Each household once, whatever put it out and however often; with how important it is.
_HOUSEHOLDS = text("""
    WITH met AS (
        SELECT DISTINCT ON (service_point) service_point, customers FROM interruption
        WHERE outage_id = ANY(:ids) AND replaced_by IS NULL AND phase_share > 0
          AND lower(period) < :until AND COALESCE(upper(period), 'infinity') > :since
        ORDER BY service_point, id DESC
    )
    SELECT point.priority, COUNT(*) AS service_points, SUM(met.customers)::bigint AS customers
    FROM met LEFT JOIN service_point AS point
        ON point.network_version = :network_version AND point.id = met.service_point
    GROUP BY point.priority
""").bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("since", type_=Instant),
    bindparam("until", type_=Instant),
)


@dataclass(frozen=True, slots=True)
class _Share:
    service_points: int = 0
    minutes: float = 0.0
    still_out: int = 0


def _shares(session: Session, ids: Sequence[str], *, since: datetime, until: datetime) -> dict[str, _Share]:
    found = session.execute(_SHARES, {"ids": list(ids), "since": since, "until": until})
    return {row.outage_id: _Share(row.service_points, row.minutes, row.still_out or 0) for row in found}


def _customers(
    session: Session,
    rows: Sequence[OutageRow],
    shares: Mapping[str, _Share],
    *,
    since: datetime,
    until: datetime,
) -> ReportedCustomers:
    version = max((row.network_version for row in rows), default=0)
    values = {"ids": [row.id for row in rows], "since": since, "until": until, "network_version": version}
    found = session.execute(_HOUSEHOLDS, values).all()
    important = {row.priority: row.service_points for row in found if row.priority is not None}
    return ReportedCustomers(
        customers=int(sum(row.customers for row in found)),
        service_points=sum(row.service_points for row in found),
        customer_minutes=round(sum(one.minutes for one in shares.values()), 1),
        still_out=int(sum(one.still_out for one in shares.values())),
        by_priority={
            name: count if count >= FEWEST_TOLD else None for name, count in sorted(important.items())
        },
    )


def _outages(
    session: Session,
    rows: Sequence[OutageRow],
    shares: Mapping[str, _Share],
    jobs: Sequence[JobRow],
    words: Sequence[ReportedEtr],
) -> tuple[ReportedOutage, ...]:
    crews: dict[str, set[str]] = defaultdict(set)
    for job in jobs:
        crews[job.outage_id or ""].add(job.crew_id)
    told = {word.outage_id: word for word in words if word.is_told and word.at is not None}
    places = _places(session, rows)
    areas = _areas(session, rows)
    return tuple(
        ReportedOutage(
            id=row.id,
            status=row.status,
            device=None if _is_household(row) else row.device,
            device_kind=row.device_kind,
            phases=row.phases,
            started_at=row.started_at,
            confirmed_at=row.confirmed_at,
            restored_at=row.restored_at,
            closed_at=row.closed_at,
            customers=row.customers_out,
            service_points=row.service_points_out,
            customer_minutes=round(shares.get(row.id, _Share()).minutes, 1),
            cause=row.cause,
            failed_equipment=row.failed_equipment,
            crews=len(crews[row.id]),
            etr_error_minutes=_error(told.get(row.id), row),
            place=None if _is_household(row) else places.get(row.id),
            area=areas.get(row.id),
        )
        for row in rows
    )


def _is_household(row: OutageRow) -> bool:
    return row.device_kind == "service_point" or row.service_points_out <= 1


def _error(word: ReportedEtr | None, row: OutageRow) -> float | None:
    if word is None or word.at is None or row.restored_at is None:
        return None
    return round((row.restored_at - word.at).total_seconds() / 60, 1)


def _places(session: Session, rows: Sequence[OutageRow]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for version in {row.network_version for row in rows}:
        own = [row for row in rows if row.network_version == version]
        at = device_places(session, network_version=version, ids={row.device for row in own})
        for row in own:
            if row.device in at:
                found[row.id] = at[row.device]
            elif row.location is not None:
                point = to_shape(row.location)
                found[row.id] = Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))
    return found


def _areas(session: Session, rows: Sequence[OutageRow]) -> dict[str, Mapping[str, Any]]:
    """Return the outline of the largest, where there are enough households that no single one shows."""
    large = [row for row in rows if row.service_points_out >= AREA_FROM][:MOST_AREAS]
    areas = {}
    for row in large:
        points = session.scalars(
            select(AffectedRow.service_point).where(AffectedRow.outage_id == row.id)
        ).all()
        area = outage_area(session, network_version=row.network_version, service_points=points)
        if area is not None and area["properties"]["service_points"] >= AREA_FROM:
            areas[row.id] = area["geometry"]
    return areas


def _events(
    session: Session, ids: Sequence[str], jobs: Sequence[JobRow], *, until: datetime
) -> tuple[tuple[ReportedEvent, ...], int]:
    """Return what happened, in the order it happened; of one outage or of a storm, without who."""
    crew_of = {f"job:{job.id}": job.crew_id for job in jobs}
    query = select(
        ChangeLogRow.occurred_at, ChangeLogRow.name, ChangeLogRow.outage_id, ChangeLogRow.subject
    ).where(
        ChangeLogRow.outage_id.in_(ids),
        ChangeLogRow.name.in_([str(name) for name in TOLD]),
        ChangeLogRow.occurred_at <= until,
    )
    count = session.scalars(select(func.count()).select_from(query.subquery())).one()
    rows = session.execute(query.order_by(ChangeLogRow.occurred_at, ChangeLogRow.position).limit(MOST_EVENTS))
    events = tuple(
        ReportedEvent(row.occurred_at, row.name, str(row.outage_id), crew_of.get(row.subject)) for row in rows
    )
    return events, count - len(events)


def _crews(jobs: Sequence[JobRow], *, now: datetime) -> tuple[ReportedCrew, ...]:
    by_crew: dict[str, list[JobRow]] = defaultdict(list)
    for job in jobs:
        by_crew[job.crew_id].append(job)
    return tuple(
        ReportedCrew(
            crew_id=crew_id,
            jobs=len(own),
            arrived=sum(job.on_site_at is not None for job in own),
            finished=sum(job.status == "finished" for job in own),
            first_sent_at=min(job.assigned_at for job in own),
            minutes_on_site=round(
                sum(
                    ((job.ended_at or now) - job.on_site_at).total_seconds() / 60
                    for job in own
                    if job.on_site_at is not None
                ),
                1,
            ),
        )
        for crew_id, own in sorted(by_crew.items())
    )


def _words(session: Session, ids: Sequence[str]) -> list[ReportedEtr]:
    """Return what was published, oldest first, with how wrong it proved to be."""
    query = (
        select(EtrVersionRow, EtrScoreRow.error_minutes)
        .outerjoin(EtrScoreRow, EtrScoreRow.version_id == EtrVersionRow.id)
        .where(EtrVersionRow.outage_id.in_(ids), EtrVersionRow.is_published)
        .order_by(EtrVersionRow.said_at, EtrVersionRow.id)
    )
    return [
        ReportedEtr(
            outage_id=row.outage_id,
            said_at=row.said_at,
            tier=row.tier,
            source=row.source,
            at=row.at,
            earliest=row.earliest,
            latest=row.latest,
            is_told=row.is_told,
            error_minutes=error,
        )
        for row, error in session.execute(query)
    ]


def _causes(outages: Sequence[ReportedOutage]) -> tuple[ReportedCause, ...]:
    counts: Counter[str | None] = Counter(one.cause for one in outages)
    found = [
        ReportedCause(
            cause=cause,
            outages=count,
            customers=sum(one.customers for one in outages if one.cause == cause),
            customer_minutes=round(sum(one.customer_minutes for one in outages if one.cause == cause), 1),
        )
        for cause, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.customer_minutes, one.cause or "")))


def _lines(
    session: Session, version: int | None, outages: Sequence[ReportedOutage]
) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the lines of the network around what is drawn."""
    points = [one.place for one in outages if one.place is not None]
    shapes = [shape(dict(one.area)) for one in outages if one.area is not None]
    if version is None or not (points or shapes):
        return ()
    boxes = [one.bounds for one in shapes] + [(at.lon, at.lat, at.lon, at.lat) for at in points]
    west, south = (min(box[side] for box in boxes) - _MARGIN_DEGREES for side in (0, 1))
    east, north = (max(box[side] for box in boxes) + _MARGIN_DEGREES for side in (2, 3))
    return backdrop_lines(session, network_version=version, bounds=(west, south, east, north))
