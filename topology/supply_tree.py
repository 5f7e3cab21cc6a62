"""What is fed by what under one switch state: the supply of every node and service point, phase by phase.

Owns the walks (one per phase, shared by phases whose closed devices are the same), and service points laid
out in their pre-order, so that all behind a device are one slice. Only a bridge has a slice: a device in a
2-edge-connected part (parallel lines, a closed tie, two sources) puts nobody out alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topology.arrays import BoolArray, IntArray, LongArray, MaskArray, read_only
from topology.errors import TemporarySupplyError
from topology.forest import Forest, grow_forest
from topology.kinds import BLAMEABLE_KINDS, CODE_OF_KIND, DeviceKind
from topology.network import Network
from topology.phases import ABC, PHASE_BITS
from topology.switch_state import SwitchState
from topology.walk import NO_EDGE, Walk, nearest_marked

NOTHING: LongArray = read_only(np.empty(0, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class PhaseSupply:
    """The forest of one or more phases, with the service points that take one of them in its pre-order.

    Of the live part, `service_points[starts[a]:starts[b]]` are those at positions a to b.
    """

    phases: int
    forest: Forest

    @cached_property
    def walk(self) -> Walk:
        """The live part of the forest."""
        return self.forest.walk

    @cached_property
    def starts(self) -> IntArray:
        """By live position, and one beyond: where its service points start."""
        return self.forest.starts[: self.forest.live_count + 1]

    @cached_property
    def service_points(self) -> IntArray:
        """The service points with supply."""
        return self.forest.service_points[: self.starts[-1]]

    def slice_behind(self, device: int) -> tuple[int, int] | None:
        """Return the positions that only this device feeds, None when it feeds none alone."""
        position = self.live_position(device)
        if position < 0 or not self.walk.is_bridge[position]:
            return None
        return position, int(self.walk.end[position])

    def live_position(self, device: int) -> int:
        """Return the position behind a device that is an edge of the live tree, else -1."""
        position = int(self.forest.position_of_device[device])
        return position if position < self.forest.live_count else NO_EDGE

    def service_points_behind(self, device: int) -> IntArray:
        """Return the service points that only this device feeds, in pre-order."""
        behind = self.slice_behind(device)
        if behind is None:
            return self.service_points[:0]
        return self.service_points[self.starts[behind[0]] : self.starts[behind[1]]]


class SupplyTree:
    """The supply of a network under a switch state; `supplies` holds each distinct walk once."""

    def __init__(
        self,
        network: Network,
        state: SwitchState,
        *,
        supplies: Sequence[PhaseSupply] = (),
        joint: Forest | None = None,
    ) -> None:
        """Walk the network from its sources, unless the walks of this very state are given.

        TemporarySupplyError where the state has temporary supply: that is for `Supply.under`, near a walk.
        """
        if state.temporary:
            raise TemporarySupplyError("A state with temporary supply is not walked; ask `Supply.under`.")
        self.network = network
        self.state = state
        self.closed_phases = state.closed_phases
        self.supplies = tuple(supplies) or tuple(
            PhaseSupply(group, self._forest(group)) for group in _phases_alike(self.closed_phases)
        )
        self.joint = joint or self._joint()

    def _forest(self, phases: int) -> Forest:
        bit = phases & -phases
        return grow_forest(
            self.network,
            closed=(self.closed_phases & bit) > 0,
            could_close=(self.network.device_phases & phases) > 0,
            served=(self.network.service_point_phases & phases) > 0,
        )

    def _joint(self) -> Forest:
        """Return the forest of devices closed on any phase: a bridge of it feeds its slice on every phase."""
        if len(self.supplies) == 1:
            return self.supplies[0].forest
        closed = self.closed_phases > 0
        served = self.service_point_phases > 0
        return grow_forest(self.network, closed=closed, could_close=closed, served=served)

    @cached_property
    def node_phases(self) -> MaskArray:
        """The energised phases of each node."""
        energised = np.zeros(self.network.node_count, dtype=np.uint8)
        for supply in self.supplies:
            energised[supply.walk.position_of_node >= 0] |= np.uint8(supply.phases)
        return read_only(energised)

    @cached_property
    def service_point_phases(self) -> MaskArray:
        """The phases that each service point takes and that its node has energised."""
        at_node = self.node_phases[self.network.service_point_nodes]
        return read_only(at_node & self.network.service_point_phases)

    @cached_property
    def device_phases(self) -> MaskArray:
        """The phases that each device carries, has closed and has energised."""
        fed = self.node_phases[self.network.device_from_nodes]
        return read_only(self.closed_phases & fed)

    @cached_property
    def feeder_of_node(self) -> IntArray:
        """The feeder of each node: the first breaker on the way from the source, -1 where there is none.

        Taken on the first energised phase; a breaker inside a looped part is no feeder.
        """
        feeder = np.full(self.network.node_count, NO_EDGE, dtype=np.int32)
        for supply in reversed(self.supplies):
            reached = np.flatnonzero(supply.walk.position_of_node >= 0)
            feeder[reached] = self._feeder_at(supply)[supply.walk.position_of_node[reached]]
        return read_only(feeder)

    def _feeder_at(self, supply: PhaseSupply) -> IntArray:
        walk = supply.walk
        breakers = np.flatnonzero(self.marked(supply, [DeviceKind.BREAKER]))
        feeder = np.full(len(walk.node_at), NO_EDGE, dtype=np.int32)
        if len(breakers):
            # In pre-order a breaker is a first one unless it lies in the slice of an earlier one.
            covered_to = np.maximum.accumulate(walk.end[breakers])
            firsts = breakers[np.append(True, breakers[1:] >= covered_to[:-1])]
            lengths = walk.end[firsts] - firsts
            in_slices = np.repeat(firsts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
            feeder[in_slices] = np.repeat(walk.parent_edge[firsts], lengths)
        return feeder

    @cached_property
    def blameable_above(self) -> tuple[IntArray, ...]:
        """For each supply, by position: the nearest position at or above under a blameable bridge, else 0."""
        return tuple(
            nearest_marked(supply.walk.parent, self.marked(supply, sorted(BLAMEABLE_KINDS)))
            for supply in self.supplies
        )

    @cached_property
    def first_supply(self) -> tuple[MaskArray, tuple[LongArray, ...]]:
        """The supply of the first phase each service point takes and has (255: none); `starts` of those."""
        first = np.full(self.network.service_point_count, 255, dtype=np.uint8)
        for number in reversed(range(len(self.supplies))):
            first[self.supplies[number].service_points] = number
        starts = []
        for number, supply in enumerate(self.supplies):
            counted = np.concatenate([[0], np.cumsum(first[supply.service_points] == number)])
            starts.append(counted[supply.starts])
        return read_only(first), tuple(starts)

    def service_points_behind(self, device: int) -> IntArray:
        """Return the service points that lose any phase they take when a device opens on all its phases.

        In no particular order, each once; a view of one slice wherever phases are fed over the same device.
        """
        positions, is_bridge, end, starts = self._joint_lookups
        position = positions[device]
        if position < 0 or not is_bridge[position]:
            return self.service_points_below(device)
        points = self.joint.service_points
        if position >= self.joint.live_count:
            return points[:0]
        return points[starts[position] : starts[end[position]]]

    @cached_property
    def _joint_lookups(self) -> tuple[memoryview, memoryview, memoryview, memoryview]:
        """Views that give single numbers several times as fast as numpy does."""
        joint = self.joint
        return (
            joint.position_of_device.data,
            joint.is_bridge.data,
            joint.end.data,
            joint.starts.data,
        )

    def service_points_below(self, device: int, phases: int = ABC) -> IntArray:
        """Return the sorted indices of service points that lose a phase they take when the device opens."""
        asked = phases & int(self.closed_phases[device])
        below = [self._losing(supply, device, asked) for supply in self.supplies if supply.phases & asked]
        if len(below) == 1:
            return np.sort(below[0])
        return np.unique(np.concatenate(below)) if below else self.supplies[0].service_points[:0]

    def _losing(self, supply: PhaseSupply, device: int, asked: int) -> IntArray:
        points = supply.service_points_behind(device)
        if supply.phases & ~asked and not self.network.has_only_full_services:
            points = points[(self.network.service_point_phases[points] & asked) > 0]
        return points

    def part_of_device(self, device: int) -> IntArray:
        """Return the sorted devices of the looped part this one lies in; none when it is a bridge or open."""
        found = [_part_devices(supply, device) for supply in self.supplies]
        return np.unique(np.concatenate(found))

    def marked(self, supply: PhaseSupply, kinds: Sequence[DeviceKind]) -> BoolArray:
        """Tell for each position whether the device above it is a bridge of one of these kinds."""
        codes = np.array([CODE_OF_KIND[kind] for kind in kinds], dtype=np.uint8)
        edge = supply.walk.parent_edge
        wanted = np.zeros(len(edge), dtype=np.bool_)
        below = np.flatnonzero((edge != NO_EDGE) & supply.walk.is_bridge)
        wanted[below] = np.isin(self.network.device_kind_codes[edge[below]], codes)
        return wanted


def _phases_alike(closed_phases: MaskArray) -> list[int]:
    """Return the phases in groups of those that the same devices have closed."""
    groups: list[int] = []
    for bit in PHASE_BITS:
        for place, group in enumerate(groups):
            if not (((closed_phases & bit) > 0) ^ ((closed_phases & (group & -group)) > 0)).any():
                groups[place] = group | bit
                break
        else:
            groups.append(bit)
    return groups


def _part_devices(supply: PhaseSupply, device: int) -> IntArray:
    walk = supply.walk
    position = supply.live_position(device)
    if position < 0:
        found = np.flatnonzero(walk.other_edges == device)
        position = int(walk.other_positions[found[0]]) if len(found) else 0
    elif walk.is_bridge[position]:
        return walk.other_edges[:0]
    if position <= 0:
        return walk.other_edges[:0]
    part = walk.part[position]
    in_part = (walk.part == part) & ~walk.is_bridge & (walk.parent_edge != NO_EDGE)
    others = walk.other_edges[walk.part[walk.other_positions] == part]
    return np.concatenate([walk.parent_edge[in_part], others])
