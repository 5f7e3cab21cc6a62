"""Planned work under way: begun and ended, by the steps of its orders or by a person's word.

RULE 1: with a switching order its executed steps say it, and write the ledger (dispatch/switched_outages.py).
RULE 2: without one a person says it, and the ledger gets its rows from that: everybody of the last version.
That is near the time that was told: what begins earlier is moved first, so that customers hear of it.
RULE 3: what began without being published is under way all the same: what is there comes before paperwork.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow
from dispatch.change_log import Author, as_json
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.events import Event
from dispatch.explained_evidence import explain_again
from dispatch.intake import LATEST_AHEAD
from dispatch.ledger import rewrite
from dispatch.ledger_tables import InterruptionRow
from dispatch.network_cache import NetworkCache
from dispatch.notifications import MessageKind
from dispatch.planned_extent import planned_steps
from dispatch.planned_notices import add_notice, was_told
from dispatch.planned_rows import (
    change_planned,
    planned_for_action,
    planned_holder,
    record_planned,
    service_points_of,
)
from dispatch.planned_rules_store import planned_rules_in_force
from dispatch.planned_states import OVER_PLANNED_STATUSES, PlannedAction, PlannedStatus
from dispatch.planned_views import PlannedOutage, planned_view
from dispatch.states import OVER_SWITCHING_STATUSES
from dispatch.switched_supply import put_out
from dispatch.switching_tables import SwitchingOrderRow, SwitchingStepRow
from dispatch.timelines import Holder, Timeline, release
from topology.phases import format_phases

EARLIEST_BEGIN = timedelta(hours=1)


def begin_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    version: int | None,
    at: datetime | None,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Note that supply is switched off, now or at a time past; Conflict where its order says it (rule 1)."""
    row, _ = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.BEGIN
    )
    _refuse_with_order(session, row)
    at = _moment(at, now, not_before=row.announced_at)
    if at < row.starts_at - EARLIEST_BEGIN:
        raise Conflict(
            f"{row.id} starts at {as_json(row.starts_at)}. Move its times first, so that customers are told.",
            because=Because.BEGINS_TOO_EARLY,
            values={"planned_outage": row.id, "starts_at": as_json(row.starts_at)},
        )
    _begin(session, row, at=at, author=Author(actor=actor, now=now, occurred_at=at))
    _put_out(session, row, at=at, networks=networks, author=Author(actor=actor, now=now, occurred_at=at))
    return planned_view(session, row)


def end_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    version: int | None,
    at: datetime | None,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Note that supply is back, now or at a time past. Who is out by a fault besides stays out.

    Conflict while steps of its orders still hold somebody off: return them by switching.
    """
    row, _ = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.END
    )
    held = held_by(session, row)
    if held and planned_steps(session, row):
        raise Conflict(
            f"{len(held)} service points are still off by steps for {row.id}. Return them by switching.",
            because=Because.STILL_WITHOUT_SUPPLY,
            values={"service_points": len(held)},
        )
    at = _moment(at, now, not_before=row.begun_at)
    author = Author(actor=actor, now=now, occurred_at=at)
    _give_back(session, row, held, at=at, author=author)
    _end(session, row, at=at, author=author)
    return planned_view(session, row)


def follow_switching(session: Session, row: PlannedOutageRow, *, now: datetime) -> bool:
    """Let a planned outage begin with its orders' first executed step, and end with the last (rule 1)."""
    steps = _executed(session, row)
    if not steps:
        return False
    first, last = steps[0], steps[-1]
    if row.begun_at is None and first.executed_at is not None:
        author = Author(actor=first.executed_by or "system", now=now, occurred_at=first.executed_at)
        _begin(session, row, at=first.executed_at, author=author)
        return True
    if row.ended_at is None and last.executed_at is not None and is_switched_back(session, row):
        author = Author(actor=last.executed_by or "system", now=now, occurred_at=last.executed_at)
        _end(session, row, at=last.executed_at, author=author)
        return True
    return False


def with_executed_steps(session: Session) -> set[str]:
    """Return the planned outages for which a step was executed: asked once for all of them."""
    query = (
        select(SwitchingOrderRow.planned_outage_id)
        .join(SwitchingStepRow, SwitchingStepRow.order_id == SwitchingOrderRow.id)
        .where(SwitchingOrderRow.planned_outage_id.is_not(None), SwitchingStepRow.executed_at.is_not(None))
    )
    return {id for id in session.scalars(query.distinct()) if id is not None}


def switching_waits(session: Session, row: PlannedOutageRow) -> bool:
    """Return whether `follow_switching` would change anything."""
    if not _executed(session, row):
        return False
    return row.begun_at is None or (row.ended_at is None and is_switched_back(session, row))


