"""How much load every device carries under a supply, by sums of peaks: no power flow, no losses.

Owns the sums. What hangs below a place of the walked trees is a slice, so its load is the difference of two
running sums; after switching, the pieces of a supply add and take away from that.

Rule 1: what a device carries on a phase is the load of all service points that it feeds on that phase. Within
a piece fed at its top that is the slice below, with the pieces fed from there; between a piece's top and the
place where it is fed, all of the piece but the slice below.
Rule 2: in a ring, and in a looped part of the walked state, the share of each way is not known: `in_ring`.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from topology.arrays import BoolArray, Indices, IntArray, LongArray, read_only
from topology.forest import Forest
from topology.network_load import FloatArray, NetworkLoad
from topology.phases import PHASE_BITS
from topology.pieces import LIVE_PIECE, NO_PIECE, Pieces
from topology.supply import Supply
from topology.supply_change import Stretches, stretches_without
from topology.supply_tree import PhaseSupply, SupplyTree
from topology.ways import spanning_steps

PHASES = len(PHASE_BITS)
# Beside the load of each phase: the service points with a known peak, and all.
KNOWN, COUNTED = PHASES, PHASES + 1
CHANNELS = PHASES + 2


@dataclass(frozen=True, slots=True)
class DeviceLoads:
    """By device asked for: kW on A, B and C, the service points behind it and those with a known peak."""

    kw: FloatArray
    known: FloatArray
    counted: FloatArray
    in_ring: BoolArray


class LoadMeter:
    """The running sums of one walked state; made once, and asked for any supply near it."""

    def __init__(self, tree: SupplyTree, load: NetworkLoad) -> None:
        """Take what a network tells of load; NetworkLoadError where the arrays do not fit it."""
        load.check_fits(tree.network)
        self.tree = tree
        self.load = load
        self._flows: WeakKeyDictionary[Supply, tuple[_Flow, ...]] = WeakKeyDictionary()
        self._sums = {id(supply.forest): _Sums.of(tree, supply, load) for supply in tree.supplies}

    @cached_property
    def normal(self) -> Supply:
        """The walked state, beside which loads are judged."""
        return Supply(self.tree)

    def loads(self, supply: Supply, devices: Indices) -> DeviceLoads:
        """Return what devices, or temporary edges by their numbers, carry under a supply; nothing for -1."""
        carried = np.zeros((len(devices), CHANNELS))
        in_ring = np.zeros(len(devices), dtype=np.bool_)
        for one, flow in zip(supply.of_phases, self._flows_of(supply), strict=True):
            found, rings = flow.carried_by(supply, devices)
            shown = [place for place, bit in enumerate(PHASE_BITS) if one.phases & bit]
            carried[:, shown] += found[:, shown]
            carried[:, KNOWN:] = np.maximum(carried[:, KNOWN:], found[:, KNOWN:])
            in_ring |= rings
        return DeviceLoads(carried[:, :PHASES], carried[:, KNOWN], carried[:, COUNTED], in_ring)

    def _flows_of(self, supply: Supply) -> tuple[_Flow, ...]:
        """Return the flows of a supply, worked out once for as long as it is held by somebody."""
        flows = self._flows.get(supply)
        if flows is None:
            flows = tuple(_Flow(one.pieces, self._sums[id(one.pieces.forest)]) for one in supply.of_phases)
            self._flows[supply] = flows
        return flows


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one forest, by place among its service points: running sums of kW by phase, and of known peaks."""

    starts: IntArray
    kw: FloatArray
    known: IntArray

    @classmethod
    def of(cls, tree: SupplyTree, supply: PhaseSupply, load: NetworkLoad) -> _Sums:
        points = supply.forest.service_points
        taken = tree.network.service_point_phases[points]
        peaks = load.service_point_peak_kw[points]
        is_known = np.isfinite(peaks)
        each = np.where(is_known, peaks, 0.0) * load.rules.coincidence / np.bitwise_count(taken).clip(min=1)
        kw = np.zeros((len(points) + 1, PHASES))
        for place, bit in enumerate(PHASE_BITS):
            if supply.phases & bit:
                np.cumsum(np.where(taken & bit, each, 0.0), out=kw[1:, place])
        known = np.concatenate([[0], np.cumsum(is_known)]).astype(np.int32)
        return cls(supply.forest.starts, read_only(kw), read_only(known))

    def before(self, positions: Indices) -> FloatArray:
        """Return the sums over all positions before each of some, a row each."""
        places = self.starts[positions]
        return np.column_stack([self.kw[places], self.known[places], places])


