"""Whom outages put out, worked out once for each device: the same devices come and go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from topology.arrays import LongArray
from topology.supply_tree import SupplyTree


@dataclass(frozen=True, eq=False, slots=True)
class Extent:
    """Service points, and how many customers they have."""

    points: LongArray
    customers: int


class Extents:
    """The extents of devices that open on some of their phases."""

    def __init__(self, tree: SupplyTree) -> None:
        """Start without any."""
        self._tree = tree
        self._found: dict[tuple[int, int], Extent] = {}

    def of(self, device: int, phases: int) -> Extent:
        """Return whom a device puts out."""
        if (extent := self._found.get((device, phases))) is None:
            points = self._tree.service_points_below(device, phases).astype(np.int64)
            extent = self._found[device, phases] = extent_of(self._tree, points)
        return extent

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._found)

    def forget_all_but(self, used: Collection[tuple[int, int]]) -> None:
        """Forget those of other devices and phases."""
        self._found = {key: one for key, one in self._found.items() if key in used}


def extent_of(tree: SupplyTree, points: LongArray) -> Extent:
    """Return the extent that some service points are."""
    return Extent(points, int(tree.network.service_point_customers[points].sum()))
