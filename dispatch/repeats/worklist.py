"""The worklist of repeats: kept up to date by looks, worked off by people.

Nothing closes by itself: what no longer repeats stays until a person has looked at it. What was closed comes
back as a new alert when it happens again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author, as_json, record
from dispatch.errors import Because, IllegalTransition, InvalidInput, UnknownThing
from dispatch.events import Event
from dispatch.repeat_tables import RepeatAlertRow, RepeatState
from dispatch.repeats.finding import Repeat
from dispatch.repeats.rules import RepeatLevel

_FOUND = ("level", "times", "first_at", "last_at", "service_points", "customers")
# A look that finds one household more or less need not wake anybody.
_TOLD = ("level", "times")
_ALLOWED = {
    RepeatState.OPEN: ("look_at", "close"),
    RepeatState.LOOKED_AT: ("close",),
    RepeatState.CLOSED: (),
}


@dataclass(frozen=True, slots=True)
class RepeatAlert:
    """One entry of the worklist."""

    id: int
    kind: str
    subject: str
    level: str
    times: int
    first_at: datetime
    last_at: datetime
    service_points: int
    customers: int
    rules_version: str
    found_at: datetime
    state: str
    acted_by: str | None
    acted_at: datetime | None
    note: str | None


def keep_repeats(session: Session, *, found: Sequence[Repeat], rules_version: str, now: datetime) -> int:
    """Bring the worklist up to what was found; return how many changes were told."""
    told = 0
    standing = {
        (row.kind, row.subject): row
        for row in session.scalars(select(RepeatAlertRow).where(RepeatAlertRow.state != RepeatState.CLOSED))
    }
    closed = _closed_until(session)
    for one in found:
        row = standing.get((one.kind, one.subject))
        if row is not None:
            told += _refresh(session, row, one, now=now)
        elif closed.get((one.kind, one.subject), one.first_at) < one.last_at:
            _add(session, one, rules_version=rules_version, now=now)
            told += 1
    return told


def repeats_differ(session: Session, *, found: Sequence[Repeat]) -> bool:
    """Tell whether a look found anything that the worklist does not have; nothing is written."""
    closed = _closed_until(session)
    rows = session.scalars(select(RepeatAlertRow).where(RepeatAlertRow.state != RepeatState.CLOSED))
    standing = {(row.kind, row.subject): row for row in rows}
    for one in found:
        row = standing.get((one.kind, one.subject))
        if row is None:
            if closed.get((one.kind, one.subject), one.first_at) < one.last_at:
                return True
        elif any(getattr(row, field) != getattr(one, field) for field in _FOUND):
            return True
    return False


def list_repeats(
    session: Session, *, states: Sequence[RepeatState] = (), limit: int = 500
) -> list[RepeatAlert]:
    """Return alerts, those not closed where no states are named: the worst first, then by customers."""
    wanted = states or (RepeatState.OPEN, RepeatState.LOOKED_AT)
    rank = {level: number for number, level in enumerate(RepeatLevel)}
    rows = session.scalars(select(RepeatAlertRow).where(RepeatAlertRow.state.in_(wanted))).all()
    ordered = sorted(
        rows, key=lambda row: (-rank[RepeatLevel(row.level)], -row.times, -row.customers, row.id)
    )
    return [_view(row) for row in ordered[:limit]]


def get_repeat(session: Session, *, repeat_id: int) -> RepeatAlert:
    """Return one alert; UnknownThing."""
    return _view(_row(session, repeat_id))


def look_at_repeat(
    session: Session, *, repeat_id: int, note: str | None, actor: str, now: datetime
) -> RepeatAlert:
    """Say that somebody has it in hand; IllegalTransition unless it is open."""
    return _act(session, repeat_id, "look_at", RepeatState.LOOKED_AT, note=note, actor=actor, now=now)


def close_repeat(
    session: Session, *, repeat_id: int, note: str | None, actor: str, now: datetime
) -> RepeatAlert:
    """Put it away with what was done about it; InvalidInput without a note, IllegalTransition when closed."""
    if not (note or "").strip():
        raise InvalidInput(field="note", text="say what was done about it", because=Because.REASON_MISSING)
    return _act(session, repeat_id, "close", RepeatState.CLOSED, note=note, actor=actor, now=now)


def _act(
    session: Session,
    repeat_id: int,
    attempted: str,
    state: RepeatState,
    *,
    note: str | None,
    actor: str,
    now: datetime,
) -> RepeatAlert:
    row = _row(session, repeat_id)
    old = RepeatState(row.state)
    if attempted not in _ALLOWED[old]:
        raise IllegalTransition(
            subject=f"Repeat {repeat_id}", status=old, attempted=attempted, allowed=_ALLOWED[old]
        )
    row.state, row.acted_by, row.acted_at = state, actor, now
    row.note = (note or "").strip() or row.note
    name = Event.REPEAT_CLOSED if state is RepeatState.CLOSED else Event.REPEAT_LOOKED_AT
    values = {"state": {"old": old, "new": state}}
    _record(session, name, row, values, Author(actor=actor, now=now))
    return _view(row)


def _closed_until(session: Session) -> dict[tuple[str, str], datetime]:
    query = (
        select(RepeatAlertRow.kind, RepeatAlertRow.subject, func.max(RepeatAlertRow.last_at))
        .where(RepeatAlertRow.state == RepeatState.CLOSED)
        .group_by(RepeatAlertRow.kind, RepeatAlertRow.subject)
    )
    return {(kind, subject): last_at for kind, subject, last_at in session.execute(query)}


def _add(session: Session, one: Repeat, *, rules_version: str, now: datetime) -> None:
    row = RepeatAlertRow(
        kind=one.kind,
        subject=one.subject,
        rules_version=rules_version,
        found_at=now,
        state=RepeatState.OPEN,
        **{field: getattr(one, field) for field in _FOUND},
    )
    session.add(row)
    session.flush()
    values = {
        field: {"old": None, "new": as_json(getattr(row, field))} for field in ("kind", "subject", *_FOUND)
    }
    _record(session, Event.REPEAT_FOUND, row, values, Author(actor=ENGINE, now=now))


def _refresh(session: Session, row: RepeatAlertRow, one: Repeat, *, now: datetime) -> int:
    """Bring a row up to what was found; tell of it when it is worse, or at least not the same any more."""
    changed = {
        field: {"old": as_json(getattr(row, field)), "new": as_json(getattr(one, field))}
        for field in _FOUND
        if getattr(row, field) != getattr(one, field)
    }
    for field in changed:
        setattr(row, field, getattr(one, field))
    if not changed.keys() & set(_TOLD):
        return 0
    _record(session, Event.REPEAT_CHANGED, row, changed, Author(actor=ENGINE, now=now))
    return 1


def _record(
    session: Session, name: Event, row: RepeatAlertRow, values: dict[str, Any], author: Author
) -> None:
    record(
        session, name=name, subject=f"repeat:{row.id}", outage=None, author=author, data={"values": values}
    )


def _row(session: Session, repeat_id: int) -> RepeatAlertRow:
    row = session.get(RepeatAlertRow, repeat_id)
    if row is None:
        raise UnknownThing(kind="repeat", id=str(repeat_id))
    return row


def _view(row: RepeatAlertRow) -> RepeatAlert:
    return RepeatAlert(**{field: getattr(row, field) for field in RepeatAlert.__slots__})
