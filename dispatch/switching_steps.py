"""Steps of a switching order: previewed, instructed, executed; what is executed, is so from then on.

RULE 1: steps are executed in their order, each once.
RULE 2: nobody operates through a tag, nor executes what would now do something else than they saw; what is
flagged needs their reason. Refused, nothing of the step has happened.
RULE 3: a step moves the device, the ledger and the log in one transaction: customers count as out, or as
back, from exactly the moment it was executed.
RULE 4: an outage is restored when nobody of it is out and its device is closed; before that, whoever is back
is supplied and not repaired: the outage stays partially restored, and its crews at work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, Change, as_json, changes_after
from dispatch.errors import (
    Because,
    Conflict,
    InvalidInput,
    ReasonNeeded,
    StaleSwitching,
    UnknownThing,
)
from dispatch.events import Event
from dispatch.intake import LATEST_AHEAD
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.outages import outage_row
from dispatch.states import (
    OutageStatus,
    StepStatus,
    SwitchingAction,
    SwitchingStatus,
)
from dispatch.study_copy import study_copy
from dispatch.switch_tags import refuse_if_tagged, refuse_tags
from dispatch.switched_outages import apply_to_ledger
from dispatch.switched_state import note_state, open_phases_after
from dispatch.switching_orders import (
    OrderView,
    as_step,
    change_order,
    order_for_action,
    order_row,
    order_view,
    record_order,
    step_rows,
)
from dispatch.switching_preview import Flag, StepEffect, StudyCopy
from dispatch.switching_step import Step
from dispatch.switching_tables import StepAction, SwitchingOrderRow, SwitchingStepRow
from dispatch.tables import AffectedRow
from topology.phases import parse_phases

_MOST_CHANGES_TOLD = 50
# What may change what a step does.
_TELLING = (
    "switching.executed",
    "switch.position_told",
    "tag.",
    "hazard.raised",
    "hazard.outage_known",
    "network.activated",
    "outage.predicted",
    "outage.prediction_changed",
    "outage.device_changed",
    "outage.withdrawn",
    "outage.merged",
    "outage.dismissed",
    "outage.restored",
)


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What the steps left of an order would do, one after the other, on the state of now.

    `changes` are what was switched or believed since the order was prepared, where a step would do something
    else than it did then.
    """

    order_id: str
    version: int
    steps: tuple[tuple[int, StepEffect], ...]
    changes: tuple[Change, ...]


def preview_order(session: Session, *, order_id: str, networks: NetworkCache) -> OrderPreview:
    """Rehearse what is left of an order on a study copy of the live state."""
    row = order_row(session, order_id)
    left = [one for one in step_rows(session, order_id) if one.status != StepStatus.EXECUTED]
    copy = study_copy(session, networks=networks)
    effects = copy.rehearse([as_step(one) for one in left])
    flagged = [_flagged(effect, step) for effect, step in zip(effects, left, strict=True)]
    has_changed = any(Flag.CHANGED_SINCE_PREPARED in effect.flags for effect in flagged)
    return OrderPreview(
        order_id=order_id,
        version=row.version,
        steps=tuple((step.number, effect) for step, effect in zip(left, flagged, strict=True)),
        changes=tuple(_changes_since(session, row)) if has_changed else (),
    )


def rehearse_steps(
    session: Session, *, steps: Sequence[Step], networks: NetworkCache
) -> tuple[StepEffect, ...]:
    """Rehearse steps of no order on a study copy of the live state; nothing is kept."""
    copy = study_copy(session, networks=networks)
    return tuple(copy.rehearse(steps))


def instruct_step(
    session: Session, *, order_id: str, number: int, to: str, actor: str, now: datetime
) -> OrderView:
    """Note that somebody was told to carry out a step; Conflict if it is tagged or out of turn."""
    row, status = order_for_action(session, order_id=order_id, version=None, action=SwitchingAction.INSTRUCT)
    step = _step_in_turn(session, row, number, to_execute=False)
    if step.device is not None:
        refuse_if_tagged(session, device=step.device, action=StepAction(step.action))
    step.status, step.instructed_by, step.instructed_to = StepStatus.INSTRUCTED, actor, to
    step.instructed_at = now
    values = change_order(row, status=status)
    told = {
        "number": number,
        **as_step(step).told(),
        "instructed_by": actor,
        "instructed_to": to,
        "instructed_at": as_json(now),
    }
    author = Author(actor=actor, now=now)
    record_order(session, Event.SWITCHING_INSTRUCTED, row, values, author, step=told)
    return order_view(session, row)


