"""How many customers and outages were out over time, as it was known at each moment.

The restoration curve (dispatch/restoration_curve.py) says what is known of it today; this one says what the
desk showed then, predictions included, so that it agrees with the state at each of its instants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.kept_states import KEPT_FOR
from dispatch.past_state import first_change_at, history_of, known_at, position_at
from dispatch.states import OutageStatus
from dispatch.tables import ChangeLogRow

STEPS = 240
_OUT = frozenset({OutageStatus.PREDICTED, OutageStatus.CONFIRMED, OutageStatus.PARTIALLY_RESTORED})


@dataclass(frozen=True, slots=True)
class PastPoint:
    """How many customers were out by how many outages, as was known at a moment."""

    at: datetime
    customers: int
    outages: int


@dataclass(frozen=True, slots=True)
class PastCurve:
    """The points of `[since, until]` in order; `first_at` is the first change of all."""

    since: datetime
    until: datetime
    first_at: datetime | None
    points: tuple[PastPoint, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """What one change said of an outage: its status and customers, None where it left them."""

    at: datetime
    outage_id: str
    status_before: str | None
    status: str | None
    customers: int | None


def past_curve(session: Session, *, span: timedelta, now: datetime, steps: int = STEPS) -> PastCurve:
    """Return the curve of the last `span`, not before the first change nor further back than is kept."""
    first_at = first_change_at(session)
    since = max(now - min(span, KEPT_FOR), first_at or now)
    if first_at is None or since >= now:
        return PastCurve(since=since, until=now, first_at=first_at, points=())
    position = position_at(session, at=since)
    shown = known_at(session, position=position).snapshot["outages"]
    held = {id: (str(one["status"]), int(one["customers_out"])) for id, one in shown.items()}
    moments = [since + (now - since) * (step / steps) for step in range(steps + 1)]
    points = list(_points(session, held, moments, position=position))
    return PastCurve(since=since, until=now, first_at=first_at, points=tuple(points))


def _points(
    session: Session, held: dict[str, tuple[str, int]], moments: list[datetime], *, position: int
) -> Iterator[PastPoint]:
    """Yield what was known at each moment; `held` is outage → status and customers at the first of them."""
    outages = sum(status in _OUT for status, _ in held.values())
    customers = sum(count for status, count in held.values() if status in _OUT)
    left = iter(moments)
    moment = next(left)
    for told in _told(session, position=position, until=moments[-1]):
        while told.at > moment:
            yield PastPoint(at=moment, customers=customers, outages=outages)
            moment = next(left)
        before = held.get(told.outage_id) or _held_before(session, told, position=position)
        after = (told.status or before[0], before[1] if told.customers is None else told.customers)
        held[told.outage_id] = after
        outages += (after[0] in _OUT) - (before[0] in _OUT)
        customers += (after[1] if after[0] in _OUT else 0) - (before[1] if before[0] in _OUT else 0)
    yield PastPoint(at=moment, customers=customers, outages=outages)
    for moment in left:
        yield PastPoint(at=moment, customers=customers, outages=outages)


def _told(session: Session, *, position: int, until: datetime) -> Iterator[_Told]:
    """Yield what changes after a position said of outages, oldest first."""
    values = ChangeLogRow.data["values"]
    status, customers = values["status"], values["customers_out"]
    query = (
        select(
            ChangeLogRow.recorded_at,
            ChangeLogRow.outage_id,
            status["old"].astext,
            status["new"].astext,
            customers["new"].astext,
        )
        .where(
            ChangeLogRow.position > position,
            ChangeLogRow.position <= position_at(session, at=until),
            ChangeLogRow.subject == "outage:" + ChangeLogRow.outage_id,
            values.has_key("status") | values.has_key("customers_out"),
        )
        .order_by(ChangeLogRow.position)
    )
    for at, outage_id, before, after, count in session.execute(query):
        yield _Told(min(at, until), outage_id, before, after, None if count is None else int(count))


def _held_before(session: Session, told: _Told, *, position: int) -> tuple[str, int]:
    """Return what an outage was that is in no state: nothing yet, or over for long, and out again now."""
    if told.status is not None and told.status_before is None:
        return "", 0
    history = history_of(session, [told.outage_id], position=position).snapshot["outages"]
    one = history.get(told.outage_id)
    return (str(one["status"]), int(one["customers_out"])) if one else ("", 0)
