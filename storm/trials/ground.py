"""A network made ready for trial storms: what may fail, whom that puts out, and where meters are.

Prepared once and used for any number of storms; nothing in it depends on a seed.

Rule 1: a device may fail when inference may blame it and its opening, on some phase, takes from a service
point a phase that it takes. A service may fail when its service point has supply.
Rule 2: a service point is out when it loses any phase that it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from storm.trials.errors import NoPlacesError
from storm.trials.plane import NearestPoint, Places
from topology.arrays import BoolArray, IntArray, LongArray, MaskArray, read_only
from topology.kinds import CODE_OF_KIND
from topology.phases import ABC, PHASE_BITS
from topology.rates import RATED_KINDS, SERVICE
from topology.supply_tree import SupplyTree
from topology.walk import NO_EDGE


class TrialGround:
    """What may fail in a network under its switch state."""

    def __init__(
        self, tree: SupplyTree, has_meter: BoolArray | None = None, *, places: Places | None = None
    ) -> None:
        """Prepare; without `has_meter` (by service point) every service point has one."""
        self.tree = tree
        self.network = tree.network
        self.places = places
        every = np.ones(self.network.service_point_count, dtype=np.bool_)
        self.has_meter = read_only(every if has_meter is None else has_meter.astype(np.bool_))
        self.has_supply = read_only(tree.service_point_phases > 0)
        self.supplied = read_only(np.flatnonzero(self.has_supply))
        self.supplied_meters = read_only(np.flatnonzero(self.has_supply & self.has_meter))
        self.fed_phases = self._fed_phases()
        self.candidates = self._candidates()

    def _fed_phases(self) -> MaskArray:
        """Return, by device, the phases that it alone feeds somebody who takes them on."""
        fed = np.zeros(self.network.device_count, dtype=np.uint8)
        for supply in self.tree.supplies:
            walk = supply.walk
            positions = np.flatnonzero((walk.parent_edge != NO_EDGE) & walk.is_bridge)
            devices = walk.parent_edge[positions]
            first, beyond = supply.starts[positions], supply.starts[walk.end[positions]]
            taken = self.network.service_point_phases[supply.service_points]
            for bit in PHASE_BITS:
                if supply.phases & bit:
                    counted = np.concatenate([[0], np.cumsum((taken & bit) > 0)])
                    fed[devices[counted[beyond] > counted[first]]] |= np.uint8(bit)
        return read_only(fed & self.tree.closed_phases)

    def _candidates(self) -> Mapping[str, LongArray]:
        """Return by kind, of those that have any: indices of devices; of service points for a service."""
        found: dict[str, LongArray] = {}
        for kind in RATED_KINDS:
            if kind == SERVICE:
                found[kind] = self.supplied
            else:
                is_kind = self.network.device_kind_codes == CODE_OF_KIND[kind]
                found[kind] = read_only(np.flatnonzero(is_kind & (self.fed_phases > 0)))
        return {kind: candidates for kind, candidates in found.items() if len(candidates)}

    def put_out(self, kind: str, index: int, phases: int = ABC) -> IntArray:
        """Return the sorted service points that are out when a candidate opens on some phases."""
        if kind == SERVICE:
            return np.array([index], dtype=np.int32)
        return self.tree.service_points_below(index, phases)

    def id_of(self, kind: str, index: int) -> str:
        """Return the id of a candidate: of a service, its service point's."""
        named = self.network.service_point_ids if kind == SERVICE else self.network.device_ids
        return named([index])[0]

    def phases_of(self, kind: str, index: int) -> int:
        """Return the phases that a candidate carries, or a service takes, with supply."""
        if kind == SERVICE:
            return int(self.tree.service_point_phases[index])
        return int(self.tree.device_phases[index])

    @cached_property
    def several_phases(self) -> Mapping[str, int]:
        """How many candidates of each kind could open on one of several phases, and leave the others."""
        counts = {}
        for kind, candidates in self.candidates.items():
            counts[kind] = (
                0 if kind == SERVICE else int((np.bitwise_count(self.fed_phases[candidates]) > 1).sum())
            )
        return counts

    @cached_property
    def neighbourhood(self) -> IntArray:
        """By service point, the lowest blameable device above it, -1 for none: neighbours have the same.

        On the first phase that the service point takes and has.
        """
        first, _ = self.tree.first_supply
        above = np.full(self.network.service_point_count, NO_EDGE, dtype=np.int32)
        for number, supply in enumerate(self.tree.supplies):
            points = np.flatnonzero(first == number)
            positions = supply.walk.position_of_node[self.network.service_point_nodes[points]]
            above[points] = supply.walk.parent_edge[self.tree.blameable_above[number][positions]]
        return read_only(above)

    @cached_property
    def metered_in_order(self) -> IntArray:
        """Service points with a meter and supply, neighbours in the network beside each other."""
        first, _ = self.tree.first_supply
        in_order = [
            supply.service_points[first[supply.service_points] == number]
            for number, supply in enumerate(self.tree.supplies)
        ]
        points = np.concatenate(in_order)
        return read_only(points[self.has_meter[points]])

    @cached_property
    def neighbours(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Service points with supply, neighbours beside each other; by service point its row, and its group.

        A group is those with the same lowest blameable device above: its first row and its length.
        """
        rows = self.supplied[np.argsort(self.neighbourhood[self.supplied], kind="stable")]
        groups = self.neighbourhood[rows]
        row_of = np.zeros(self.network.service_point_count, dtype=np.int32)
        row_of[rows] = np.arange(len(rows))
        first, length = np.zeros_like(row_of), np.zeros_like(row_of)
        first[rows] = np.searchsorted(groups, groups)
        length[rows] = np.searchsorted(groups, groups, side="right") - first[rows]
        return rows.astype(np.int32), row_of, first, length

    def devices_of(self, kinds: tuple[str, ...]) -> LongArray:
        """Return the sorted indices of the devices of some kinds that may fail."""
        found = [self.candidates[kind] for kind in kinds if kind in self.candidates]
        return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    @cached_property
    def nearest_point(self) -> NearestPoint:
        """Finds the service point nearest to a place; NoPlacesError where nothing has a place."""
        return NearestPoint(self.located("The nearest service point"))

    def located(self, what: str) -> Places:
        """Return where things are; NoPlacesError, saying what needs it, where nobody knows."""
        if self.places is None or np.isnan(self.places.service_points).all():
            raise NoPlacesError(what)
        return self.places
