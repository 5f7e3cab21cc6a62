"""What an executed step does to the ledger and to outages: out from its moment on, or back.

RULE 1: who goes out is held by the outage that is switched for; by the planned outage; or, switched for
neither, by the order itself: temporary in an emergency, else planned.
RULE 2: who comes back does so in whichever outage held them.
RULE 3: an outage of which nobody is out any more, and whose device is closed, is restored by the step.
RULE 4: an outage confirmed while things are switched unusually holds what its device opens as they are
switched now: a prediction blames it for all that its device usually feeds.
RULE 5: who has supply by a jumper or generator alone is supplied and not repaired: the ledger marks it until
they have supply without, and when that is taken away, they are out again in whichever outage held them.
RULE 6: nobody restores an outage whose households are switched off: they would count as back while they are
dark. What holds them off is named. Nor does anybody dismiss one that was switched for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record, set_values
from dispatch.current_supply import (
    CurrentSupply,
    current_supply,
    fed_through,
    is_closed_since,
    phases_believed_open,
    phases_changed,
)
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.events import Event
from dispatch.interruptions import Told
from dispatch.ledger_tables import InterruptionKind, SuppliedBy
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.outages import outage_row
from dispatch.planned_rows import planned_holder, planned_row
from dispatch.states import HELD_OUTAGE_STATUSES, OPEN_OUTAGE_STATUSES, OutageStatus, SwitchingKind
from dispatch.supplied_not_repaired import parts_given_back, who_holds
from dispatch.switch_tags import refuse_if_tagged
from dispatch.switched_supply import Holder, give_back, let_go, put_out
from dispatch.switching_tables import StepAction, SwitchingOrderRow, SwitchingStepRow
from dispatch.tables import AffectedRow, EvidenceRow, OutageRow
from dispatch.timelines import in_order
from topology.arrays import BoolArray, IntArray
from topology.phases import format_phases

_MOST_NAMED = 5
_SUPPLIED_ELSEWHERE = select(OutageRow.id).where(
    OutageRow.status == OutageStatus.PARTIALLY_RESTORED, OutageRow.service_points_out == 0
)


def apply_to_ledger(
    session: Session,
    *,
    order: SwitchingOrderRow | None,
    before: CurrentSupply,
    after: CurrentSupply,
    networks: NetworkCache,
    at: datetime,
    author: Author,
) -> None:
    """Write who went out and who came back with a step, and what that makes of the outages they belong to.

    Without an order telemetry has told it, which puts nobody out (dispatch/told_positions.py).
    """
    traced = networks.in_force(session)
    lost, gained = phases_changed(before, after)
    told_out: dict[str, Told] = {}
    if order is not None:
        by_holder = who_holds(session, lost=lost, otherwise=_holder(session, order))
        for holder, phases in by_holder.items():
            told_out |= put_out(session, phases=phases, at=at, holder=holder, traced=traced, author=author)
    parts = parts_given_back(before, after, lost=lost, gained=gained)
    told_back = _give_parts_back(session, parts, at=at, author=author)
    touched = {*told_out, *told_back}
    if order is not None and order.outage_id is not None:
        touched.add(order.outage_id)
    # Whose last device was closed while everybody hung on something else: nobody comes back by that.
    touched.update(session.scalars(_SUPPLIED_ELSEWHERE))
    for outage_id in sorted(touched):
        outage = outage_row(session, outage_id=outage_id)
        for told in (told_out.get(outage_id), *told_back.get(outage_id, ())):
            if told:
                record_switched(session, outage, told, order=order, author=author)
        _judge(session, outage, traced, is_back=outage_id in told_back, at=at, author=author)


def refuse_if_switched_for(session: Session, *, outage: OutageRow) -> None:
    """Raise Conflict if a step was executed for an outage: whom it put out was out."""
    if outage.id in switched_outages(session):
        raise Conflict(
            f"Something was switched for outage {outage.id}, so it was one. Restore it instead.",
            because=Because.WAS_SWITCHED_FOR,
            values={"outage": outage.id},
        )


def refuse_while_switched_off(
    session: Session, *, outage: OutageRow, at: datetime, traced: TracedNetwork
) -> None:
    """Raise Conflict if households of an outage are off by switching, or a tag hangs on its device (rule 6).

    InvalidInput if `at` is before the last step that was executed for it.
    """
    refuse_if_tagged(session, device=outage.device, action=StepAction.CLOSE)
    last = session.scalar(
        select(func.max(SwitchingStepRow.executed_at))
        .join(SwitchingOrderRow, SwitchingOrderRow.id == SwitchingStepRow.order_id)
        .where(SwitchingOrderRow.outage_id == outage.id)
    )
    if last is not None and at < last:
        raise InvalidInput(
            field="restored_at",
            text=f"is before the last step that was executed for it ({as_json(last)})",
            because=Because.EXECUTED_BEFORE_LAST,
            values={"latest": as_json(last)},
        )
    out = session.scalars(
        select(AffectedRow.service_point).where(
            AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None)
        )
    ).all()
    off = traced.switched_off_partly(out)
    if not off:
        return
    network = traced.network
    devices = network.device_ids(traced.supply.switched[_is_open(traced)])[:_MOST_NAMED]
    raise Conflict(
        f"{len(off)} service points of outage {outage.id} are switched off ({', '.join(devices)} open). "
        "Return them by a switching order.",
        because=Because.SWITCHED_OFF,
        values={"service_points": len(off), "devices": list(devices)},
    )


def let_go_of_supplied(
    session: Session, *, outage: OutageRow, before: CurrentSupply, after: CurrentSupply, author: Author
) -> None:
    """Let an outage about to enter the ledger hold no phase that has supply all the same (rule 4).

    Nothing is changed where nothing is switched, nor where its device alone puts nobody out.
    """
    if not after.traced.supply.is_switched or phases_changed(before, after) == ({}, {}):
        return
    held = select(AffectedRow).where(AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None))
    rows = session.scalars(held).all()
    dark = _still_dark(after, [row.service_point for row in rows])
    kept = {
        row.service_point: in_order(set(row.phases) & set(dark.get(row.service_point, ""))) for row in rows
    }
    withdrawn = let_go(session, outage_id=outage.id, phases=kept)
    if withdrawn:
        record_switched(session, outage, {"withdrawn": withdrawn}, order=None, author=author)


def settle_others(
    session: Session, *, restored: OutageRow, before: CurrentSupply, at: datetime, author: Author
) -> None:
    """Let the ledger follow what a person's word that an outage is restored means for others.

    Its device counts as closed: who hangs on it over a tie has supply again, in whichever outage held them.
    Who was held by it and is dark behind another outage's device all the same is out by that from now on.
    """
    traced = before.traced
    after = current_supply(session, traced=traced, without={restored.id})
    held = select(AffectedRow.service_point).where(
        AffectedRow.outage_id == restored.id, AffectedRow.ended_at == at
    )
    own = set(session.scalars(held))
    settle(session, outage=restored, before=before, after=after, own=own, at=at, since=at, author=author)


def settle(
    session: Session,
    *,
    outage: OutageRow,
    before: CurrentSupply,
    after: CurrentSupply,
    own: Collection[str],
    at: datetime,
    since: datetime,
    author: Author,
) -> None:
    """Let the ledger follow what a person said of one outage, as it concerns the others.

    Who has supply `after` and had none `before` is back since `at`, in whichever outage held them. Who was
    held by this outage (`own`) and is dark behind another's device all the same is out by that `since` then.
    """
    traced = before.traced
    _, gained = phases_changed(before, after)
    if not traced.supply.is_switched:
        # Then nobody else hangs on its device, and the many of its own were told already.
        gained = {id: phases for id, phases in gained.items() if id not in own}
    parts = parts_given_back(before, after, lost={}, gained=gained)
    for outage_id, back in _give_parts_back(session, parts, at=at, author=author).items():
        other = outage_row(session, outage_id=outage_id)
        for told in back:
            record_switched(session, other, told, order=None, author=author)
        _judge(session, other, traced, is_back=True, at=at, author=author)
    dark = _still_dark(after, own)
    others = select(OutageRow).where(OutageRow.status.in_(HELD_OUTAGE_STATUSES), OutageRow.id != outage.id)
    for other in session.scalars(others.order_by(OutageRow.id)).all():
        phases = _put_out_by(other, traced, dark)
        told_out = put_out(
            session,
            phases=phases,
            at=max(since, other.started_at),
            holder=Holder(outage_id=other.id),
            traced=traced,
            author=author,
        )
        if other.id in told_out:
            record_switched(session, other, told_out[other.id], order=None, author=author)


def _give_parts_back(
    session: Session, parts: Mapping[SuppliedBy | None, Mapping[str, str]], *, at: datetime, author: Author
) -> dict[str, list[Told]]:
    """Give back by what supplies it (rule 5); return by outage what its log entries say."""
    told_back: dict[str, list[Told]] = defaultdict(list)
    for by, phases in parts.items():
        given = give_back(session, phases=phases, at=at, author=author, supplied_by=by)
        for outage_id, told in given.items():
            told_back[outage_id].append(told)
    return told_back


def _still_dark(after: CurrentSupply, service_points: Collection[str]) -> dict[str, str]:
    network = after.traced.network
    found = network.find_service_points(sorted(service_points))
    points: IntArray = np.sort(found[found >= 0]).astype(np.int32)
    lacking = after.lacking(points)
    ids = network.service_point_ids(points[lacking > 0])
    return dict(zip(ids, map(format_phases, lacking[lacking > 0].tolist()), strict=True))


def _put_out_by(outage: OutageRow, traced: TracedNetwork, dark: Mapping[str, str]) -> dict[str, str]:
    """Return who of the dark ones an outage's device alone would put out."""
    if not dark:
        return {}
    lost = fed_through(traced, outage.device, phases_believed_open(outage, traced.positions))
    return {id: given for id, given in dark.items() if id in lost}


