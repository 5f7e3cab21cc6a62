"""Switching orders (倒闸操作票): drafted, approved by another person, carried out step by step, or cancelled.

RULE 1: an order is prepared on the live state: each step keeps the digest of what it was seen to do.
RULE 2: who drafted a planned order does not approve it. In an emergency one person may.
RULE 3: cancelling undoes nothing: executed steps stay executed.
Instructing and executing: dispatch/switching_steps.py. Every operation runs in a write transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow
from dispatch.change_log import Author, as_json, changes_after, latest_position, record
from dispatch.errors import Because, Conflict, IllegalTransition, InvalidInput, StaleVersion, UnknownThing
from dispatch.events import Event
from dispatch.network_cache import NetworkCache
from dispatch.outages import outage_row
from dispatch.planned_states import OVER_PLANNED_STATUSES
from dispatch.states import (
    OVER_SWITCHING_STATUSES,
    SWITCHING_TRANSITIONS,
    StepStatus,
    SwitchingAction,
    SwitchingKind,
    SwitchingStatus,
    switching_status_after,
)
from dispatch.step_checks import checked_steps
from dispatch.study_copy import study_copy
from dispatch.switching_step import Step
from dispatch.switching_tables import StepAction, SwitchingOrderRow, SwitchingStepRow, switching_number
from dispatch.tables import OutageRow


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of an order, as others see it."""

    number: int
    action: str
    device: str | None
    name: str | None
    node: str | None
    to_node: str | None
    rated_a: float | None
    rated_kva: float | None
    phases: str
    status: str
    instructed_by: str | None
    instructed_to: str | None
    instructed_at: datetime | None
    executed_by: str | None
    executed_at: datetime | None
    recorded_at: datetime | None
    effect: dict[str, Any] | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class OrderView:
    """A switching order with its steps, in order."""

    id: str
    version: int
    kind: str
    status: str
    outage_id: str | None
    planned_outage_id: str | None
    drafted_by: str
    drafted_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_at: datetime | None
    note: str | None
    cancelled_because: str | None
    allowed_actions: tuple[str, ...]
    steps: tuple[StepView, ...]


