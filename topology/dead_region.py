"""What lies dead around an isolated section, in blocks between operable devices, and what could feed them.

Rule 1: what lacks a phase that it has in the normal state, and hangs together with the section over closed
devices or over those that isolate it, is the dead region.
Rule 2: a device is operable when a person can switch it where it stands, unless it is held, faulted or itself
dangerous: those are never operated, neither opened nor closed.
Rule 3: nodes of the region joined by closed devices that are not operable form a block: fed as one, or not.
Nodes that are never fed, between open devices (a tie drawn as two switches, a dead bus), are blocks too, as
long as nobody is connected there; they are passed through.
Rule 4: a block that holds a danger is never fed, nor one of never-fed nodes alone with somebody connected.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from topology.arrays import find_ids
from topology.dangers import Danger
from topology.isolation import Section, is_switchable
from topology.phases import ABC
from topology.supply import Supply

LIVE = -1


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes that are fed together, and the customers there who lack supply; `may_be_fed` by rule 4."""

    nodes: tuple[int, ...]
    customers: int
    may_be_fed: bool


@dataclass(frozen=True, slots=True)
class Link:
    """An operable device between two blocks, or between one (`inner`) and a live node (`outer` is `LIVE`)."""

    device: int
    inner: int
    outer: int
    is_closed: bool
    live_node: int = LIVE


@dataclass(frozen=True, slots=True)
class DeadRegion:
    """Blocks and the links between them and to live places, links in the order of devices."""

    isolated: Supply
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]


def dead_region(
    *, supply: Supply, section: Section, held: frozenset[int], dangers: Sequence[Danger]
) -> DeadRegion:
    """Return the region around a section of a supply once isolated; `held` devices stay as they are."""
    return _Finder(supply, section, held, dangers).region()


class _Finder:
    def __init__(
        self, supply: Supply, section: Section, held: frozenset[int], dangers: Sequence[Danger]
    ) -> None:
        self.supply = supply
        self.network = supply.network
        self.section = section
        self.isolated = supply.opened(section.to_open)
        self.normal = Supply(supply.tree)
        dangerous = sorted({one for danger in dangers for one in danger.devices})
        self.dangerous = {one for one in self.network.find_devices(dangerous).tolist() if one >= 0}
        self.never = held | self.dangerous | set(section.devices)
        self.danger_nodes = self._danger_nodes(dangers)

    def region(self) -> DeadRegion:
        lacking = self._lacking()
        block_of = self._blocks([*lacking, *self._bare(lacking)])
        members: dict[int, list[int]] = {}
        for node, block in block_of.items():
            members.setdefault(block, []).append(node)
        blocks = tuple(self._block(members[block], lacking) for block in range(len(members)))
        return DeadRegion(self.isolated, blocks, tuple(self._links(block_of)))

    def _danger_nodes(self, dangers: Sequence[Danger]) -> set[int]:
        names = sorted({node for danger in dangers for node in danger.nodes})
        nodes = set(find_ids(self.network.node_id_array, names).tolist())
        for device in self.dangerous:
            nodes.update(node for node in self.supply.ends_of(device) if self.supply.ends_at(device, node))
        return nodes

    def _lacking(self) -> dict[int, None]:
        """Rule 1."""
        seen = set(self.section.nodes)
        waiting = deque(sorted(seen))
        isolating = set(self.section.to_open)
        lacking: dict[int, None] = {}
        while waiting:
            for device, beyond in self.supply.edges_at(waiting.popleft()):
                joins = device in isolating or self.supply.closed_phases_of(device)
                if joins and beyond not in seen and self._phases_lacking(beyond):
                    seen.add(beyond)
                    waiting.append(beyond)
                    lacking[beyond] = None
        return lacking

    def _phases_lacking(self, node: int) -> int:
        return self.normal.phases_of_node(node) & ~self.isolated.phases_of_node(node)

    def _bare(self, lacking: Iterable[int]) -> dict[int, None]:
        """Return the never-fed nodes that can be reached from the region (rule 3)."""
        waiting = deque(lacking)
        bare: dict[int, None] = {}
        while waiting:
            for device, beyond in self.supply.edges_at(waiting.popleft()):
                passes = self.isolated.closed_phases_of(device) or self._can_operate(device)
                if passes and beyond not in bare and self._is_never_fed(beyond):
                    bare[beyond] = None
                    waiting.append(beyond)
        return bare

    def _is_never_fed(self, node: int) -> bool:
        if node in self.section.nodes:
            return False
        return not self.normal.phases_of_node(node) and not self.isolated.phases_of_node(node)

    def _can_operate(self, device: int) -> bool:
        if device >= self.network.device_count or device in self.never:
            return False
        return is_switchable(self.network, device)

    def _blocks(self, nodes: Iterable[int]) -> dict[int, int]:
        """Return the number of the block of each node (rule 3)."""
        inside = dict.fromkeys(nodes)
        block_of: dict[int, int] = {}
        count = 0
        for start in inside:
            if start in block_of:
                continue
            block_of[start] = count
            waiting = deque([start])
            while waiting:
                for device, beyond in self.isolated.edges_at(waiting.popleft()):
                    is_fixed = self.isolated.closed_phases_of(device) and not self._can_operate(device)
                    if is_fixed and beyond in inside and beyond not in block_of:
                        block_of[beyond] = count
                        waiting.append(beyond)
            count += 1
        return block_of

    def _block(self, nodes: Sequence[int], lacking: dict[int, None]) -> Block:
        points = self.network.service_points_at(nodes)
        is_known = not len(points) or any(node in lacking for node in nodes)
        may_be_fed = is_known and not self.danger_nodes.intersection(nodes)
        customers = int(self.network.service_point_customers[points].sum())
        return Block(tuple(nodes), customers, may_be_fed)

    def _links(self, block_of: dict[int, int]) -> Iterable[Link]:
        found: dict[int, Link] = {}
        for node, block in block_of.items():
            for device, beyond in self.isolated.edges_at(node):
                if device in found or not self._can_operate(device) or beyond in self.section.nodes:
                    continue
                other = block_of.get(beyond, LIVE)
                carried = int(self.network.device_phases[device]) & ABC
                closed = self.isolated.closed_phases_of(device)
                if other == block or (closed == carried and other == LIVE):
                    continue
                if other != LIVE:
                    found[device] = Link(device, block, other, closed > 0)
                elif self.isolated.phases_of_node(beyond):
                    found[device] = Link(device, block, LIVE, is_closed=False, live_node=beyond)
        return [found[device] for device in sorted(found)]
