"""The first protective device above each service point: what opens on a fault at its service.

Rule 1: it is the nearest breaker, recloser, sectionalizer or fuse on the way to the source, on the first
phase that the service point takes and has.
Rule 2: after switching, the answers of the walk stand in the live part; in a piece that is fed through an
entry the ways are followed anew, each position once. Where rings leave a choice, some way is followed.
"""

from __future__ import annotations

import numpy as np

from topology.arrays import BoolArray, IntArray
from topology.forest import Forest
from topology.kinds import KINDS, PROTECTIVE_KINDS
from topology.phases import PHASE_BITS
from topology.pieces import Pieces
from topology.supply import Supply
from topology.walk import NO_EDGE, nearest_marked

_IS_PROTECTIVE = np.array([kind in PROTECTIVE_KINDS for kind in KINDS])


def first_protective_devices(supply: Supply) -> IntArray:
    """Return by service point the index of its first protective device, -1 for none or no supply."""
    network = supply.network
    found = np.full(network.service_point_count, NO_EDGE, dtype=np.int32)
    above_of = [_above_by_position(supply, one.pieces) for one in supply.of_phases]
    # The first phase is written last.
    for bit in reversed(PHASE_BITS):
        for one, above in zip(supply.of_phases, above_of, strict=True):
            for start, stop in one.pieces.stretches if one.phases & bit else ():
                points, positions = _points_in(supply, one.pieces.forest, start, stop, bit)
                found[points] = above[positions]
    return found


def _points_in(
    supply: Supply, forest: Forest, start: int, stop: int, phase: int
) -> tuple[IntArray, IntArray]:
    """Return the service points of a stretch that take a phase, and their positions."""
    points = forest.service_points[forest.starts[start] : forest.starts[stop]]
    points = points[(supply.network.service_point_phases[points] & phase) > 0]
    return points, forest.position_of_node[supply.network.service_point_nodes[points]]


def _above_by_position(supply: Supply, pieces: Pieces) -> IntArray:
    forest = pieces.forest
    protects = _protects(supply, forest.parent_edge)
    live = forest.live_count
    nearest = nearest_marked(forest.parent[:live], protects[:live])
    above = np.full(len(forest.parent), NO_EDGE, dtype=np.int32)
    above[:live] = np.where(protects[:live][nearest], forest.parent_edge[nearest], NO_EDGE)
    for piece in pieces.fed:
        _follow_anew(supply, pieces, piece, above, protects)
    return above


def _protects(supply: Supply, edges: IntArray) -> BoolArray:
    protects = np.zeros(len(edges), dtype=np.bool_)
    below = np.flatnonzero(edges != NO_EDGE)
    protects[below] = _IS_PROTECTIVE[supply.network.device_kind_codes[edges[below]]]
    return protects


def _follow_anew(supply: Supply, pieces: Pieces, piece: int, above: IntArray, protects: BoolArray) -> None:
    """Set the answers in a piece that is fed through its entry, whose outer end has its answer already."""
    forest, entry = pieces.forest, pieces.entries[piece]
    if entry is None:
        return
    stretches = [
        (pieces.bounds[place], pieces.bounds[place + 1])
        for place, owner in enumerate(pieces.owners)
        if owner == piece
    ]
    top, position = stretches[0][0], entry.inner
    is_device = entry.device < supply.network.device_count
    is_protective = is_device and bool(_IS_PROTECTIVE[supply.network.device_kind_codes[entry.device]])
    above[position] = entry.device if is_protective else above[entry.outer]
    turned = {position}
    # From where the piece is fed to its former top, each position is now fed from the one below it.
    while position != top:
        upper = int(forest.parent[position])
        above[upper] = forest.parent_edge[position] if protects[position] else above[position]
        turned.add(upper)
        position = upper
    for start, stop in stretches:
        for other in range(start, stop):
            if other not in turned:
                parent = forest.parent[other]
                above[other] = forest.parent_edge[other] if protects[other] else above[parent]
