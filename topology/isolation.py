"""Isolation: what must be open so that nothing can feed a faulted device, and what lies dead inside then.

Rule 1: a section is all that the faulted devices reach over closed devices which nobody can switch; a faulted
device counts as one of these, since what has failed separates nothing, and so does a held one that is closed:
a tagged device is never operated. A jumper joins, a line cut at a node does not end there any more.
Rule 2: the switchable devices at its edge bound it. Those closed on any phase are to be opened.
Rule 3: a section that holds a source, or a running generator, cannot be isolated by switching, and says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import LongArray
from topology.errors import UnknownDeviceError
from topology.kinds import KINDS, SWITCHABLE_KINDS
from topology.network import Network
from topology.supply import Supply

_IS_SWITCHABLE = np.array([kind in SWITCHABLE_KINDS for kind in KINDS])


@dataclass(frozen=True, slots=True)
class Section:
    """A section in indices: what it holds, and the switchable devices that bound it."""

    nodes: frozenset[int]
    devices: tuple[int, ...]
    to_open: tuple[int, ...]
    already_open: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Isolation:
    """How to isolate the faulted devices: ids, sorted; `sources` (nodes) inside make it impossible."""

    devices: tuple[str, ...]
    to_open: tuple[str, ...]
    already_open: tuple[str, ...]
    service_points: tuple[str, ...]
    sources: tuple[str, ...]


def isolate(*, supply: Supply, faulted: Sequence[str], held: Collection[str] = ()) -> Isolation:
    """Return what isolates some faulted devices; UnknownDeviceError names ids the network does not have.

    `held` are ids of devices that nobody may operate; those the network does not have are passed over.
    """
    network = supply.network
    never = frozenset(network.find_devices(sorted(held)).tolist())
    return told(supply, section_around(supply, device_indices(network, faulted), never))


def told(supply: Supply, section: Section) -> Isolation:
    """Return a section in ids."""
    network = supply.network
    nodes = np.array(sorted(section.nodes), dtype=np.int64)
    points = network.service_points_at(section.nodes)
    feeding = [bool(network.node_is_source[one]) or supply.generator_at(one) is not None for one in nodes]
    return Isolation(
        devices=tuple(sorted(supply.edge_ids(section.devices))),
        to_open=tuple(network.device_ids(list(section.to_open))),
        already_open=tuple(network.device_ids(list(section.already_open))),
        service_points=tuple(network.service_point_ids(points)),
        sources=tuple(network.node_ids(nodes[np.array(feeding, dtype=np.bool_)])),
    )


def device_indices(network: Network, ids: Sequence[str]) -> LongArray:
    """Return the indices of devices; UnknownDeviceError names all that are unknown."""
    indices = network.find_devices(ids)
    if (indices < 0).any():
        raise UnknownDeviceError([one for one, index in zip(ids, indices, strict=True) if index < 0])
    return indices


def is_switchable(network: Network, device: int) -> bool:
    """Tell whether a person can open and close a device where it stands."""
    return bool(_IS_SWITCHABLE[network.device_kind_codes[device]])


def section_around(supply: Supply, faulted: LongArray, held: frozenset[int] = frozenset()) -> Section:
    """Return the section around some faulted devices under a supply; `held` devices are never operated."""
    network = supply.network
    inside = set(faulted.tolist())
    bounding: set[int] = set()
    nodes = {node for device in inside for node in supply.ends_of(device) if supply.ends_at(device, node)}
    waiting = deque(nodes)
    while waiting:
        here = waiting.popleft()
        for device, beyond in supply.edges_at(here):
            if device in inside:
                continue
            if not supply.closed_phases_of(device) or (
                device < network.device_count and is_switchable(network, device) and device not in held
            ):
                bounding.add(device)
                continue
            inside.add(device)
            if beyond not in nodes and supply.ends_at(device, beyond):
                nodes.add(beyond)
                waiting.append(beyond)
    closed = {device for device in bounding if supply.closed_phases_of(device)}
    return Section(
        frozenset(nodes), tuple(sorted(inside)), tuple(sorted(closed)), tuple(sorted(bounding - closed))
    )
