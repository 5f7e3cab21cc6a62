"""Traces: what a device feeds, and what feeds it, under the switch state of a supply.

Fed *through* a device is what loses supply when it opens: a device inside a looped part feeds nothing through
itself alone, and an open one feeds nothing. A service point is fed on the phases it takes, and on no others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topology.arrays import Indices, MaskArray
from topology.errors import UnknownDeviceError
from topology.network import Network
from topology.phases import ABC, PHASE_BITS, format_phases
from topology.pieces import Pieces
from topology.supply import Supply
from topology.supply_change import Stretches, stretches_without
from topology.supply_tree import SupplyTree
from topology.walk import NO_EDGE
from topology.ways import Way, way_to_source


@dataclass(frozen=True, slots=True)
class FedServicePoint:
    """A service point and the phases it is fed on."""

    id: str
    phases: str


@dataclass(frozen=True, slots=True)
class TracedDevice:
    """A device on a trace and the phases of the trace that it carries; jumpers and generators are some."""

    id: str
    kind: str
    phases: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What a trace from `device` (or a service point) passed; `device` itself is not among `devices`."""

    device: str
    service_points: tuple[FedServicePoint, ...]
    devices: tuple[TracedDevice, ...]


def downstream(*, tree: SupplyTree | Supply, device: str) -> Trace:
    """Return what is fed through a device, sorted by id, or a service point itself; UnknownDeviceError."""
    supply = _supply(tree)
    network = supply.network
    start = _find(network, device)
    if isinstance(start, _ServicePoint):
        phases = supply.phases_of_service_point(start.index)
        return Trace(device, (FedServicePoint(device, format_phases(phases)),) if phases else (), ())
    change = supply.change_when_opened(start.index)
    fed = change.service_points
    return Trace(
        device,
        tuple(
            FedServicePoint(one, format_phases(phases))
            for one, phases in zip(network.service_point_ids(fed), change.lost.tolist(), strict=True)
        ),
        _devices_behind(supply, start.index),
    )


def upstream(*, tree: SupplyTree | Supply, device: str) -> Trace:
    """Return the devices between a device or service point and its source, nearest first; UnknownDeviceError.

    From a service point only the phases it takes are followed. Through a looped part the way with fewest
    devices is given; `SupplyTree.part_of_device` names the rest. What is open or has no supply has nothing
    upstream.
    """
    supply = _supply(tree)
    start = _find(supply.network, device)
    rank: dict[int, int] = {}
    phases: dict[int, int] = {}
    for bit in PHASE_BITS:
        way = _way_from(supply, start, bit)
        for place, passed in enumerate(way.devices if way else ()):
            rank[passed] = max(rank.get(passed, 0), place)
            phases[passed] = phases.get(passed, 0) | bit
    nearest_first = sorted(rank, key=lambda passed: (rank[passed], passed))
    indices = np.array(nearest_first, dtype=np.int32)
    masks = np.array([phases[passed] for passed in nearest_first], dtype=np.uint8)
    return Trace(device, (), _traced(supply, indices, masks))


def service_points_downstream(*, tree: SupplyTree | Supply, device: str, phases: int = ABC) -> list[str]:
    """Return the sorted ids of service points that lose a phase they take when the device opens.

    A service point "opens" alone: it is its own answer, while it has supply on these phases. Raises
    UnknownDeviceError.
    """
    supply = _supply(tree)
    start = _find(supply.network, device)
    if isinstance(start, _ServicePoint):
        return [device] if supply.phases_of_service_point(start.index) & phases else []
    if phases == ABC:
        below = np.sort(supply.service_points_behind(start.index))
    else:
        below = supply.change_when_opened(start.index, phases).losers
    return supply.network.service_point_ids(below)


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


def _supply(tree: SupplyTree | Supply) -> Supply:
    return Supply(tree) if isinstance(tree, SupplyTree) else tree


def _way_from(supply: Supply, start: _Device | _ServicePoint, phase: int) -> Way | None:
    """Return the way from a service point's node, or from the device's end nearer to the source."""
    network = supply.network
    if isinstance(start, _ServicePoint):
        takes = int(network.service_point_phases[start.index]) & phase
        return way_to_source(supply, int(network.service_point_nodes[start.index]), phase) if takes else None
    if not supply.closed_phases_of(start.index) & phase:
        return None
    ends = (network.device_from_nodes[start.index], network.device_to_nodes[start.index])
    ways = [way for end in ends if (way := way_to_source(supply, int(end), phase))]
    return min(ways, key=lambda way: len(way.devices), default=None)


def _devices_behind(supply: Supply, device: int) -> tuple[TracedDevice, ...]:
    """Return the closed devices with an end that loses a phase when this one opens."""
    passed: dict[int, int] = {}
    opened = supply.opened([device])
    for before, now, phases in opened.paired_with(supply):
        lost = stretches_without(before.stretches, now.stretches)
        for one in _ending_in(now, lost):
            if one != device and (shared := supply.closed_phases_of(one) & phases):
                passed[one] = passed.get(one, 0) | shared
    indices = np.array(sorted(passed), dtype=np.int32)
    masks = np.array([passed[one] for one in indices.tolist()], dtype=np.uint8)
    return _traced(supply, indices, masks)


def _ending_in(pieces: Pieces, stretches: Stretches) -> set[int]:
    """Return the devices that end in some stretches, of tree edges, other edges and joins."""
    forest = pieces.forest
    found: set[int] = set()
    for start, stop in stretches:
        found.update(forest.parent_edge[start:stop].tolist())
        first, last = np.searchsorted(forest.other_later, [start, stop])
        found.update(forest.other_edges[first:last].tolist())
        earlier = forest.other_earlier[forest.others_by_earlier]
        first, last = np.searchsorted(earlier, [start, stop])
        found.update(forest.other_edges[forest.others_by_earlier[first:last]].tolist())
        for join in pieces.joins:
            if start <= join.outer < stop or start <= join.inner < stop:
                found.add(join.device)
    found.discard(NO_EDGE)
    return found


def _traced(supply: Supply, indices: Indices, phases: MaskArray) -> tuple[TracedDevice, ...]:
    numbers = indices.tolist()
    return tuple(
        TracedDevice(one, supply.kind_of_edge(index), format_phases(mask))
        for one, index, mask in zip(supply.edge_ids(numbers), numbers, phases.tolist(), strict=True)
    )
