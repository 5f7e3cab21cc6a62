"""A forest cut where devices have opened and joined where devices have closed: what is live after switching.

Rule 1: an opened tree edge cuts its slice off; cut slices may lie in one another, and what is left of each
between the cuts is a piece. The live part is one piece, and so is each island that a closed device ends at.
Rule 2: pieces are joined by the devices closed since, and by those edges outside the trees that cross a cut.
Rule 3: a piece is live when joins lead to it from the live part. The join that reached it first is its entry.
Rule 4: a join within a live piece, or one more between live pieces, closes a ring.

The cost is that of the devices switched, however large what hangs below them is. Nothing here knows phases.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from topology.arrays import BoolArray, Indices, LongArray
from topology.forest import Forest

NO_PIECE = -1
LIVE_PIECE = 0


@dataclass(frozen=True, slots=True)
class Join:
    """A device that joins a position of one piece to a position of another one, or of the same."""

    device: int
    outer: int
    inner: int

    def turned(self) -> Join:
        """Return the join seen from its other end."""
        return Join(self.device, self.inner, self.outer)


@dataclass(slots=True)
class Pieces:
    """Stretches of positions from `bounds[i]` to `bounds[i + 1]`, each of the piece `owners[i]`.

    `entries` holds for each piece the join through which it is fed, its `inner` end in the piece: None for
    the live part (piece 0) and for pieces without supply. `stretches` are those with supply, `live_bounds`
    their starts and ends by turns. `fed` are the pieces with one, each after the piece
    that feeds it. `rings` are the joins that close a ring, `gone` the ends of opened edges outside the trees.
    """

    forest: Forest
    bounds: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    entries: list[Join | None] = field(default_factory=list)
    is_live: list[bool] = field(default_factory=list)
    fed: list[int] = field(default_factory=list)
    rings: list[Join] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)
    stretches: list[tuple[int, int]] = field(default_factory=list)
    live_bounds: LongArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def is_switched(self) -> bool:
        """Whether anything is cut, joined, or no longer joined."""
        return len(self.entries) > 1 or bool(self.joins) or bool(self.gone)

    def piece_at(self, position: int) -> int:
        """Return the piece of a position, -1 in an island that no switching has touched."""
        place = bisect_right(self.bounds, position) - 1
        return self.owners[place] if place >= 0 else NO_PIECE

    def is_live_at(self, position: int) -> bool:
        """Tell whether a position has supply; -1 stands for a node that the phase never reaches."""
        piece = self.piece_at(position) if position >= 0 else NO_PIECE
        return piece != NO_PIECE and self.is_live[piece]

    def are_live_at(self, positions: Indices) -> BoolArray:
        """Tell of some positions whether each has supply; -1 stands for what the phase never reaches."""
        # Live stretches begin and end at these by turns, and none begins before the root.
        are_live: BoolArray = np.searchsorted(self.live_bounds, positions, side="right") % 2 == 1
        return are_live

    def touches(self, start: int, stop: int) -> bool:
        """Tell whether anything from a position to another one is cut, joined, or no longer joined."""
        cut = bisect_right(self.bounds, start)
        if cut < len(self.bounds) and self.bounds[cut] < stop:
            return True
        ends = [(join.outer, join.inner) for join in self.joins] + self.gone
        return any(start <= end < stop for pair in ends for end in pair)


def cut_and_join(forest: Forest, *, opened: Indices, closed: Indices, ends: LongArray) -> Pieces:
    """Return the pieces of a forest after switching.

    Args:
        forest: as it was before.
        opened: devices closed in the forest and now open.
        closed: devices open in the forest and now closed.
        ends: two rows, the positions of both ends of each of `closed`.
    """
    pieces = Pieces(forest)
    positions = forest.position_of_device[opened]
    cuts = np.sort(positions[positions >= 0]).tolist()
    joins = [
        Join(device, outer, inner)
        for device, outer, inner in zip(closed.tolist(), *ends.tolist(), strict=True)
    ]
    _lay_out(pieces, cuts, joins)
    gone = np.flatnonzero(np.isin(forest.other_edges, opened[positions < 0]))
    joins += _crossing(forest, cuts, set(gone.tolist()))
    pieces.joins = joins
    pieces.gone = list(
        zip(forest.other_earlier[gone].tolist(), forest.other_later[gone].tolist(), strict=True)
    )
    _feed(pieces, joins)
    pieces.stretches = _live_stretches(pieces)
    pieces.live_bounds = np.array(pieces.stretches, dtype=np.int64).ravel()
    return pieces


def _lay_out(pieces: Pieces, cuts: Sequence[int], joins: Sequence[Join]) -> None:
    """Sweep over the slices of all pieces (rule 1); a slice lies in another one or outside it."""
    forest = pieces.forest
    slices = {(0, forest.live_count)}
    slices |= {(cut, int(forest.end[cut])) for cut in cuts}
    touched = [*cuts, *(end for join in joins for end in (join.outer, join.inner))]
    slices |= {forest.island_of(position) for position in touched if position >= forest.live_count}
    in_order = sorted(slices, key=lambda one: (one[0], -one[1]))
    within: list[int] = []
    for number, (start, _) in enumerate(in_order):
        while within and in_order[within[-1]][1] <= start:
            _close_slice(pieces, in_order, within)
        _begin_stretch(pieces, start, number)
        within.append(number)
    while within:
        _close_slice(pieces, in_order, within)
    pieces.entries = [None] * len(in_order)
    pieces.is_live = [False] * len(in_order)


def _close_slice(pieces: Pieces, slices: Sequence[tuple[int, int]], within: list[int]) -> None:
    ended = within.pop()
    _begin_stretch(pieces, slices[ended][1], within[-1] if within else NO_PIECE)


def _begin_stretch(pieces: Pieces, start: int, owner: int) -> None:
    if pieces.bounds and pieces.bounds[-1] == start:
        pieces.owners[-1] = owner
    else:
        pieces.bounds.append(start)
        pieces.owners.append(owner)


def _crossing(forest: Forest, cuts: Sequence[int], gone: set[int]) -> list[Join]:
    """Return the edges outside the trees that have one end in a cut slice and the other outside it."""
    if not len(forest.other_edges):
        return []
    crossing: set[int] = set()
    earlier, later = forest.other_earlier, forest.other_later
    earlier_in_order = earlier[forest.others_by_earlier]
    for cut in cuts:
        stop = int(forest.end[cut])
        first, last = np.searchsorted(later, [cut, stop])
        crossing.update((first + np.flatnonzero(earlier[first:last] < cut)).tolist())
        first, last = np.searchsorted(earlier_in_order, [cut, stop])
        leaving = forest.others_by_earlier[first:last]
        crossing.update(leaving[later[leaving] >= stop].tolist())
    return [
        Join(int(forest.other_edges[place]), int(earlier[place]), int(later[place]))
        for place in sorted(crossing - gone)
    ]


def _feed(pieces: Pieces, joins: Sequence[Join]) -> None:
    """Walk from the live part over the joins (rules 3 and 4), nearest pieces first."""
    joins_of: dict[int, list[Join]] = {}
    for join in joins:
        joins_of.setdefault(pieces.piece_at(join.outer), []).append(join)
        joins_of.setdefault(pieces.piece_at(join.inner), []).append(join.turned())
    pieces.is_live[LIVE_PIECE] = True
    waiting = deque([LIVE_PIECE])
    feeding: set[int] = set()
    while waiting:
        for join in joins_of.get(waiting.popleft(), ()):
            beyond = pieces.piece_at(join.inner)
            if not pieces.is_live[beyond]:
                pieces.is_live[beyond] = True
                pieces.entries[beyond] = join
                pieces.fed.append(beyond)
                feeding.add(join.device)
                waiting.append(beyond)
    pieces.rings = [
        join for join in joins if join.device not in feeding and pieces.is_live[pieces.piece_at(join.outer)]
    ]


def _live_stretches(pieces: Pieces) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for place, owner in enumerate(pieces.owners[:-1]):
        if owner == NO_PIECE or not pieces.is_live[owner]:
            continue
        start, stop = pieces.bounds[place], pieces.bounds[place + 1]
        if stretches and stretches[-1][1] == start:
            stretches[-1] = (stretches[-1][0], stop)
        else:
            stretches.append((start, stop))
    return stretches