def switched_outages(session: Session) -> set[str]:
    """Return the outages that a step was executed for: what becomes of them is for people to say."""
    query = (
        select(SwitchingOrderRow.outage_id)
        .join(SwitchingStepRow, SwitchingStepRow.order_id == SwitchingOrderRow.id)
        .where(SwitchingOrderRow.outage_id.is_not(None), SwitchingStepRow.executed_at.is_not(None))
        .distinct()
    )
    return {id for id in session.scalars(query) if id is not None}


def _is_open(traced: TracedNetwork) -> BoolArray:
    """Return which of the switched devices are open on a phase that they normally have closed."""
    supply = traced.supply
    is_open: BoolArray = (traced.normal.closed_phases[supply.switched] & ~supply.closed_of_switched) > 0
    return is_open


def _holder(session: Session, order: SwitchingOrderRow) -> Holder:
    if order.outage_id is not None:
        outage = outage_row(session, outage_id=order.outage_id)
        if outage.status in OPEN_OUTAGE_STATUSES:
            return Holder(outage_id=order.outage_id, kind=InterruptionKind.FAULT)
    if order.planned_outage_id is not None:
        return planned_holder(planned_row(session, order.planned_outage_id))
    is_planned = order.kind == SwitchingKind.PLANNED
    kind = InterruptionKind.PLANNED if is_planned else InterruptionKind.TEMPORARY
    return Holder(switching_order_id=order.id, kind=kind)


