"""What is done about a hazard: raise, acknowledge, level, relieve, send a crew, made safe, close.

Each runs in a write transaction and records its change. Sending a crew acknowledges; a crew on site attends.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record, recorded_client_event, set_values
from dispatch.errors import Because, Conflict, EvidenceMissing, InvalidInput
from dispatch.events import Event
from dispatch.hazard_kinds import Authority, HazardKind, HazardOutcome, HazardStatus
from dispatch.hazard_rules import (
    FIRST_LEVEL,
    SAME_WITHIN,
    SAME_WITHIN_M,
    Level,
    deadlines_at_level,
    family,
    first_deadlines,
    level_with_authority,
    relieve_by,
)
from dispatch.hazard_tables import HazardRow, hazard_number
from dispatch.hazard_views import HazardView, deadlines_of, get_hazard, hazard_row, place_of
from dispatch.intake import LATEST_AHEAD
from dispatch.states import JobStatus
from dispatch.tables import JobRow
from gis.place import Place

_LONGEST_NAME = 200


def raise_hazard(
    session: Session,
    *,
    kind: HazardKind,
    place: Place | None,
    service_point: str | None,
    device: str | None,
    network_version: int | None,
    at: datetime,
    author: Author,
    note: str | None = None,
) -> tuple[HazardRow, bool]:
    """Raise a hazard, or count one more report of the one open there; return it and whether it is new.

    Reports of one family within 150 m and six hours are of one hazard; without a place, those of the same
    service point or device.
    """
    known = _open_near(session, kind=kind, place=place, service_point=service_point, device=device, at=at)
    if known is not None:
        _report_again(session, known, kind=kind, at=at, author=author)
        return known, False
    level = FIRST_LEVEL[kind]
    row = HazardRow(
        id=f"H-{session.scalars(select(hazard_number.next_value())).one()}",
        version=0,
        kind=kind,
        level=level,
        status=HazardStatus.RAISED,
        network_version=network_version,
        service_point=service_point,
        device=device,
        location=from_shape(shapely.Point(place.lon, place.lat), srid=4326) if place else None,
        reports=1,
        raised_at=author.now,
        last_reported_at=at,
        warned=[],
        note=note,
        **asdict(first_deadlines(level, raised_at=author.now)),
    )
    session.add(row)
    session.flush()
    _record(session, row, Event.HAZARD_RAISED, author, _first_values(row, place))
    return row, True


def _first_values(row: HazardRow, place: Place | None) -> dict[str, dict[str, Any]]:
    names = (
        "kind level status network_version service_point device reports raised_at last_reported_at warned "
        "acknowledge_by attend_by make_safe_by"
    )
    first = {name: {"old": None, "new": as_json(getattr(row, name))} for name in names.split()}
    if place is not None:
        first |= {"lon": {"old": None, "new": place.lon}, "lat": {"old": None, "new": place.lat}}
    return first


def acknowledge_hazard(session: Session, *, hazard_id: str, actor: str, now: datetime) -> HazardView:
    """Say that somebody at the desk has taken it on; again changes nothing."""
    row = _open(session, hazard_id)
    _acknowledge(session, row, Author(actor=actor, now=now))
    return get_hazard(session, hazard_id=hazard_id)


def set_hazard_level(
    session: Session, *, hazard_id: str, level: Level, actor: str, now: datetime
) -> HazardView:
    """Set how bad it is. Higher never gives more time than there was; lower counts from now."""
    row = _open(session, hazard_id)
    if row.waiting_authority is not None and level > Level.DANGER:
        text = (
            "somebody of police or fire brigade waits there: it is a danger at least until they are relieved"
        )
        raise InvalidInput(field="level", text=text)
    if level != row.level:
        _set_level(session, row, level, Author(actor=actor, now=now))
    return get_hazard(session, hazard_id=hazard_id)


def authority_waits(
    session: Session, *, hazard_id: str, authority: Authority, since: datetime, actor: str, now: datetime
) -> HazardView:
    """Record that police or a fire brigade stand guard since a time: the level rises, a clock runs."""
    row = _open(session, hazard_id)
    if since > now + LATEST_AHEAD:
        text = f"{since.isoformat()} lies in the future"
        raise InvalidInput(field="since", text=text, because=Because.HAPPENED_IN_FUTURE)
    author = Author(actor=actor, now=now, occurred_at=since)
    level = level_with_authority(Level(row.level))
    if level != row.level:
        _set_level(session, row, level, Author(actor=actor, now=now))
    values = {
        "waiting_authority": authority,
        "waiting_since": since,
        "relieve_by": relieve_by(level, waiting_since=since),
        "relieved_at": None,
        "warned": [one for one in row.warned if not one.startswith("relieve_")],
    }
    _record(session, row, Event.HAZARD_AUTHORITY_WAITS, author, set_values(row, values))
    return get_hazard(session, hazard_id=hazard_id)


def relieve_authority(
    session: Session,
    *,
    hazard_id: str,
    at: datetime,
    actor: str,
    now: datetime,
    client_event_id: str | None = None,
) -> HazardView:
    """Record that those who waited are relieved, and may go; the same client event id again is the same."""
    before = recorded_client_event(session, id=client_event_id) if client_event_id is not None else None
    if before is not None:
        if before.subject != f"hazard:{hazard_id}":
            raise Conflict(f"The event id {client_event_id!r} was used for something else before.")
        return get_hazard(session, hazard_id=hazard_id)
    row = _open(session, hazard_id)
    if row.waiting_since is None:
        raise Conflict("Nobody of police or fire brigade is known to wait there.")
    if not row.waiting_since <= at <= now + LATEST_AHEAD:
        raise InvalidInput(field="at", text="must lie between when they began to wait, and now")
    values = {"waiting_authority": None, "waiting_since": None, "relieve_by": None, "relieved_at": at}
    author = Author(actor=actor, now=now, occurred_at=at, client_event_id=client_event_id)
    _record(session, row, Event.HAZARD_AUTHORITY_RELIEVED, author, set_values(row, values))
    return get_hazard(session, hazard_id=hazard_id)


def record_finding(
    session: Session,
    *,
    hazard_id: str,
    outcome: HazardOutcome,
    found_by: str,
    found_at: datetime,
    actor: str,
    now: datetime,
) -> HazardView:
    """Record at the desk what somebody found there: who (a crew, police, a name at the company), and when."""
    row = _open(session, hazard_id)
    if not found_by.strip() or len(found_by) > _LONGEST_NAME:
        raise InvalidInput(field="found_by", text="say who saw it", because=Because.REASON_MISSING)
    if found_at > now + LATEST_AHEAD:
        text = f"{found_at.isoformat()} lies in the future"
        raise InvalidInput(field="found_at", text=text, because=Because.HAPPENED_IN_FUTURE)
    author = Author(actor=actor, now=now, occurred_at=found_at)
    _made_safe(session, row, outcome=outcome, found_by=found_by.strip(), at=found_at, job=None, author=author)
    return get_hazard(session, hazard_id=hazard_id)


def close_hazard(
    session: Session, *, hazard_id: str, note: str | None, actor: str, now: datetime
) -> HazardView:
    """Close it; EvidenceMissing names everything that is still lacking."""
    row = _open(session, hazard_id)
    missing = get_hazard(session, hazard_id=hazard_id).missing
    if missing:
        raise EvidenceMissing(hazard_id=hazard_id, missing=missing)
    if note is not None:
        row.note = note
    values = set_values(row, {"status": HazardStatus.CLOSED, "closed_at": now})
    _record(session, row, Event.HAZARD_CLOSED, Author(actor=actor, now=now), values)
    return get_hazard(session, hazard_id=hazard_id)


def follow_make_safe(
    session: Session, *, hazard: HazardRow, job: JobRow, outcome: str | None, author: Author
) -> None:
    """Bring a hazard up to what the crew sent to it has just reported."""
    at = author.occurred_at or author.now
    if hazard.status == HazardStatus.CLOSED:
        return
    follow = Author(actor=author.actor, now=author.now, occurred_at=author.occurred_at)
    if job.status == JobStatus.ON_SITE and hazard.attended_at is None:
        values: dict[str, Any] = {"attended_at": max(at, hazard.raised_at)}
        if hazard.made_safe_at is None:
            values["status"] = HazardStatus.ATTENDED
        _record(session, hazard, Event.HAZARD_ATTENDED, follow, set_values(hazard, values))
    if job.status == JobStatus.FINISHED:
        if outcome not in set(HazardOutcome):
            text = f"say what you found: one of {', '.join(HazardOutcome)}"
            raise InvalidInput(field="hazard_outcome", text=text, because=Because.HAZARD_OUTCOME_MISSING)
        _made_safe(
            session,
            hazard,
            outcome=HazardOutcome(outcome),
            found_by=job.crew_id,
            at=at,
            job=job,
            author=follow,
        )


def acknowledge_by_sending(session: Session, *, hazard: HazardRow, author: Author) -> None:
    """Acknowledge a hazard to which a crew is sent."""
    _acknowledge(session, hazard, author)


def _made_safe(
    session: Session,
    row: HazardRow,
    *,
    outcome: HazardOutcome,
    found_by: str,
    at: datetime,
    job: JobRow | None,
    author: Author,
) -> None:
    values: dict[str, Any] = {
        "status": HazardStatus.MADE_SAFE,
        "outcome": outcome,
        "found_by": found_by,
        "found_at": at,
    }
    if row.made_safe_at is None:
        values["made_safe_at"] = max(at, row.raised_at)
    if job is not None:
        values["finding_job_id"] = job.id
    changed = set_values(row, values)
    # Who saw it may be a person's name: it stays out of the log.
    changed.pop("found_by", None)
    _record(session, row, Event.HAZARD_MADE_SAFE, author, changed)


def _acknowledge(session: Session, row: HazardRow, author: Author) -> None:
    if row.acknowledged_at is not None:
        return
    values: dict[str, Any] = {"acknowledged_at": author.now}
    if row.status == HazardStatus.RAISED:
        values["status"] = HazardStatus.ACKNOWLEDGED
    _record(session, row, Event.HAZARD_ACKNOWLEDGED, author, set_values(row, values))


def _set_level(session: Session, row: HazardRow, level: Level, author: Author) -> None:
    due = deadlines_at_level(deadlines_of(row), before=Level(row.level), after=level, now=author.now)
    # What was said of the old deadlines says nothing of the new ones.
    values: dict[str, Any] = {"level": int(level), **asdict(due), "warned": []}
    if row.waiting_since is not None:
        values["relieve_by"] = relieve_by(level, waiting_since=row.waiting_since)
    _record(session, row, Event.HAZARD_LEVEL_CHANGED, author, set_values(row, values))


def _report_again(
    session: Session, row: HazardRow, *, kind: HazardKind, at: datetime, author: Author
) -> None:
    values: dict[str, Any] = {
        "reports": row.reports + 1,
        "last_reported_at": max(row.last_reported_at, at),
    }
    changed = set_values(row, values)
    # Smoke that turns out to be a fire is the same hazard, and a worse one.
    if FIRST_LEVEL[kind] < FIRST_LEVEL[HazardKind(row.kind)]:
        changed |= set_values(row, {"kind": kind})
    _record(session, row, Event.HAZARD_REPORTED_AGAIN, author, changed)
    if FIRST_LEVEL[kind] < row.level and "kind" in changed:
        _set_level(session, row, FIRST_LEVEL[kind], Author(actor=author.actor, now=author.now))


def _open(session: Session, hazard_id: str) -> HazardRow:
    row = hazard_row(session, hazard_id=hazard_id)
    if row.status == HazardStatus.CLOSED:
        raise Conflict(f"Hazard {hazard_id} is closed.", because=Because.HAZARD_IS_CLOSED)
    return row


def _open_near(
    session: Session,
    *,
    kind: HazardKind,
    place: Place | None,
    service_point: str | None,
    device: str | None,
    at: datetime,
) -> HazardRow | None:
    kinds = [one for one in HazardKind if family(one) is family(kind)]
    query = select(HazardRow).where(
        HazardRow.status != HazardStatus.CLOSED,
        HazardRow.kind.in_(kinds),
        HazardRow.last_reported_at > at - SAME_WITHIN,
    )
    if place is not None:
        point = from_shape(shapely.Point(place.lon, place.lat), srid=4326)
        distance_m = func.ST_DistanceSphere(HazardRow.location, point)
        near = query.where(distance_m <= SAME_WITHIN_M).order_by(distance_m, HazardRow.id)
        return session.scalars(near.limit(1)).first()
    if service_point is None and device is None:
        return None
    own = query.where(
        HazardRow.service_point == service_point if service_point else HazardRow.device == device
    )
    return next((row for row in session.scalars(own.order_by(HazardRow.id)) if place_of(row) is None), None)


def _record(
    session: Session, row: HazardRow, name: Event, author: Author, values: dict[str, dict[str, Any]]
) -> int:
    return record(
        session,
        name=name,
        subject=f"hazard:{row.id}",
        outage=None,
        author=author,
        data={"values": values},
        hazard=row,
    )
