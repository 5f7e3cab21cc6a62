"""States that are kept now and then, so that a replay of a storm begins near the instant that is asked for.

RULE 1: another one is kept once KEEP_EVERY changes have come since the last.
RULE 2: they are kept as far back as a replay reaches (KEPT_FOR), with the last one before that.
Nothing depends on them but time: without any, a replay begins with the first change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.change_log import as_json, latest_position
from dispatch.kept_state_tables import KeptStateRow
from dispatch.known_state import PLACE_FIELDS, KnownState, nothing_known, pack, unpack
from dispatch.snapshot import snapshot
from dispatch.switching_tables import SwitchPositionRow
from dispatch.temporary_places import read_temporary

KEEP_EVERY = 5_000
KEPT_FOR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class KeptState:
    """A state to keep, packed."""

    position: int
    at: datetime
    packed: bytes


def state_to_keep(session: Session, *, now: datetime, every: int = KEEP_EVERY) -> KeptState | None:
    """Return the present state if it is to be kept (rule 1), on a still picture of the database."""
    last = session.scalars(select(func.coalesce(func.max(KeptStateRow.position), 0))).one()
    if latest_position(session) - last < every:
        return None
    state = present_state(session, now=now)
    return KeptState(position=state.position, at=now, packed=pack(state))


def present_state(session: Session, *, now: datetime) -> KnownState:
    """Return what is known now, as a replay of now gives it."""
    rows = session.scalars(select(SwitchPositionRow).order_by(SwitchPositionRow.device))
    switched = {
        row.device: {
            "open_phases": row.open_phases,
            "since": as_json(row.since),
            "order_id": row.order_id,
            "step_number": row.step_number,
        }
        for row in rows
    }
    temporary = {
        one.name: {
            **{field: getattr(one, field) for field in PLACE_FIELDS},
            "since": as_json(one.since),
            "order_id": one.order_id,
            "step_number": one.step_number,
        }
        for one in read_temporary(session)
    }
    return KnownState(snapshot=snapshot(session, now=now), switched=switched, temporary=temporary)


def keep_state(session: Session, *, state: KeptState) -> None:
    """Keep a state, and let go of those that no replay needs any more (rule 2)."""
    values = {"position": state.position, "at": state.at, "state": state.packed}
    session.execute(insert(KeptStateRow).values(values).on_conflict_do_nothing())
    last_before = select(func.max(KeptStateRow.position)).where(KeptStateRow.at < state.at - KEPT_FOR)
    session.execute(delete(KeptStateRow).where(KeptStateRow.position < last_before.scalar_subquery()))


def nearest_kept(session: Session, *, position: int) -> KnownState:
    """Return the last kept state at or before a position; that of the beginning where there is none."""
    packed = session.scalar(
        select(KeptStateRow.state)
        .where(KeptStateRow.position <= position)
        .order_by(KeptStateRow.position.desc())
        .limit(1)
    )
    return unpack(packed) if packed is not None else nothing_known()
