"""Rows of planned outages: read, checked for an action, changed and recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow, planned_outage_number
from dispatch.change_log import Author, as_json, changes_after, record
from dispatch.errors import Because, InvalidInput, StaleVersion, UnknownThing
from dispatch.events import Event
from dispatch.ledger_tables import InterruptionKind
from dispatch.planned_states import PlannedAction, PlannedStatus, PlannedWork, planned_status_after
from dispatch.tables import CrewRow
from dispatch.timelines import Holder

_FIRST_FIELDS = ("status", "work", "device", "crew_id", "starts_at", "ends_at", "requested_by")
# One switched off for longer is a mistake in the date.
LONGEST = timedelta(days=31)


def planned_row(session: Session, planned_outage_id: str) -> PlannedOutageRow:
    """Return the row of a planned outage; UnknownThing."""
    row = session.get(PlannedOutageRow, planned_outage_id)
    if row is None:
        raise UnknownThing(kind="planned outage", id=planned_outage_id)
    return row


def new_planned_row(session: Session, *, actor: str, now: datetime, **fields: Any) -> PlannedOutageRow:
    """Add the row of a planned outage that somebody requests or announces."""
    number = session.scalars(select(planned_outage_number.next_value())).one()
    row = PlannedOutageRow(id=f"P-{number}", version=0, requested_by=actor, requested_at=now, **fields)
    session.add(row)
    session.flush()
    return row


def first_planned_values(row: PlannedOutageRow, *, service_points: int) -> dict[str, dict[str, Any]]:
    """Return what the log says of a new planned outage, each from nothing to its value."""
    told = {name: as_json(getattr(row, name)) for name in _FIRST_FIELDS}
    told["service_points"] = service_points
    return {name: {"old": None, "new": value} for name, value in told.items() if value is not None}


def planned_for_action(
    session: Session, *, planned_outage_id: str, version: int | None, action: PlannedAction
) -> tuple[PlannedOutageRow, PlannedStatus]:
    """Return it and its status after the action; UnknownThing, StaleVersion, IllegalTransition."""
    row = planned_row(session, planned_outage_id)
    if version is not None and row.version != version:
        since = changes_after(session, position=version)
        own = [change for change in since if change.subject == f"planned_outage:{row.id}"]
        raise StaleVersion(outage_id=row.id, seen_version=version, version=row.version, changes=own)
    status = PlannedStatus(row.status)
    return row, planned_status_after(planned_outage_id=row.id, status=status, action=action)


def change_planned(row: PlannedOutageRow, **values: Any) -> dict[str, dict[str, Any]]:
    """Set fields of a planned outage; return those that differ, old and new."""
    changed = {}
    for name, new in values.items():
        old = getattr(row, name)
        if old != new:
            changed[name] = {"old": as_json(old), "new": as_json(new)}
            setattr(row, name, new)
    return changed


def record_planned(
    session: Session,
    name: Event,
    row: PlannedOutageRow,
    values: dict[str, dict[str, Any]],
    author: Author,
    **data: Any,
) -> int:
    """Record a change of a planned outage, which takes its position as version."""
    position = record(
        session,
        name=name,
        subject=f"planned_outage:{row.id}",
        outage=None,
        author=author,
        data={"values": values, **data},
    )
    row.version = position
    session.flush()
    return position


def service_points_of(session: Session, row: PlannedOutageRow) -> list[str]:
    """Return whom a planned outage concerns, by its last version."""
    query = select(PlannedServicePointRow.service_point).where(
        PlannedServicePointRow.planned_outage_id == row.id
    )
    return list(session.scalars(query.order_by(PlannedServicePointRow.service_point)))


def check_order(starts_at: datetime, ends_at: datetime) -> None:
    """Raise InvalidInput for times that cannot be. Durations are real ones, whatever clocks show."""
    if ends_at <= starts_at:
        raise InvalidInput(
            field="ends_at", text="must be later than starts_at", because=Because.PLANNED_ENDS_BEFORE_START
        )
    if ends_at - starts_at > LONGEST:
        raise InvalidInput(
            field="ends_at",
            text=f"is more than {LONGEST.days} days after starts_at",
            because=Because.PLANNED_TOO_LONG,
            values={"days": LONGEST.days},
        )


def check_start_ahead(starts_at: datetime, now: datetime) -> None:
    """Raise InvalidInput for a start that is past."""
    if starts_at < now:
        raise InvalidInput(
            field="starts_at",
            text=f"{as_json(starts_at)} is past; now it is {as_json(now)}",
            because=Because.STARTS_IN_PAST,
        )


def check_end_ahead(ends_at: datetime, now: datetime) -> None:
    """Raise InvalidInput for an end that is past."""
    if ends_at <= now:
        raise InvalidInput(
            field="ends_at",
            text=f"{as_json(ends_at)} is past; now it is {as_json(now)}",
            because=Because.ENDS_IN_PAST,
        )


def check_crew(session: Session, crew_id: str | None) -> None:
    """Raise UnknownThing for a crew that is not there."""
    if crew_id is not None and session.get(CrewRow, crew_id) is None:
        raise UnknownThing(kind="crew", id=crew_id)


def planned_holder(row: PlannedOutageRow) -> Holder:
    """Return what holds those in the ledger whom planned work puts out, with the kind that the work is of."""
    is_temporary = row.work == PlannedWork.TEMPORARY
    kind = InterruptionKind.TEMPORARY if is_temporary else InterruptionKind.PLANNED
    return Holder(planned_outage_id=row.id, kind=kind)
