"""What a dispatcher does to an outage: confirm, dismiss, promise a time, restore, close.

Every operation runs in a write transaction, checks that the outage is still as the person saw it, changes it,
records the change, and queues what its customers must be told, all or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from dispatch.causes import Cause
from dispatch.change_log import Author
from dispatch.current_supply import CurrentSupply, current_supply
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.etr import Etr, EtrSource
from dispatch.etr_scores import score_etrs
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import say_etr
from dispatch.events import Event
from dispatch.failed_equipment import FailedEquipment
from dispatch.intake import LATEST_AHEAD
from dispatch.interruptions import end_interruptions, enter_interruptions, withdraw_interruptions
from dispatch.network_cache import NetworkCache
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.outage_changes import (
    happened_at,
    outage_for_action,
    put_out_what_it_opens,
    record_outage_change,
)
from dispatch.outages import OutageView, get_outage
from dispatch.states import ENDED_JOB_STATUSES, OutageAction
from dispatch.switched_outages import (
    let_go_of_supplied,
    refuse_if_switched_for,
    refuse_while_switched_off,
    settle,
    settle_others,
)
from dispatch.tables import EvidenceRow, OutageRow
from dispatch.verification import refuse_while_still_out


def confirm_outage(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    actor: str,
    now: datetime,
    networks: NetworkCache | None = None,
    occurred_at: datetime | None = None,
) -> OutageView:
    """Confirm that the predicted device is open, known since `occurred_at`; its customers are told.

    With `networks`, it holds exactly whom its device puts out as things are switched; what is predicted of
    the same households is part of it from then on.
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.CONFIRM
    )
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    author = Author(actor=actor, now=now, occurred_at=at)
    before = current_supply(session, traced=networks.in_force(session)) if networks is not None else None
    position = record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_CONFIRMED,
        author=author,
        values={"status": status, "confirmed_at": now},
    )
    if before is None:
        enter_interruptions(session, outage=outage, author=author)
    else:
        _enter_whom_it_opens(session, outage=outage, before=before, author=author)
    queue_notifications(session, outage=outage, kind=MessageKind.CONFIRMED, change_position=position, now=now)
    return get_outage(session, outage_id=outage_id)


def _enter_whom_it_opens(
    session: Session, *, outage: OutageRow, before: CurrentSupply, author: Author
) -> None:
    """Enter in the ledger whom an outage just confirmed puts out, as things are switched."""
    session.flush()
    after = current_supply(session, traced=before.traced)
    let_go_of_supplied(session, outage=outage, before=before, after=after, author=author)
    enter_interruptions(session, outage=outage, author=author)
    put_out_what_it_opens(
        session, outage=outage, before=before, after=after, at=outage.started_at, author=author
    )


def dismiss_outage(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    reason: str,
    actor: str,
    now: datetime,
    occurred_at: datetime | None = None,
    networks: NetworkCache | None = None,
) -> OutageView:
    """Dismiss what is no outage, with a reason. Its evidence is spent; new evidence opens a new one.

    With `networks`, who is dark behind another outage's device all the same is out by that one. Conflict
    while crews are on it, or once something was switched for it.
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.DISMISS
    )
    reason = reason.strip()
    if not reason:
        text = "say why this is no outage; the reason stays in its history"
        raise InvalidInput(field="reason", text=text, because=Because.REASON_MISSING)
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    _refuse_with_crews(session, outage_id=outage_id, action="dismissed")
    refuse_if_switched_for(session, outage=outage)
    was_told = outage.confirmed_at is not None
    before = current_supply(session, traced=networks.in_force(session)) if networks is not None else None
    position = record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_DISMISSED,
        author=Author(actor=actor, now=now, occurred_at=at),
        values={"status": status, "dismissed_because": reason},
    )
    if was_told:
        kind = MessageKind.DISMISSED
        queue_notifications(session, outage=outage, kind=kind, change_position=position, now=now)
    own = _withdraw_after_dismissal(session, outage=outage, actor=actor, now=now)
    if before is not None and was_told:
        author = Author(actor=actor, now=now, occurred_at=at)
        _leave_to_others(session, outage=outage, before=before, own=own, author=author)
    session.execute(update(EvidenceRow).where(EvidenceRow.outage_id == outage_id).values(status="spent"))
    return get_outage(session, outage_id=outage_id)


def _leave_to_others(
    session: Session, *, outage: OutageRow, before: CurrentSupply, own: Sequence[str], author: Author
) -> None:
    """Let whoever is dark behind another outage's device be out by that one, since it began."""
    session.flush()
    settle(
        session,
        outage=outage,
        before=before,
        after=current_supply(session, traced=before.traced),
        own=own,
        at=author.occurred_at or author.now,
        since=outage.started_at,
        author=author,
    )


def _withdraw_after_dismissal(
    session: Session, *, outage: OutageRow, actor: str, now: datetime
) -> Sequence[str]:
    """Take back what an outage held; return whom."""
    author = Author(actor=actor, now=now)
    reason = outage.dismissed_because
    told = withdraw_interruptions(session, outage_id=outage.id, author=author, reason=reason)
    if told:
        record_outage_change(
            session,
            outage=outage,
            name=Event.OUTAGE_PREDICTION_CHANGED,
            author=author,
            values={"service_points_out": 0, "customers_out": 0},
            interruptions=told,
        )
    withdrawn: Sequence[str] = told.get("withdrawn", ())
    return withdrawn


