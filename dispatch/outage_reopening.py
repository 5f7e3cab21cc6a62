"""An outage that was restored is out again: reopened within a set time, with a new period in the ledger.

RULE 1: the time counts from when it was closed or, while it is not, from when it was restored. Later, it is
    another outage.
RULE 2: who was back in between was back: those behind its device are out anew since the time that is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from dispatch.change_log import Author, record, set_values
from dispatch.current_supply import current_supply, phases_changed
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.etr import etr_without_crew
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import etr_rules_in_force, published_values, say_etr
from dispatch.events import Event
from dispatch.network_cache import NetworkCache
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.outage_changes import (
    happened_at,
    nobody_behind,
    outage_for_action,
    put_out_what_it_opens,
    refuse_device_closed_since,
    refuse_device_of_another,
)
from dispatch.outages import OutageView, get_outage
from dispatch.states import OutageAction, OutageStatus
from dispatch.tables import OutageRow

# A dispatcher's day: what goes out again after that is another outage.
DEFAULT_REOPEN_WITHIN = timedelta(hours=24)


def reopen_outage(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    reason: str,
    occurred_at: datetime | None,
    within: timedelta = DEFAULT_REOPEN_WITHIN,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OutageView:
    """Say that an outage is out again since `occurred_at` (now, if not given), and why.

    Raises UnknownThing, StaleVersion, IllegalTransition, InvalidInput (no reason, in the future, before it
    was restored), Conflict (too late, its device closed by a step since, another outage's device by now).
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.REOPEN
    )
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    _refuse_impossible(outage, reason=reason, at=at, within=within, now=now)
    refuse_device_of_another(session, device=outage.device, but=outage)
    traced = networks.in_force(session)
    author = Author(actor=actor, now=now, occurred_at=at)
    before = current_supply(session, traced=traced)
    values = _opened_again(session, outage, status=status, at=at)
    refuse_device_closed_since(outage, traced)
    after = current_supply(session, traced=traced)
    lost, _ = phases_changed(before, after)
    if not lost:
        raise nobody_behind(outage.device)
    position = record(
        session,
        name=Event.OUTAGE_REOPENED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": values, "reason": reason.strip()},
    )
    put_out_what_it_opens(session, outage=outage, before=before, after=after, at=at, author=author)
    etr = etr_without_crew(device_kind=outage.device_kind, predicted_at=now)
    say_etr(session, outage=outage, etr=etr, because=EtrBecause.PREDICTED, author=author, tell=False)
    kind = MessageKind.CONFIRMED
    queue_notifications(session, outage=outage, kind=kind, change_position=position, now=now)
    return get_outage(session, outage_id=outage_id)


def _opened_again(
    session: Session, outage: OutageRow, *, status: OutageStatus, at: datetime
) -> dict[str, dict[str, Any]]:
    """Open it again; what was said of its first end says nothing of this one, and is published no more."""
    no_word = published_values(None, rules=etr_rules_in_force(session))
    opened = {"status": status, "restored_at": None, "closed_at": None, "reopened_at": at}
    values = set_values(outage, opened | no_word)
    session.flush()
    return values


def _refuse_impossible(
    outage: OutageRow, *, reason: str, at: datetime, within: timedelta, now: datetime
) -> None:
    if not reason.strip():
        text = "say why it is out again; the reason stays in its history"
        raise InvalidInput(field="reason", text=text, because=Because.REASON_MISSING)
    over_at = outage.closed_at or outage.restored_at
    if over_at is not None and now - over_at > within:
        hours = within.total_seconds() / 3600
        raise Conflict(
            f"{outage.id} was over at {over_at.isoformat()}; it can be reopened for {hours:g} hours. What is "
            "out now is another outage.",
            because=Because.REOPENED_TOO_LATE,
            values={"over_at": over_at.isoformat(), "hours": hours},
        )
    if outage.restored_at is not None and at < outage.restored_at:
        restored_at = outage.restored_at.isoformat()
        raise InvalidInput(
            field="occurred_at",
            text=f"is before it was restored ({restored_at}); correct its ledger instead",
            because=Because.REOPENED_BEFORE_RESTORED,
            values={"restored_at": restored_at},
        )