def is_switched_back(session: Session, row: PlannedOutageRow) -> bool:
    """Return whether all orders of a planned outage are over, and hold nobody off."""
    open_orders = select(func.count()).where(
        SwitchingOrderRow.planned_outage_id == row.id,
        SwitchingOrderRow.status.not_in(OVER_SWITCHING_STATUSES),
    )
    return not session.scalar(open_orders) and not held_by(session, row)


def held_by(session: Session, row: PlannedOutageRow) -> list[str]:
    """Return whom a planned outage keeps without supply now, by the ledger."""
    query = select(InterruptionRow.service_point).where(
        InterruptionRow.replaced_by.is_(None),
        func.upper_inf(InterruptionRow.period),
        or_(
            InterruptionRow.planned_outage_id == row.id,
            InterruptionRow.other_holds.contains([{"planned_outage_id": row.id}]),
        ),
    )
    return sorted(session.scalars(query))


def _begin(session: Session, row: PlannedOutageRow, *, at: datetime, author: Author) -> None:
    values = change_planned(row, status=PlannedStatus.EXECUTING, begun_at=at)
    record_planned(session, Event.PLANNED_OUTAGE_BEGUN, row, values, author)
    explain_again(session, service_points=service_points_of(session, row), author=author)


def _end(session: Session, row: PlannedOutageRow, *, at: datetime, author: Author) -> None:
    values = change_planned(row, status=PlannedStatus.ENDED, ended_at=at)
    late = max(0, int((at - row.ends_at).total_seconds() // 60))
    position = record_planned(session, Event.PLANNED_OUTAGE_ENDED, row, values, author, late_minutes=late)
    points = service_points_of(session, row)
    if was_told(session, row):
        add_notice(
            session,
            row,
            kind=MessageKind.PLANNED_ENDED,
            service_points=points,
            position=position,
            rules_version=planned_rules_in_force(session).version,
            now=author.now,
        )
    explain_again(session, service_points=points, author=author)


def _put_out(
    session: Session, row: PlannedOutageRow, *, at: datetime, networks: NetworkCache, author: Author
) -> None:
    """Write the ledger's rows of those it concerns, on all the phases they take (rule 2)."""
    traced = networks.in_force(session)
    network = traced.network
    points = [id for id in service_points_of(session, row) if network.has_service_point(id)]
    found = network.find_service_points(points)
    masks = network.service_point_phases[found].tolist()
    put_out(
        session,
        phases={id: format_phases(mask) for id, mask in zip(points, masks, strict=True)},
        at=at,
        holder=planned_holder(row),
        traced=traced,
        author=author,
    )


def _give_back(
    session: Session, row: PlannedOutageRow, held: Sequence[str], *, at: datetime, author: Author
) -> None:
    holder = Holder(planned_outage_id=row.id)

    def back(_: str, timeline: Timeline) -> Timeline:
        return release(timeline, holder=holder, start=at)

    rewrite(session, households=dict.fromkeys(held), change=back, author=author)


def _executed(session: Session, row: PlannedOutageRow) -> Sequence[SwitchingStepRow]:
    if row.status in (*OVER_PLANNED_STATUSES, PlannedStatus.ENDED):
        return ()
    query = (
        select(SwitchingStepRow)
        .join(SwitchingOrderRow, SwitchingOrderRow.id == SwitchingStepRow.order_id)
        .where(SwitchingOrderRow.planned_outage_id == row.id, SwitchingStepRow.executed_at.is_not(None))
        .order_by(SwitchingStepRow.executed_at, SwitchingStepRow.order_id, SwitchingStepRow.number)
    )
    return session.scalars(query).all()


def _refuse_with_order(session: Session, row: PlannedOutageRow) -> None:
    steps = planned_steps(session, row)
    if steps:
        order = steps[0][0][0]
        raise Conflict(
            f"{row.id} is switched by {order}: it begins with its first executed step.",
            because=Because.SWITCHED_BY_ORDER,
            values={"order": order},
        )


def _moment(at: datetime | None, now: datetime, *, not_before: datetime | None) -> datetime:
    """Return when it happened; InvalidInput for the future, or before what must come before it."""
    if at is None:
        return now
    if at > now + LATEST_AHEAD:
        raise InvalidInput(
            field="at", text=f"{as_json(at)} lies in the future", because=Because.HAPPENED_IN_FUTURE
        )
    if not_before is not None and at < not_before:
        raise InvalidInput(
            field="at",
            text=f"{as_json(at)} is before {as_json(not_before)}",
            because=Because.EXECUTED_BEFORE_LAST,
            values={"latest": as_json(not_before)},
        )
    return min(at, now)
