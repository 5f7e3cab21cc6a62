"""Evidence as the outside world sends it: the documents of design §4.2 and the moment each arrives.

Owns the shape of the documents and nothing else; who sends what, and when, is for callers, meters and
telemetry. A document's `at` is when the reporter says it happened; `arrives_at` is when it reaches us.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, order=True)
class Report:
    """One piece of evidence under way; reports sort by arrival, then by id."""

    arrives_at: datetime
    id: str
    document: dict[str, object] = field(compare=False)


def as_text(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the millisecond: one moment, one text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def make_report(*, id: str, kind: str, at: datetime, arrives_at: datetime, **fields: object) -> Report:
    """Return a report whose document has the given fields that are not empty."""
    document: dict[str, object] = {"id": id, "kind": kind, "at": as_text(at)}
    document.update({name: value for name, value in fields.items() if value is not None})
    return Report(arrives_at=arrives_at, id=id, document=document)
