"""Temporary supply found in a network: cuts by device, jumpers and generators as edges with own numbers.

Owns the numbering: what can give supply follows the devices, jumpers first, so that one number names a device
of the network or a temporary edge. A generator is an edge from nowhere (`NO_NODE`) to its node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from topology.errors import TemporarySupplyError, UnknownDeviceError, UnknownNodeError
from topology.kinds import Layer, layer_of
from topology.network import Network
from topology.phases import ABC
from topology.temporary_supply import Cut, Jumper, TemporarySupply

NO_NODE = -1


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """A jumper or generator: its number, its ends, and the phases that it joins there."""

    number: int
    id: str
    from_node: int
    to_node: int
    phases: int

    @property
    def is_generator(self) -> bool:
        """Whether it is a source of its own."""
        return self.from_node == NO_NODE


@dataclass(frozen=True, slots=True)
class PlacedSupply:
    """Cut phases by device and by device with node, and the edges, all of them and by node."""

    cut_phases: Mapping[int, int] = field(default_factory=dict)
    cut_ends: Mapping[tuple[int, int], int] = field(default_factory=dict)
    edges: tuple[PlacedEdge, ...] = ()
    edges_at: Mapping[int, tuple[PlacedEdge, ...]] = field(default_factory=dict)


NOTHING_PLACED = PlacedSupply()


def locate(network: Network, temporary: TemporarySupply) -> PlacedSupply:
    """Return temporary supply in the numbers of a network.

    UnknownDeviceError and UnknownNodeError name what the network does not have; TemporarySupplyError where a
    cut is not at an end of a line section, or a jumper has one end only.
    """
    if not temporary:
        return NOTHING_PLACED
    cut_phases: dict[int, int] = {}
    cut_ends: dict[tuple[int, int], int] = {}
    for cut in temporary.cuts:
        device, node = _place_of_cut(network, cut)
        cut_phases[device] = cut_phases.get(device, 0) | cut.phases
        cut_ends[device, node] = cut_ends.get((device, node), 0) | cut.phases
    edges: list[PlacedEdge] = []
    edges_at: dict[int, tuple[PlacedEdge, ...]] = {}
    for number, one in enumerate(temporary.feeds, start=network.device_count):
        if isinstance(one, Jumper):
            ends = (node_index(network, one.from_node), node_index(network, one.to_node))
            if ends[0] == ends[1]:
                raise TemporarySupplyError(f"{one.id!r} has both ends at {one.from_node!r}; name two nodes.")
        else:
            ends = (NO_NODE, node_index(network, one.node))
        phases = one.phases
        for node in ends:
            phases &= phases_possible_at(network, node)
        edge = PlacedEdge(number, one.id, *ends, phases)
        edges.append(edge)
        for node in ends:
            edges_at[node] = (*edges_at.get(node, ()), edge)
    return PlacedSupply(cut_phases, cut_ends, tuple(edges), edges_at)


def node_index(network: Network, node: str) -> int:
    """Return the index of a node; raises UnknownNodeError."""
    index = network.find_node(node)
    if index < 0:
        raise UnknownNodeError([node])
    return index


def _place_of_cut(network: Network, cut: Cut) -> tuple[int, int]:
    device, node = int(network.find_devices([cut.device])[0]), node_index(network, cut.node)
    if device < 0:
        raise UnknownDeviceError([cut.device])
    if layer_of(network.device_kind(device)) is not Layer.LINE_SECTION:
        raise TemporarySupplyError(f"{cut.device!r} is no line section; only these are cut.")
    if node not in (network.device_from_nodes[device], network.device_to_nodes[device]):
        raise TemporarySupplyError(f"{cut.device!r} does not end at {cut.node!r}; name one of its ends.")
    return device, node


def phases_possible_at(network: Network, node: int) -> int:
    """Return the phases that a node can ever have: those of the devices there; all where it is a source."""
    if node == NO_NODE or network.node_is_source[node]:
        return ABC
    return int(np.bitwise_or.reduce(network.device_phases[network.devices_at(node)], initial=0))
