"""Which outages a look at promise clocks goes through: in a storm nearly all stand as they stood.

RULE 1: all that changed since it was looked at, what is over included; what is new or lies elsewhere now.
RULE 2: all of which a clock warns or breaks by now, that are paused, or that a crew has been sent to: its
    arrival may be told by positions alone.
RULE 3: evidence that fits an outage may come without changing it. So besides, one group of the others after
    another, a few seconds each: all of them within minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from dispatch.promise_rules import ClockState, PromiseClock
from dispatch.promise_tables import PromisedOutageRow, PromisePauseRow
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import JobRow, OutageRow

ALIVE = (*OPEN_OUTAGE_STATUSES, OutageStatus.RESTORED)
# Rule 3: outages in a group, and how long it is the turn of one.
GROUP_SIZE = 100
TURN_S = 5


def outages_to_look_at(session: Session, *, now: datetime) -> Sequence[OutageRow]:
    """Return the outages whose clocks may stand otherwise than they were left, the oldest first."""
    # Versions only grow, and each step takes all that is over: what is newer than all that was seen is new.
    seen = select(func.coalesce(func.max(PromisedOutageRow.seen_version), 0)).scalar_subquery()
    is_alive = OutageRow.status.in_(ALIVE)
    query = (
        select(OutageRow)
        .outerjoin(PromisedOutageRow, PromisedOutageRow.outage_id == OutageRow.id)
        .where(
            or_(
                OutageRow.version > seen,
                and_(is_alive, or_(_has_changed(), _is_due(now), _has_its_turn(session, now))),
            )
        )
        .order_by(OutageRow.predicted_at, OutageRow.id)
    )
    return session.scalars(query).all()


def next_look(clocks: Iterable[PromiseClock]) -> datetime | None:
    """Return when the first of some clocks goes over to another state by time alone; None if none does."""
    ahead = [
        clock.warn_at if clock.state is ClockState.RUNNING else clock.due_at
        for clock in clocks
        if clock.state in {ClockState.RUNNING, ClockState.WARNING}
    ]
    return min((at for at in ahead if at is not None), default=None)


def _has_changed() -> ColumnElement[bool]:
    """Rule 1."""
    return or_(
        PromisedOutageRow.outage_id.is_(None),
        PromisedOutageRow.device != OutageRow.device,
        PromisedOutageRow.seen_version != OutageRow.version,
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Rule 2."""
    return or_(
        PromisedOutageRow.next_look_at <= now,
        exists().where(JobRow.outage_id == OutageRow.id),
        exists().where(PromisePauseRow.outage_id == OutageRow.id, PromisePauseRow.ended_at.is_(None)),
    )


def _has_its_turn(session: Session, now: datetime) -> ColumnElement[bool]:
    """Rule 3."""
    alive = (
        session.scalar(select(func.count()).select_from(OutageRow).where(OutageRow.status.in_(ALIVE))) or 0
    )
    groups = -(-alive // GROUP_SIZE) or 1
    turn = int(now.timestamp() // TURN_S) % groups
    return func.mod(func.abs(cast(func.hashtext(OutageRow.id), BigInteger)), groups) == turn
