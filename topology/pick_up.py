"""Picking up dead places: which ties could feed them, what must open first, and who would gain.

Rule 1: the faulted section is isolated (`isolation`). What lacks a phase that it has in the walked state, and
hangs together with the section over closed devices or over those that isolate it, is the dead region.
Rule 2: a switchable device with one end in the dead region, none in the section, and a live other end could
pick it up; so could two in series with nothing between them but dead nodes (a tie drawn as two switches).
Rule 3: of the devices that isolate the section, those must open first that the tie would otherwise feed the
section through.
Rule 4: who gains is counted by switching exactly so, phase by phase, compared with the isolated state.
Proposals only: a person executes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topology.isolation import Section, device_indices, is_switchable, section_around
from topology.phases import ABC, PHASE_BITS, format_phases
from topology.rings import feeder_on
from topology.supply import Supply
from topology.ways import way_to_source


@dataclass(frozen=True, slots=True)
class PickUp:
    """Closing `close` after opening `open_first` gives supply to these service points again (sorted ids)."""

    close: tuple[str, ...]
    open_first: tuple[str, ...]
    feeder: str | None
    phases: str
    service_points: tuple[str, ...]
    customers: int


def pick_ups(*, supply: Supply, faulted: Sequence[str]) -> tuple[PickUp, ...]:
    """Return who could be picked up around some faulted devices: most customers first, then fewest steps.

    Args:
        supply: the state now, with whatever has tripped open; its tree is the normal state.
        faulted: ids of what must stay without supply; UnknownDeviceError names unknown ones.
    """
    search = _Search(supply, section_around(supply, device_indices(supply.network, faulted)))
    found = [one for chain, live_end in search.chains() if (one := search.pick_up(chain, live_end))]
    return tuple(
        sorted(found, key=lambda one: (-one.customers, len(one.close) + len(one.open_first), one.close))
    )


class _Search:
    def __init__(self, supply: Supply, section: Section) -> None:
        self.supply = supply
        self.network = supply.network
        self.section = section
        self.isolated = supply.opened(section.to_open)

    @cached_property
    def normal(self) -> Supply:
        return Supply(self.supply.tree)

    def chains(self) -> list[tuple[tuple[int, ...], int]]:
        """Return the devices to close, nearest to the dead region first, with the live node (rule 2)."""
        found: dict[tuple[int, ...], int] = {}
        for node in self._dead_region():
            for first, beyond in self._closable_at(node):
                if self._is_live(beyond):
                    found[(first,)] = beyond
                    continue
                for second, far in self._closable_at(beyond):
                    if second != first and self._is_live(far) and self._is_bare(beyond, first, second):
                        found[(first, second)] = far
        return sorted(found.items())

    def pick_up(self, chain: tuple[int, ...], live_end: int) -> PickUp | None:
        """Return what closing a chain gives to whom, None if to nobody (rules 3 and 4)."""
        network, closed = self.network, self.isolated.closed(chain)
        change = closed.change_since(self.isolated)
        gainers = change.gainers
        if not len(gainers):
            return None
        open_first = [one for one in self.section.to_open if self._feeds_section(closed, one)]
        ways = [way for bit in PHASE_BITS if (way := way_to_source(self.isolated, live_end, bit))]
        return PickUp(
            close=tuple(network.device_ids(list(chain))),
            open_first=tuple(network.device_ids(open_first)),
            feeder=feeder_on(self.isolated, ways[0]),
            phases=format_phases(int(np.bitwise_or.reduce(change.gained))),
            service_points=tuple(network.service_point_ids(gainers)),
            customers=int(network.service_point_customers[gainers].sum()),
        )

    def _dead_region(self) -> list[int]:
        """Return the dead nodes outside the section that hang together with it (rule 1)."""
        seen = set(self.section.nodes)
        waiting = deque(sorted(seen))
        region: list[int] = []
        isolating = set(self.section.to_open)
        while waiting:
            here = waiting.popleft()
            for device, beyond in self.supply.edges_at(here):
                joins = device in isolating or self.supply.closed_phases_of(device)
                if joins and beyond not in seen and self._lacks(beyond):
                    seen.add(beyond)
                    waiting.append(beyond)
                    region.append(beyond)
        return region

    def _lacks(self, node: int) -> bool:
        return bool(self.normal.phases_of_node(node) & ~self.isolated.phases_of_node(node))

    def _is_live(self, node: int) -> bool:
        return node not in self.section.nodes and self.isolated.phases_of_node(node) > 0

    def _is_bare(self, node: int, first: int, second: int) -> bool:
        """Tell whether nothing hangs at a dead node between two devices but what is open itself."""
        if node in self.section.nodes:
            return False
        others = {device for device, _ in self.supply.edges_at(node)} - {first, second}
        return not any(self.supply.closed_phases_of(one) for one in others)

    def _closable_at(self, node: int) -> list[tuple[int, int]]:
        """Return the switchable devices at a node that are open on some phase, with their other ends."""
        if node in self.section.nodes:
            return []
        return [
            (device, self.network.other_end(device, node))
            for device in self.network.devices_at(node).tolist()
            if is_switchable(self.network, device)
            and int(self.network.device_phases[device]) & ABC & ~self.isolated.closed_phases_of(device)
        ]

    def _feeds_section(self, closed: Supply, device: int) -> bool:
        ends = (self.network.device_from_nodes[device], self.network.device_to_nodes[device])
        carried = self.supply.closed_phases_of(device)
        return any(closed.phases_of_node(int(end)) & carried for end in ends)
