"""The append-only change log (变更轨迹): one row for each change, in the change's own transaction.

`data` holds enough to apply the change to a snapshot, and no personal data:
- `values`: field → {"old", "new"} of the subject (times as ISO 8601);
- `interruptions`: {"started": {time: {service point: customers}}, "withdrawn": [ids], "ended": {time: [ids]},
  "moved_to": outage id}, each part only where it applies;
- `hazards`: dangers that were reported.
Only a write transaction may record (dispatch/transactions.py), so positions become visible in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CompoundSelect, func, or_, select
from sqlalchemy.orm import Session

from dispatch.errors import Conflict
from dispatch.events import Event
from dispatch.hazard_tables import HazardRow
from dispatch.incident_tables import IncidentRow
from dispatch.tables import ChangeLogRow, ConflictRow, CrewRow, JobRow, OutageRow, change_position

LoggedRow = OutageRow | JobRow | CrewRow | ConflictRow | HazardRow | IncidentRow


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the change log."""

    position: int
    recorded_at: datetime
    occurred_at: datetime
    name: str
    actor: str
    subject: str
    outage_id: str | None
    data: dict[str, Any]
    client_event_id: str | None


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and when: `occurred_at` differs from `now` for crews that were without signal."""

    actor: str
    now: datetime
    occurred_at: datetime | None = None
    client_event_id: str | None = None


def as_json(value: Any) -> Any:
    """Return a value as it stands in the log: times as ISO 8601 in UTC, everything else as it is."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def phone_clock(phone_at: datetime | None) -> dict[str, Any]:
    """Return what the log keeps of a phone's own clock, beside the time that was set right."""
    return {} if phone_at is None else {"phone_at": as_json(phone_at)}


def set_values(row: LoggedRow, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Set the fields that differ, and return them with old and new value for the log."""
    changed = {}
    for field, new in values.items():
        old = getattr(row, field)
        if old != new:
            changed[field] = {"old": as_json(old), "new": as_json(new)}
            setattr(row, field, new)
    return changed


def first_values(row: LoggedRow, fields: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return the fields of a new row for the log, each from nothing to its value."""
    return {field: {"old": None, "new": as_json(getattr(row, field))} for field in fields}


def record(
    session: Session,
    *,
    name: Event,
    subject: str,
    outage: OutageRow | None,
    author: Author,
    data: Mapping[str, Any],
    hazard: HazardRow | None = None,
) -> int:
    """Append one change and return its position.

    The outage, and the hazard, that it concerns take the position as their version.
    """
    if author.client_event_id is not None and recorded_client_event(session, id=author.client_event_id):
        raise Conflict(f"The event {author.client_event_id!r} was recorded before.")
    position: int = session.scalars(select(change_position.next_value())).one()
    session.add(
        ChangeLogRow(
            position=position,
            recorded_at=author.now,
            occurred_at=author.occurred_at or author.now,
            name=name,
            actor=author.actor,
            subject=subject,
            outage_id=outage.id if outage is not None else None,
            data=dict(data),
            client_event_id=author.client_event_id,
        )
    )
    if outage is not None:
        outage.version = position
    if hazard is not None:
        hazard.version = position
    session.flush()
    return position


def recorded_client_event(session: Session, *, id: str) -> Change | None:
    """Return the change that a client event id made, if it was recorded."""
    row = session.scalar(select(ChangeLogRow).where(ChangeLogRow.client_event_id == id))
    return change_of(row) if row is not None else None


def changes_after(
    session: Session, *, position: int, limit: int = 1000, outage_id: str | None = None
) -> list[Change]:
    """Return the changes after a position, oldest first, of one outage (and of its hazards) or of all.

    A hazard's changes name no outage, since theirs is often known later only, or becomes another: they belong
    to the outage that the hazard belongs to now, from the first report on.
    """
    query = select(ChangeLogRow).where(ChangeLogRow.position > position).order_by(ChangeLogRow.position)
    if outage_id is not None:
        is_of_outage = ChangeLogRow.outage_id == outage_id
        # Asked first and given as values: so that the log is searched by its indexes, not from end to end.
        subjects = session.scalars(_subjects_of_hazards(outage_id)).all()
        query = query.where(
            or_(is_of_outage, ChangeLogRow.subject.in_(subjects)) if subjects else is_of_outage
        )
    return [change_of(row) for row in session.scalars(query.limit(limit))]


def changes_of(session: Session, *, subject: str) -> list[Change]:
    """Return every change of one subject, oldest first."""
    query = select(ChangeLogRow).where(ChangeLogRow.subject == subject).order_by(ChangeLogRow.position)
    return [change_of(row) for row in session.scalars(query)]


def _subjects_of_hazards(outage_id: str) -> CompoundSelect[str]:
    """Select the subjects of the changes of an outage's hazards, and of the jobs on them."""
    hazards = select("hazard:" + HazardRow.id).where(HazardRow.outage_id == outage_id)
    jobs = (
        select("job:" + JobRow.id)
        .join(HazardRow, HazardRow.id == JobRow.hazard_id)
        .where(HazardRow.outage_id == outage_id)
    )
    return hazards.union_all(jobs)


def latest_position(session: Session) -> int:
    """Return the position of the newest change, 0 where there is none."""
    return session.scalars(select(func.coalesce(func.max(ChangeLogRow.position), 0))).one()


def change_of(row: ChangeLogRow) -> Change:
    """Return a row of the log as others see it."""
    return Change(
        position=row.position,
        recorded_at=row.recorded_at,
        occurred_at=row.occurred_at,
        name=row.name,
        actor=row.actor,
        subject=row.subject,
        outage_id=row.outage_id,
        data=row.data,
        client_event_id=row.client_event_id,
    )
