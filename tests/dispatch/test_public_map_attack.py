"""An attacker with every snapshot of a storm cannot single out fewer than five customers.

The attacker knows each service point of every cell and how many customers it supplies, sees every number
that was ever told, and knows how numbers are made: of all that may be the case (each service point out or
not), only what would have looked exactly the same is left. That is all that can be concluded from the
snapshots: what holds in all of it is known, and nothing else is. There are two: one who presumes nothing
about how a storm goes, and one who presumes that what is back stays back, and puts all snapshots together.

Singled out is a set of one to four customers of a cell whose supply is known (out, or not out, or changed
between two snapshots), and a number of one to four of them that is known to be out, to have supply, or to
have changed.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.public_counts import told_customers

FEW = range(1, 5)


def told(cells, out):
    """What the map tells: of each cell the number; `out` has of each cell a set of its service points."""
    sizes = [size for cell in cells for size in cell]
    cell_of = [number for number, cell in enumerate(cells) for _ in cell]
    starts = np.cumsum([0, *(len(cell) for cell in cells)])
    numbers = told_customers(
        out=np.array(sorted(starts[n] + one for n, own in enumerate(out) for one in own), dtype=np.int64),
        cell_of_point=np.array(cell_of, dtype=np.int64),
        customers_of_point=np.array(sizes, dtype=np.int64),
        cells=len(cells),
    )
    shown = numbers.tolist()
    # The total is told as well; who wants more than a sum of what is shown would have to add it here.
    return (*shown, sum(shown))


def every_set(count):
    return [frozenset(one) for n in range(count + 1) for one in itertools.combinations(range(count), n)]


class Attacker:
    """Puts together what is left of all that may be the case, snapshot by snapshot."""

    def __init__(self, cells, tell=told):
        self.cells = cells
        self.tell = tell
        self.possible = list(itertools.product(*(every_set(len(cell)) for cell in cells)))
        self.looks_like = {}
        for world in self.possible:
            self.looks_like.setdefault(tell(cells, world), []).append(world)

    def left(self, snapshots, *, stays_back):
        """Return for each snapshot the worlds that are left."""
        left = [self.looks_like[shown] for shown in snapshots]
        if stays_back:
            left = self._without_returns(left)
        return left

    @staticmethod
    def _without_returns(left):
        """Leave only what may follow the one before and lead to the one after, if nobody is out again."""

        def within(later, earlier):
            return all(one <= other for one, other in zip(later, earlier, strict=True))

        for order in (1, -1):
            chain = left[::order]
            for number in range(1, len(chain)):
                before = chain[number - 1]
                chain[number] = [
                    world
                    for world in chain[number]
                    if any(within(world, one) if order == 1 else within(one, world) for one in before)
                ]
            left = chain[::order]
        return left

    def singled_out(self, snapshots, *, stays_back=False):
        """Return what was learnt of fewer than five customers, in words; empty where nothing was."""
        left = self.left(snapshots, stays_back=stays_back)
        learnt = []
        for number, cell in enumerate(self.cells):
            own = [sorted({world[number] for world in worlds}, key=sorted) for worlds in left]
            out = [frozenset.intersection(*sets) for sets in own]
            on = [frozenset(range(len(cell))) - frozenset.union(*sets) for sets in own]
            for at in range(len(snapshots)):
                learnt += self._few(cell, out[at], f"cell {number}, snapshot {at}: known to be out")
                learnt += self._few(cell, on[at], f"cell {number}, snapshot {at}: known to be supplied")
                counts = [self._customers(cell, one) for one in own[at]]
                learnt += self._few_in_number(counts, f"cell {number}, snapshot {at}: number out")
                others = [sum(cell) - count for count in counts]
                learnt += self._few_in_number(others, f"cell {number}, snapshot {at}: number supplied")
            for first, second in itertools.combinations(range(len(snapshots)), 2):
                where = f"cell {number}, snapshots {first} and {second}"
                learnt += self._few(cell, out[first] & on[second], f"{where}: known to be back")
                learnt += self._few(cell, on[first] & out[second], f"{where}: known to be lost")
                pairs = [
                    (one, other)
                    for one in own[first]
                    for other in own[second]
                    if not stays_back or other <= one
                ]
                learnt += self._few_in_number(
                    [self._customers(cell, one - other) for one, other in pairs], f"{where}: number back"
                )
                learnt += self._few_in_number(
                    [self._customers(cell, other - one) for one, other in pairs], f"{where}: number lost"
                )
        for at, worlds in enumerate(left):
            counts = [
                sum(self._customers(cell, own) for cell, own in zip(self.cells, world, strict=True))
                for world in worlds
            ]
            learnt += self._few_in_number(counts, f"all cells, snapshot {at}: number out")
        return learnt

    @staticmethod
    def _customers(cell, points):
        return sum(cell[one] for one in points)

    def _few(self, cell, points, what):
        count = self._customers(cell, points)
        return [f"{what}: {sorted(points)}"] if count in FEW else []

    @staticmethod
    def _few_in_number(counts, what):
        return [f"{what}: {min(counts)} to {max(counts)}"] if {*counts} <= {*FEW} else []


SIZES = st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 7, 12])


def storms(cells, data, *, only_back, length):
    """Draw a storm: who is out at each snapshot."""
    course = []
    world = [data.draw(st.sets(st.integers(0, len(cell) - 1))) for cell in cells]
    if only_back:
        world = [{*range(len(cell))} - data.draw(st.sets(st.integers(0, 1))) for cell in cells]
    for _ in range(length):
        course.append(tuple(frozenset(own) for own in world))
        for own, cell in zip(world, cells, strict=True):
            changed = data.draw(st.sets(st.integers(0, len(cell) - 1), max_size=4))
            if only_back:
                own.difference_update(changed)
            else:
                own.symmetric_difference_update(changed)
    return course


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(SIZES, min_size=3, max_size=6), min_size=1, max_size=2), st.data())
def test_whoever_presumes_nothing_singles_out_nobody(cells, data):
    course = storms(cells, data, only_back=False, length=4)
    assert Attacker(cells).singled_out([told(cells, world) for world in course]) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(SIZES, min_size=5, max_size=8), st.data())
def test_whoever_presumes_that_what_is_back_stays_back_singles_out_nobody(cell, data):
    course = storms([cell], data, only_back=True, length=4)
    snapshots = [told([cell], world) for world in course]
    assert Attacker([cell]).singled_out(snapshots, stays_back=True) == []


def test_restoration_that_leaves_four_does_not_tell_of_them():
    cell = [1] * 8
    course = [(frozenset(range(left)),) for left in (8, 7, 6, 5, 4, 3, 1, 0)]
    snapshots = [told([cell], world) for world in course]
    assert [shown[0] for shown in snapshots] == [5, 5, 5, 5, 0, 0, 0, 0]
    assert Attacker([cell]).singled_out(snapshots, stays_back=True) == []


def test_no_two_numbers_of_houses_prove_a_difference_of_one_to_four():
    """All that cells of single houses can tell, taken two by two: exhaustively."""
    for houses in (*range(111), 119, 120, 121, 199, 200, 226, 300):
        _prove_nothing_small(houses)


def _prove_nothing_small(houses):
    numbers = [told([[1] * houses], [range(out)])[0] for out in range(houses + 1)]
    steps = {}
    for out, shown in enumerate(numbers):
        steps.setdefault(shown, []).append(out)
    extents = [(min(outs), max(outs)) for outs in steps.values()]
    for (low, high), (next_low, next_high) in itertools.pairwise(extents):
        assert not (next_low - high >= 1 and next_high - low <= 4)
    assert all(not (low >= 1 and high <= 4) for low, high in extents)
    assert all(not (houses - high >= 1 and houses - low <= 4) for low, high in extents)


def exact(cells, out):
    """A careless map: every number as it is."""
    return tuple(
        sum(cell[one] for one in own) if sum(cell[one] for one in own) >= 5 else 0
        for cell, own in zip(cells, out, strict=True)
    )


def with_exact_total(cells, out):
    """A careless map: careful cells, and a total that is not made of them."""
    return (*told(cells, out), sum(cell[one] for cell, own in zip(cells, out, strict=True) for one in own))


def by_customers(cells, out):
    """A careless map: rounded down by customers, with houses of several among them."""
    return tuple(sum(cell[one] for one in own) // 5 * 5 for cell, own in zip(cells, out, strict=True))


@pytest.mark.parametrize(
    ("careless", "cells", "course"),
    [
        (exact, [[1] * 7], [({0, 1, 2, 3, 4, 5, 6},), ({0, 1, 2, 3, 4, 5},)]),
        (with_exact_total, [[1] * 6, [1] * 6], [({0, 1, 2, 3, 4, 5}, {0, 1})]),
        (by_customers, [[3, 7]], [({1},)]),
    ],
)
def test_the_attacker_finds_whom_a_careless_map_tells_of(careless, cells, course):
    worlds = [tuple(frozenset(own) for own in world) for world in course]
    attacker = Attacker(cells, tell=careless)
    assert attacker.singled_out([careless(cells, world) for world in worlds])
