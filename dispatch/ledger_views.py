"""Reading the ledger: what it says of an outage or of a service point, and what it said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from dispatch.ledger_tables import InterruptionRow
from dispatch.outages import outage_row
from dispatch.tables import OutageRow


@dataclass(frozen=True, slots=True)
class Interruption:
    """One row of the ledger (dispatch/ledger_tables.py); `cause` is its own, or else that of its outage."""

    id: int
    service_point: str
    started_at: datetime
    ended_at: datetime | None
    outage_id: str | None
    planned_outage_id: str | None
    switching_order_id: str | None
    kind: str
    cause: str | None
    phases: str
    phases_taken: str
    phase_share: float
    supplied_by: str | None
    other_holds: list[dict[str, Any]]
    customers: int
    feeder: str | None
    recorded_at: datetime
    recorded_by: str | None
    reason: str | None
    replaced_by: int | None


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Rows by number; `next_after` is the number to go on after, None at the end."""

    rows: tuple[Interruption, ...]
    next_after: int | None


def interruptions_of_outage(
    session: Session, *, outage_id: str, replaced: bool, after: int, limit: int
) -> LedgerPage:
    """Return what the ledger says of an outage, nested ones included; UnknownThing if there is none."""
    outage_row(session, outage_id=outage_id)
    others = [{"outage_id": outage_id}]
    is_its = or_(
        InterruptionRow.outage_id == outage_id,
        InterruptionRow.other_holds.is_not(None) & InterruptionRow.other_holds.contains(others),
    )
    return _page(session, is_its, replaced=replaced, after=after, limit=limit)


def interruptions_of_service_point(
    session: Session, *, service_point: str, replaced: bool, after: int, limit: int
) -> LedgerPage:
    """Return every interruption of a service point, also of one that no network has any more."""
    is_its = InterruptionRow.service_point == service_point
    return _page(session, is_its, replaced=replaced, after=after, limit=limit)


def _page(
    session: Session, chosen: ColumnElement[bool], *, replaced: bool, after: int, limit: int
) -> LedgerPage:
    query = (
        select(InterruptionRow, OutageRow.cause)
        .outerjoin(OutageRow, OutageRow.id == InterruptionRow.outage_id)
        .where(chosen, InterruptionRow.id > after)
        .order_by(InterruptionRow.id)
        .limit(limit + 1)
    )
    if not replaced:
        query = query.where(InterruptionRow.replaced_by.is_(None))
    found = session.execute(query.execution_options(populate_existing=True)).all()
    rows = tuple(_view(row, cause) for row, cause in found[:limit])
    return LedgerPage(rows, rows[-1].id if len(found) > limit else None)


def _view(row: InterruptionRow, outage_cause: str | None) -> Interruption:
    if row.period.lower is None:
        raise ValueError(f"row {row.id} has no beginning")
    return Interruption(
        id=row.id,
        service_point=row.service_point,
        started_at=row.period.lower,
        ended_at=row.period.upper,
        outage_id=row.outage_id,
        planned_outage_id=row.planned_outage_id,
        switching_order_id=row.switching_order_id,
        kind=row.kind,
        cause=row.cause or outage_cause,
        phases=row.phases,
        phases_taken=row.phases_taken,
        phase_share=row.phase_share,
        supplied_by=row.supplied_by,
        other_holds=row.other_holds or [],
        customers=row.customers,
        feeder=row.feeder,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        reason=row.reason,
        replaced_by=row.replaced_by,
    )
