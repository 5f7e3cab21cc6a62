"""The core of a road network: the places left when most have been taken out, so that Dijkstra walks fewer.

Taking out a place puts an arc from each place before it to each place after it (contraction, Geisberger et
al. 2008). Here it stops where that no longer pays, and which arcs are put does not depend on minutes (as in
Customizable Contraction Hierarchies, Dibbelt et al. 2014): closing a road gives arcs other weights, never
another core. All answers stay exact. Of 313,600 corners of a lattice 60,000 are left, and a row of travel
times takes 12 ms instead of 42 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gis.roads.arcs import Arcs
from gis.roads.roads import IntArray, Roads
from gis.roads.z_order import z_order

NOT_IN_CORE = -1

# Beyond this many arcs more than go away, taking out a place costs a walk more than it saves (measured on
# lattices and extracts: from 30 to 80 makes little difference).
MOST_ARCS_MORE = 40
# A round that takes out fewer than this share of the places ends the work.
_LEAST_SHARE = 0.005
_SEED = 20_261_123

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Arcs by the place at one end, `arcs[starts[place]:starts[place + 1]]`, with the places at the other."""

    starts: npt.NDArray[np.int64]
    arcs: IntArray
    others: IntArray


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """What one round put: arc `put[i]` weighs no more than `first[i]` and `second[i]` one after the other."""

    first: IntArray
    second: IntArray
    put: IntArray


@dataclass(frozen=True, slots=True)
class Core:
    """Which places are left, and how all others hang on them; flat arrays, as they lie in a file.

    Arcs here are those of the roads, parallel ones as one and loops left out, and after them the shortcuts.
    `arc_of[i]` is the arc here of arc i of the roads, -1 for a loop. `level` is the round in which a place
    was taken out; shortcuts of round r are `round_starts[r]:round_starts[r + 1]`. `number` is the core's own
    number of a place. Ways up lead from each place to those that were left then, ways down come from them;
    onwards and backwards are the arcs within the core, by its own numbers.
    """

    arc_of: IntArray
    round_starts: npt.NDArray[np.int64]
    first: IntArray
    second: IntArray
    put: IntArray
    level: npt.NDArray[np.int16]
    number: IntArray
    up_starts: npt.NDArray[np.int64]
    up_arcs: IntArray
    up_others: IntArray
    down_starts: npt.NDArray[np.int64]
    down_arcs: IntArray
    down_others: IntArray
    onwards_starts: npt.NDArray[np.int64]
    onwards_arcs: IntArray
    onwards_others: IntArray
    backwards_starts: npt.NDArray[np.int64]
    backwards_arcs: IntArray
    backwards_others: IntArray

    @property
    def ways_up(self) -> Sorted:
        """Return the arcs from each place to those that were taken out later."""
        return Sorted(self.up_starts, self.up_arcs, self.up_others)

    @property
    def ways_down(self) -> Sorted:
        """Return the arcs to each place from those that were taken out later."""
        return Sorted(self.down_starts, self.down_arcs, self.down_others)

    @property
    def onwards(self) -> Sorted:
        """Return the arcs within the core, as they are driven."""
        return Sorted(self.onwards_starts, self.onwards_arcs, self.onwards_others)

    @property
    def backwards(self) -> Sorted:
        """Return the arcs within the core, against the way they are driven."""
        return Sorted(self.backwards_starts, self.backwards_arcs, self.backwards_others)

    @property
    def round_count(self) -> int:
        """Return in how many rounds places were taken out."""
        return len(self.round_starts) - 1

    @property
    def place_count(self) -> int:
        """Return how many places are left."""
        return len(self.onwards_starts) - 1

    @property
    def arc_count(self) -> int:
        """Return how many arcs there are, shortcuts among them."""
        return len(self.up_arcs) + len(self.down_arcs) + len(self.onwards_arcs)

    def weights(self, arc_minutes: _Floats) -> _Floats:
        """Return the weight of each arc here, for those of the arcs of the roads (infinite: closed)."""
        weights = np.full(self.arc_count, np.inf)
        there = np.flatnonzero(self.arc_of >= 0)
        np.minimum.at(weights, self.arc_of[there], arc_minutes[there])
        for begin, end in pairwise(self.round_starts.tolist()):
            part = slice(begin, end)
            np.minimum.at(weights, self.put[part], weights[self.first[part]] + weights[self.second[part]])
        return weights


