"""Who lost and who gained supply, gathered from the stretches of positions that differ between two states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from topology.arrays import IntArray, MaskArray
from topology.forest import Forest
from topology.network import Network
from topology.supply_tree import NOTHING

Stretches = list[tuple[int, int]]
WideMaskArray = npt.NDArray[np.uint16]
# Stretches of a forest whose service points lost or gained some phases.
Marked = tuple[Forest, Stretches, int]

# Lost phases stand in the lower byte while changes are gathered, gained ones above them.
GAINED_SHIFT = 8
# From one changed in so many service points on, one array over all of them is quicker than sorting.
DENSE_SHARE = 32


@dataclass(frozen=True, eq=False)
class SupplyChange:
    """Service points (sorted indices) whose supply differs between two states, with the phases concerned."""

    service_points: IntArray
    lost: MaskArray
    gained: MaskArray

    @property
    def losers(self) -> IntArray:
        """The service points that lost a phase they take."""
        return self.service_points[self.lost > 0]

    @property
    def gainers(self) -> IntArray:
        """The service points that gained a phase they take."""
        return self.service_points[self.gained > 0]


def gather_change(network: Network, lost: list[Marked], gained: list[Marked]) -> SupplyChange:
    """Gather the service points of stretches, each once and sorted, with all its phases."""
    pieces = [
        (forest.service_points[forest.starts[start] : forest.starts[stop]], phases << shift)
        for shift, marked in ((0, lost), (GAINED_SHIFT, gained))
        for forest, stretches, phases in marked
        for start, stop in stretches
    ]
    if sum(len(points) for points, _ in pieces) * DENSE_SHARE > network.service_point_count:
        points, mask = _gather_many(network, pieces)
    else:
        points, mask = _gather_few(pieces)
    taken = network.service_point_phases[points]
    lost_phases = mask.astype(np.uint8) & taken
    gained_phases = (mask >> GAINED_SHIFT).astype(np.uint8) & taken
    differing = lost_phases | gained_phases
    if not differing.all():
        kept = np.flatnonzero(differing)
        points, lost_phases, gained_phases = points[kept], lost_phases[kept], gained_phases[kept]
    return SupplyChange(points, lost_phases, gained_phases)


def _gather_many(network: Network, pieces: list[tuple[IntArray, int]]) -> tuple[IntArray, WideMaskArray]:
    """Mark all in one array over every service point: quick when they are many."""
    mask = np.zeros(network.service_point_count, dtype=np.uint16)
    for points, phases in pieces:
        mask[points] |= np.uint16(phases)
    found = np.flatnonzero(mask != 0)
    return found.astype(np.int32), mask[found]


def _gather_few(pieces: list[tuple[IntArray, int]]) -> tuple[IntArray, WideMaskArray]:
    """Sort what there is: quick when that is little."""
    points = np.concatenate([NOTHING.astype(np.int32), *(points for points, _ in pieces)])
    masks = np.repeat(
        np.array([phases for _, phases in pieces], dtype=np.uint16), [len(points) for points, _ in pieces]
    )
    order = np.argsort(points, kind="stable")
    in_order = points[order]
    firsts = np.flatnonzero(np.diff(in_order, prepend=-1))
    if not len(firsts):
        return in_order, masks
    return in_order[firsts], np.bitwise_or.reduceat(masks[order], firsts)


def stretches_without(whole: Stretches, part: Stretches) -> Stretches:
    """Return what of some sorted stretches lies in none of the others."""
    left: Stretches = []
    place = 0
    for start, stop in whole:
        while place < len(part) and part[place][1] <= start:
            place += 1
        at, following = start, place
        while following < len(part) and part[following][0] < stop:
            if part[following][0] > at:
                left.append((at, part[following][0]))
            at = max(at, part[following][1])
            following += 1
        if at < stop:
            left.append((at, stop))
    return left
