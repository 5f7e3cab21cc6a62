"""The tree of devices that inference may blame, in arrays: one vertex for each, in pre-order below a root.

Owns which device stands above which, which service points hang where, and the numbering that makes all that
is below a vertex one slice. A device is a vertex when it is of a blameable kind, a bridge of some phase (only
then does opening it put someone out), and feeds a service point.

Where phases come over different devices, one tree must still hold them all:
Rule 1: devices side by side between the same two nodes, each on phases of its own (single-phase fuses of one
bank), stand in a chain. That changes nothing: a device is felt on its own phases only.
Rule 2: what else comes over several devices hangs below that of its first phase; `approximate` counts these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topology.arrays import BoolArray, Indices, IntArray, LongArray, MaskArray, read_only
from topology.kinds import BLAMEABLE_KINDS
from topology.supply_tree import SupplyTree

ROOT = 0
NOBODY = -1


@dataclass(frozen=True, eq=False)
class BlameTree:
    """Vertices in pre-order; 0 is a root that stands for no device and never opens.

    `device`, `parent`, `end` (of the slice below), `depth` and `feeder` (the topmost vertex above, 0 for the
    root) are by vertex; `vertex_of_point` by service point, -1 without supply. `points` are the service
    points with supply by vertex: those of v itself are `points[point_starts[v]:point_starts[v + 1]]`.
    """

    tree: SupplyTree
    device: IntArray
    parent: IntArray
    end: IntArray
    depth: IntArray
    feeder: IntArray
    vertex_of_point: IntArray
    vertex_of_device: IntArray
    approximate: int

    def __len__(self) -> int:
        """Return the number of vertices, the root among them."""
        return len(self.device)

    @cached_property
    def points(self) -> LongArray:
        """The service points with supply, in the order of their vertices."""
        order = np.argsort(self.vertex_of_point, kind="stable")
        return read_only(order[np.count_nonzero(self.vertex_of_point < 0) :])

    @cached_property
    def point_starts(self) -> LongArray:
        """By vertex, and one beyond: where its own service points start."""
        return read_only(
            np.searchsorted(self.vertex_of_point[self.points], np.arange(len(self) + 1)).astype(np.int64)
        )

    @cached_property
    def children(self) -> tuple[IntArray, LongArray]:
        """All vertices but the root by parent, and where the children of each vertex start."""
        order = np.argsort(self.parent[1:], kind="stable").astype(np.int32) + 1
        starts = np.searchsorted(self.parent[order], np.arange(len(self) + 1)).astype(np.int64)
        return read_only(order), read_only(starts)

    @cached_property
    def taken(self) -> MaskArray:
        """The sets of phases that service points take and have, each once, sorted."""
        return read_only(np.unique(self.tree.service_point_phases[self.points]))

    @cached_property
    def taken_of_point(self) -> IntArray:
        """By service point: the number of the set of phases it takes in `taken`, -1 without supply."""
        numbers = np.searchsorted(self.taken, self.tree.service_point_phases).astype(np.int32)
        numbers[self.vertex_of_point < 0] = NOBODY
        return read_only(numbers)

    @cached_property
    def points_below(self) -> LongArray:
        """By vertex and set of phases: how many service points with these phases hang at or below."""
        own = np.zeros((len(self) + 1, len(self.taken)), dtype=np.int64)
        np.add.at(own, (self.vertex_of_point[self.points] + 1, self.taken_of_point[self.points]), 1)
        running = np.cumsum(own, axis=0)
        return read_only(running[self.end] - running[np.arange(len(self))])

    @cached_property
    def phases(self) -> MaskArray:
        """By vertex: the phases it carries, has closed and with supply, and that somebody below takes."""
        wanted = np.bitwise_or.reduce(np.where(self.points_below > 0, self.taken, 0), axis=1)
        carried = np.append(self.tree.device_phases, 0)[self.device]
        return read_only((carried & wanted).astype(np.uint8))

    @cached_property
    def feeders(self) -> LongArray:
        """The topmost vertices; each is the feeder of all below it."""
        return read_only(np.flatnonzero(self.parent == ROOT)[1:])

    def levels(self, vertices: Indices) -> list[LongArray]:
        """Return some vertices by depth, the topmost first."""
        return [np.asarray(vertices[rows], dtype=np.int64) for rows in self.levels_of(vertices)]

    def levels_of(self, vertices: Indices) -> list[LongArray]:
        """Return the places of some vertices by depth, the topmost first."""
        depths = self.depth[vertices]
        order = np.argsort(depths, kind="stable")
        starts = np.flatnonzero(np.diff(depths[order], prepend=-1))
        return [one for one in np.split(order, starts[1:]) if len(one)]

    def with_all_above(self, vertices: Indices) -> LongArray:
        """Return some vertices and all above them, sorted, the root among them."""
        marked = np.zeros(len(self), dtype=np.bool_)
        marked[ROOT] = marked[vertices] = True
        climbing: Indices = np.flatnonzero(marked[1:]) + 1
        while len(climbing):
            above = self.parent[climbing]
            climbing = above[~marked[above]]
            marked[climbing] = True
        return np.flatnonzero(marked)

    def above(self, vertex: int) -> tuple[int, ...]:
        """Return the vertices above one, nearest first, without the root."""
        if (found := self._above.get(vertex)) is None:
            climbed = []
            above = vertex
            while (above := int(self.parent[above])) != ROOT:
                climbed.append(above)
            found = self._above[vertex] = tuple(climbed)
        return found

    @cached_property
    def _above(self) -> dict[int, tuple[int, ...]]:
        """What `above` has found."""
        return {}

    @cached_property
    def count_below(self) -> LongArray:
        """By vertex: how many service points hang at or below."""
        return read_only(self.point_starts[self.end] - self.point_starts[:-1])

    def affected(self, vertices: Indices, phases: Indices) -> LongArray:
        """Return how many service points below lose a phase when each vertex opens on these phases."""
        takes = (self.taken & phases[:, None]) > 0
        return np.asarray((self.points_below[vertices] * takes).sum(axis=1))

    @cached_property
    def is_fed(self) -> BoolArray:
        """By service point whether it has supply."""
        return read_only(self.vertex_of_point >= 0)

    def of_feeders(self, feeders: Indices | Sequence[int]) -> BoolArray:
        """Tell which vertices are of some feeders; the root stands for itself alone."""
        is_asked = np.zeros(len(self), dtype=np.bool_)
        is_asked[feeders] = True
        return np.asarray(is_asked[self.feeder])

    def points_at_or_below(self, vertex: int) -> LongArray:
        """Return the service points that hang at a vertex or below it."""
        return self.points[self.point_starts[vertex] : self.point_starts[self.end[vertex]]]

    def vertex_above_device(self, device: int) -> int:
        """Return the vertex that feeds any device, itself if it is one, the root where there is none."""
        if (vertex := int(self.vertex_of_device[device])) > ROOT:
            return vertex
        for supply, above in zip(self.tree.supplies, self.tree.blameable_above, strict=True):
            position = supply.live_position(device)
            if position < 0:
                others = np.flatnonzero(supply.walk.other_edges == device)
                position = int(supply.walk.other_positions[others[0]]) if len(others) else -1
            if position > 0 and (blamed := int(supply.walk.parent_edge[above[position]])) >= 0:
                return max(ROOT, int(self.vertex_of_device[blamed]))
        return ROOT


def grow_blame_tree(tree: SupplyTree) -> BlameTree:
    """Return the tree of blameable devices of a supply."""
    lines = _Lines(tree)
    lines.chain_banks()
    parents = lines.parents()
    order, parent, depth, end = _number(parents)
    device = np.append(-1, lines.devices[order]).astype(np.int32)
    vertex_of_device = np.full(tree.network.device_count, NOBODY, dtype=np.int32)
    vertex_of_device[device[1:]] = np.arange(1, len(device))
    vertex_of_row = np.append(np.argsort(order) + 1, ROOT)
    vertex_of_point = vertex_of_row[lines.row_above_points()].astype(np.int32)
    vertex_of_point[tree.service_point_phases == 0] = NOBODY
    return BlameTree(
        tree=tree,
        device=read_only(device),
        parent=read_only(parent),
        end=read_only(end),
        depth=read_only(depth),
        feeder=read_only(_feeders(parent)),
        vertex_of_point=read_only(vertex_of_point),
        vertex_of_device=read_only(vertex_of_device),
        approximate=lines.approximate,
    )


class _Lines:
    """The blameable devices as rows, and for each the rows above it in every supply; -1 is the root."""

    def __init__(self, tree: SupplyTree) -> None:
        self._tree = tree
        self.approximate = 0
        places = [self._places(number) for number in range(len(tree.supplies))]
        self.devices = np.unique(np.concatenate([device for device, _ in places]))
        self._row = np.full(tree.network.device_count + 1, NOBODY, dtype=np.int64)
        self._row[self.devices] = np.arange(len(self.devices))
        self._above = np.full((len(places), len(self.devices)), -2, dtype=np.int64)
        for number, (device, above) in enumerate(places):
            self._above[number, self._row[device]] = self._row[above]
        # By row: the last of its bank, through which everything below the bank hangs.
        self._last = np.arange(len(self.devices) + 1)
        self._last[-1] = NOBODY
        self._next_up = np.full(len(self.devices), -2, dtype=np.int64)

    def _places(self, number: int) -> tuple[LongArray, LongArray]:
        """Return the blameable bridges of a supply that feed someone, and the one above each."""
        supply = self._tree.supplies[number]
        positions = np.flatnonzero(self._tree.marked(supply, sorted(BLAMEABLE_KINDS)))
        fed = supply.starts[supply.walk.end[positions]] > supply.starts[positions]
        positions = positions[fed]
        above = self._tree.blameable_above[number][supply.walk.parent[positions]]
        edge = supply.walk.parent_edge
        return edge[positions].astype(np.int64), edge[above].astype(np.int64)

    def chain_banks(self) -> None:
        """Chain single-phase devices side by side between the same two nodes (rule 1)."""
        network = self._tree.network
        ends = np.sort(
            np.stack([network.device_from_nodes[self.devices], network.device_to_nodes[self.devices]]), axis=0
        )
        order = np.lexsort((self.devices, ends[1], ends[0]))
        alike = (np.diff(ends[:, order], axis=1) == 0).all(axis=0)
        phases = self._tree.device_phases[self.devices]
        start = 0
        for stop in [*(np.flatnonzero(~alike) + 1).tolist(), len(order)]:
            bank = order[start:stop]
            start = stop
            if len(bank) > 1 and int(phases[bank].sum()) == int(np.bitwise_or.reduce(phases[bank])):
                self._last[bank] = bank[-1]
                self._next_up[bank[1:]] = bank[:-1]

    def parents(self) -> LongArray:
        """Return the row above each row, -1 below the root."""
        first = self._first(self._last[self._above], self._above >= -1)
        chained = self._next_up >= 0
        first[chained] = self._next_up[chained]
        return first

    def _first(self, above: LongArray, known: BoolArray) -> LongArray:
        """Return the first known of each column, counting those that differ (rule 2)."""
        first = np.full(above.shape[1], NOBODY, dtype=np.int64)
        for row, is_known in zip(above[::-1], known[::-1], strict=True):
            first[is_known] = row[is_known]
        self.approximate += int((known & (above != first)).any(axis=0).sum())
        return first

    def row_above_points(self) -> LongArray:
        """Return the row above each service point, -1 for the root or without supply."""
        network, tree = self._tree.network, self._tree
        above = np.full((len(tree.supplies), network.service_point_count), NOBODY, dtype=np.int64)
        known = np.zeros(above.shape, dtype=np.bool_)
        for number, supply in enumerate(tree.supplies):
            points = supply.service_points
            positions = supply.walk.position_of_node[network.service_point_nodes[points]]
            blamed = supply.walk.parent_edge[tree.blameable_above[number][positions]]
            above[number, points] = self._last[self._row[blamed]]
            known[number, points] = True
        return self._first(above, known)


def _number(parents: LongArray) -> tuple[LongArray, IntArray, IntArray, IntArray]:
    """Return the rows in pre-order, and by vertex: parent, depth and end of the slice."""
    count = len(parents)
    starts = np.searchsorted(parents[np.argsort(parents, kind="stable")], np.arange(-1, count + 1)).tolist()
    by_parent = np.argsort(parents, kind="stable").tolist()
    order: list[int] = []
    parent = [ROOT] * (count + 1)
    depth = [0] * (count + 1)
    waiting = [(row, ROOT) for row in reversed(by_parent[: starts[1]])]
    while waiting:
        row, above = waiting.pop()
        order.append(row)
        vertex = len(order)
        parent[vertex], depth[vertex] = above, depth[above] + 1
        waiting += [(below, vertex) for below in reversed(by_parent[starts[row + 1] : starts[row + 2]])]
    end = list(range(1, count + 2))
    for vertex in range(count, 0, -1):
        end[parent[vertex]] = max(end[parent[vertex]], end[vertex])
    return (
        np.array(order, dtype=np.int64),
        np.array(parent, dtype=np.int32),
        np.array(depth, dtype=np.int32),
        np.array(end, dtype=np.int32),
    )


def _feeders(parent: IntArray) -> IntArray:
    feeder = list(range(len(parent)))
    for vertex, above in enumerate(parent.tolist()):
        if above != ROOT:
            feeder[vertex] = feeder[above]
    return np.array(feeder, dtype=np.int32)