def core_of(roads: Roads, arcs: Arcs, *, most_arcs_more: int = MOST_ARCS_MORE) -> Core:
    """Take places out of arcs in rounds, in each those that cost least among their neighbours."""
    taking = _TakingOut(arcs, most_arcs_more)
    rounds = list(taking.rounds())
    lon, lat = vertex_units(roads)
    nearby = z_order(lon[arcs.place_vertices], lat[arcs.place_vertices])
    left = nearby[taking.level[nearby] == len(rounds)]
    number = np.full(arcs.place_count, NOT_IN_CORE, dtype=np.int32)
    number[left] = np.arange(len(left), dtype=np.int32)
    tails, heads = taking.tails, taking.heads
    rises = taking.level[tails] < taking.level[heads]
    falls = taking.level[tails] > taking.level[heads]
    inside = np.flatnonzero(~rises & ~falls).astype(np.int32)
    ends = number[tails[inside]], number[heads[inside]]
    up = _sorted(np.flatnonzero(rises), tails[rises], heads[rises], arcs.place_count)
    down = _sorted(np.flatnonzero(falls), heads[falls], tails[falls], arcs.place_count)
    onwards, backwards = _sorted(inside, *ends, len(left)), _sorted(inside, *ends[::-1], len(left))
    return Core(
        arc_of=taking.arc_of,
        round_starts=np.cumsum([0, *(len(one.put) for one in rounds)]),
        first=_together([one.first for one in rounds]),
        second=_together([one.second for one in rounds]),
        put=_together([one.put for one in rounds]),
        level=taking.level,
        number=number,
        up_starts=up.starts,
        up_arcs=up.arcs,
        up_others=up.others,
        down_starts=down.starts,
        down_arcs=down.arcs,
        down_others=down.others,
        onwards_starts=onwards.starts,
        onwards_arcs=onwards.arcs,
        onwards_others=onwards.others,
        backwards_starts=backwards.starts,
        backwards_arcs=backwards.arcs,
        backwards_others=backwards.others,
    )


def _together(arrays: list[IntArray]) -> IntArray:
    return np.concatenate([np.zeros(0, dtype=np.int32), *arrays]).astype(np.int32)


