"""Open devices at the edge of what a device feeds: where its part ends, and could be fed from elsewhere.

Rule 1: the part behind a device is every node that loses a phase when it opens.
Rule 2: an open end is a device that carries such a phase, does not join it now (open, or cut), and has an end
in the part; the device itself is none.
"""

from __future__ import annotations

import numpy as np

from topology.arrays import BoolArray, MaskArray
from topology.errors import UnknownDeviceError
from topology.phases import format_phases
from topology.supply import Supply
from topology.supply_change import stretches_without
from topology.trace import TracedDevice


def open_ends(*, supply: Supply, device: str) -> tuple[TracedDevice, ...]:
    """Return the open devices at the edge of the part behind a device, by index; UnknownDeviceError.

    `phases` are those of the part on which they are open.
    """
    network = supply.network
    index = int(network.find_devices([device])[0])
    if index < 0:
        raise UnknownDeviceError([device])
    closed = _joined_phases(supply)
    carried = network.device_phases
    open_on = np.zeros(network.device_count, dtype=np.uint8)
    for phases, is_behind in _parts_behind(supply, index):
        at_edge = is_behind[network.device_from_nodes] | is_behind[network.device_to_nodes]
        open_on |= np.where(at_edge, carried & ~closed & np.uint8(phases), 0).astype(np.uint8)
    open_on[index] = 0
    found = np.flatnonzero(open_on)
    return tuple(
        TracedDevice(id, network.device_kind(one).value, format_phases(int(open_on[one])))
        for id, one in zip(network.device_ids(found), found.tolist(), strict=True)
    )


def _joined_phases(supply: Supply) -> MaskArray:
    """Return the phases that each device joins: closed, and not cut."""
    joined = supply.tree.closed_phases.copy()
    joined[supply.switched] = supply.closed_of_switched
    for one, phases in supply.placed.cut_phases.items():
        joined[one] &= np.uint8(~phases & 0xFF)
    return joined


def _parts_behind(supply: Supply, device: int) -> list[tuple[int, BoolArray]]:
    """Return by phases which nodes lose them when a device opens."""
    nodes = supply.network.node_count
    parts = []
    opened = supply.opened([device])
    for before, now, phases in opened.paired_with(supply):
        # The virtual root at position 0 is no node; its number is the one beyond the last.
        is_behind = np.zeros(nodes + 1, dtype=np.bool_)
        for start, stop in stretches_without(before.stretches, now.stretches):
            is_behind[now.forest.node_at[start:stop]] = True
        parts.append((phases, is_behind[:-1]))
    return parts
