"""Conflicts: things told that cannot all be true, or a source not to be trusted, shown to the desk by name.

RULE 1: one conflict is a code and a subject; while it lasts it stays the same one, whatever else is found.
RULE 2: its facts may change all the time in a storm: that is told at most once a minute.
RULE 3: what is not found any more is cleared, by whoever found it: inference, or intake (`found_by`).
RULE 4: of one code at most MOST_OF_A_CODE are open; when more are found, those already open come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, first_values, record, set_values
from dispatch.events import Event
from dispatch.tables import ConflictRow, conflict_number

MOST_OF_A_CODE = 100
TOLD_AGAIN_AFTER = timedelta(minutes=1)
_FIRST_FIELDS = ("found_by", "code", "subject", "facts", "text", "since", "told_at")

FoundBy = Literal["inference", "intake"]


class Conflict(Protocol):
    """A conflict as it was found; inference brings its own class of this shape."""

    @property
    def code(self) -> str:
        """Which kind of conflict, as the faces' vocabulary names it: `conflict.<code>`."""

    @property
    def subject(self) -> str:
        """What it is about: an id, or the name of a source."""

    @property
    def values(self) -> Mapping[str, object]:
        """What fills the words in, as plain JSON; times as aware datetimes or ISO 8601."""

    @property
    def text(self) -> str:
        """It in English, for faces that do not know the code yet."""


@dataclass(frozen=True, slots=True)
class FoundConflict:
    """A conflict that dispatch itself found."""

    code: str
    subject: str
    values: Mapping[str, object]
    text: str


def reconcile_conflicts(
    session: Session, found: Sequence[Conflict], *, author: Author, found_by: FoundBy = "inference"
) -> int:
    """Open, refresh and clear conflicts until they are those found now; return how many changed.

    In a write transaction. Conflicts of the other finder are left alone.
    """
    rows = session.scalars(
        select(ConflictRow)
        .where(ConflictRow.found_by == found_by, ConflictRow.cleared_at.is_(None))
        .order_by(ConflictRow.since, ConflictRow.id)
    )
    standing = {(row.code, row.subject): row for row in rows}
    wanted = {(one.code, one.subject): one for one in found}
    changes = 0
    for key, row in standing.items():
        one = wanted.get(key)
        if one is None:
            changes += _record(session, row, Event.CONFLICT_CLEARED, {"cleared_at": author.now}, author)
        elif row.told_at + TOLD_AGAIN_AFTER <= author.now:
            fresh: dict[str, Any] = {"facts": _plain(one.values), "text": one.text}
            if any(getattr(row, field) != value for field, value in fresh.items()):
                values = {**fresh, "told_at": author.now}
                changes += _record(session, row, Event.CONFLICT_CHANGED, values, author)
    still = Counter(code for code, _ in standing.keys() & wanted.keys())
    for one in _new(wanted, standing, still):
        _open(session, one, found_by=found_by, author=author)
        changes += 1
    return changes


def _new(
    wanted: Mapping[tuple[str, str], Conflict],
    standing: Mapping[tuple[str, str], ConflictRow],
    still: Counter[str],
) -> Iterator[Conflict]:
    for key, one in wanted.items():
        if key not in standing and still[one.code] < MOST_OF_A_CODE:
            still[one.code] += 1
            yield one


def _open(session: Session, one: Conflict, *, found_by: FoundBy, author: Author) -> None:
    row = ConflictRow(
        id=f"X-{session.scalars(select(conflict_number.next_value())).one()}",
        found_by=found_by,
        code=one.code,
        subject=one.subject,
        facts=_plain(one.values),
        text=one.text,
        since=author.now,
        told_at=author.now,
    )
    session.add(row)
    session.flush()
    data = {"values": first_values(row, _FIRST_FIELDS)}
    record(
        session,
        name=Event.CONFLICT_FOUND,
        subject=f"conflict:{row.id}",
        outage=None,
        author=author,
        data=data,
    )


def _record(session: Session, row: ConflictRow, name: Event, values: dict[str, Any], author: Author) -> int:
    changed = set_values(row, values)
    record(
        session,
        name=name,
        subject=f"conflict:{row.id}",
        outage=None,
        author=author,
        data={"values": changed},
    )
    return 1


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    """Return values as JSON: what was read back must compare equal to what is found again."""
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return list(value) if isinstance(value, tuple) else value
