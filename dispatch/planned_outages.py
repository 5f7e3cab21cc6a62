"""Planned outages 计划停电: supply switched off on purpose, for whom, from when until when, and what to say.

Named by a device, or by service points. With a device its households are traced when it is entered, and again
when another network version comes into force.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow, planned_outage_number
from dispatch.change_log import Author, as_json, record
from dispatch.errors import Conflict, InvalidInput, UnknownThing
from dispatch.events import Event
from dispatch.explained_evidence import EARLY, explain_again
from dispatch.network_cache import NetworkCache, TracedNetwork
from topology.trace import service_points_downstream

# What is over stays on the list for a day.
_LISTED_AFTER = timedelta(hours=24)
# One switched off for longer is a mistake in the date.
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class PlannedOutage:
    """A planned outage as it stands, and how many service points it leaves without supply."""

    id: str
    device: str | None
    starts_at: datetime
    ends_at: datetime
    text: str
    cancelled_at: datetime | None
    service_points: int


def announce_planned_outage(
    session: Session,
    *,
    device: str | None,
    service_points: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    text: str,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Enter a planned outage of what a device feeds, or of service points, in a write transaction.

    Raises InvalidInput for times that cannot be, or where nobody is named; UnknownThing.
    """
    _check_times(starts_at, ends_at, now)
    traced = networks.in_force(session)
    concerned = _concerned(traced, device=device, service_points=service_points)
    row = PlannedOutageRow(
        id=f"P-{session.scalars(select(planned_outage_number.next_value())).one()}",
        device=device,
        starts_at=starts_at,
        ends_at=ends_at,
        text=text,
        announced_at=now,
    )
    session.add(row)
    session.flush()
    _set_service_points(session, row, concerned)
    author = Author(actor=actor, now=now)
    values = {
        name: {"old": None, "new": as_json(getattr(row, name))} for name in ("device", "starts_at", "ends_at")
    }
    values["service_points"] = {"old": None, "new": len(concerned)}
    _record(session, Event.PLANNED_OUTAGE_ANNOUNCED, row, author, values)
    explain_again(session, service_points=concerned, author=author)
    return _view(row, len(concerned))


