"""The supply under a switch state near one that was walked: what is live, who is out, who gains, who loses.

Owns the answers after switching. Each phase is the walked forest cut and joined where devices differ, so a
step costs what it switches and never the network. Thousands of devices that differ want a walk of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from topology.arrays import Indices, IntArray, LongArray, MaskArray, read_only
from topology.forest import Forest
from topology.phases import ABC, PHASE_BITS
from topology.pieces import LIVE_PIECE, Pieces, cut_and_join
from topology.placed_supply import NO_NODE, PlacedEdge, locate
from topology.supply_change import SupplyChange, gather_change, stretches_without
from topology.supply_tree import NOTHING, SupplyTree
from topology.switch_state import SwitchState
from topology.temporary_supply import NOTHING_TEMPORARY, TemporarySupply

NOTHING_CLOSED: MaskArray = read_only(np.empty(0, dtype=np.uint8))


class SupplyStatus(StrEnum):
    """What a service point has of the phases that it takes."""

    SUPPLIED = "supplied"
    PARTLY_OUT = "partly_out"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class PhasePieces:
    """Phases whose forest has been cut and joined alike."""

    phases: int
    pieces: Pieces


class Supply:
    """The supply of the network of a tree under another state of its devices, with what is temporary.

    `switched` are the devices that differ from the state of the tree (sorted), `closed_of_switched` the
    phases that each of them has closed now. `placed` is the temporary supply in numbers; a number beyond the
    devices names one of its edges.
    """

    def __init__(
        self,
        tree: SupplyTree,
        switched: LongArray = NOTHING,
        closed_of_switched: MaskArray = NOTHING_CLOSED,
        temporary: TemporarySupply = NOTHING_TEMPORARY,
    ) -> None:
        """Take the state of the tree but for the devices given; `under` finds them from a state.

        Raises what `placed_supply.locate` raises where the temporary supply does not fit the network.
        """
        self.tree = tree
        self.network = tree.network
        self.switched = switched
        self.closed_of_switched = closed_of_switched
        self.temporary = temporary
        self.placed = locate(tree.network, temporary)
        self.of_phases = tuple(self._cut_and_joined())
        self.is_switched = len(switched) > 0 or bool(temporary)

    @classmethod
    def under(cls, tree: SupplyTree, state: SwitchState) -> Supply:
        """Return the supply of the tree's network under a state near the tree's own."""
        closed_phases = state.closed_phases
        switched = np.flatnonzero(closed_phases != tree.closed_phases)
        return cls(tree, switched, closed_phases[switched], state.temporary)

    def with_temporary(self, temporary: TemporarySupply) -> Supply:
        """Return the supply with this temporary supply in place of its own; raises as the constructor."""
        return Supply(self.tree, self.switched, self.closed_of_switched, temporary)

    def state(self) -> SwitchState:
        """Return the state of every device, and what is temporary."""
        open_phases = self.tree.state.open_phases.copy()
        carried = self.network.device_phases[self.switched]
        open_phases[self.switched] = carried & ~self.closed_of_switched
        return SwitchState(self.network, open_phases, self.temporary)

    def opened(self, devices: Iterable[int], phases: int = ABC) -> Supply:
        """Return the supply after opening devices (indices) on some phases."""
        closed_of = self._closed_of_switched()
        for device in devices:
            closed_of[device] = self.switched_phases_of(device) & ~phases
        return self._with(closed_of)

    def closed(self, devices: Iterable[int], phases: int = ABC) -> Supply:
        """Return the supply after closing devices (indices) on those of some phases that they carry."""
        closed_of = self._closed_of_switched()
        for device in devices:
            carried = int(self.network.device_phases[device])
            closed_of[device] = self.switched_phases_of(device) | (phases & carried)
        return self._with(closed_of)

    def _with(self, closed_of: dict[int, int]) -> Supply:
        devices = np.array(sorted(closed_of), dtype=np.int64)
        closed = np.array([closed_of[device] for device in devices.tolist()], dtype=np.uint8)
        differing = np.flatnonzero(closed != self.tree.closed_phases[devices])
        return Supply(self.tree, devices[differing], closed[differing], self.temporary)

    def _closed_of_switched(self) -> dict[int, int]:
        return dict(zip(self.switched.tolist(), self.closed_of_switched.tolist(), strict=True))

    def closed_phases_of(self, device: int) -> int:
        """Return the phases that a device, or a temporary edge, joins: closed, and not cut."""
        if device >= self.network.device_count:
            return self.placed.edges[device - self.network.device_count].phases
        return self.switched_phases_of(device) & ~self.placed.cut_phases.get(device, 0)

    def switched_phases_of(self, device: int) -> int:
        """Return the phases that a device carries and has closed, cut or not."""
        place = int(np.searchsorted(self.switched, device))
        if place < len(self.switched) and self.switched[place] == device:
            return int(self.closed_of_switched[place])
        return int(self.tree.closed_phases[device])

    def _cut_and_joined(self) -> Iterable[PhasePieces]:
        devices, now = self._joined_otherwise()
        before = self.tree.closed_phases[devices]
        edges = self.placed.edges
        for supply in self.tree.supplies:
            alike: dict[bytes, int] = {}
            for bit in PHASE_BITS:
                if supply.phases & bit:
                    differing = (((before ^ now) & bit) > 0).tobytes()
                    differing += bytes(edge.phases & bit > 0 for edge in edges)
                    alike[differing] = alike.get(differing, 0) | bit
            for phases in alike.values():
                bit = phases & -phases
                opened = devices[(before & ~now & bit) > 0]
                closed = devices[(now & ~before & bit) > 0]
                laid = [edge for edge in edges if edge.phases & bit]
                numbers = np.array([edge.number for edge in laid], dtype=np.int64)
                pieces = cut_and_join(
                    supply.forest,
                    opened=opened,
                    closed=np.concatenate([closed, numbers]),
                    ends=np.concatenate(
                        [self._ends(supply.forest, closed), _laid(supply.forest, laid)], axis=1
                    ),
                )
                yield PhasePieces(phases, pieces)

    def _joined_otherwise(self) -> tuple[LongArray, MaskArray]:
        """Return the devices that join other phases than in the tree, switched or cut, and these phases."""
        if not self.placed.cut_phases:
            return self.switched, self.closed_of_switched
        devices = np.union1d(self.switched, np.array(sorted(self.placed.cut_phases), dtype=np.int64))
        closed = np.array([self.closed_phases_of(one) for one in devices.tolist()], dtype=np.uint8)
        return devices, closed

    def _ends(self, forest: Forest, devices: Indices) -> LongArray:
        nodes = np.stack([self.network.device_from_nodes[devices], self.network.device_to_nodes[devices]])
        return forest.position_of_node[nodes].astype(np.int64)

    def edges_at(self, node: int) -> Iterator[tuple[int, int]]:
        """Yield the devices and jumpers at a node, open or closed, each with its other end.

        A device that is cut at this node on all its phases does not end here any more.
        """
        for device in self.network.devices_at(node).tolist():
            if self.ends_at(device, node):
                yield device, self.network.other_end(device, node)
        for edge in self.placed.edges_at.get(node, ()):
            if edge.phases and not edge.is_generator:
                yield edge.number, edge.from_node + edge.to_node - node

    def ends_at(self, edge: int, node: int) -> bool:
        """Tell whether an edge with this end still ends there: not when it is cut there on all its phases."""
        cut = self.placed.cut_ends.get((edge, node), 0)
        return not cut or int(self.network.device_phases[edge]) & ~cut != 0

    def generator_at(self, node: int, phases: int = ABC) -> int | None:
        """Return the number of a generator that feeds a node on one of some phases, None where none does."""
        return next(
            (
                edge.number
                for edge in self.placed.edges_at.get(node, ())
                if edge.is_generator and edge.phases & phases
            ),
            None,
        )

    def ends_of(self, edge: int) -> tuple[int, int]:
        """Return the nodes of a device or temporary edge, `NO_NODE` first for a generator."""
        if edge >= self.network.device_count:
            placed = self.placed.edges[edge - self.network.device_count]
            return placed.from_node, placed.to_node
        return int(self.network.device_from_nodes[edge]), int(self.network.device_to_nodes[edge])

    def edge_ids(self, edges: Iterable[int]) -> list[str]:
        """Return the ids of devices and temporary edges."""
        count = self.network.device_count
        listed = list(edges)
        names = iter(self.network.device_ids([one for one in listed if one < count]))
        return [next(names) if one < count else self.placed.edges[one - count].id for one in listed]

    def kind_of_edge(self, edge: int) -> str:
        """Return the kind of a device, or `jumper` or `generator`."""
        if edge < self.network.device_count:
            return self.network.device_kind(edge).value
        return "generator" if self.placed.edges[edge - self.network.device_count].is_generator else "jumper"

    def phases_of_node(self, node: int) -> int:
        """Return the energised phases of a node."""
        return sum(
            one.phases
            for one in self.of_phases
            if one.pieces.is_live_at(int(one.pieces.forest.position_of_node[node]))
        )

    def phases_of_nodes(self, nodes: Indices) -> MaskArray:
        """Return the energised phases of some nodes."""
        energised = np.zeros(len(nodes), dtype=np.uint8)
        for one in self.of_phases:
            is_live = one.pieces.are_live_at(one.pieces.forest.position_of_node[nodes])
            energised[is_live] |= np.uint8(one.phases)
        return energised

    def phases_of_service_point(self, point: int) -> int:
        """Return the phases that a service point takes and that its node has energised."""
        taken = int(self.network.service_point_phases[point])
        return taken & self.phases_of_node(int(self.network.service_point_nodes[point]))

    def status_of_service_point(self, point: int) -> SupplyStatus:
        """Return whether a service point has all phases that it takes, some, or none."""
        has = self.phases_of_service_point(point)
        if not has:
            return SupplyStatus.OUT
        taken = int(self.network.service_point_phases[point])
        return SupplyStatus.SUPPLIED if has == taken else SupplyStatus.PARTLY_OUT

    @cached_property
    def node_phases(self) -> MaskArray:
        """The energised phases of every node."""
        # The virtual root at position 0 is no node; its number is the one beyond the last.
        energised = np.zeros(self.network.node_count + 1, dtype=np.uint8)
        for one in self.of_phases:
            for start, stop in one.pieces.stretches:
                energised[one.pieces.forest.node_at[start:stop]] |= np.uint8(one.phases)
        return read_only(energised[:-1])

    @cached_property
    def service_point_phases(self) -> MaskArray:
        """The phases that each service point takes and that its node has energised."""
        return read_only(
            self.node_phases[self.network.service_point_nodes] & self.network.service_point_phases
        )

    def change_since(self, earlier: Supply) -> SupplyChange:
        """Return who lost and who gained supply from an earlier state to this one; both of one tree."""
        lost, gained = [], []
        for before, now, phases in self.paired_with(earlier):
            lost.append((now.forest, stretches_without(before.stretches, now.stretches), phases))
            gained.append((now.forest, stretches_without(now.stretches, before.stretches), phases))
        return gather_change(self.network, lost, gained)

    def paired_with(self, earlier: Supply) -> Iterable[tuple[Pieces, Pieces, int]]:
        """Yield the pieces of an earlier state and of this one, with the phases that both stand for."""
        for before in earlier.of_phases:
            for now in self.of_phases:
                if phases := before.phases & now.phases:
                    yield before.pieces, now.pieces, phases

    def service_points_behind(self, device: int) -> IntArray:
        """Return the service points that lose a phase they take when a device opens on all its phases.

        In no particular order, each once; a view of one slice where nothing below the device is switched.
        """
        if not self.is_switched or self._is_untouched_behind(device):
            return self.tree.service_points_behind(device)
        return self.change_when_opened(device).losers

    def change_when_opened(self, device: int, phases: int = ABC) -> SupplyChange:
        """Return what opening a device on some phases would take from whom."""
        return self.opened([device], phases).change_since(self)

    def _is_untouched_behind(self, device: int) -> bool:
        """Tell whether on every phase the device lies in the live piece and nothing behind it is switched."""
        if self.closed_phases_of(device) != int(self.tree.closed_phases[device]):
            return False
        for one in self.of_phases:
            pieces = one.pieces
            position = int(pieces.forest.position_of_device[device])
            if position < 0:
                # Outside the trees, a device that nobody hangs on alone may do so after a cut.
                if pieces.is_switched and self.closed_phases_of(device) & one.phases:
                    return False
                continue
            stop = int(pieces.forest.end[position])
            if pieces.piece_at(position) != LIVE_PIECE or pieces.touches(position, stop):
                return False
        return True


def _laid(forest: Forest, edges: list[PlacedEdge]) -> LongArray:
    """Return the positions of both ends of temporary edges, in two rows; a generator hangs from the root."""
    ends = [
        [
            0 if node == NO_NODE else int(forest.position_of_node[node])
            for node in (edge.from_node, edge.to_node)
        ]
        for edge in edges
    ]
    return np.array(ends, dtype=np.int64).reshape(-1, 2).T
