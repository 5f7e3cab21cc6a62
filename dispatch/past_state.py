"""What was known at an instant: the nearest kept state before it, and the changes recorded from then on.

RULE 1: known at an instant is what was recorded by then: the log up to one position, as positions grow with
    the clock. What a crew did without signal is known once its phone has told it.
RULE 2: what has been over for a day is out of sight, as in a snapshot that was taken then.
RULE 3: what had left sight and changed again is read from its own history.
RULE 4: one step goes to the nearest instant at which anything was decided or learned of outages and crews'
    work: where crews drove, and what the planner reckoned, changed all the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, any_, func, literal, or_, select
from sqlalchemy.orm import Session

from dispatch.change_log import Change
from dispatch.errors import Because, InvalidInput
from dispatch.events import Event
from dispatch.kept_states import KEPT_FOR, nearest_kept
from dispatch.known_state import KnownState, follow, nothing_known
from dispatch.snapshot import RECENT
from dispatch.states import OVER_OUTAGE_STATUSES, OVER_SWITCHING_STATUSES
from dispatch.tables import ChangeLogRow, JobRow, OutageRow

_NO_STEP = (Event.CREW_MOVED, Event.CREW_POSITION_DOUBTED, Event.PLAN_IMPROVED)
_COLUMNS = (
    ChangeLogRow.position,
    ChangeLogRow.recorded_at,
    ChangeLogRow.occurred_at,
    ChangeLogRow.name,
    ChangeLogRow.actor,
    ChangeLogRow.subject,
    ChangeLogRow.outage_id,
    ChangeLogRow.data,
    ChangeLogRow.client_event_id,
)


@dataclass(frozen=True, slots=True)
class PastState:
    """What was known at `at`; `previous_at` and `next_at` are one step away (rule 4), None where none is."""

    at: datetime
    state: KnownState
    previous_at: datetime | None
    next_at: datetime | None


def state_at(session: Session, *, at: datetime, now: datetime) -> PastState:
    """Return what was known at an instant.

    InvalidInput where it lies in the future, before the first change, or further back than is kept.
    """
    refuse_instant(session, at=at, now=now)
    state = known_at(session, position=position_at(session, at=at))
    let_go_of_old(session, state, at=at)
    return PastState(
        at=at,
        state=state,
        previous_at=step_before(session, at=at),
        next_at=step_after(session, at=at),
    )


def refuse_instant(session: Session, *, at: datetime, now: datetime) -> None:
    """Raise InvalidInput for an instant of which nothing can be told."""
    if at > now:
        raise InvalidInput(
            field="at", text=f"{at.isoformat()} lies in the future", because=Because.INSTANT_IN_FUTURE
        )
    if at < now - KEPT_FOR:
        raise InvalidInput(
            field="at",
            text=f"is more than {KEPT_FOR.days} days ago; a replay reaches no further back",
            because=Because.INSTANT_TOO_LONG_AGO,
            values={"days": KEPT_FOR.days},
        )
    first_at = first_change_at(session)
    if first_at is None or at < first_at:
        first = f" (the first change was at {first_at.isoformat()})" if first_at else ""
        text = f"is before anything was recorded{first}"
        raise InvalidInput(field="at", text=text, because=Because.INSTANT_BEFORE_FIRST_CHANGE)


def first_change_at(session: Session) -> datetime | None:
    """Return when the first change was recorded; None where nothing has happened yet."""
    return session.scalar(select(func.min(ChangeLogRow.recorded_at)))


def position_at(session: Session, *, at: datetime) -> int:
    """Return the position of the last change recorded by an instant (rule 1); 0 before the first."""
    found = session.scalar(
        select(ChangeLogRow.position)
        .where(ChangeLogRow.recorded_at <= at)
        .order_by(ChangeLogRow.recorded_at.desc(), ChangeLogRow.position.desc())
        .limit(1)
    )
    return found or 0


def known_at(session: Session, *, position: int) -> KnownState:
    """Return what was known after the change at a position, with what had been over for a day by then."""
    state = nearest_kept(session, position=position)
    since = state.position
    changes = _changes(
        session,
        select(*_COLUMNS).where(ChangeLogRow.position > since, ChangeLogRow.position <= position),
    )
    _bring_back(session, state, unseen(state, changes), position=since)
    follow(state, changes)
    return state


def unseen(state: KnownState, changes: Iterable[Change]) -> set[str]:
    """Return the outages that changes concern which are in no state and begin in no change (rule 3)."""
    seen = set(state.snapshot["outages"])
    missing = set()
    for change in changes:
        outage_id = change.outage_id
        if outage_id is None or outage_id in seen:
            continue
        status = change.data.get("values", {}).get("status", {})
        is_new = change.subject == f"outage:{outage_id}" and "old" in status and status["old"] is None
        seen.add(outage_id)
        if not is_new:
            missing.add(outage_id)
    return missing


def let_go_of_old(session: Session, state: KnownState, *, at: datetime) -> None:
    """Take out of a state what was out of sight at an instant (rule 2)."""
    shown = state.snapshot
    since = at - RECENT
    over = [
        one
        for shelf, statuses in (
            ("outages", OVER_OUTAGE_STATUSES),
            ("switching_orders", OVER_SWITCHING_STATUSES),
        )
        for one in shown[shelf].values()
        if one["status"] in statuses
    ]
    recent = _recorded_since(session, [one["version"] for one in over], since=since)
    gone = {one["id"] for one in over if one["version"] not in recent}
    for shelf in ("outages", "switching_orders", "interruptions"):
        for id in gone & shown[shelf].keys():
            del shown[shelf][id]
    for id in [id for id, job in shown["jobs"].items() if job.get("outage_id") in gone]:
        del shown["jobs"][id]
    for id, closure in list(shown["road_closures"].items()):
        if "until" in closure and datetime.fromisoformat(closure["until"]) <= since:
            del shown["road_closures"][id]


def step_before(session: Session, *, at: datetime) -> datetime | None:
    """Return the last instant before one at which there was a step (rule 4)."""
    return session.scalar(
        select(ChangeLogRow.recorded_at)
        .where(ChangeLogRow.recorded_at < at, ChangeLogRow.name.not_in(_NO_STEP))
        .order_by(ChangeLogRow.recorded_at.desc(), ChangeLogRow.position.desc())
        .limit(1)
    )


def step_after(session: Session, *, at: datetime) -> datetime | None:
    """Return the first instant after one at which there was a step (rule 4)."""
    return session.scalar(
        select(ChangeLogRow.recorded_at)
        .where(ChangeLogRow.recorded_at > at, ChangeLogRow.name.not_in(_NO_STEP))
        .order_by(ChangeLogRow.recorded_at, ChangeLogRow.position)
        .limit(1)
    )


def changes_until(
    session: Session, *, after: int, until: datetime, limit: int
) -> tuple[int, Sequence[Change] | None]:
    """Return the position at an instant and the changes up to it; None for those where they are too many."""
    position = position_at(session, at=until)
    query = select(*_COLUMNS).where(ChangeLogRow.position > after, ChangeLogRow.position <= position)
    changes = _changes(session, query.limit(limit + 1))
    return position, changes if len(changes) <= limit and after <= position else None


def _bring_back(session: Session, state: KnownState, outage_ids: Collection[str], *, position: int) -> None:
    """Put outages into a state as they stood at its position, by their own history (rule 3)."""
    if not outage_ids:
        return
    history = history_of(session, outage_ids, position=position)
    for shelf in ("outages", "interruptions"):
        own = history.snapshot[shelf]
        state.snapshot[shelf].update({id: own[id] for id in outage_ids if id in own})
    jobs = history.snapshot["jobs"].items()
    state.snapshot["jobs"].update({id: job for id, job in jobs if job.get("outage_id") in outage_ids})


def history_of(session: Session, outage_ids: Collection[str], *, position: int) -> KnownState:
    """Return outages as they stood at a position: by their changes, their jobs', and those of merged ones."""
    wanted, newest = set(outage_ids), set(outage_ids)
    while newest:
        merged = select(OutageRow.id).where(OutageRow.merged_into.in_(newest))
        newest = set(session.scalars(merged)) - wanted
        wanted |= newest
    jobs = session.scalars(select("job:" + JobRow.id).where(JobRow.outage_id.in_(wanted))).all()
    query = select(*_COLUMNS).where(
        or_(ChangeLogRow.outage_id.in_(wanted), ChangeLogRow.subject.in_(jobs)),
        ChangeLogRow.position <= position,
    )
    state = nothing_known()
    follow(state, _changes(session, query))
    return state


def _changes(session: Session, query: Select[Any]) -> list[Change]:
    """Return the changes that a query of `_COLUMNS` finds, oldest first."""
    return [Change(*row) for row in session.execute(query.order_by(ChangeLogRow.position))]


def _recorded_since(session: Session, positions: Collection[int], *, since: datetime) -> set[int]:
    among = any_(literal(list(positions), ARRAY(BigInteger)))
    query = select(ChangeLogRow.position).where(
        ChangeLogRow.position == among, ChangeLogRow.recorded_at > since
    )
    return set(session.scalars(query))
