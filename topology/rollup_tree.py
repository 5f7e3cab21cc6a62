"""The devices that roll-up rules may name, as a tree with counts, made once for a supply tree.

Owns parents, service points and children of every device, for an opening on all phases and on each alone.
Vertices are in pre-order: whatever feeds a vertex has a lower number; vertex 0 stands for the sources. A
device is in the tree when it is of a blameable kind, feeds a service point, and is the only way to it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from topology.arrays import BoolArray, IntArray, LongArray, MaskArray, read_only
from topology.kinds import BLAMEABLE_KINDS, CODE_OF_KIND
from topology.phases import ABC, PHASE_BITS
from topology.supply_tree import SupplyTree
from topology.walk import NO_EDGE, nearest_marked

FloatArray = npt.NDArray[np.float64]

# The ways of opening that rules look at: all phases, or one alone.
MODES: tuple[int, ...] = (ABC, *PHASE_BITS)


class RollupTree:
    """Arrays by vertex (`device`, `parent`, `first`, `beyond`) and, laid out in pre-order, by service point.

    The service points below a vertex are `points[first:beyond]`; `taken` are the phases that each of `points`
    takes and has, `vertex_of_point` the lowest vertex above each. Counts have a column for each of `MODES`.
    """

    def __init__(self, tree: SupplyTree) -> None:
        """Contract the supply tree to its blameable bridges."""
        self.tree = tree
        forest = tree.joint
        live = forest.live_count
        marked = self._may_be_named(tree)
        positions = np.flatnonzero(marked)
        above = nearest_marked(forest.parent[:live], marked)
        vertex_at = np.zeros(live, dtype=np.int32)
        vertex_at[positions] = np.arange(len(positions))
        starts = forest.starts[: live + 1]
        self.device: IntArray = read_only(forest.parent_edge[positions])
        self.parent: IntArray = read_only(
            np.append(np.int32(0), vertex_at[above[forest.parent[positions[1:]]]]).astype(np.int32)
        )
        self.first: IntArray = read_only(starts[positions])
        self.beyond: IntArray = read_only(starts[forest.end[positions]])
        self.points: IntArray = read_only(forest.service_points[: starts[-1]])
        self.taken: MaskArray = read_only(tree.service_point_phases[self.points])
        at_each = np.diff(starts)
        self.vertex_of_point: IntArray = read_only(np.repeat(vertex_at[above], at_each))
        self.place_of_point: LongArray = np.full(tree.network.service_point_count, -1, dtype=np.int64)
        self.place_of_point[self.points] = np.arange(len(self.points))
        self.takes: BoolArray = read_only((self.taken[:, None] & np.array(MODES, dtype=np.uint8)) > 0)
        # Services that hang on one phase alone tell which phase it is; those on several report for any.
        only = self.taken[:, None] == np.array(MODES, dtype=np.uint8)
        only[:, 0] = False
        self.takes_only: BoolArray = read_only(only)
        self.point_counts: FloatArray = read_only(self.summed_below(self.takes.astype(np.float64)))
        self.only_counts: FloatArray = read_only(self.summed_below(self.takes_only.astype(np.float64)))
        self.is_last: BoolArray = read_only(np.bincount(self.parent[1:], minlength=len(positions)) == 0)
        has_points = (self.point_counts > 0).astype(np.float64)
        self.child_counts: FloatArray = read_only(
            self.summed_to_parents(has_points) + self.summed_at(self.takes.astype(np.float64))
        )
        self.phases: MaskArray = read_only(np.where(self.device >= 0, tree.device_phases[self.device], 0))
        self.sameness_of_point: LongArray = read_only(
            np.random.default_rng(0).integers(1, 2**62, size=len(self.points))
        )
        self.sameness: LongArray = read_only(self._sameness())

    @staticmethod
    def _may_be_named(tree: SupplyTree) -> BoolArray:
        forest = tree.joint
        live = forest.live_count
        codes = np.array([CODE_OF_KIND[kind] for kind in BLAMEABLE_KINDS], dtype=np.uint8)
        edge = forest.parent_edge[:live]
        kinds = tree.network.device_kind_codes[edge]
        feeds = forest.starts[forest.end[:live]] > forest.starts[:live]
        marked = (edge != NO_EDGE) & forest.is_bridge[:live] & np.isin(kinds, codes) & feeds
        marked[0] = True
        return np.asarray(marked, dtype=np.bool_)

    @property
    def count(self) -> int:
        """How many vertices there are, the sources among them."""
        return len(self.device)

    def summed_below(self, values: FloatArray) -> FloatArray:
        """Return for each vertex the sum of rows, one per place of a service point, over all below it."""
        summed = np.zeros((len(values) + 1, values.shape[1]))
        np.cumsum(values, axis=0, out=summed[1:])
        return np.asarray(summed[self.beyond] - summed[self.first])

    def summed_at(self, values: FloatArray) -> FloatArray:
        """Return for each vertex the sum over the service points that have no device between it and them."""
        return self._summed(self.vertex_of_point, values)

    def summed_to_parents(self, values: FloatArray) -> FloatArray:
        """Return for each vertex the sum of rows over the vertices next below it."""
        return self._summed(self.parent[1:], values[1:])

    def _summed(self, keys: npt.NDArray[Any], values: FloatArray) -> FloatArray:
        summed = np.empty((self.count, values.shape[1]))
        for column in range(values.shape[1]):
            summed[:, column] = np.bincount(keys, weights=values[:, column], minlength=self.count)
        return summed

    def _sameness(self) -> LongArray:
        """Return a number for each vertex and mode, the same where the same service points go out."""
        summed = np.zeros((len(self.points) + 1, len(MODES)), dtype=np.int64)
        np.cumsum(np.where(self.takes, self.sameness_of_point[:, None], 0), axis=0, out=summed[1:])
        return np.asarray(summed[self.beyond] - summed[self.first])

    @cached_property
    def same(self) -> dict[int, list[int]]:
        """The vertices that put out the same service points in some mode, by their sameness."""
        found: dict[int, list[int]] = {}
        for vertex in range(1, self.count):
            for number in sorted({int(self.sameness[vertex, mode]) for mode in self.modes_of(vertex)}):
                found.setdefault(number, []).append(vertex)
        return found

    def modes_of(self, vertex: int) -> list[int]:
        """Return the places in `MODES` of the ways a device may open in that put out someone."""
        phases = int(self.phases[vertex])
        modes = [0, *(mode for mode, mask in enumerate(MODES) if mode and phases & mask)]
        return [mode for mode in modes if self.point_counts[vertex, mode]]

    @cached_property
    def place_of_sameness(self) -> dict[int, int]:
        """The place of a service point by the sameness of its service."""
        return {number: place for place, number in enumerate(self.sameness_of_point.tolist())}