def move_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Put a planned outage to other times: later, longer, or over already. The log keeps both."""
    row = _row(session, planned_outage_id)
    old = {"starts_at": row.starts_at, "ends_at": row.ends_at}
    new = {"starts_at": starts_at or row.starts_at, "ends_at": ends_at or row.ends_at}
    _check_order(new["starts_at"], new["ends_at"])
    values = {
        name: {"old": as_json(old[name]), "new": as_json(at)} for name, at in new.items() if at != old[name]
    }
    concerned = _service_points(session, row)
    if values:
        row.starts_at, row.ends_at = new["starts_at"], new["ends_at"]
        author = Author(actor=actor, now=now)
        _record(session, Event.PLANNED_OUTAGE_MOVED, row, author, values)
        explain_again(session, service_points=concerned, author=author)
    return _view(row, len(concerned))


def cancel_planned_outage(
    session: Session, *, planned_outage_id: str, actor: str, now: datetime
) -> PlannedOutage:
    """Call a planned outage off: who reports no supply now has a fault."""
    row = _row(session, planned_outage_id)
    row.cancelled_at = now
    concerned = _service_points(session, row)
    author = Author(actor=actor, now=now)
    values = {"cancelled_at": {"old": None, "new": as_json(now)}}
    _record(session, Event.PLANNED_OUTAGE_CANCELLED, row, author, values)
    explain_again(session, service_points=concerned, author=author)
    return _view(row, len(concerned))


def list_planned_outages(session: Session, *, now: datetime) -> list[PlannedOutage]:
    """Return the planned outages to come, under way, or over for less than a day, by their start."""
    count = (
        select(func.count())
        .where(PlannedServicePointRow.planned_outage_id == PlannedOutageRow.id)
        .scalar_subquery()
    )
    query = (
        select(PlannedOutageRow, count)
        .where(PlannedOutageRow.ends_at > now - _LISTED_AFTER)
        .order_by(PlannedOutageRow.starts_at, PlannedOutageRow.id)
    )
    return [_view(row, number) for row, number in session.execute(query)]


def planned_outage_now(session: Session, *, service_point: str, now: datetime) -> PlannedOutage | None:
    """Return the planned outage that leaves a service point without supply now, the one that ends last."""
    row = session.scalar(
        select(PlannedOutageRow)
        .join(PlannedServicePointRow, PlannedServicePointRow.planned_outage_id == PlannedOutageRow.id)
        .where(
            PlannedServicePointRow.service_point == service_point,
            PlannedOutageRow.cancelled_at.is_(None),
            PlannedOutageRow.starts_at <= now + EARLY,
            PlannedOutageRow.ends_at > now,
        )
        .order_by(PlannedOutageRow.ends_at.desc())
        .limit(1)
    )
    return _view(row, len(_service_points(session, row))) if row is not None else None


def trace_planned_outages_again(session: Session, *, traced: TracedNetwork, now: datetime) -> None:
    """Let another network version say whom planned outages of devices concern; what it lost stays."""
    rows = session.scalars(
        select(PlannedOutageRow).where(
            PlannedOutageRow.ends_at > now,
            PlannedOutageRow.cancelled_at.is_(None),
            PlannedOutageRow.device.is_not(None),
        )
    )
    for row in rows:
        if row.device is not None and traced.knows(row.device):
            concerned = service_points_downstream(tree=traced.normal, device=row.device)
            if concerned:
                _set_service_points(session, row, concerned)


def _check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    _check_order(starts_at, ends_at)
    if ends_at <= now:
        raise InvalidInput(
            field="ends_at", text=f"{ends_at.isoformat()} is past; now it is {now.isoformat()}"
        )


def _check_order(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise InvalidInput(field="ends_at", text="must be later than starts_at")
    if ends_at - starts_at > LONGEST:
        raise InvalidInput(field="ends_at", text=f"is more than {LONGEST.days} days after starts_at")


def _concerned(traced: TracedNetwork, *, device: str | None, service_points: Sequence[str]) -> list[str]:
    if (device is None) == (not service_points):
        raise InvalidInput(field="device", text="name either a device or service_points")
    if device is None:
        for id in service_points:
            if not traced.network.has_service_point(id):
                raise UnknownThing(kind="service point", id=id)
        return sorted(set(service_points))
    if not traced.knows(device):
        raise UnknownThing(kind="device", id=device)
    concerned = service_points_downstream(tree=traced.normal, device=device)
    if not concerned:
        raise InvalidInput(field="device", text=f"nobody loses supply when {device} opens")
    return concerned


def _set_service_points(session: Session, row: PlannedOutageRow, service_points: Collection[str]) -> None:
    session.execute(delete(PlannedServicePointRow).where(PlannedServicePointRow.planned_outage_id == row.id))
    session.execute(
        insert(PlannedServicePointRow),
        [{"planned_outage_id": row.id, "service_point": id} for id in service_points],
    )


def _service_points(session: Session, row: PlannedOutageRow) -> list[str]:
    query = select(PlannedServicePointRow.service_point).where(
        PlannedServicePointRow.planned_outage_id == row.id
    )
    return list(session.scalars(query.order_by(PlannedServicePointRow.service_point)))


def _row(session: Session, planned_outage_id: str) -> PlannedOutageRow:
    row = session.get(PlannedOutageRow, planned_outage_id)
    if row is None:
        raise UnknownThing(kind="planned outage", id=planned_outage_id)
    if row.cancelled_at is not None:
        raise Conflict(
            f"Planned outage {row.id} was cancelled at {as_json(row.cancelled_at)}. Enter a new one."
        )
    return row


def _record(
    session: Session,
    name: Event,
    row: PlannedOutageRow,
    author: Author,
    values: dict[str, dict[str, object]],
) -> None:
    subject = f"planned_outage:{row.id}"
    record(session, name=name, subject=subject, outage=None, author=author, data={"values": values})


def _view(row: PlannedOutageRow, service_points: int) -> PlannedOutage:
    return PlannedOutage(
        id=row.id,
        device=row.device,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        text=row.text,
        cancelled_at=row.cancelled_at,
        service_points=service_points,
    )