class _Flow:
    """The loads of the pieces of one supply on the phases that they stand for."""

    def __init__(self, pieces: Pieces, sums: _Sums) -> None:
        self.pieces = pieces
        self.sums = sums
        self.forest: Forest = pieces.forest
        self.stretches: dict[int, list[tuple[int, int]]] = {}
        for place, owner in enumerate(pieces.owners[:-1]):
            self.stretches.setdefault(owner, []).append((pieces.bounds[place], pieces.bounds[place + 1]))
        self.bounds = np.array(pieces.bounds, dtype=np.int64)
        self.owners = np.array([*pieces.owners, NO_PIECE], dtype=np.int64)
        self.live = np.array([*pieces.is_live, False], dtype=np.bool_)
        self.looped = self._in_rings()
        self.totals: dict[int, FloatArray] = {}
        self.fed_from: dict[int, list[tuple[int, int]]] = {}
        for piece in reversed(pieces.fed):
            entry = pieces.entries[piece]
            if entry is not None:
                self.totals[piece] = self._own(piece).total + self._children(piece).total
                self.fed_from.setdefault(pieces.piece_at(entry.outer), []).append((entry.outer, piece))

    def carried_by(self, supply: Supply, devices: Indices) -> tuple[FloatArray, BoolArray]:
        """Return the channels of each device, and which have a share of their own only in theory (rule 2)."""
        count = supply.network.device_count
        is_device = (np.asarray(devices) >= 0) & (np.asarray(devices) < count)
        positions = np.full(len(devices), -1, dtype=np.int64)
        positions[is_device] = self.forest.position_of_device[devices[is_device]]
        carried = self._above(positions)
        in_tree = positions >= 0
        in_ring = np.zeros(len(devices), dtype=np.bool_)
        in_ring[in_tree] = ~self.forest.is_bridge[positions[in_tree]] & self._live(positions[in_tree])
        fed = {one.device: piece for piece in self.pieces.fed if (one := self.pieces.entries[piece])}
        looped = self.looped
        for place in np.flatnonzero(np.isin(devices, [*fed, *looped])).tolist():
            device = int(devices[place])
            if device in fed:
                carried[place] = self.totals[fed[device]]
            in_ring[place] |= device in looped
        others = np.isin(devices, self.forest.other_edges) & ~in_tree
        for place in np.flatnonzero(others).tolist():
            in_ring[place] |= devices[place] not in fed and self._joins(supply, int(devices[place]))
        return carried, in_ring

    def _joins(self, supply: Supply, device: int) -> bool:
        """Tell whether an edge outside the trees joins two live places: then it is one of two ways."""
        nodes = supply.ends_of(device)
        is_live = self._live(self.forest.position_of_node[list(nodes)])
        return bool(is_live.all()) and supply.closed_phases_of(device) > 0

    def _live(self, positions: Indices) -> BoolArray:
        are_live: BoolArray = self.live[self._piece_of(positions)]
        return are_live

    def _piece_of(self, positions: Indices) -> LongArray:
        piece: LongArray = self.owners[np.searchsorted(self.bounds, positions, side="right") - 1]
        return piece

    def _above(self, positions: LongArray) -> FloatArray:
        """Return what the upper edge of each position carries (rule 1), nothing where it has no supply."""
        carried = np.zeros((len(positions), CHANNELS))
        rows = np.flatnonzero(positions >= 0)
        piece_of = self._piece_of(positions[rows])
        for piece in np.unique(piece_of).tolist():
            if piece < 0 or not self.pieces.is_live[piece]:
                continue
            here = rows[piece_of == piece]
            start = positions[here]
            stop = self.forest.end[start].astype(np.int64)
            own, children = self._own(piece), self._children(piece)
            below = own.before(stop) - own.before(start) + children.before(stop) - children.before(start)
            entry = self.pieces.entries[piece]
            if piece != LIVE_PIECE and entry is not None:
                turned = (start <= entry.inner) & (entry.inner < stop)
                below[turned] = self.totals[piece] - below[turned]
            carried[here] = below
        return carried

    def _own(self, piece: int) -> _Runs:
        """Return the running sums over the stretches of a piece alone."""
        stretches = self.stretches.get(piece, [])
        edges = np.array(stretches, dtype=np.int64).reshape(-1, 2)
        amounts = self.sums.before(edges[:, 1]) - self.sums.before(edges[:, 0])
        return _Runs(self.sums, edges, np.vstack([np.zeros(CHANNELS), np.cumsum(amounts, axis=0)]))

    def _children(self, piece: int) -> _Steps:
        """Return the running sums over the pieces that are fed from a piece, by where that is."""
        fed = sorted(self.fed_from.get(piece, []))
        amounts = np.array([self.totals[child] for _, child in fed]).reshape(-1, CHANNELS)
        places = np.array([outer for outer, _ in fed], dtype=np.int64)
        return _Steps(places, np.vstack([np.zeros(CHANNELS), np.cumsum(amounts, axis=0)]))

    def _in_rings(self) -> set[int]:
        """Return the devices on the rings that switching has closed."""
        found: set[int] = set()
        for join in self.pieces.rings:
            ways = [
                {device for device, _ in spanning_steps(self.pieces, end)[1]} if end else set()
                for end in (join.outer, join.inner)
            ]
            found |= {join.device} | (ways[0] ^ ways[1])
        return found


