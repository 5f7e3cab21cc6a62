"""From reports to hazards, before any analysis; and what time and analysis do to hazards afterwards.

A report with a danger in it is durable evidence first; what raises the hazard may be killed at any moment and
takes up again what has raised none yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, record, set_values
from dispatch.events import Event
from dispatch.hazard_actions import raise_hazard
from dispatch.hazard_kinds import HazardStatus
from dispatch.hazard_rules import kind_told, warnings_due
from dispatch.hazard_tables import HazardReportRow, HazardRow
from dispatch.hazard_views import facts_of
from dispatch.tables import EvidenceRow
from gis.places import device_places

HAZARD_CLOCK = "hazard clock"
_LOOK_BACK = timedelta(days=7)


def reports_wait(session: Session, *, now: datetime) -> bool:
    """Return whether a report tells of a danger that no hazard holds yet."""
    return bool(session.scalar(select(exists().where(_unheard(now)))))


def raise_reported_hazards(session: Session, *, now: datetime, limit: int = 500) -> list[str]:
    """Raise a hazard for each report of one that has none, or add it to the one there; return their ids."""
    waiting = session.scalars(
        select(EvidenceRow).where(_unheard(now)).order_by(EvidenceRow.sequence).limit(limit)
    ).all()
    found = []
    for report in waiting:
        at = report.service_point or report.device
        places = device_places(session, network_version=report.network_version, ids=[at] if at else [])
        hazard, _ = raise_hazard(
            session,
            kind=kind_told(report.hazard or ""),
            place=places.get(at or ""),
            service_point=report.service_point,
            device=report.device,
            network_version=report.network_version,
            at=report.at,
            author=Author(actor=report.source, now=now, occurred_at=report.at),
        )
        session.add(HazardReportRow(evidence_id=report.id, hazard_id=hazard.id))
        session.flush()
        found.append(hazard.id)
    return found


def hazards_due(session: Session, *, now: datetime) -> bool:
    """Return whether a warning is to be given, or the outage of a hazard has become known or another."""
    return bool(_to_warn(session, now)) or bool(_to_link(session))


def mind_hazards(session: Session, *, now: datetime) -> int:
    """Give the warnings that are due, and name the outages of hazards; return how many changes."""
    author = Author(actor=HAZARD_CLOCK, now=now)
    warned, linked = _to_warn(session, now), _to_link(session)
    for row, warnings in warned:
        values = set_values(row, {"warned": [*row.warned, *warnings]})
        _record(session, row, Event.HAZARD_WARNED, author, {"values": values, "warnings": warnings})
    for row, outage_id in linked:
        values = set_values(row, {"outage_id": outage_id})
        _record(session, row, Event.HAZARD_OUTAGE_KNOWN, author, {"values": values})
    return len(warned) + len(linked)


def _unheard(now: datetime) -> ColumnElement[bool]:
    has_one = exists().where(HazardReportRow.evidence_id == EvidenceRow.id)
    return and_(EvidenceRow.hazard.is_not(None), EvidenceRow.received_at > now - _LOOK_BACK, ~has_one)


def _open_rows(session: Session) -> list[HazardRow]:
    query = select(HazardRow).where(HazardRow.status != HazardStatus.CLOSED).order_by(HazardRow.id)
    return list(session.scalars(query))


def _to_warn(session: Session, now: datetime) -> list[tuple[HazardRow, list[str]]]:
    found = []
    for row in _open_rows(session):
        facts = facts_of(row, has_photo=False, has_crew=False)
        warnings = warnings_due(facts, warned=row.warned, now=now)
        if warnings:
            found.append((row, warnings))
    return found


def _to_link(session: Session) -> list[tuple[HazardRow, str]]:
    """RULE: a hazard belongs to the outage that its latest report belongs to, and follows it when merged."""
    query = (
        select(HazardRow, EvidenceRow.outage_id)
        .join(HazardReportRow, HazardReportRow.hazard_id == HazardRow.id)
        .join(EvidenceRow, EvidenceRow.id == HazardReportRow.evidence_id)
        .where(HazardRow.status != HazardStatus.CLOSED, EvidenceRow.outage_id.is_not(None))
        .order_by(HazardRow.id, EvidenceRow.sequence)
    )
    latest = {row.id: (row, outage_id) for row, outage_id in session.execute(query)}
    return [(row, id) for row, id in latest.values() if id is not None and id != row.outage_id]


def _record(session: Session, row: HazardRow, name: Event, author: Author, data: dict[str, object]) -> None:
    record(session, name=name, subject=f"hazard:{row.id}", outage=None, author=author, data=data, hazard=row)