def set_etr(
    session: Session, *, outage_id: str, version: int | None, etr_at: datetime, actor: str, now: datetime
) -> OutageView:
    """Promise a time of restoration by hand: it speaks until the crew says another; customers are told."""
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.SET_ETR)
    if etr_at <= now:
        text = f"{etr_at.isoformat()} is past; now it is {now.isoformat()}"
        raise InvalidInput(field="etr_at", text=text, because=Because.ETR_IS_PAST)
    etr = Etr(at=etr_at, source=EtrSource.DISPATCHER)
    author = Author(actor=actor, now=now)
    say_etr(session, outage=outage, etr=etr, because=EtrBecause.SAID, author=author)
    return get_outage(session, outage_id=outage_id)


def restore_outage(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    restored_at: datetime | None,
    actor: str,
    now: datetime,
    networks: NetworkCache | None = None,
) -> OutageView:
    """Say that supply is back since `restored_at` (now, if not given); interruptions end then.

    With `networks`, Conflict where a tag hangs on its device, or its households are switched off.
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.RESTORE
    )
    at = restored_at or now
    _refuse_impossible_restoration(outage, at=at, now=now)
    before = None
    if networks is not None:
        traced = networks.in_force(session)
        refuse_while_switched_off(session, outage=outage, at=at, traced=traced)
        before = current_supply(session, traced=traced)
    author = Author(actor=actor, now=now, occurred_at=at)
    told = end_interruptions(session, outage_id=outage_id, ended_at=at, author=author)
    position = record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_RESTORED,
        author=author,
        values={"status": status, "restored_at": at},
        interruptions=told,
    )
    session.execute(
        update(EvidenceRow)
        .where(EvidenceRow.outage_id == outage_id, EvidenceRow.at <= at, EvidenceRow.status == "analysed")
        .values(status="spent")
    )
    if before is not None:
        settle_others(session, restored=outage, before=before, at=at, author=author)
    queue_notifications(session, outage=outage, kind=MessageKind.RESTORED, change_position=position, now=now)
    return get_outage(session, outage_id=outage_id)


def _refuse_impossible_restoration(outage: OutageRow, *, at: datetime, now: datetime) -> None:
    if at > now + LATEST_AHEAD:
        text = f"{at.isoformat()} lies in the future"
        raise InvalidInput(field="restored_at", text=text, because=Because.RESTORED_IN_FUTURE)
    if outage.reopened_at is not None and at < outage.reopened_at:
        reopened_at = outage.reopened_at.isoformat()
        raise InvalidInput(
            field="restored_at",
            text=f"is before it was reopened ({reopened_at})",
            because=Because.RESTORED_BEFORE_REOPENED,
            values={"reopened_at": reopened_at},
        )
    if at < outage.started_at:
        started_at = outage.started_at.isoformat()
        raise InvalidInput(
            field="restored_at",
            text=f"is before the outage started ({started_at})",
            because=Because.RESTORED_BEFORE_START,
            values={"started_at": started_at},
        )


def close_outage(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    cause: str,
    note: str | None,
    actor: str,
    now: datetime,
    failed_equipment: str | None = None,
    failed_device: str | None = None,
    occurred_at: datetime | None = None,
) -> OutageView:
    """Finish the paperwork: supply is back, no crew is at work, and the cause and what failed are known.

    `failed_device` is the id of what failed, the outage's own device where none is given. Conflict while
    somebody who was called back is still out.
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.CLOSE
    )
    if cause not in set(Cause):
        raise InvalidInput(field="cause", text=f"{cause!r} is none of {', '.join(Cause)}")
    if failed_equipment is not None and failed_equipment not in set(FailedEquipment):
        text = f"{failed_equipment!r} is none of {', '.join(FailedEquipment)}"
        raise InvalidInput(field="failed_equipment", text=text)
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    _refuse_with_crews(session, outage_id=outage_id, action="closed")
    refuse_while_still_out(session, outage=outage)
    outage.note = note or outage.note
    record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_CLOSED,
        author=Author(actor=actor, now=now, occurred_at=at),
        values={
            "status": status,
            "closed_at": now,
            "cause": cause,
            "failed_equipment": failed_equipment,
            "failed_device": _failed_device(outage, failed_equipment, failed_device),
        },
    )
    score_etrs(session, outage=outage, now=now)
    return get_outage(session, outage_id=outage_id)


def _failed_device(outage: OutageRow, equipment: str | None, device: str | None) -> str | None:
    if equipment in (None, FailedEquipment.NONE):
        return None
    return device or outage.device


def _refuse_with_crews(session: Session, *, outage_id: str, action: str) -> None:
    jobs = get_outage(session, outage_id=outage_id).jobs
    active = [job for job in jobs if job.status not in ENDED_JOB_STATUSES]
    if active:
        named = ", ".join(f"{job.crew_id} ({job.id}, {job.status})" for job in active)
        raise Conflict(
            f"Outage {outage_id} cannot be {action} while crews are on it: {named}. "
            "Let them finish or recall them first.",
            because=Because.CREWS_AT_WORK,
            values={"crews": [job.crew_id for job in active]},
        )