@dataclass(frozen=True, slots=True)
class _Runs:
    sums: _Sums
    stretches: LongArray
    running: FloatArray

    @property
    def total(self) -> FloatArray:
        last: FloatArray = self.running[-1]
        return last

    def before(self, positions: LongArray) -> FloatArray:
        """Return what of the stretches lies before each position."""
        place = np.searchsorted(self.stretches[:, 0], positions, side="right") - 1
        inside = np.maximum(place, 0)
        upto = np.minimum(positions, self.stretches[inside, 1])
        part = self.sums.before(upto) - self.sums.before(self.stretches[inside, 0])
        return np.where((place >= 0)[:, None], self.running[inside] + part, 0.0)


@dataclass(frozen=True, slots=True)
class _Steps:
    places: LongArray
    running: FloatArray

    @property
    def total(self) -> FloatArray:
        last: FloatArray = self.running[-1]
        return last

    def before(self, positions: LongArray) -> FloatArray:
        """Return what is fed from places before each position."""
        amounts: FloatArray = self.running[np.searchsorted(self.places, positions, side="left")]
        return amounts


def loaded_otherwise(before: Supply, now: Supply) -> LongArray:
    """Return the devices that may carry more than before: what is newly fed or fed anew, and the ways there.

    Sorted; those on rings that are new are among them, and some that carry what they did.
    """
    found: set[int] = set()
    whole: list[IntArray] = []
    for earlier, pieces, _ in now.paired_with(before):
        gained = stretches_without(pieces.stretches, earlier.stretches)
        whole += [pieces.forest.parent_edge[start:stop] for start, stop in gained]
        starts = [start for start, _ in gained if not _lies_in(gained, int(pieces.forest.parent[start]))]
        known = {(one.device, one.outer, one.inner) for one in earlier.entries if one is not None}
        for piece in pieces.fed:
            entry = pieces.entries[piece]
            if entry is not None and (entry.device, entry.outer, entry.inner) not in known:
                # From the top of a piece, the way leads over the part of it that is fed the other way round.
                starts.append(pieces.bounds[pieces.owners.index(piece)])
        looped = {join.device for join in earlier.rings}
        for join in pieces.rings:
            if join.device not in looped:
                found.add(join.device)
                starts += [join.outer, join.inner]
        for start in starts:
            if start > 0:
                found.update(device for device, _ in spanning_steps(pieces, start)[1])
    devices = np.unique(np.concatenate([np.array(sorted(found), dtype=np.int64), *whole]))
    return devices[devices >= 0]


def _lies_in(stretches: Stretches, position: int) -> bool:
    place = bisect_right(stretches, (position, np.inf)) - 1
    return place >= 0 and position < stretches[place][1]
