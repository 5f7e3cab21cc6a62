"""The tree of devices that inference may blame, read off a supply tree where evidence touches it.

A device is in it when it is of a blameable kind and a bridge: only then does opening it put someone out.
Where phases are fed over different ways, a service point hangs where the first phase that it takes is fed,
and a device where the first phase is that any service point hangs below it on.
That can close no ring: what is above a device has such a phase no later than its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from topology.arrays import Indices, LongArray
from topology.supply_tree import SupplyTree
from topology.walk import NO_EDGE


class BlameTree:
    """Parents, order and counts of blameable devices; -1 stands for none."""

    def __init__(self, tree: SupplyTree) -> None:
        self._tree = tree
        self._parents: dict[int, int] = {}
        self._places: dict[int, tuple[int, int] | None] = {}

    def above_service_points(self, points: Indices) -> LongArray:
        """Return the lowest blameable device above each service point, -1 for none or no supply."""
        tree = self._tree
        first, _ = tree.first_supply
        above = np.full(len(points), NO_EDGE, dtype=np.int64)
        for number, supply in enumerate(tree.supplies):
            here = np.flatnonzero(first[points] == number)
            nodes = tree.network.service_point_nodes[points[here]]
            positions = tree.blameable_above[number][supply.walk.position_of_node[nodes]]
            above[here] = supply.walk.parent_edge[positions]
        return above

    def above(self, device: int) -> int:
        """Return the next blameable device above a device, -1 for none."""
        if device not in self._parents:
            self._parents[device] = self._find_above(device)
        return self._parents[device]

    def at_or_below(self, device: int, blameable: Sequence[int]) -> set[int]:
        """Return those of some devices of the tree that are a device itself or fed through it."""
        below: set[int] = set()
        slices = [supply.slice_behind(device) for supply in self._tree.supplies]
        for one in blameable:
            if (
                (place := self._place(one))
                and (behind := slices[place[0]])
                and behind[0] <= place[1] < behind[1]
            ):
                below.add(one)
        return below

    def order(self, device: int) -> tuple[int, int]:
        """Return a key that sorts every device of the tree after those above it."""
        return self._place(device) or (0, 0)

    def service_point_count(self, device: int) -> int:
        """Return how many service points hang below a device of the tree."""
        return sum(count for _, _, count in self._slices(device))

    def _find_above(self, device: int) -> int:
        place = self._place(device)
        if place is None:
            return self._above_looped(device)
        number, position = place
        walk = self._tree.supplies[number].walk
        higher = self._tree.blameable_above[number][walk.parent[position]]
        return int(walk.parent_edge[higher])

    def _above_looped(self, device: int) -> int:
        """Return what feeds the looped part a device lies in; an indicator may stand on any device."""
        for number, supply in enumerate(self._tree.supplies):
            position = supply.live_position(device)
            if position < 0:
                others = np.flatnonzero(supply.walk.other_edges == device)
                position = int(supply.walk.other_positions[others[0]]) if len(others) else NO_EDGE
            if position >= 0:
                return int(supply.walk.parent_edge[self._tree.blameable_above[number][position]])
        return NO_EDGE

    def _place(self, device: int) -> tuple[int, int] | None:
        """Return the first supply that service points hang below the device in, and its position there.

        A device with none hangs in the first supply that it is a bridge of.
        """
        if device not in self._places:
            slices = self._slices(device)
            hung = [one for one in slices if one[2]] or slices
            self._places[device] = hung[0][:2] if hung else None
        return self._places[device]

    def _slices(self, device: int) -> list[tuple[int, int, int]]:
        """Return the supplies that the device is a bridge of: number, position, service points hung below."""
        _, starts = self._tree.first_supply
        return [
            (number, behind[0], int(starts[number][behind[1]] - starts[number][behind[0]]))
            for number, supply in enumerate(self._tree.supplies)
            if (behind := supply.slice_behind(device)) is not None
        ]
