"""A person says that two outages are one: households, evidence, damage and crews at work go over.

RULE 1: what is merged into a prediction could be taken apart again: the one that stays is confirmed.
RULE 2: two are one only where the device of the one that stays puts out everybody whom the other holds.
    Faults that merely have the same cause are grouped under an incident (dispatch/incidents.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatch.beliefs import merge_outage
from dispatch.call_tables import PingRequestRow
from dispatch.change_log import Author
from dispatch.current_supply import CurrentSupply, current_supply, fed_through, phases_believed_open
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.events import Event
from dispatch.hazard_tables import DamageReportRow
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.outage_changes import (
    count_out,
    happened_at,
    outage_for_action,
    record_outage_change,
)
from dispatch.outages import OutageView, get_outage
from dispatch.states import OutageAction, OutageStatus
from dispatch.switched_outages import settle, switched_outages
from dispatch.tables import AffectedRow, OutageRow
from topology.phases import format_phases


def merge_outages(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    into: str,
    into_version: int | None,
    occurred_at: datetime | None,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OutageView:
    """Merge an outage into another, both as the person saw them; return the one that stays.

    Raises UnknownThing, StaleVersion (of either), IllegalTransition, InvalidInput (itself, an impossible
    time), Conflict (a prediction stays, something was switched for it, not the same fault).
    """
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.MERGE)
    stays, _ = outage_for_action(session, outage_id=into, version=into_version, action=OutageAction.MERGE)
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    _refuse(session, outage, stays)
    traced = networks.in_force(session)
    before = current_supply(session, traced=traced)
    after = current_supply(session, traced=traced, without={outage.id})
    _refuse_another_fault(session, outage, stays, traced)
    author = Author(actor=actor, now=now, occurred_at=at)
    merge_outage(session, outage=outage, into=stays, author=author)
    for row in (DamageReportRow, PingRequestRow):
        session.execute(update(row).where(row.outage_id == outage.id).values(outage_id=stays.id))
    session.expire_all()
    values: dict[str, Any] = {
        **count_out(session, stays),
        "incident_id": stays.incident_id or outage.incident_id,
    }
    if stays.device not in traced.positions:
        # What was operated meanwhile counts from its own start.
        values["started_at"] = min(stays.started_at, outage.started_at)
    record_outage_change(session, outage=stays, name=Event.OUTAGE_TOOK_OVER, author=author, values=values)
    settle(session, outage=stays, before=before, after=after, own=(), at=at, since=at, author=author)
    return get_outage(session, outage_id=stays.id)


def _refuse(session: Session, outage: OutageRow, stays: OutageRow) -> None:
    if outage is stays:
        raise InvalidInput(field="into", text="is the outage itself", because=Because.MERGED_WITH_ITSELF)
    if stays.status == OutageStatus.PREDICTED:
        raise Conflict(
            f"{stays.id} is only predicted. Confirm it first, or merge the other way round.",
            because=Because.MERGED_INTO_PREDICTION,
            values={"outage": stays.id},
        )
    if outage.id in switched_outages(session):
        raise Conflict(
            f"Something was switched for {outage.id}. Merge {stays.id} into it instead.",
            because=Because.DEVICE_SWITCHED_FOR,
            values={"outage": outage.id},
        )


def _refuse_another_fault(
    session: Session, outage: OutageRow, stays: OutageRow, traced: TracedNetwork
) -> None:
    """Raise Conflict where the outage holds somebody whom the one that stays does not put out (rule 2)."""
    network = traced.network
    lost = fed_through(traced, stays.device, phases_believed_open(stays, traced.positions))
    switched = CurrentSupply(traced, traced.supply, {})
    rows = session.execute(
        select(AffectedRow.service_point, AffectedRow.phases)
        .where(AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None))
        .order_by(AffectedRow.service_point)
    ).all()
    found = network.find_service_points([row.service_point for row in rows])
    # What a new network version has lost, nobody can trace.
    held = {int(point): row for point, row in zip(found.tolist(), rows, strict=True) if point >= 0}
    points = np.array(sorted(held), dtype=np.int32)
    others = []
    for point, lacks in zip(points.tolist(), switched.lacking(points).tolist(), strict=True):
        row = held[point]
        if set(row.phases) - set(lost.get(row.service_point, "")) - _phases(lacks):
            others.append(row.service_point)
    if others:
        raise Conflict(
            f"{len(others)} service points of {outage.id} (such as {others[0]}) do not lose supply by "
            f"{stays.device}: they are no one fault. Change the device of {stays.id} first, or group the two "
            "under an incident.",
            because=Because.NOT_THE_SAME_FAULT,
            values={
                "outage": outage.id,
                "into": stays.id,
                "device": stays.device,
                "service_points": len(others),
                "service_point": others[0],
            },
        )


def _phases(mask: int) -> set[str]:
    return set(format_phases(mask)) if mask else set()
