"""The study copy: the live state, with tags and open hazards, as a value on which orders are rehearsed."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from dispatch.current_supply import current_supply, is_closed_since
from dispatch.hazard_kinds import HazardStatus
from dispatch.hazard_tables import HazardRow
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.states import HELD_OUTAGE_STATUSES, OPEN_OUTAGE_STATUSES, JobKind, JobStatus
from dispatch.switch_tags import tagged_devices
from dispatch.switching_preview import StudyCopy
from dispatch.tables import AffectedRow, EvidenceRow, JobRow, OutageRow
from topology.dangers import Danger
from topology.isolation import is_switchable
from topology.observations import ObservationKind

_DANGEROUS = (HazardStatus.RAISED, HazardStatus.ACKNOWLEDGED, HazardStatus.ATTENDED)


def study_copy(session: Session, *, networks: NetworkCache) -> StudyCopy:
    """Return a copy of the live state as it is now."""
    traced = networks.in_force(session)
    return StudyCopy(
        current=current_supply(session, traced=traced),
        tags=tagged_devices(session),
        dangers=open_dangers(session, traced=traced),
        meter=networks.load_meter(session),
    )


def open_dangers(session: Session, *, traced: TracedNetwork) -> list[Danger]:
    """Return where somebody may still come to harm, or a crew found something damaged.

    Where only its outage is known, a hazard may be anywhere among the households of that.
    """
    rows = session.scalars(select(HazardRow).where(HazardRow.status.in_(_DANGEROUS)).order_by(HazardRow.id))
    hazards = [
        Danger(
            id=row.id,
            devices=frozenset([row.device] if row.device else []),
            nodes=frozenset(_nodes_of(traced, _points_of(session, row))),
        )
        for row in rows
    ]
    return hazards + _unrepaired(session, traced)


def _unrepaired(session: Session, traced: TracedNetwork) -> list[Danger]:
    """Return what is faulted of confirmed outages whose device is open and that no crew has repaired."""
    repaired = exists().where(
        JobRow.outage_id == OutageRow.id, JobRow.kind == JobKind.REPAIR, JobRow.status == JobStatus.FINISHED
    )
    query = select(OutageRow).where(OutageRow.status.in_(HELD_OUTAGE_STATUSES), ~repaired)
    found = []
    for outage in session.scalars(query.order_by(OutageRow.id)):
        if traced.network.has_device(outage.device) and not is_closed_since(outage, traced.positions):
            devices = believed_faulted(session, outage=outage, traced=traced)
            found.append(Danger(id=outage.id, devices=frozenset(devices)))
    return found


def believed_faulted(session: Session, *, outage: OutageRow, traced: TracedNetwork) -> tuple[str, ...]:
    """Return the devices that are faulted: what crews found damaged, else what hangs right behind the device.

    That is what nobody can switch at the node behind it; the device itself where there is nothing.
    """
    network = traced.network
    found = [id for id in damaged_devices(session).get(outage.id, []) if network.has_device(id)]
    if found or not network.has_device(outage.device):
        return tuple(found) or (outage.device,)
    index = network.device_index(outage.device)
    supply = next((one for one in traced.normal.supplies if one.live_position(index) >= 0), None)
    if supply is None:
        return (outage.device,)
    behind = int(supply.forest.node_at[supply.live_position(index)])
    fixed = [one for one in network.devices_at(behind).tolist() if not is_switchable(network, one)]
    return tuple(sorted(network.device_ids([one for one in fixed if one != index]))) or (outage.device,)


def damaged_devices(session: Session) -> dict[str, list[str]]:
    """Return outage → the devices that crews found damaged there, of outages that are not over."""
    query = (
        select(EvidenceRow.outage_id, EvidenceRow.device, EvidenceRow.result)
        .join(OutageRow, OutageRow.id == EvidenceRow.outage_id)
        .where(
            EvidenceRow.kind == ObservationKind.CREW_FINDING,
            EvidenceRow.device.is_not(None),
            OutageRow.status.in_(OPEN_OUTAGE_STATUSES),
        )
        .order_by(EvidenceRow.at, EvidenceRow.id)
    )
    last = {(outage_id, device): result for outage_id, device, result in session.execute(query)}
    found: dict[str, list[str]] = defaultdict(list)
    for (outage_id, device), result in sorted(last.items()):
        if result == "damaged" and outage_id and device:
            found[outage_id].append(device)
    return dict(found)


def _nodes_of(traced: TracedNetwork, service_points: list[str]) -> list[str]:
    points = traced.network.find_service_points(service_points)
    nodes = traced.network.service_point_nodes[points[points >= 0]]
    return traced.network.node_ids(sorted(set(nodes.tolist())))


def _points_of(session: Session, row: HazardRow) -> list[str]:
    if row.service_point is not None:
        return [row.service_point]
    if row.device is not None or row.outage_id is None:
        return []
    query = select(AffectedRow.service_point).where(AffectedRow.outage_id == row.outage_id)
    return list(session.scalars(query))
