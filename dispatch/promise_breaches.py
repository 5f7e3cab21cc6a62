"""The breach list: every broken promise of a period, with what proves arrival and restoration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.arrival_proof import ArrivalFlag, ArrivalProof
from dispatch.events import Event
from dispatch.promise_rules import ClockState
from dispatch.promise_tables import PromiseClockRow
from dispatch.promises import OutagePromises, PromisedPause, promises_of
from dispatch.tables import ChangeLogRow, OutageRow


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken promise. `late_minutes` grow while nobody is there, or supply is not back.

    Positions (`…_change`) are those of the change log: the breach itself, and what ended the lateness.
    """

    outage_id: str
    device: str
    outage_status: str
    customers_out: int
    promise: str
    measures: str
    area_class: str
    area_source: str
    started_at: datetime | None
    report_id: str | None
    due_at: datetime | None
    ended_at: datetime | None
    late_minutes: float
    restored_at: datetime | None
    restored_change: int | None
    breach_change: int | None
    rules_version: str
    arrival: ArrivalProof | None
    flags: tuple[ArrivalFlag, ...]
    pauses: tuple[PromisedPause, ...]


def list_breaches(
    session: Session,
    *,
    now: datetime,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int = 10_000,
) -> list[Breach]:
    """Return the broken promises that were due in [since, before), the newest first."""
    query = (
        select(PromiseClockRow, OutageRow)
        .join(OutageRow, OutageRow.id == PromiseClockRow.outage_id)
        .where(PromiseClockRow.state == ClockState.BREACHED)
        .order_by(PromiseClockRow.due_at.desc(), PromiseClockRow.outage_id, PromiseClockRow.promise)
        .limit(limit)
    )
    if since is not None:
        query = query.where(PromiseClockRow.due_at >= since)
    if before is not None:
        query = query.where(PromiseClockRow.due_at < before)
    rows = session.execute(query).all()
    outages = {outage.id: outage for _, outage in rows}
    promises = promises_of(session, outages=outages.values(), now=now)
    restored = _restored_changes(session, list(outages))
    return [_breach(row, outage, promises[outage.id], restored.get(outage.id)) for row, outage in rows]


def _restored_changes(session: Session, outage_ids: list[str]) -> dict[str, int]:
    query = select(ChangeLogRow.outage_id, ChangeLogRow.position).where(
        ChangeLogRow.name == Event.OUTAGE_RESTORED, ChangeLogRow.outage_id.in_(outage_ids)
    )
    return {row.outage_id: row.position for row in session.execute(query) if row.outage_id is not None}


def _breach(
    row: PromiseClockRow, outage: OutageRow, promises: OutagePromises, restored_change: int | None
) -> Breach:
    clock = next((one for one in promises.clocks if one.promise == row.promise), None)
    slack = clock.slack_minutes if clock is not None else row.slack_minutes
    report = next((one for one in promises.first_reports if one.at == row.started_at), None)
    return Breach(
        outage_id=outage.id,
        device=outage.device,
        outage_status=outage.status,
        customers_out=outage.customers_out,
        promise=row.promise,
        measures=row.measures,
        area_class=promises.area_class,
        area_source=promises.area_source,
        started_at=row.started_at,
        report_id=report.evidence_id if report is not None else None,
        due_at=row.due_at,
        ended_at=row.stopped_at,
        late_minutes=round(max(0.0, -(slack or 0.0)), 1),
        restored_at=outage.restored_at,
        restored_change=restored_change,
        breach_change=row.breach_position,
        rules_version=row.rules_version,
        arrival=promises.arrival,
        flags=tuple(sorted({flag for own in promises.flags.values() for flag in own})),
        pauses=promises.pauses,
    )
