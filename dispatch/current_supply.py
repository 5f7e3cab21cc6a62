"""Who has supply now: devices as they were last switched, and open what confirmed outages say is open.

RULE 1: predictions are beliefs, and no part of the state: the ledger does not hold them either.
RULE 2: a confirmed outage's device counts as open until the outage is over, except on phases that a step has
closed since the outage began: what a person did at the device is known better than what was believed before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.network_cache import TracedNetwork
from dispatch.states import HELD_OUTAGE_STATUSES
from dispatch.switch_positions import Position
from dispatch.tables import OutageRow
from topology.arrays import BoolArray, IntArray, MaskArray
from topology.phases import format_phases, parse_phases
from topology.supply import Supply


@dataclass(frozen=True, eq=False)
class CurrentSupply:
    """The supply now. `services_out`: service point (index) → phases on which its own service is open."""

    traced: TracedNetwork
    supply: Supply
    services_out: Mapping[int, int]

    def lacking(self, points: IntArray) -> MaskArray:
        """Return the phases that service points (indices) normally have and lack now."""
        normal = self.traced.normal.service_point_phases[points]
        has = self.supply.phases_of_nodes(self.traced.network.service_point_nodes[points])
        for point, phases in self.services_out.items():
            has[points == point] &= np.uint8(~phases & 0xFF)
        lacking: MaskArray = normal & ~has
        return lacking

    def are_out(self, points: IntArray) -> BoolArray:
        """Return which service points (indices) lack a phase that they normally have."""
        return self.lacking(points) > 0

    def points_out(self) -> IntArray:
        """Return every service point that is out, as sorted indices."""
        everyone = np.arange(self.traced.network.service_point_count, dtype=np.int32)
        return everyone[self.are_out(everyone)]

    def with_supply(self, supply: Supply) -> CurrentSupply:
        """Return the same with devices switched otherwise."""
        return CurrentSupply(self.traced, supply, self.services_out)


def current_supply(
    session: Session, *, traced: TracedNetwork, without: Collection[str] = ()
) -> CurrentSupply:
    """Return the supply now; `without` are ids of outages to leave out, as if they were over."""
    query = select(OutageRow).where(OutageRow.status.in_(HELD_OUTAGE_STATUSES)).order_by(OutageRow.id)
    supply = traced.supply
    services_out: dict[int, int] = {}
    devices: dict[int, list[int]] = defaultdict(list)
    network = traced.network
    for outage in session.scalars(query):
        phases = phases_believed_open(outage, traced.positions)
        if outage.id in without or not phases:
            continue
        if network.has_device(outage.device):
            devices[phases].append(network.device_index(outage.device))
        elif network.has_service_point(outage.device):
            point = network.service_point_index(outage.device)
            services_out[point] = services_out.get(point, 0) | phases
    # All of the same phases at once: in a storm hundreds are open.
    for phases, opened in devices.items():
        supply = supply.opened(opened, phases)
    return CurrentSupply(traced, supply, services_out)


def is_closed_since(outage: OutageRow, positions: Mapping[str, Position]) -> bool:
    """Return whether steps closed an outage's device, on all its phases, after the outage began."""
    return not phases_believed_open(outage, positions)


def phases_believed_open(outage: OutageRow, positions: Mapping[str, Position]) -> int:
    """Return the phases on which an outage's device is open, where no step says otherwise since."""
    phases = parse_phases(outage.phases)
    position = positions.get(outage.device)
    if position is None:
        return phases
    since = outage.reopened_at or outage.started_at
    return phases & ~(position.operated_since(since) & ~position.open_phases)


def phases_changed(before: CurrentSupply, after: CurrentSupply) -> tuple[dict[str, str], dict[str, str]]:
    """Return service point → phases it lost, and → phases it got back, of those it normally has."""
    points = after.supply.change_since(before.supply).service_points
    if services := {*before.services_out, *after.services_out}:
        points = np.union1d(points, np.array(sorted(services))).astype(np.int32)
    lacked, lacks = before.lacking(points), after.lacking(points)
    return _named(before.traced, points, lacks & ~lacked), _named(before.traced, points, lacked & ~lacks)


def fed_through(traced: TracedNetwork, device: str, phases: int) -> dict[str, str]:
    """Return service point → the phases that a device, or its own service, alone would take from it.

    As devices are switched now; nobody for one that the network does not have.
    """
    network = traced.network
    alone = CurrentSupply(traced, traced.supply, {})
    if phases and network.has_service_point(device) and not network.has_device(device):
        point = network.service_point_index(device)
        has = int(network.service_point_phases[point]) & ~int(alone.lacking(np.array([point], np.int32))[0])
        return {device: format_phases(has & phases)} if has & phases else {}
    if not phases or not network.has_device(device):
        return {}
    opened = traced.supply.opened([network.device_index(device)], phases)
    lost, _ = phases_changed(alone, alone.with_supply(opened))
    return lost


def _named(traced: TracedNetwork, points: IntArray, phases: MaskArray) -> dict[str, str]:
    changed = phases > 0
    ids = traced.network.service_point_ids(points[changed])
    return {id: format_phases(mask) for id, mask in zip(ids, phases[changed].tolist(), strict=True)}
