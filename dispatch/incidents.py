"""Incidents: one cause that several outages belong to, such as a tree across two feeders or one storm cell.

RULE 1: an outage belongs to one incident at most; it stays an outage of its own, with its own crews.
RULE 2: an incident's version is the position of its last change, its outages' coming and going included.
RULE 3: an incident is closed once all its outages are over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dispatch.causes import Cause
from dispatch.change_log import Author, Change, change_of, first_values, record, set_values
from dispatch.errors import Because, Conflict, InvalidInput, StaleVersion, UnknownThing
from dispatch.events import Event
from dispatch.incident_tables import IncidentRow, incident_number
from dispatch.intake import LATEST_AHEAD
from dispatch.outages import outage_row
from dispatch.states import OVER_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import ChangeLogRow, OutageRow

LONGEST_NAME = 200
_FIRST_FIELDS = ("name", "cause", "opened_at", "opened_by")


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident with the ids of its outages, oldest first; customers of those that are not over."""

    id: str
    version: int
    name: str
    cause: str | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    outages: tuple[str, ...]
    customers_out: int


def open_incident(
    session: Session,
    *,
    name: str,
    cause: str | None,
    outages: Sequence[str],
    occurred_at: datetime | None,
    actor: str,
    now: datetime,
) -> IncidentView:
    """Open an incident with its first outages. InvalidInput, UnknownThing, Conflict as in add_outage."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(field="name", text=f"must have 1 to {LONGEST_NAME} letters")
    _refuse_cause(cause)
    at = _happened_at(occurred_at, now=now)
    incident = IncidentRow(
        id=f"I-{session.scalars(select(incident_number.next_value())).one()}",
        version=0,
        name=name,
        cause=cause,
        opened_at=at,
        opened_by=actor,
    )
    session.add(incident)
    session.flush()
    author = Author(actor=actor, now=now, occurred_at=at)
    incident.version = record(
        session,
        name=Event.INCIDENT_OPENED,
        subject=f"incident:{incident.id}",
        outage=None,
        author=author,
        data={"values": first_values(incident, _FIRST_FIELDS)},
    )
    for outage_id in dict.fromkeys(outages):
        _add(session, incident, outage_id=outage_id, author=author)
    session.flush()
    return get_incident(session, incident_id=incident.id)


def add_outage(
    session: Session,
    *,
    incident_id: str,
    version: int | None,
    outage_id: str,
    occurred_at: datetime | None,
    actor: str,
    now: datetime,
) -> IncidentView:
    """Let an outage belong to an incident. StaleVersion, UnknownThing, Conflict if it belongs to another."""
    incident = _for_action(session, incident_id, version)
    author = Author(actor=actor, now=now, occurred_at=_happened_at(occurred_at, now=now))
    _add(session, incident, outage_id=outage_id, author=author)
    session.flush()
    return get_incident(session, incident_id=incident_id)


def remove_outage(
    session: Session,
    *,
    incident_id: str,
    version: int | None,
    outage_id: str,
    occurred_at: datetime | None,
    actor: str,
    now: datetime,
) -> IncidentView:
    """Let an outage belong to its incident no more. StaleVersion, UnknownThing, Conflict if it does not."""
    incident = _for_action(session, incident_id, version)
    outage = outage_row(session, outage_id=outage_id)
    if outage.incident_id != incident_id:
        raise Conflict(
            f"{outage_id} does not belong to {incident_id}.",
            because=Because.NOT_OF_INCIDENT,
            values={"outage": outage_id, "incident": incident_id},
        )
    author = Author(actor=actor, now=now, occurred_at=_happened_at(occurred_at, now=now))
    _belong(session, incident, outage, belongs=False, author=author)
    return get_incident(session, incident_id=incident_id)


def close_incident(
    session: Session,
    *,
    incident_id: str,
    version: int | None,
    cause: str,
    occurred_at: datetime | None,
    actor: str,
    now: datetime,
) -> IncidentView:
    """Close an incident with its cause; StaleVersion, and Conflict while one of its outages is not over."""
    incident = _for_action(session, incident_id, version)
    _refuse_cause(cause)
    going_on = session.scalars(
        select(OutageRow.id)
        .where(OutageRow.incident_id == incident_id, OutageRow.status.not_in(OVER_OUTAGE_STATUSES))
        .order_by(OutageRow.id)
    ).all()
    if going_on:
        raise Conflict(
            f"{', '.join(going_on)} of {incident_id} are not over.",
            because=Because.INCIDENT_HAS_OUTAGES,
            values={"incident": incident_id, "outages": list(going_on)},
        )
    at = max(_happened_at(occurred_at, now=now), incident.opened_at)
    incident.version = record(
        session,
        name=Event.INCIDENT_CLOSED,
        subject=f"incident:{incident_id}",
        outage=None,
        author=Author(actor=actor, now=now, occurred_at=at),
        data={"values": set_values(incident, {"cause": cause, "closed_at": at})},
    )
    session.flush()
    return get_incident(session, incident_id=incident_id)


def get_incident(session: Session, *, incident_id: str) -> IncidentView:
    """Return one incident; UnknownThing if there is none."""
    return _views(session, [_row(session, incident_id)])[0]


def list_incidents(session: Session, *, closed: bool = False) -> list[IncidentView]:
    """Return incidents, newest first: those that are open, or with `closed` all."""
    query = select(IncidentRow).order_by(IncidentRow.opened_at.desc(), IncidentRow.id)
    if not closed:
        query = query.where(IncidentRow.closed_at.is_(None))
    return _views(session, session.scalars(query).all())


def _row(session: Session, incident_id: str) -> IncidentRow:
    row = session.get(IncidentRow, incident_id)
    if row is None:
        raise UnknownThing(kind="incident", id=incident_id)
    return row


def _for_action(session: Session, incident_id: str, version: int | None) -> IncidentRow:
    incident = _row(session, incident_id)
    if version is not None and incident.version != version:
        raise StaleVersion(
            outage_id=incident_id,
            seen_version=version,
            version=incident.version,
            changes=_changes_since(session, incident_id, version),
        )
    if incident.closed_at is not None:
        raise Conflict(
            f"{incident_id} is closed.",
            because=Because.INCIDENT_IS_CLOSED,
            values={"incident": incident_id},
        )
    return incident


def _changes_since(session: Session, incident_id: str, position: int) -> list[Change]:
    query = select(ChangeLogRow).where(
        ChangeLogRow.position > position,
        or_(
            ChangeLogRow.subject == f"incident:{incident_id}",
            ChangeLogRow.data["incident"].astext == incident_id,
        ),
    )
    return [change_of(row) for row in session.scalars(query.order_by(ChangeLogRow.position))]


def _add(session: Session, incident: IncidentRow, *, outage_id: str, author: Author) -> None:
    outage = outage_row(session, outage_id=outage_id)
    if outage.incident_id is not None:
        raise Conflict(
            f"{outage_id} belongs to {outage.incident_id} already.",
            because=Because.OF_ANOTHER_INCIDENT,
            values={"outage": outage_id, "incident": outage.incident_id},
        )
    if outage.status in (OutageStatus.DISMISSED, OutageStatus.MERGED):
        raise Conflict(f"{outage_id} is {outage.status}.")
    _belong(session, incident, outage, belongs=True, author=author)


def _belong(
    session: Session, incident: IncidentRow, outage: OutageRow, *, belongs: bool, author: Author
) -> None:
    name = Event.INCIDENT_OUTAGE_ADDED if belongs else Event.INCIDENT_OUTAGE_REMOVED
    data: dict[str, Any] = {
        "values": set_values(outage, {"incident_id": incident.id if belongs else None}),
        "incident": incident.id,
    }
    incident.version = record(
        session, name=name, subject=f"outage:{outage.id}", outage=outage, author=author, data=data
    )
    session.flush()


def _refuse_cause(cause: str | None) -> None:
    if cause is not None and cause not in set(Cause):
        raise InvalidInput(field="cause", text=f"{cause!r} is none of {', '.join(Cause)}")


def _happened_at(occurred_at: datetime | None, *, now: datetime) -> datetime:
    at = occurred_at or now
    if at > now + LATEST_AHEAD:
        raise InvalidInput(
            field="occurred_at",
            text=f"{at.isoformat()} lies in the future",
            because=Because.HAPPENED_IN_FUTURE,
        )
    return at


def _views(session: Session, rows: Sequence[IncidentRow]) -> list[IncidentView]:
    outages: dict[str, list[OutageRow]] = defaultdict(list)
    query = select(OutageRow).where(OutageRow.incident_id.in_([row.id for row in rows]))
    for outage in session.scalars(query.order_by(OutageRow.started_at, OutageRow.id)):
        outages[outage.incident_id or ""].append(outage)
    gone = (OutageStatus.RESTORED, *OVER_OUTAGE_STATUSES)
    return [
        IncidentView(
            id=row.id,
            version=row.version,
            name=row.name,
            cause=row.cause,
            opened_at=row.opened_at,
            opened_by=row.opened_by,
            closed_at=row.closed_at,
            outages=tuple(outage.id for outage in outages[row.id]),
            customers_out=sum(one.customers_out for one in outages[row.id] if one.status not in gone),
        )
        for row in rows
    ]
