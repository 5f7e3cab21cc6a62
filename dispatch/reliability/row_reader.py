"""One row of an interruption file (design §4.5) read strictly: what it says, or why it is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.reliability.columns import Kind

MOST_CUSTOMERS = 2**31 - 1
# Years beyond are slips of the pen; each year of a file costs a row of the answer.
YEARS = range(1900, 2201)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KINDS = {
    **dict.fromkeys(("", "false", "no", "0", "f", "n", "fault"), Kind.FAULT),
    **dict.fromkeys(("true", "yes", "1", "t", "y", "planned"), Kind.PLANNED),
    "temporary": Kind.TEMPORARY,
    "limited": Kind.LIMITED,
}


class RowProblem(Exception):
    """Why a row is left out: the rule it breaks, and a text that goes on after "row 7"."""

    def __init__(self, rule: str, text: str) -> None:
        """Say which rule, and how."""
        super().__init__(text)
        self.rule = rule
        self.text = text


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that counts, and the remarks about it (rule, text)."""

    started_us: int
    ended_us: int
    day: int
    customers: int
    kind: Kind
    remarks: tuple[tuple[str, str], ...]


def read_row(cells: Mapping[str, str], *, zone: ZoneInfo | None) -> ReadRow:
    """Read a row; `cells` has at least start, end and customers. Raises RowProblem."""
    customers = _customers(cells["customers"])
    begin, first = _instant(cells["start"], "start", zone)
    if not cells["end"]:
        raise RowProblem("no_end", "has no end")
    end, second = _instant(cells["end"], "end", zone)
    if end < begin:
        raise RowProblem("end_before_start", f"ends at {cells['end']}, before it starts at {cells['start']}")
    kind, third = _kind(cells.get("planned", ""))
    local = begin.astimezone(zone) if zone is not None else begin
    return ReadRow(
        started_us=(begin - _EPOCH) // _MICROSECOND,
        ended_us=(end - _EPOCH) // _MICROSECOND,
        day=local.toordinal() - _EPOCH.toordinal(),
        customers=customers,
        kind=kind,
        remarks=(*first, *second, *third),
    )


def _customers(text: str) -> int:
    if not text:
        raise RowProblem("no_customers", "has no customers")
    try:
        number = float(text)
        customers = int(number)
    except (ValueError, OverflowError):
        raise RowProblem("unreadable_customers", f"has {text!r} customers, which is no number") from None
    if customers != number or customers < 0 or customers > MOST_CUSTOMERS:
        raise RowProblem("unreadable_customers", f"has {text!r} customers, which cannot be")
    if customers == 0:
        raise RowProblem("no_customers", "has zero customers")
    return customers


def _instant(text: str, field: str, zone: ZoneInfo | None) -> tuple[datetime, Sequence[tuple[str, str]]]:
    if not text:
        raise RowProblem(f"no_{field}", f"has no {field}")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RowProblem(
            "unreadable_time", f"has {text!r} as its {field}, which is no ISO 8601 time"
        ) from None
    if at.year not in YEARS:
        raise RowProblem("unreadable_time", f"has {text} as its {field}: nobody keeps such years")
    if at.tzinfo is not None:
        return at, ()
    if zone is None:
        raise RowProblem("time_without_zone", f"tells its {field}, {text}, without a zone")
    return _wall_time(at, text, field, zone)


def _wall_time(
    at: datetime, text: str, field: str, zone: ZoneInfo
) -> tuple[datetime, Sequence[tuple[str, str]]]:
    """Place a time without a zone; the hour of the clock change is missing in spring and twice in autumn."""
    first, second = at.replace(tzinfo=zone), at.replace(tzinfo=zone, fold=1)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise RowProblem("no_such_time", f"has {text} as its {field}, which the clock change skipped")
    if first.utcoffset() != second.utcoffset():
        return first, (("time_twice", f"has {text} as its {field}, which was twice; the first counts"),)
    return first, ()


def _kind(text: str) -> tuple[Kind, Sequence[tuple[str, str]]]:
    kind = _KINDS.get(text.lower())
    if kind is not None:
        return kind, ()
    return Kind.FAULT, (("unreadable_planned", f"has {text!r} as planned; it counts as a fault"),)
