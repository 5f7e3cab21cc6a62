"""What must be closed again before something else has supply: which faults lie upstream of which.

A fault is upstream of another when opening it takes a phase away from the place that the other one is fed
from. So what is in series is ordered, what is side by side is not, and a device inside a looped part, which
puts nobody out alone, is upstream of nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import BoolArray, LongArray
from topology.forest import NO_POSITION
from topology.supply_tree import PhaseSupply, SupplyTree


@dataclass(frozen=True, slots=True)
class FaultPlace:
    """A device, or a service point, that is out on some phases (a bit mask)."""

    id: str
    phases: int


def upstream_faults(tree: SupplyTree, faults: Sequence[FaultPlace]) -> tuple[tuple[int, ...], ...]:
    """Return for each fault the numbers of all faults upstream of it, in order.

    All of them, not only the nearest. What the network does not have, and what is open or dead in the state
    of the tree, is upstream of nothing and below nothing. Compares all pairs at once, in arrays.
    """
    is_upstream = np.zeros((len(faults), len(faults)), dtype=np.bool_)
    for supply in tree.supplies:
        fed_from = _fed_from(tree, supply, faults)
        start, stop = _slices(tree, supply, faults)
        below = (start[None, :] <= fed_from[:, None]) & (fed_from[:, None] < stop[None, :])
        is_upstream |= below & _share_a_phase(supply, faults)
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in is_upstream)


def _share_a_phase(supply: PhaseSupply, faults: Sequence[FaultPlace]) -> BoolArray:
    phases = np.array([fault.phases & supply.phases for fault in faults], dtype=np.uint8)
    shared: BoolArray = (phases[:, None] & phases[None, :]) > 0
    return shared


def _fed_from(tree: SupplyTree, supply: PhaseSupply, faults: Sequence[FaultPlace]) -> LongArray:
    """Return the live position that each fault is fed from, NO_POSITION where there is none."""
    forest, network = supply.forest, tree.network
    places = np.full(len(faults), NO_POSITION, dtype=np.int64)
    for number, fault in enumerate(faults):
        if network.has_device(fault.id):
            device = network.device_index(fault.id)
            if not int(tree.closed_phases[device]) & supply.phases:
                continue
            below = int(forest.position_of_device[device])
            # A device that is no edge of the tree closes a ring: both its ends lie in the one looped part.
            position = (
                int(forest.parent[below])
                if below >= 0
                else int(forest.position_of_node[network.device_from_nodes[device]])
            )
        elif network.has_service_point(fault.id):
            point = network.service_point_index(fault.id)
            position = int(forest.position_of_node[network.service_point_nodes[point]])
        else:
            continue
        if 0 <= position < forest.live_count:
            places[number] = position
    return places


def _slices(tree: SupplyTree, supply: PhaseSupply, faults: Sequence[FaultPlace]) -> tuple[LongArray, ...]:
    """Return the stretch of positions that only each fault's device feeds; empty where there is none."""
    forest, network = supply.forest, tree.network
    start = np.zeros(len(faults), dtype=np.int64)
    stop = np.zeros(len(faults), dtype=np.int64)
    for number, fault in enumerate(faults):
        if network.has_device(fault.id):
            position = int(forest.position_of_device[network.device_index(fault.id)])
            if 0 <= position < forest.live_count and forest.is_bridge[position]:
                start[number], stop[number] = position, int(forest.end[position])
    return start, stop
