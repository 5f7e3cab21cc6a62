"""What a dispatcher does to an outage: confirm, dismiss, send crews, promise a time, restore, close.

Every operation runs in a write transaction, checks that the outage is still as the person saw it, changes it,
records the change, and queues what its customers must be told, all or nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.causes import Cause
from dispatch.change_log import Author, changes_after, record, set_values
from dispatch.current_supply import current_supply
from dispatch.errors import Because, Conflict, InvalidInput, StaleVersion
from dispatch.etr import Etr, EtrSource
from dispatch.etr_scores import score_etrs
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import say_etr
from dispatch.events import NOT_DECISIVE, Event
from dispatch.intake import LATEST_AHEAD
from dispatch.interruptions import end_interruptions, enter_interruptions, withdraw_interruptions
from dispatch.network_cache import NetworkCache
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.outages import OutageView, get_outage, outage_row
from dispatch.states import (
    ENDED_JOB_STATUSES,
    OutageAction,
    OutageStatus,
    outage_status_after,
)
from dispatch.switched_outages import (
    hold_what_it_opens,
    refuse_if_switched_for,
    refuse_while_switched_off,
    settle_others,
)
from dispatch.tables import EvidenceRow, OutageRow


def outage_for_action(
    session: Session, *, outage_id: str, version: int | None, action: OutageAction
) -> tuple[OutageRow, OutageStatus]:
    """Return the outage and its status after the action.

    Raises UnknownThing, StaleVersion if someone acted since `version` was seen, IllegalTransition.
    """
    outage = outage_row(session, outage_id=outage_id)
    if version is not None and outage.version != version:
        _refuse_if_decided(session, outage=outage, seen_version=version)
    status = OutageStatus(outage.status)
    return outage, outage_status_after(outage_id=outage_id, status=status, action=action)


def _refuse_if_decided(session: Session, *, outage: OutageRow, seen_version: int) -> None:
    """Refuse if anything was decided since; the engine's own refinements stop nobody."""
    since = changes_after(session, position=seen_version, outage_id=outage.id)
    decided = [change for change in since if change.name not in NOT_DECISIVE or change.actor != ENGINE]
    if decided:
        raise StaleVersion(
            outage_id=outage.id, seen_version=seen_version, version=outage.version, changes=decided
        )


def record_outage_change(
    session: Session,
    *,
    outage: OutageRow,
    name: Event,
    author: Author,
    values: dict[str, Any],
    interruptions: dict[str, Any] | None = None,
) -> int:
    """Set values of an outage and record them under an event name; return the position."""
    data: dict[str, Any] = {"values": set_values(outage, values)}
    if interruptions:
        data["interruptions"] = interruptions
    return record(session, name=name, subject=f"outage:{outage.id}", outage=outage, author=author, data=data)


def confirm_outage(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    actor: str,
    now: datetime,
    networks: NetworkCache | None = None,
) -> OutageView:
    """Confirm that the predicted device is open; its customers are told.

    With `networks`, what it holds is brought into line with how things are switched.
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.CONFIRM
    )
    author = Author(actor=actor, now=now)
    position = record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_CONFIRMED,
        author=author,
        values={"status": status, "confirmed_at": now},
    )
    if networks is not None:
        hold_what_it_opens(session, outage=outage, traced=networks.in_force(session), author=author)
    enter_interruptions(session, outage=outage, author=author)
    queue_notifications(session, outage=outage, kind=MessageKind.CONFIRMED, change_position=position, now=now)
    return get_outage(session, outage_id=outage_id)


def dismiss_outage(
    session: Session, *, outage_id: str, version: int | None, reason: str, actor: str, now: datetime
) -> OutageView:
    """Dismiss what is no outage, with a reason. Its evidence is spent; new evidence opens a new one.

    Conflict while crews are on it, or once something was switched for it.
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.DISMISS
    )
    reason = reason.strip()
    if not reason:
        text = "say why this is no outage; the reason stays in its history"
        raise InvalidInput(field="reason", text=text, because=Because.REASON_MISSING)
    _refuse_with_crews(session, outage_id=outage_id, action="dismissed")
    refuse_if_switched_for(session, outage=outage)
    was_told = outage.confirmed_at is not None
    position = record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_DISMISSED,
        author=Author(actor=actor, now=now),
        values={"status": status, "dismissed_because": reason},
    )
    if was_told:
        kind = MessageKind.DISMISSED
        queue_notifications(session, outage=outage, kind=kind, change_position=position, now=now)
    _withdraw_after_dismissal(session, outage=outage, actor=actor, now=now)
    session.execute(update(EvidenceRow).where(EvidenceRow.outage_id == outage_id).values(status="spent"))
    return get_outage(session, outage_id=outage_id)


def _withdraw_after_dismissal(session: Session, *, outage: OutageRow, actor: str, now: datetime) -> None:
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
) -> OutageView:
    """Finish the paperwork: supply is back, no crew is at work, and the cause is known."""
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.CLOSE
    )
    if cause not in set(Cause):
        raise InvalidInput(field="cause", text=f"{cause!r} is none of {', '.join(Cause)}")
    _refuse_with_crews(session, outage_id=outage_id, action="closed")
    outage.note = note or outage.note
    record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_CLOSED,
        author=Author(actor=actor, now=now),
        values={"status": status, "closed_at": now, "cause": cause},
    )
    score_etrs(session, outage=outage, now=now)
    return get_outage(session, outage_id=outage_id)


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