def vertex_units(roads: Roads) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where vertices lie, longitude and latitude in the units of `Roads`."""
    lon, lat = np.zeros((2, roads.vertex_count), dtype=np.int64)
    for vertices, points in (
        (roads.from_vertices, roads.point_starts[:-1]),
        (roads.to_vertices, roads.point_starts[1:] - 1),
    ):
        lon[vertices], lat[vertices] = roads.point_lon[points], roads.point_lat[points]
    return lon, lat


class _TakingOut:
    """The work of taking places out: all arcs so far, and which of them are still between places left."""

    def __init__(self, arcs: Arcs, most_arcs_more: int) -> None:
        self._most_arcs_more = most_arcs_more
        self._place_count = arcs.place_count
        self._chance = np.random.default_rng(_SEED)
        is_loop = arcs.tails == arcs.heads
        all_keys = _keys(arcs.tails, arcs.heads, arcs.place_count)[~is_loop]
        keys, some, found = np.unique(all_keys, return_index=True, return_inverse=True)
        self.arc_of = np.full(len(arcs.tails), -1, dtype=np.int32)
        self.arc_of[~is_loop] = found
        self.tails, self.heads = arcs.tails[~is_loop][some], arcs.heads[~is_loop][some]
        self.level = np.zeros(arcs.place_count, dtype=np.int16)
        # Arcs between places that are left, sorted by their keys.
        self._keys, self._left = keys, np.arange(len(keys), dtype=np.int32)

    def rounds(self) -> Iterator[Shortcuts]:
        """Take places out until it does not pay."""
        is_left = np.ones(self._place_count, dtype=np.bool_)
        while True:
            out = self._chosen(is_left)
            if np.count_nonzero(out) <= _LEAST_SHARE * np.count_nonzero(is_left):
                return
            yield self._without(out)
            is_left &= ~out
            self.level[is_left] += 1

    def _chosen(self, is_left: _Mask) -> _Mask:
        """Return the places to take out: no two of them neighbours."""
        tails, heads = self.tails[self._left], self.heads[self._left]
        ways_out = np.bincount(tails, minlength=self._place_count)
        ways_in = np.bincount(heads, minlength=self._place_count)
        more = ways_out * ways_in - ways_out - ways_in
        may_go = is_left & (more <= self._most_arcs_more)
        cost = np.where(may_go, more + self._chance.random(self._place_count), np.inf)
        least = np.full(self._place_count, np.inf)
        np.minimum.at(least, tails, cost[heads])
        np.minimum.at(least, heads, cost[tails])
        return np.asarray(may_go & (cost < least), dtype=np.bool_)

    def _without(self, out: _Mask) -> Shortcuts:
        tails, heads = self.tails[self._left], self.heads[self._left]
        comes_in, goes_out = out[heads], out[tails]
        first, second = _pairs(np.flatnonzero(comes_in), np.flatnonzero(goes_out), heads, tails)
        goes_on = tails[first] != heads[second]
        first, second = first[goes_on], second[goes_on]
        stays = np.flatnonzero(~comes_in & ~goes_out)
        keys = np.concatenate([self._keys[stays], _keys(tails[first], heads[second], self._place_count)])
        order = np.argsort(keys, kind="stable")
        is_first = np.ones(len(keys), dtype=np.bool_)
        is_first[1:] = keys[order[1:]] != keys[order[:-1]]
        # One arc for each key: the one that is there, or a new one where shortcuts are the first.
        leaders = order[is_first]
        is_new = leaders >= len(stays)
        shortcuts = leaders[is_new] - len(stays)
        new_arcs = np.arange(len(self.tails), len(self.tails) + len(shortcuts), dtype=np.int32)
        arcs = np.empty(len(leaders), dtype=np.int32)
        arcs[is_new], arcs[~is_new] = new_arcs, self._left[stays[leaders[~is_new]]]
        put = np.empty(len(keys), dtype=np.int32)
        put[order] = arcs[np.cumsum(is_first) - 1]
        first_arcs, second_arcs = self._left[first], self._left[second]
        self.tails = np.concatenate([self.tails, tails[first[shortcuts]]])
        self.heads = np.concatenate([self.heads, heads[second[shortcuts]]])
        self._left, self._keys = arcs, keys[leaders]
        return Shortcuts(first=first_arcs, second=second_arcs, put=put[len(stays) :])


def _keys(tails: IntArray, heads: IntArray, place_count: int) -> npt.NDArray[np.int64]:
    return tails.astype(np.int64) * place_count + heads


def _pairs(
    into: npt.NDArray[np.intp], out_of: npt.NDArray[np.intp], heads: IntArray, tails: IntArray
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return each arc into a place with each arc out of the same place."""
    out_of = out_of[np.argsort(tails[out_of], kind="stable")]
    begins = np.searchsorted(tails[out_of], heads[into], side="left")
    counts = np.searchsorted(tails[out_of], heads[into], side="right") - begins
    return np.repeat(into, counts), out_of[runs(begins, counts)]


def runs(begins: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return `begins[i], begins[i] + 1, …`, `counts[i]` of them, for each i one after the other."""
    so_far = np.cumsum(counts)
    total = int(so_far[-1]) if len(so_far) else 0
    return np.repeat(begins - so_far + counts, counts) + np.arange(total)


def _sorted(arcs: npt.NDArray[np.integer], near: IntArray, far: IntArray, count: int) -> Sorted:
    order = np.argsort(near, kind="stable")
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(near, minlength=count), out=starts[1:])
    return Sorted(starts=starts, arcs=arcs[order].astype(np.int32), others=far[order].astype(np.int32))
