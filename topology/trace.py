"""Traces: what a device feeds, and what feeds it, under the switch state of a supply tree.

Fed *through* a device is what loses supply when it opens: a device inside a looped part feeds nothing through
itself alone, and an open one feeds nothing. A service point is fed on the phases it takes, and on no others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topology.arrays import Indices, MaskArray
from topology.errors import UnknownDeviceError
from topology.network import Network
from topology.phases import ABC, format_phases
from topology.supply_tree import PhaseSupply, SupplyTree


@dataclass(frozen=True, slots=True)
class FedServicePoint:
    """A service point and the phases it is fed on."""

    id: str
    phases: str


@dataclass(frozen=True, slots=True)
class TracedDevice:
    """A device on a trace and the phases of the trace that it carries."""

    id: str
    kind: str
    phases: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What a trace from `device` (or a service point) passed; `device` itself is not among `devices`."""

    device: str
    service_points: tuple[FedServicePoint, ...]
    devices: tuple[TracedDevice, ...]


def downstream(*, tree: SupplyTree, device: str) -> Trace:
    """Return what is fed through a device, sorted by id, or a service point itself; UnknownDeviceError."""
    network = tree.network
    start = _find(network, device)
    if isinstance(start, _ServicePoint):
        phases = int(tree.service_point_phases[start.index])
        return Trace(device, (FedServicePoint(device, format_phases(phases)),) if phases else (), ())
    points = np.zeros(network.service_point_count, dtype=np.uint8)
    devices = np.zeros(network.device_count, dtype=np.uint8)
    for supply in tree.supplies:
        points[supply.service_points_behind(start.index)] |= np.uint8(supply.phases)
        devices[supply.devices_behind(start.index)] |= np.uint8(supply.phases)
    points &= network.service_point_phases
    fed, passed = np.flatnonzero(points), np.flatnonzero(devices)
    return Trace(
        device,
        tuple(
            FedServicePoint(one, format_phases(phases))
            for one, phases in zip(network.service_point_ids(fed), points[fed].tolist(), strict=True)
        ),
        _traced(network, passed, devices[passed]),
    )


def upstream(*, tree: SupplyTree, device: str) -> Trace:
    """Return the devices between a device or service point and its source, nearest first; UnknownDeviceError.

    From a service point only the phases it takes are followed. Through a looped part the way with fewest
    devices is given; `SupplyTree.part_of_device` names the rest. What is open or has no supply has nothing
    upstream.
    """
    start = _find(tree.network, device)
    is_point = isinstance(start, _ServicePoint)
    taken = int(tree.network.service_point_phases[start.index]) if is_point else ABC
    rank: dict[int, int] = {}
    phases: dict[int, int] = {}
    for supply in tree.supplies:
        if not (followed := supply.phases & taken):
            continue
        position = _position_of(tree, supply, start)
        for place, passed in enumerate(supply.path_above(position)):
            rank[passed] = max(rank.get(passed, 0), place)
            phases[passed] = phases.get(passed, 0) | followed
    nearest_first = sorted(rank, key=lambda passed: (rank[passed], passed))
    indices = np.array(nearest_first, dtype=np.int32)
    masks = np.array([phases[passed] for passed in nearest_first], dtype=np.uint8)
    return Trace(device, (), _traced(tree.network, indices, masks))


def service_points_downstream(*, tree: SupplyTree, device: str, phases: int = ABC) -> list[str]:
    """Return the sorted ids of service points that lose a phase they take when the device opens.

    A service point "opens" alone: it is its own answer, while it has supply on these phases. Raises
    UnknownDeviceError.
    """
    start = _find(tree.network, device)
    if isinstance(start, _ServicePoint):
        return [device] if int(tree.service_point_phases[start.index]) & phases else []
    return tree.network.service_point_ids(tree.service_points_below(start.index, phases))


@dataclass(frozen=True, slots=True)
class _Device:
    index: int


@dataclass(frozen=True, slots=True)
class _ServicePoint:
    index: int


def _find(network: Network, id_: str) -> _Device | _ServicePoint:
    if (index := int(network.find_devices([id_])[0])) >= 0:
        return _Device(index)
    if (index := int(network.find_service_points([id_])[0])) >= 0:
        return _ServicePoint(index)
    raise UnknownDeviceError([id_])


def _position_of(tree: SupplyTree, supply: PhaseSupply, start: _Device | _ServicePoint) -> int:
    """Return the position that feeds the start: its node, or the device's end nearer to the source."""
    walk, network = supply.walk, tree.network
    if isinstance(start, _ServicePoint):
        return int(walk.position_of_node[network.service_point_nodes[start.index]])
    position = supply.live_position(start.index)
    if position >= 0:
        return int(walk.parent[position])
    if not int(tree.closed_phases[start.index]) & supply.phases:
        return -1
    ends = (network.device_from_nodes[start.index], network.device_to_nodes[start.index])
    return min(
        (int(walk.position_of_node[node]) for node in ends), key=lambda one: len(supply.path_above(one))
    )


def _traced(network: Network, indices: Indices, phases: MaskArray) -> tuple[TracedDevice, ...]:
    return tuple(
        TracedDevice(one, network.device_kind(index).value, format_phases(mask))
        for one, index, mask in zip(
            network.device_ids(indices), indices.tolist(), phases.tolist(), strict=True
        )
    )
