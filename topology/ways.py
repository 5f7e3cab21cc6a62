"""Ways to the source after switching: the devices that a place is fed through, nearest first.

Rule 1: where no ring is near, the way is the only one: up the tree of each piece to where it is fed, over
that device into the next piece, until the source.
Rule 2: where a ring leaves a choice, the way with fewest devices is taken, found by a search from the place.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from topology.forest import NO_POSITION
from topology.pieces import Pieces
from topology.supply import Supply


@dataclass(frozen=True, slots=True)
class Way:
    """Devices from a node to the source node that feeds it, nearest first, as indices.

    Jumpers are among them by their numbers; a generator, which feeds at the node it stands at, is the last.
    """

    devices: tuple[int, ...]
    source: int


def way_to_source(supply: Supply, node: int, phase: int) -> Way | None:
    """Return the way from a node to its source on one phase (a bit), None where it has no supply."""
    for one in supply.of_phases:
        if one.phases & phase:
            pieces = one.pieces
            position = int(pieces.forest.position_of_node[node])
            if not pieces.is_live_at(position):
                return None
            return _only_way(pieces, position) or _shortest_way(supply, node, phase)
    return None


def spanning_steps(pieces: Pieces, position: int) -> tuple[int, list[tuple[int, int]]]:
    """Return the way from a live position over the trees and the entries of pieces, rings or no rings.

    The position of the source, and the steps, nearest first: each a device with the position whose upper edge
    it is, `NO_POSITION` for the device of a join.
    """
    parent = pieces.forest.parent
    steps: list[tuple[int, int]] = []
    while (entry := pieces.entries[pieces.piece_at(position)]) is not None:
        steps += _steps_between(pieces, position, entry.inner)
        steps.append((entry.device, NO_POSITION))
        if entry.outer == 0:
            # A generator is joined to the virtual root: it is the source.
            return entry.inner, steps
        position = entry.outer
    while parent[position] > 0:
        steps.append((int(pieces.forest.parent_edge[position]), position))
        position = int(parent[position])
    return position, steps


def _only_way(pieces: Pieces, position: int) -> Way | None:
    """Return the way if it is the only one or nothing was switched; None when a ring leaves a choice."""
    if pieces.rings:
        return None
    source, steps = spanning_steps(pieces, position)
    is_bridge = pieces.forest.is_bridge
    if pieces.is_switched and not all(is_bridge[one] for _, one in steps if one != NO_POSITION):
        return None
    return Way(tuple(device for device, _ in steps), int(pieces.forest.node_at[source]))


def _steps_between(pieces: Pieces, start: int, stop: int) -> list[tuple[int, int]]:
    """Return the steps from a position of a tree to another one, in order."""
    parent, ascending, descending = pieces.forest.parent, [], []
    while start != stop:
        if start > stop:
            ascending.append(start)
            start = int(parent[start])
        else:
            descending.append(stop)
            stop = int(parent[stop])
    passed = ascending + descending[::-1]
    return [(int(pieces.forest.parent_edge[one]), one) for one in passed]


def _shortest_way(supply: Supply, node: int, phase: int) -> Way | None:
    """Search outwards from a node over closed devices until the first source."""
    network = supply.network
    came_by: dict[int, tuple[int, int]] = {node: (-1, -1)}
    waiting = deque([node])
    while waiting:
        here = waiting.popleft()
        if network.node_is_source[here]:
            return Way(_retrace(came_by, here), here)
        if (generator := supply.generator_at(here, phase)) is not None:
            return Way((*_retrace(came_by, here), generator), here)
        for device, beyond in supply.edges_at(here):
            if beyond not in came_by and supply.closed_phases_of(device) & phase:
                came_by[beyond] = (device, here)
                waiting.append(beyond)
    return None


def _retrace(came_by: dict[int, tuple[int, int]], source: int) -> tuple[int, ...]:
    devices = []
    device, nearer = came_by[source]
    while device >= 0:
        devices.append(device)
        device, nearer = came_by[nearer]
    return tuple(reversed(devices))