def record_switched(
    session: Session,
    outage: OutageRow,
    told: Mapping[str, Any],
    *,
    order: SwitchingOrderRow | None,
    author: Author,
) -> None:
    """Record who went out or came back in an outage, with how many are out of it then."""
    points, customers = session.execute(
        select(func.count(), func.coalesce(func.sum(AffectedRow.customers), 0)).where(
            AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None)
        )
    ).one()
    values = set_values(outage, {"service_points_out": points, "customers_out": customers})
    record(
        session,
        name=Event.OUTAGE_SWITCHED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": values, "interruptions": dict(told), "order_id": order.id if order else None},
    )


def _judge(
    session: Session,
    outage: OutageRow,
    traced: TracedNetwork,
    *,
    is_back: bool,
    at: datetime,
    author: Author,
) -> None:
    """Bring the status of an outage into line with who is out of it (rule 3), and tell those concerned."""
    if outage.status not in HELD_OUTAGE_STATUSES:
        return
    is_over = not outage.service_points_out and is_closed_since(outage, traced.positions)
    if is_over:
        values: dict[str, Any] = {"status": OutageStatus.RESTORED, "restored_at": at}
    elif is_back:
        values = {"status": OutageStatus.PARTIALLY_RESTORED}
    else:
        return
    position = record(
        session,
        name=Event.OUTAGE_RESTORED if is_over else Event.OUTAGE_PARTIALLY_RESTORED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": set_values(outage, values)},
    )
    queue_notifications(
        session,
        outage=outage,
        kind=MessageKind.RESTORED,
        change_position=position,
        now=author.now,
        back_at=at,
    )
    if is_over:
        session.execute(
            update(EvidenceRow)
            .where(EvidenceRow.outage_id == outage.id, EvidenceRow.at <= at, EvidenceRow.status == "analysed")
            .values(status="spent")
        )
