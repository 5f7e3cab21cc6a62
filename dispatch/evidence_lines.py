"""Evidence as it comes over the wire: NDJSON split as it streams, each object read strictly (design §4.2).

A line that cannot be read is a `Rejection` with its number and reason; it never stops the rest. Memory stays
bounded whatever is sent: an endless line is dropped as it passes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MAXIMUM_LINE_BYTES = 64 * 1024
MAXIMUM_ID_LENGTH = 200
MAXIMUM_TEXT_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Rejection:
    """One line that was not taken: its number (from 1), its id where it had one, and why."""

    line: int
    id: str | None
    reason: str
    code: str = "malformed"


@dataclass(frozen=True, slots=True)
class Document:
    """One readable JSON object and the number of its line."""

    line: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Location:
    """A point as the sender gave it, in the sender's own CRS."""

    lon: float
    lat: float
    crs: str


@dataclass(frozen=True, slots=True)
class EvidenceDocument:
    """One well-formed piece of evidence, not yet attached to anything."""

    line: int
    id: str
    kind: str
    at: datetime
    digest: bytes
    service_point: str | None = None
    account: str | None = None
    phone: str | None = None
    meter: str | None = None
    location: Location | None = None
    device: str | None = None
    phases: str | None = None
    result: str | None = None
    hazard: str | None = None
    text: str | None = None
    # What intake noticed (dispatch/remarks.py), and the time as told where that was impossible.
    remark: str | None = None
    told_at: datetime | None = None


class EvidenceLines:
    """Split a stream of bytes into numbered JSON objects, holding at most one line at a time."""

    def __init__(self) -> None:
        """Start at line 1."""
        self._pending = bytearray()
        self._line = 0
        self._dropping = False

    def feed(self, chunk: bytes) -> Iterator[Document | Rejection]:
        """Yield what the chunk completes."""
        *complete, rest = chunk.split(b"\n")
        for piece in complete:
            self._extend(piece)
            yield from self._finish()
        self._extend(rest)

    def end(self) -> Iterator[Document | Rejection]:
        """Yield a last line that had no line feed."""
        if self._pending or self._dropping:
            yield from self._finish()

    def _extend(self, piece: bytes) -> None:
        if len(self._pending) + len(piece) > MAXIMUM_LINE_BYTES:
            self._dropping = True
            self._pending.clear()
        elif not self._dropping:
            self._pending += piece

    def _finish(self) -> Iterator[Document | Rejection]:
        self._line += 1
        line, dropped = bytes(self._pending), self._dropping
        self._pending.clear()
        self._dropping = False
        if dropped:
            reason = f"The line is longer than {MAXIMUM_LINE_BYTES // 1024} KiB. Send one object a line."
            yield Rejection(line=self._line, id=None, reason=reason, code="too_long")
        elif line.strip():
            yield _parse_line(self._line, line)


def _parse_line(number: int, line: bytes) -> Document | Rejection:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return Rejection(line=number, id=None, reason="The line is not JSON in UTF-8.")
    if not isinstance(fields, dict):
        return Rejection(line=number, id=None, reason="The line is not a JSON object.")
    return Document(line=number, fields=fields)


_PLACES = {
    "trouble_call": ("service_point", "account", "phone", "location"),
    "last_gasp": ("service_point", "meter"),
    "power_up": ("service_point", "meter"),
    "ping": ("service_point", "meter"),
    "switch_open": ("device",),
    "switch_closed": ("device",),
    "fault_indicator": ("device",),
    "crew_finding": ("device",),
}
KINDS = tuple(_PLACES)
_RESULTS = {
    "ping": ("on", "off", "unreachable", "unknown"),
    "fault_indicator": ("fault", "no_fault"),
    "crew_finding": ("open", "closed", "damaged", "ok"),
}


class _Unreadable(Exception):
    """Why an object is not evidence."""


def read_document(document: Document) -> EvidenceDocument | Rejection:
    """Check one object against design §4.2 and return it read, or why it cannot be."""
    try:
        return _read(document)
    except _Unreadable as problem:
        id = document.fields.get("id")
        is_sound = isinstance(id, str) and len(id) <= MAXIMUM_ID_LENGTH and _is_storable(id)
        named = id if is_sound else None
        return Rejection(line=document.line, id=named, reason=str(problem))


def _read(document: Document) -> EvidenceDocument:
    fields = document.fields
    id = _text(fields, "id")
    if id is None or len(id) > MAXIMUM_ID_LENGTH:
        raise _Unreadable(f"`id` must be a text of 1 to {MAXIMUM_ID_LENGTH} characters.")
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in _PLACES:
        raise _Unreadable(f"`kind` must be one of {', '.join(_PLACES)}.")
    return EvidenceDocument(
        line=document.line,
        id=id,
        kind=kind,
        at=_time(fields.get("at")),
        digest=hashlib.sha256(_canonical(fields)).digest(),
        result=_result(fields, kind),
        phases=_phases(fields),
        hazard=_text(fields, "hazard"),
        text=_text(fields, "text"),
        **_place(fields, kind),
    )


def _canonical(fields: dict[str, Any]) -> bytes:
    try:
        return json.dumps(fields, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        raise _Unreadable("The object is nested too deep, or holds a number too long to read.") from None


def _time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Unreadable(f"`at` must be a time in ISO 8601 with zone, not {value!r:.60}.") from None
    if at.tzinfo is None:
        raise _Unreadable(
            f"`at` has no time zone: {value!r:.60}. Write for example 2026-11-23T14:03:00+00:00."
        )
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise _Unreadable(f"`at` is out of range: {value!r:.60}.") from None


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > MAXIMUM_TEXT_LENGTH or not _is_storable(value):
        raise _Unreadable(f"`{name}` must be a text of 1 to {MAXIMUM_TEXT_LENGTH} characters.")
    return value


def _is_storable(text: str) -> bool:
    """PostgreSQL stores no NUL, and half a surrogate pair is no character; JSON lets both through."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _result(fields: dict[str, Any], kind: str) -> str | None:
    if kind not in _RESULTS:
        return None
    result = _text(fields, "result")
    if result not in _RESULTS[kind]:
        raise _Unreadable(f"`result` of a {kind} must be one of {', '.join(_RESULTS[kind])}.")
    return result


def _phases(fields: dict[str, Any]) -> str | None:
    phases = _text(fields, "phases")
    if phases is not None and not set(phases) <= set("ABCN"):
        raise _Unreadable("`phases` must be letters out of ABC.")
    return phases


def _place(fields: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the one field that says where; the first one the design names wins where several are given."""
    for name in _PLACES[kind]:
        if fields.get(name) is None:
            continue
        return {name: _location(fields[name]) if name == "location" else _text(fields, name)}
    raise _Unreadable(f"A {kind} needs one of {', '.join(_PLACES[kind])}.")


def _location(value: Any) -> Location:
    if not isinstance(value, dict):
        raise _Unreadable("`location` must be an object with lon, lat and crs.")
    lon, lat, crs = value.get("lon"), value.get("lat"), value.get("crs", "wgs84")
    if isinstance(lon, bool) or isinstance(lat, bool) or not isinstance(crs, str) or not _is_storable(crs):
        raise _Unreadable("`location` must have numbers lon and lat, and a text crs.")
    if not isinstance(lon, int | float) or not isinstance(lat, int | float):
        raise _Unreadable("`location` must have numbers lon and lat, and a text crs.")
    try:
        return Location(lon=float(lon), lat=float(lat), crs=crs)
    except OverflowError:
        raise _Unreadable("`location` lies off the earth.") from None
