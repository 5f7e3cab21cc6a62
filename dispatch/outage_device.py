"""A person says that it is another device: what the outage holds, and the ledger, follow.

RULE 1: a person's word wins over a prediction. The engine moves the outage no more, unless a crew finds later
    that this device is not the open one either.
RULE 2: it was this device all along: whom only the old one put out was not out, since the outage began.
RULE 3: who names the device of a prediction has confirmed it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, record, set_values
from dispatch.current_supply import current_supply
from dispatch.errors import Because, Conflict
from dispatch.etr import etr_without_crew
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import say_etr
from dispatch.events import Event
from dispatch.interruptions import enter_interruptions, set_interruptions
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.outage_changes import (
    NamedDevice,
    behind,
    count_out,
    happened_at,
    named_device,
    nobody_behind,
    outage_for_action,
    put_out_what_it_opens,
    refuse_device_closed_since,
    refuse_device_of_another,
    take_from_predictions,
)
from dispatch.outages import OutageView, get_outage
from dispatch.states import OutageAction, OutageStatus
from dispatch.switched_outages import settle, switched_outages
from dispatch.tables import AffectedRow, OutageRow


def change_device(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    device: str,
    phases: str | None,
    occurred_at: datetime | None,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OutageView:
    """Say which device an outage is about; `phases` that are open, all of the device where none are given.

    Raises UnknownThing, StaleVersion, IllegalTransition, InvalidInput (impossible phases or time, nobody
    behind it), Conflict (the same device, another outage's, one that was switched for or closed since).
    """
    outage, status = outage_for_action(
        session, outage_id=outage_id, version=version, action=OutageAction.CHANGE_DEVICE
    )
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    traced = networks.in_force(session)
    named = named_device(traced, device=device, phases=phases)
    found = behind(traced, named)
    _refuse(session, outage, named, found)
    author = Author(actor=actor, now=now, occurred_at=at)
    before = current_supply(session, traced=traced)
    own = _held(session, outage_id)
    take_from_predictions(session, outage=outage, service_points=found, author=author)
    position = _move(session, outage, status, named, found=tuple(found), traced=traced, author=author)
    session.flush()
    after = current_supply(session, traced=traced)
    put_out_what_it_opens(session, outage=outage, before=before, after=after, at=at, author=author)
    held = _held(session, outage_id)
    let_go = {id for id, phases in own.items() if set(phases) - set(held.get(id, ""))}
    settle(
        session,
        outage=outage,
        before=before,
        after=after,
        own=let_go,
        at=at,
        since=outage.started_at,
        author=author,
    )
    kind = MessageKind.CONFIRMED
    queue_notifications(session, outage=outage, kind=kind, change_position=position, now=now)
    return get_outage(session, outage_id=outage_id)


def _refuse(session: Session, outage: OutageRow, named: NamedDevice, found: Collection[str]) -> None:
    if not found:
        raise nobody_behind(named.id)
    if (named.id, named.phases) == (outage.device, outage.phases):
        raise Conflict(
            f"{outage.id} is about {named.id} already.",
            because=Because.DEVICE_IS_THE_SAME,
            values={"device": named.id},
        )
    if outage.id in switched_outages(session):
        raise Conflict(
            f"Something was switched for {outage.id}: its device stays. Split off who is out by another.",
            because=Because.DEVICE_SWITCHED_FOR,
            values={"outage": outage.id},
        )
    refuse_device_of_another(session, device=named.id, but=outage)


def _move(
    session: Session,
    outage: OutageRow,
    status: OutageStatus,
    named: NamedDevice,
    *,
    found: tuple[str, ...],
    traced: TracedNetwork,
    author: Author,
) -> int:
    """Set the device and bring what the outage holds up to it; return the position of the change."""
    is_new = outage.status == OutageStatus.PREDICTED
    old = outage.device
    reason = {"code": "device_told", "values": {"device": named.id, "old_device": old}}
    words = f"A dispatcher said that it is {named.id}, not {old}."
    values: dict[str, Any] = {
        "network_version": traced.network_version,
        "device": named.id,
        "device_kind": named.kind,
        "phases": named.phases,
        "device_told_at": author.now,
        "probability": 1.0,
        "candidates": [{"device": named.id, "phases": named.phases, "probability": 1.0, "equivalent": []}],
        "reasons": [{**reason, "text": words}],
    }
    told_values = set_values(outage, values)
    refuse_device_closed_since(outage, traced)
    session.flush()
    told = set_interruptions(session, outage=outage, customers=traced.customers_at(found), author=author)
    told_values |= set_values(outage, count_out(session, outage))
    if is_new:
        told_values |= set_values(outage, {"status": status, "confirmed_at": author.now})
    position = record(
        session,
        name=Event.OUTAGE_DEVICE_TOLD,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": told_values, "interruptions": told},
    )
    etr = etr_without_crew(device_kind=outage.device_kind, predicted_at=outage.predicted_at)
    because = EtrBecause.DEVICE_CHANGED
    say_etr(session, outage=outage, etr=etr, because=because, author=author, tell=False)
    if is_new:
        enter_interruptions(session, outage=outage, author=author)
    return position


def _held(session: Session, outage_id: str) -> dict[str, str]:
    """Return service point → phases that an outage holds now."""
    query = select(AffectedRow.service_point, AffectedRow.phases).where(
        AffectedRow.outage_id == outage_id, AffectedRow.ended_at.is_(None)
    )
    return {row.service_point: row.phases for row in session.execute(query)}
