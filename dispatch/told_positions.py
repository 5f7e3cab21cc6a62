"""Where telemetry says that a device stands, while what it opens has another way to be fed.

RULE 1: a device of a ring that is reported open puts nobody out, so no outage comes of it: it is open in the
current state from then on, and what opens next is judged by that.
RULE 2: reported closed again, it is closed; whoever has supply again by that is back since then.
RULE 3: where a step put a device is for steps to change, and who is put out is for inference to explain.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record
from dispatch.current_supply import current_supply, phases_changed
from dispatch.events import Event
from dispatch.many_ids import is_among
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.switched_outages import apply_to_ledger
from dispatch.switching_tables import SwitchPositionRow
from dispatch.tables import EvidenceRow
from topology.observations import ObservationKind
from topology.phases import format_phases, parse_phases

_TELEMETRY = (ObservationKind.SWITCH_OPEN, ObservationKind.SWITCH_CLOSED)


def follow_telemetry(
    session: Session, *, new: Collection[str], networks: NetworkCache, author: Author
) -> set[str]:
    """Move devices of rings to where new evidence says they stand; return the evidence spent by that."""
    rows = session.scalars(
        select(EvidenceRow)
        .where(is_among(EvidenceRow.id, new), EvidenceRow.kind.in_(_TELEMETRY))
        .order_by(EvidenceRow.at, EvidenceRow.sequence)
    ).all()
    spent = {row.id for row in rows if _follow(session, row, networks=networks, author=author)}
    if spent:
        session.execute(update(EvidenceRow).where(is_among(EvidenceRow.id, spent)).values(status="spent"))
    return spent


def _follow(session: Session, row: EvidenceRow, *, networks: NetworkCache, author: Author) -> bool:
    traced = networks.in_force(session)
    if row.device is None or not traced.network.has_device(row.device):
        return False
    if _is_outdated(session, row, traced):
        return False
    device = traced.network.device_index(row.device)
    phases = parse_phases(row.phases) if row.phases else int(traced.network.device_phases[device])
    if row.kind == ObservationKind.SWITCH_CLOSED:
        return _close(session, row, phases, networks=networks, author=author)
    opened = phases & int(traced.supply.closed_phases_of(device))
    if not opened or not _has_another_way(session, traced, device, opened):
        return False
    _move(session, row, opens=opened, closes=0, author=author)
    return True


def _is_outdated(session: Session, row: EvidenceRow, traced: TracedNetwork) -> bool:
    """Return whether something newer is known of the device than this report, which came late."""
    position = traced.positions.get(row.device or "")
    if position is not None and row.at <= position.since:
        return True
    newer = select(EvidenceRow.id).where(
        EvidenceRow.device == row.device, EvidenceRow.kind.in_(_TELEMETRY), EvidenceRow.at > row.at
    )
    return session.scalar(newer.limit(1)) is not None


def _has_another_way(session: Session, traced: TracedNetwork, device: int, phases: int) -> bool:
    """Return whether all that a device feeds has supply without it too (rule 1)."""
    # The walk knows rings at once; only what lies in one is looked at as outages leave it.
    walked = traced.tree.network.device_index(traced.network.device_ids([device])[0])
    if not len(traced.tree.part_of_device(walked)):
        return False
    before = current_supply(session, traced=traced)
    opened = before.supply.opened([device], phases)
    ends = np.array(before.supply.ends_of(device), dtype=np.int64)
    lost, _ = phases_changed(before, before.with_supply(opened))
    return not lost and bool(np.all((opened.phases_of_nodes(ends) & phases) == phases))


def _close(
    session: Session, row: EvidenceRow, phases: int, *, networks: NetworkCache, author: Author
) -> bool:
    """Close what telemetry had opened (rules 2 and 3); return whether there was such."""
    traced = networks.in_force(session)
    position = traced.positions.get(row.device or "")
    if position is None or position.order_id is not None or not position.open_phases & phases:
        return False
    before = current_supply(session, traced=traced)
    _move(session, row, opens=0, closes=phases, author=author)
    after = current_supply(session, traced=networks.in_force(session))
    at = min(row.at, author.now)
    apply_to_ledger(session, order=None, before=before, after=after, networks=networks, at=at, author=author)
    return True


def _move(session: Session, row: EvidenceRow, *, opens: int, closes: int, author: Author) -> None:
    """Write where a device stands since a report of telemetry."""
    device, at = row.device or "", min(row.at, author.now)
    held = session.get(SwitchPositionRow, device) or SwitchPositionRow(device=device, operated_at={})
    was = held.open_phases or ""
    now_open = (parse_phases(was) if was else 0) & ~closes | opens
    open_phases = format_phases(now_open) if now_open else ""
    told = {
        "device": device,
        "open_phases": {"old": was, "new": open_phases},
        "since": as_json(at),
        "evidence": row.id,
    }
    position = record(
        session,
        name=Event.SWITCH_POSITION_TOLD,
        subject=f"switch:{device}",
        outage=None,
        author=Author(actor=author.actor, now=author.now, occurred_at=at),
        data={"values": {}, **told},
    )
    held.open_phases, held.since, held.position = open_phases, at, position
    held.order_id = held.step_number = None
    held.operated_at = {**held.operated_at, **dict.fromkeys(format_phases(opens | closes), at.isoformat())}
    session.add(held)
    session.flush()
