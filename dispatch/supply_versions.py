"""Has anything changed that a customer may see? One short text per account that differs when it has.

What goes in is what `dispatch.supply_status` tells, and nothing of other customers: a page that follows its
version is woken by its own outage alone. All accounts with a page open are asked about in one go.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.errors import NoActiveNetwork
from dispatch.explained_evidence import spans_of
from dispatch.supply_status import RECENT
from dispatch.tables import AffectedRow, EvidenceRow, JobRow, OutageRow
from gis.network_versions import active_network_version
from gis.places import resolve_service_points

_Seen = tuple[object, ...]


def supply_versions(session: Session, *, accounts: Collection[str], now: datetime) -> dict[str, str]:
    """Return account → version of what it may see at `now`; NoActiveNetwork if no network is in force."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    resolved = resolve_service_points(session, network_version=network_version, accounts=accounts)
    service_points = {id for ids in resolved.by_account.values() for id in ids}
    outages = _outages(session, service_points, now)
    reports = _reports(session, service_points)
    explained = _explained(session, service_points, now)
    planned = _planned(session, service_points, now)
    return {
        account: _digest(
            [
                (id, outages.get(id), reports.get(id), explained.get(id), planned.get(id))
                for id in resolved.by_account.get(account, [])
            ]
        )
        for account in accounts
    }


def _outages(session: Session, service_points: Collection[str], now: datetime) -> dict[str, _Seen]:
    """Return for each service point its latest interruption, as far as a customer sees it."""
    query = (
        select(
            AffectedRow.service_point,
            AffectedRow.outage_id,
            AffectedRow.started_at,
            AffectedRow.ended_at,
            OutageRow.status,
            OutageRow.etr_at,
            OutageRow.etr_source,
            OutageRow.etr_earliest,
            OutageRow.etr_latest,
        )
        .join(OutageRow, OutageRow.id == AffectedRow.outage_id)
        .where(
            AffectedRow.service_point == _any_of(service_points),
            or_(AffectedRow.ended_at.is_(None), AffectedRow.ended_at > now - RECENT),
        )
        .ext(distinct_on(AffectedRow.service_point))
        .order_by(AffectedRow.service_point, AffectedRow.started_at.desc())
    )
    found = session.execute(query).all()
    jobs = _jobs(session, {row.outage_id for row in found})
    return {
        # An ETR that passes is a change as well, and so is the beginning of its window.
        row.service_point: (
            *row,
            *(at is not None and at < now for at in (row.etr_at, row.etr_earliest)),
            tuple(jobs[row.outage_id]),
        )
        for row in found
    }


def _explained(session: Session, service_points: Collection[str], now: datetime) -> dict[str, _Seen]:
    """Return for each service point what says now that its supply is off on purpose."""
    spans = spans_of(session, service_points=service_points, after=now)
    return {
        id: tuple((str(span.remark), span.since, span.until) for span in own if span.covers(now))
        for id, own in spans.items()
    }


def _planned(session: Session, service_points: Collection[str], now: datetime) -> dict[str, list[_Seen]]:
    """Return for each service point the planned work that lies ahead, each with its version."""
    query = (
        select(PlannedServicePointRow.service_point, PlannedOutageRow.id, PlannedOutageRow.version)
        .join(PlannedOutageRow, PlannedOutageRow.id == PlannedServicePointRow.planned_outage_id)
        .where(
            PlannedServicePointRow.service_point == _any_of(service_points), PlannedOutageRow.ends_at > now
        )
        .order_by(PlannedOutageRow.id)
    )
    found: dict[str, list[_Seen]] = defaultdict(list)
    for service_point, *seen in session.execute(query):
        found[service_point].append(tuple(seen))
    return found


def _jobs(session: Session, outage_ids: Collection[str]) -> dict[str, list[str]]:
    statuses: dict[str, list[str]] = defaultdict(list)
    query = (
        select(JobRow.outage_id, JobRow.status)
        .where(JobRow.outage_id == _any_of(outage_ids))
        .order_by(JobRow.assigned_at, JobRow.id)
    )
    for outage_id, status in session.execute(query):
        statuses[outage_id or ""].append(status)
    return statuses


def _reports(session: Session, service_points: Collection[str]) -> dict[str, datetime]:
    query = (
        select(EvidenceRow.service_point, func.max(EvidenceRow.at).label("latest"))
        .where(
            EvidenceRow.service_point == _any_of(service_points),
            EvidenceRow.kind == "trouble_call",
            EvidenceRow.status.in_(("new", "analysed")),
        )
        .group_by(EvidenceRow.service_point)
    )
    return {row.service_point: row.latest for row in session.execute(query)}


def _any_of(values: Collection[str]) -> ColumnElement[bool]:
    """One array instead of a parameter for each value: of those a statement takes only 65,535."""
    return any_(literal(sorted(values), ARRAY(Text)))


def _digest(seen: list[_Seen]) -> str:
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
