"""What must not be fed (known faults, dead sections of open outages, hazards), and whether a step feeds it.

Rule 1: a step meets a danger when one of its nodes gets a phase.
Rule 2: or when one of its devices gets a phase that it carries at an end where it is not cut off: what is
faulted stands under voltage then, open or closed.
Rule 3: or when it closes one of its devices with a phase at either end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import LongArray, MaskArray, find_ids
from topology.phases import format_phases
from topology.supply import Supply


@dataclass(frozen=True, slots=True)
class Danger:
    """What must not be fed; `id` is the caller's. Ids that the network does not have are passed over.

    `devices` are faulted or damaged themselves: not the healthy switches that keep supply away from them.
    """

    id: str
    devices: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MetDanger:
    """A danger that a step would feed, with what of it gets supply (sorted ids), on these phases."""

    id: str
    devices: tuple[str, ...]
    nodes: tuple[str, ...]
    phases: str


def dangers_met(*, before: Supply, after: Supply, dangers: Sequence[Danger]) -> tuple[MetDanger, ...]:
    """Return the dangers that the way from one supply to another feeds, in the order given."""
    return tuple(met for danger in dangers if (met := _met(before, after, danger)))


def _met(before: Supply, after: Supply, danger: Danger) -> MetDanger | None:
    network = after.network
    nodes = find_ids(network.node_id_array, sorted(danger.nodes))
    nodes = nodes[nodes >= 0]
    at_nodes = after.phases_of_nodes(nodes) & ~before.phases_of_nodes(nodes)
    devices = network.find_devices(sorted(danger.devices))
    devices = devices[devices >= 0]
    at_devices = _standing(after, devices) & ~_standing(before, devices)
    closed = [after.closed_phases_of(one) & ~before.closed_phases_of(one) for one in devices.tolist()]
    at_devices |= np.array(closed, dtype=np.uint8) & _standing(after, devices)
    phases = int(np.bitwise_or.reduce(np.concatenate([at_nodes, at_devices]), initial=0))
    if not phases:
        return None
    return MetDanger(
        id=danger.id,
        devices=tuple(network.device_ids(devices[at_devices > 0])),
        nodes=tuple(network.node_ids(nodes[at_nodes > 0])),
        phases=format_phases(phases),
    )


def _standing(supply: Supply, devices: LongArray) -> MaskArray:
    """Return the phases under voltage at some end of each device, where it is not cut off there."""
    network = supply.network
    standing = np.zeros(len(devices), dtype=np.uint8)
    for ends in (network.device_from_nodes, network.device_to_nodes):
        at_end = supply.phases_of_nodes(ends[devices])
        cut = [
            supply.placed.cut_ends.get((device, int(node)), 0)
            for device, node in zip(devices.tolist(), ends[devices], strict=True)
        ]
        standing |= at_end & ~np.array(cut, dtype=np.uint8)
    return standing & network.device_phases[devices]