def draft_order(
    session: Session,
    *,
    kind: SwitchingKind,
    steps: Sequence[Step],
    outage_id: str | None,
    planned_outage_id: str | None,
    note: str | None,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OrderView:
    """Draft an order, for an outage, a planned outage, or neither; UnknownThing, InvalidInput."""
    if outage_id is not None:
        outage_row(session, outage_id=outage_id)
    if planned_outage_id is not None:
        _refuse_if_over(session, planned_outage_id)
    row = SwitchingOrderRow(
        id=f"S-{session.scalars(select(switching_number.next_value())).one()}",
        version=0,
        kind=kind,
        status=SwitchingStatus.DRAFT,
        outage_id=outage_id,
        planned_outage_id=planned_outage_id,
        drafted_by=actor,
        drafted_at=now,
        prepared_at=0,
        note=(note or "").strip() or None,
    )
    session.add(row)
    session.flush()
    told = _prepare(session, row, checked_steps(networks.in_force(session), steps), networks)
    values = {
        name: {"old": None, "new": as_json(getattr(row, name))}
        for name in ("kind", "status", "outage_id", "planned_outage_id", "drafted_by", "drafted_at")
        if getattr(row, name) is not None
    }
    record_order(session, Event.SWITCHING_DRAFTED, row, values, Author(actor=actor, now=now), steps=told)
    return order_view(session, row)


def _refuse_if_over(session: Session, planned_outage_id: str) -> None:
    planned = session.get(PlannedOutageRow, planned_outage_id)
    if planned is None:
        raise UnknownThing(kind="planned outage", id=planned_outage_id)
    if planned.status in OVER_PLANNED_STATUSES:
        raise IllegalTransition(
            subject=f"Planned outage {planned.id}", status=planned.status, attempted="switching", allowed=()
        )


def set_steps(
    session: Session,
    *,
    order_id: str,
    version: int | None,
    steps: Sequence[Step],
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OrderView:
    """Give a draft other steps; they are prepared anew on the state of now."""
    row, _ = order_for_action(session, order_id=order_id, version=version, action=SwitchingAction.SET_STEPS)
    told = _prepare(session, row, checked_steps(networks.in_force(session), steps), networks)
    record_order(session, Event.SWITCHING_STEPS_SET, row, {}, Author(actor=actor, now=now), steps=told)
    return order_view(session, row)


def approve_order(
    session: Session, *, order_id: str, version: int | None, networks: NetworkCache, actor: str, now: datetime
) -> OrderView:
    """Approve an order as it is rehearsed on the state of now; Conflict by rule 2, or if it has no steps."""
    row, status = order_for_action(
        session, order_id=order_id, version=version, action=SwitchingAction.APPROVE
    )
    if row.kind == SwitchingKind.PLANNED and row.drafted_by == actor:
        raise Conflict(
            f"{row.id} was drafted by you: a planned order is approved by another person.",
            because=Because.OWN_ORDER,
        )
    steps = step_rows(session, row.id)
    if not steps:
        raise Conflict(f"{row.id} has no steps.", because=Because.STEPS_MISSING)
    _prepare(session, row, [as_step(one) for one in steps], networks)
    values = change_order(row, status=status, approved_by=actor, approved_at=now)
    record_order(session, Event.SWITCHING_APPROVED, row, values, Author(actor=actor, now=now))
    return order_view(session, row)


def return_order(
    session: Session, *, order_id: str, version: int | None, actor: str, now: datetime
) -> OrderView:
    """Make a draft of an approved order again, to change it; its approval is gone."""
    row, status = order_for_action(session, order_id=order_id, version=version, action=SwitchingAction.RETURN)
    values = change_order(row, status=status, approved_by=None, approved_at=None)
    record_order(session, Event.SWITCHING_RETURNED, row, values, Author(actor=actor, now=now))
    return order_view(session, row)


def cancel_order(
    session: Session, *, order_id: str, version: int | None, reason: str, actor: str, now: datetime
) -> OrderView:
    """Cancel what of an order is not executed yet, with a reason (rule 3)."""
    row, status = order_for_action(session, order_id=order_id, version=version, action=SwitchingAction.CANCEL)
    if not reason.strip():
        raise InvalidInput(field="reason", text="say why", because=Because.REASON_MISSING)
    row.cancelled_because = reason.strip()
    values = change_order(row, status=status, ended_at=now)
    record_order(session, Event.SWITCHING_CANCELLED, row, values, Author(actor=actor, now=now))
    return order_view(session, row)


def get_order(session: Session, *, order_id: str) -> OrderView:
    """Return one order; UnknownThing."""
    return order_view(session, order_row(session, order_id))


def list_orders(
    session: Session, *, outage_id: str | None = None, open_only: bool = False, limit: int = 200
) -> list[OrderView]:
    """Return orders, newest first: of one outage or of all, those not over or all."""
    query = select(SwitchingOrderRow).order_by(
        SwitchingOrderRow.drafted_at.desc(),
        func.length(SwitchingOrderRow.id).desc(),
        SwitchingOrderRow.id.desc(),
    )
    if outage_id is not None:
        query = query.where(SwitchingOrderRow.outage_id == outage_id)
    if open_only:
        query = query.where(SwitchingOrderRow.status.not_in(OVER_SWITCHING_STATUSES))
    return [order_view(session, row) for row in session.scalars(query.limit(limit))]


def order_row(session: Session, order_id: str) -> SwitchingOrderRow:
    """Return the row of an order; UnknownThing."""
    row = session.get(SwitchingOrderRow, order_id)
    if row is None:
        raise UnknownThing(kind="switching order", id=order_id)
    return row


def step_rows(session: Session, order_id: str) -> list[SwitchingStepRow]:
    """Return the steps of an order, in order."""
    query = select(SwitchingStepRow).where(SwitchingStepRow.order_id == order_id)
    return list(session.scalars(query.order_by(SwitchingStepRow.number)))


def as_step(row: SwitchingStepRow) -> Step:
    """Return a step as it is rehearsed."""
    return Step(
        action=StepAction(row.action),
        device=row.device,
        phases=row.phases,
        name=row.name,
        node=row.node,
        to_node=row.to_node,
        rated_a=row.rated_a,
        rated_kva=row.rated_kva,
    )


def order_for_action(
    session: Session, *, order_id: str, version: int | None, action: SwitchingAction
) -> tuple[SwitchingOrderRow, SwitchingStatus]:
    """Return the order and its status after the action; UnknownThing, StaleVersion, IllegalTransition."""
    row = order_row(session, order_id)
    if version is not None and row.version != version:
        since = changes_after(session, position=version)
        own = [change for change in since if change.subject == f"switching_order:{order_id}"]
        raise StaleVersion(outage_id=order_id, seen_version=version, version=row.version, changes=own)
    status = SwitchingStatus(row.status)
    return row, switching_status_after(order_id=order_id, status=status, action=action)


def change_order(row: SwitchingOrderRow, **values: Any) -> dict[str, dict[str, Any]]:
    """Set fields of an order; return those that differ, old and new."""
    changed = {}
    for name, new in values.items():
        old = getattr(row, name)
        if old != new:
            changed[name] = {"old": as_json(old), "new": as_json(new)}
            setattr(row, name, new)
    return changed


def record_order(
    session: Session,
    name: Event,
    row: SwitchingOrderRow,
    values: dict[str, dict[str, Any]],
    author: Author,
    **data: Any,
) -> int:
    """Record a change of an order, which takes its position as version."""
    outage = session.get(OutageRow, row.outage_id) if row.outage_id is not None else None
    position = record(
        session,
        name=name,
        subject=f"switching_order:{row.id}",
        outage=outage,
        author=author,
        data={"values": values, **data},
    )
    row.version = position
    session.flush()
    return position


def _prepare(
    session: Session, row: SwitchingOrderRow, steps: Sequence[Step], networks: NetworkCache
) -> list[dict[str, Any]]:
    """Store steps with what each is seen to do now (rule 1); return them for the log."""
    session.execute(delete(SwitchingStepRow).where(SwitchingStepRow.order_id == row.id))
    effects = study_copy(session, networks=networks).rehearse(steps)
    session.add_all(
        SwitchingStepRow(
            order_id=row.id,
            number=number,
            action=effect.step.action,
            device=effect.step.device,
            name=effect.step.name,
            node=effect.step.node,
            to_node=effect.step.to_node,
            rated_a=effect.step.rated_a,
            rated_kva=effect.step.rated_kva,
            phases=effect.step.phases,
            status=StepStatus.WAITING,
            prepared=effect.digest,
        )
        for number, effect in enumerate(effects, start=1)
    )
    row.prepared_at = latest_position(session)
    session.flush()
    return [one.told() for one in steps]


def order_view(session: Session, row: SwitchingOrderRow) -> OrderView:
    """Return an order as others see it."""
    return OrderView(
        id=row.id,
        version=row.version,
        kind=row.kind,
        status=row.status,
        outage_id=row.outage_id,
        planned_outage_id=row.planned_outage_id,
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        ended_at=row.ended_at,
        note=row.note,
        cancelled_because=row.cancelled_because,
        allowed_actions=tuple(SWITCHING_TRANSITIONS[SwitchingStatus(row.status)]),
        steps=tuple(
            StepView(
                number=one.number,
                action=one.action,
                device=one.device,
                name=one.name,
                node=one.node,
                to_node=one.to_node,
                rated_a=one.rated_a,
                rated_kva=one.rated_kva,
                phases=one.phases,
                status=one.status,
                instructed_by=one.instructed_by,
                instructed_to=one.instructed_to,
                instructed_at=one.instructed_at,
                executed_by=one.executed_by,
                executed_at=one.executed_at,
                recorded_at=one.recorded_at,
                effect=one.effect,
                reason=one.reason,
            )
            for one in step_rows(session, row.id)
        ),
    )