def execute_step(
    session: Session,
    *,
    order_id: str,
    number: int,
    seen: str,
    executed_at: datetime | None,
    reason: str | None,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OrderView:
    """Execute a step as it was seen in its preview (`seen`: the digest of that), now or a little while ago.

    Raises UnknownThing, IllegalTransition, Conflict (tagged, out of turn, executed before, changes nothing,
    the outage not confirmed), StaleSwitching, ReasonNeeded, InvalidInput for impossible times; then
    nothing of it has happened.
    """
    row, status = order_for_action(session, order_id=order_id, version=None, action=SwitchingAction.EXECUTE)
    step = _step_in_turn(session, row, number, to_execute=True)
    copy, after, effect = _looked_at_again(session, row, step, networks=networks)
    _refuse_other_than_seen(session, row, step, effect, seen=seen, reason=reason)
    at = _moment(session, row, effect, executed_at, now)
    author = Author(actor=actor, now=now, occurred_at=at)
    open_phases = open_phases_after(step, after)
    _note_execution(step, effect, reason=reason, at=at, author=author)
    values = change_order(row, status=status)
    told = _told(step, effect, open_phases)
    position = record_order(session, Event.SWITCHING_EXECUTED, row, values, author, step=told)
    note_state(session, step, open_phases, at=at, position=position)
    session.flush()
    apply_to_ledger(
        session, order=row, before=copy.current, after=after.current, networks=networks, at=at, author=author
    )
    if all(one.status == StepStatus.EXECUTED for one in step_rows(session, order_id)):
        ended = change_order(row, status=SwitchingStatus.COMPLETED, ended_at=at)
        record_order(session, Event.SWITCHING_COMPLETED, row, ended, author)
    return order_view(session, row)


def _looked_at_again(
    session: Session, row: SwitchingOrderRow, step: SwitchingStepRow, *, networks: NetworkCache
) -> tuple[StudyCopy, StudyCopy, StepEffect]:
    """Return the live state before and after a step, and what it does; Conflict where nobody may take it."""
    _refuse_unconfirmed(session, row)
    if step.device is not None:
        refuse_if_tagged(session, device=step.device, action=StepAction(step.action))
    copy = study_copy(session, networks=networks)
    effect, after = copy.take(as_step(step))
    refuse_tags(effect.tags, action=StepAction(step.action))
    _refuse_what_changes_nothing(row, step, effect, copy.current.traced)
    return copy, after, _flagged(effect, step)


def _refuse_other_than_seen(
    session: Session,
    row: SwitchingOrderRow,
    step: SwitchingStepRow,
    effect: StepEffect,
    *,
    seen: str,
    reason: str | None,
) -> None:
    """Raise StaleSwitching if the step does something else than was seen, ReasonNeeded if it is flagged."""
    if seen != effect.digest:
        raise StaleSwitching(
            order_id=row.id,
            number=step.number,
            seen=seen,
            preview=effect.digest,
            changes=_changes_since(session, row),
        )
    if effect.flags and not (reason or "").strip():
        raise ReasonNeeded(order_id=row.id, number=step.number, flags=effect.flags)


def _told(step: SwitchingStepRow, effect: StepEffect, open_phases: str | None) -> dict[str, Any]:
    """Return an executed step as it stands in the log; `open_phases` where a device was switched."""
    return {
        "number": step.number,
        **as_step(step).told(),
        **({"open_phases": open_phases} if open_phases is not None else {}),
        "executed_by": step.executed_by,
        "executed_at": as_json(step.executed_at),
        "customers_lost": effect.lost.customers,
        "customers_gained": effect.gained.customers,
        "flags": list(effect.flags),
    }


def _step_in_turn(
    session: Session, row: SwitchingOrderRow, number: int, *, to_execute: bool
) -> SwitchingStepRow:
    """Return the step, by rule 1."""
    steps = step_rows(session, row.id)
    step = next((one for one in steps if one.number == number), None)
    if step is None:
        raise UnknownThing(kind=f"step of {row.id}", id=str(number))
    if step.status == StepStatus.EXECUTED:
        raise Conflict(
            f"Step {number} of {row.id} was executed by {step.executed_by} at {as_json(step.executed_at)}.",
            because=Because.STEP_WAS_EXECUTED,
            values={"number": number, "actor": step.executed_by},
        )
    waiting = (StepStatus.WAITING, StepStatus.INSTRUCTED) if to_execute else (StepStatus.WAITING,)
    first = next(one for one in steps if one.status in waiting or one.number == number)
    if first.number < number:
        raise Conflict(
            f"Step {number} of {row.id} is not next: step {first.number} comes first.",
            because=Because.STEP_OUT_OF_TURN,
            values={"number": number, "next": first.number},
        )
    return step


def _refuse_unconfirmed(session: Session, row: SwitchingOrderRow) -> None:
    if row.outage_id is None:
        return
    outage = outage_row(session, outage_id=row.outage_id)
    if outage.status == OutageStatus.PREDICTED:
        raise Conflict(
            f"Outage {outage.id} is only predicted. Confirm it before anything is switched for it.",
            because=Because.OUTAGE_NOT_CONFIRMED,
            values={"outage": outage.id},
        )


def _refuse_what_changes_nothing(
    row: SwitchingOrderRow, step: SwitchingStepRow, effect: StepEffect, traced: TracedNetwork
) -> None:
    """What is only believed open may be opened for certain; what was switched so already may not."""
    if step.device is None or not as_step(step).is_of_device:
        return
    device = traced.network.device_index(step.device)
    closed = traced.supply.closed_phases_of(device)
    wanted = parse_phases(step.phases)
    is_so = not closed & wanted if step.action == StepAction.OPEN else not wanted & ~closed
    if effect.changes_nothing and is_so:
        last = traced.positions.get(step.device)
        by = ", as it normally is"
        if last is not None:
            step_of = f"step {last.step_number} of {last.order_id}"
            by = f" by {step_of}" if last.order_id is not None else ", as telemetry says"
        raise Conflict(
            f"Step {step.number} of {row.id} would change nothing: {step.device} is "
            f"{'open' if step.action == StepAction.OPEN else 'closed'} already{by}.",
            because=Because.STEP_CHANGES_NOTHING,
            values={"device": step.device, "order": last.order_id if last else None},
        )


def _moment(
    session: Session, row: SwitchingOrderRow, effect: StepEffect, executed_at: datetime | None, now: datetime
) -> datetime:
    """Return when the step was executed; InvalidInput if that cannot be.

    Not in the future, not before the step before it, and not before those it concerns last went out or came
    back: supply does not come back before it is lost.
    """
    at = executed_at or now
    if at > now + LATEST_AHEAD:
        text = f"{at.isoformat()} lies in the future"
        raise InvalidInput(field="executed_at", text=text, because=Because.EXECUTED_IN_FUTURE)
    before = [one.executed_at for one in step_rows(session, row.id) if one.executed_at is not None]
    last = session.scalar(
        select(func.max(func.greatest(AffectedRow.started_at, AffectedRow.ended_at))).where(
            AffectedRow.service_point == func.any([*effect.lost.phases, *effect.gained.phases])
        )
    )
    latest = max([*before, *([last] if last is not None else [])], default=at)
    if at >= latest:
        return at
    if executed_at is None or at > now:
        return latest
    raise InvalidInput(
        field="executed_at",
        text=f"{at.isoformat()} is before {latest.isoformat()}, when supply there last changed",
        because=Because.EXECUTED_BEFORE_LAST,
        values={"latest": as_json(latest)},
    )


def _note_execution(
    step: SwitchingStepRow, effect: StepEffect, *, reason: str | None, at: datetime, author: Author
) -> None:
    step.status, step.executed_by = StepStatus.EXECUTED, author.actor
    step.executed_at, step.recorded_at = at, author.now
    step.reason = (reason or "").strip() or None
    step.effect = {
        "service_points_lost": len(effect.lost.phases),
        "service_points_gained": len(effect.gained.phases),
        "customers_lost": effect.lost.customers,
        "customers_gained": effect.gained.customers,
        "flags": list(effect.flags),
        "not_checked": {one.reason: one.devices for one in effect.load.not_checked},
    }


def _flagged(effect: StepEffect, step: SwitchingStepRow) -> StepEffect:
    if effect.digest == step.prepared:
        return effect
    return replace(effect, flags=(*effect.flags, Flag.CHANGED_SINCE_PREPARED))


def _changes_since(session: Session, row: SwitchingOrderRow) -> list[Change]:
    """Return what changed since the order was prepared that may change what its steps do, newest last."""
    own = f"switching_order:{row.id}"
    since = changes_after(session, position=row.prepared_at)
    telling = [one for one in since if one.name.startswith(_TELLING) and one.subject != own]
    return telling[-_MOST_CHANGES_TOLD:]
