"""One line of a list of disconnections, read strictly; from CSV or JSON. Pure.

Fields: one of `service_point`, `meter`, `account`; then `since` (and `reason`: arrears, unless it says
another), or `reconnected_at` for who is connected again. Times are ISO 8601 with zone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dispatch.evidence_lines import Document, Rejection
from dispatch.remarks import DisconnectionReason

PLACES = ("service_point", "meter", "account")
COLUMNS = (*PLACES, "since", "reason", "reconnected_at")
_LONGEST_FIELD = 200


@dataclass(frozen=True, slots=True)
class DisconnectionLine:
    """One readable line: whom it means, and what became of the supply there."""

    number: int
    service_point: str | None = None
    meter: str | None = None
    account: str | None = None
    since: datetime | None = None
    reason: str = DisconnectionReason.ARREARS
    reconnected_at: datetime | None = None

    @property
    def where(self) -> str:
        """How the line names the place."""
        name = next(place for place in PLACES if getattr(self, place) is not None)
        return f"{name} {getattr(self, name)!r}"


class _Unreadable(Exception):
    """Why a line is no disconnection."""


def csv_documents(text: str) -> Iterator[Document | Rejection]:
    """Yield the rows of a CSV with a header; line 1 is the header, so the first row is line 2."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    names = [name.strip() for name in reader.fieldnames or ()]
    if unknown := [name for name in names if name not in COLUMNS]:
        reason = f"The header names {', '.join(map(repr, unknown))}; known are {', '.join(COLUMNS)}."
        yield Rejection(line=1, id=None, reason=reason)
        return
    reader.fieldnames = names
    try:
        for row in reader:
            if None in row:
                yield Rejection(
                    line=reader.line_num, id=None, reason="The line has more fields than the header."
                )
                continue
            fields = {name: value.strip() for name, value in row.items() if value and value.strip()}
            yield Document(line=reader.line_num, fields=fields)
    except csv.Error as error:
        yield Rejection(line=reader.line_num, id=None, reason=f"The line is not CSV: {error}.")


def read_disconnection(document: Document, *, now: datetime) -> DisconnectionLine | Rejection:
    """Return one line read, or why it cannot be."""
    try:
        return _read(document, now)
    except _Unreadable as problem:
        return Rejection(line=document.line, id=None, reason=str(problem))


def _read(document: Document, now: datetime) -> DisconnectionLine:
    fields = document.fields
    if unknown := [name for name in fields if name not in COLUMNS]:
        raise _Unreadable(f"There is no field {unknown[0]!r:.60}; known are {', '.join(COLUMNS)}.")
    given = [place for place in PLACES if fields.get(place) is not None]
    if not given:
        raise _Unreadable(f"One of {', '.join(PLACES)} is needed.")
    place = given[0]
    id = fields[place]
    if not isinstance(id, str) or not 0 < len(id) <= _LONGEST_FIELD or "\x00" in id:
        raise _Unreadable(f"`{place}` must be a text of 1 to {_LONGEST_FIELD} characters.")
    reason = fields.get("reason") or DisconnectionReason.ARREARS
    if reason not in set(DisconnectionReason):
        raise _Unreadable(f"`reason` must be one of {', '.join(DisconnectionReason)}.")
    since, reconnected_at = _time(fields, "since", now), _time(fields, "reconnected_at", now)
    if since is None and reconnected_at is None:
        raise _Unreadable("`since` is needed, or `reconnected_at` for who is connected again.")
    return DisconnectionLine(
        number=document.line, since=since, reason=reason, reconnected_at=reconnected_at, **{place: id}
    )


def _time(fields: dict[str, Any], name: str, now: datetime) -> datetime | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        zoned = at.astimezone(UTC) if at.tzinfo is not None else None
    except (TypeError, ValueError, OverflowError):
        zoned = None
    if zoned is None:
        raise _Unreadable(f"`{name}` must be a time in ISO 8601 with zone, not {value!r:.60}.")
    if zoned > now:
        raise _Unreadable(f"`{name}` lies in the future: {zoned.isoformat()}.")
    return zoned
