"""How many customers were without supply over time, and when they will be back: the curve of a storm.

RULE 1: the past is what the ledger says: confirmed outages, every service point at most once at a time.
    Predictions are beliefs and stand beside the curve, as a number of their own.
RULE 2: the future is what was promised: those out by an outage are back at its published time. Who has none,
    or one that has passed, is not drawn as back.
RULE 3: planned work and what is switched off by hand without an outage are no part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from dispatch.states import HELD_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import Instant, OutageRow

STEPS = 120
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How many customers are out at a moment."""

    at: datetime
    customers: int


@dataclass(frozen=True, slots=True)
class RestorationCurve:
    """Customers out over `[since, until]`, and from then on by what was promised.

    `customer_minutes` are those of the span. `unpromised` are out now and nobody knows until when;
    `predicted` are behind outages that are not confirmed, beside the curve.
    """

    since: datetime
    until: datetime
    past: tuple[CurvePoint, ...]
    future: tuple[CurvePoint, ...]
    now_out: int
    peak: CurvePoint
    customer_minutes: float
    unpromised: int
    predicted: int
    outages_predicted: int


@dataclass(frozen=True, slots=True)
class Promise:
    """So many customers, out now, who are said to be back at a time; None where nobody knows."""

    at: datetime | None
    customers: int


# Rows of outages that were not over when the span began; whole numbers of steps, so that the sums are exact.
_STEPS = text("""
    WITH held AS MATERIALIZED (
        SELECT id FROM outage
        WHERE status NOT IN ('predicted', 'dismissed', 'merged')
          AND started_at < :until AND (restored_at IS NULL OR restored_at > :since)
          AND (CAST(:outage_id AS text) IS NULL OR id = :outage_id)
    ), held_row AS (
        SELECT lower(period) AS started_at, upper(period) AS ended_at, customers
        FROM interruption
        WHERE outage_id IN (SELECT id FROM held) AND replaced_by IS NULL AND phase_share > 0
          AND lower(period) < :until AND COALESCE(upper(period), 'infinity') > :since
    ), change AS (
        SELECT GREATEST(started_at, :since) AS at, SUM(customers) AS customers FROM held_row GROUP BY 1
        UNION ALL
        SELECT ended_at, -SUM(customers) FROM held_row WHERE ended_at <= :until GROUP BY 1
    ), placed AS (
        SELECT EXTRACT(epoch FROM at - :since)::double precision AS after_s, customers FROM change
    )
    SELECT CEIL(after_s / :step_s)::int AS step, SUM(customers)::bigint AS customers,
           SUM(customers * (:span_s - after_s)) / 60 AS minutes
    FROM placed GROUP BY 1 ORDER BY 1
""").bindparams(bindparam("since", type_=Instant), bindparam("until", type_=Instant))
_PROMISES = text("""
    SELECT outage.etr_at, SUM(interruption.customers)::bigint AS customers
    FROM interruption JOIN outage ON outage.id = interruption.outage_id
    WHERE outage.status = ANY(:held) AND interruption.replaced_by IS NULL
      AND upper_inf(interruption.period) AND interruption.phase_share > 0
      AND (CAST(:outage_id AS text) IS NULL OR outage.id = :outage_id)
    GROUP BY outage.id, outage.etr_at
""")


def restoration_curve(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    outage_id: str | None = None,
    steps: int = STEPS,
) -> RestorationCurve:
    """Return the curve of `[since, until]`, of all outages or of one.

    Where it ends now, the promised future is there too.
    """
    past, minutes = _past(session, since=since, until=until, outage_id=outage_id, steps=steps)
    is_now = until >= now
    promises = _promises(session, outage_id) if is_now else []
    future, unpromised = promised(promises, now=now)
    counted = select(func.count(), func.coalesce(func.sum(OutageRow.customers_out), 0)).where(
        OutageRow.status == OutageStatus.PREDICTED
    )
    outages_predicted, predicted = session.execute(counted).one() if is_now else (0, 0)
    return RestorationCurve(
        since=since,
        until=until,
        past=past,
        future=tuple(future),
        now_out=past[-1].customers,
        peak=max(past, key=lambda point: point.customers),
        customer_minutes=round(minutes, 1),
        unpromised=unpromised,
        predicted=int(predicted),
        outages_predicted=int(outages_predicted),
    )


def _past(
    session: Session, *, since: datetime, until: datetime, outage_id: str | None, steps: int
) -> tuple[tuple[CurvePoint, ...], float]:
    """Return how many were out at the end of each step, and the customer minutes of all."""
    span_s = (until - since).total_seconds()
    step_s = max(span_s / steps, 1e-6)
    values = {"since": since, "until": until, "step_s": step_s, "span_s": span_s, "outage_id": outage_id}
    changes = [0] * (steps + 1)
    minutes = 0.0
    for row in session.execute(_STEPS, values):
        # What happens within a step is seen at its end; rounding must not carry anything out of the span.
        changes[min(steps, max(0, row.step))] += row.customers
        minutes += row.minutes
    out = enumerate(accumulate(changes))
    return tuple(CurvePoint(since + timedelta(seconds=step_s * place), now) for place, now in out), minutes


def promised(promises: Sequence[Promise], *, now: datetime) -> tuple[list[CurvePoint], int]:
    """Return how many are out after each promised time, and how many have no promise that still holds."""
    out = sum(promise.customers for promise in promises)
    if not out:
        return [], 0
    points = [CurvePoint(now, out)]
    for at, customers in _by_time(promises, now):
        out -= customers
        points.append(CurvePoint(at, out))
    return points, out


def _by_time(promises: Iterable[Promise], now: datetime) -> list[tuple[datetime, int]]:
    back: dict[datetime, int] = {}
    for promise in promises:
        if promise.at is not None and promise.at > now:
            back[promise.at] = back.get(promise.at, 0) + promise.customers
    return sorted(back.items())


def _promises(session: Session, outage_id: str | None) -> list[Promise]:
    values = {"held": [str(status) for status in HELD_OUTAGE_STATUSES], "outage_id": outage_id}
    return [Promise(row.etr_at, row.customers) for row in session.execute(_PROMISES, values)]


def usual_span(session: Session, *, now: datetime) -> datetime:
    """Return since when what is open now goes on: since the first open outage began, an hour at least."""
    first = session.scalar(
        select(func.min(OutageRow.started_at)).where(OutageRow.status.in_(HELD_OUTAGE_STATUSES))
    )
    began = min(first or now, now - SHORTEST)
    return max(began, now - LONGEST)
