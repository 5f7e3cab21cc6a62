"""What is told of a cell: multiples of five, nothing below five, and the same for whoever is out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.public_counts import STEPS, rounded_customers, rounded_down, told_customers


def told(sizes, out):
    """Return the number told of one cell with these service points, of which some are out."""
    numbers = told_customers(
        out=np.array(sorted(out), dtype=np.int64),
        cell_of_point=np.zeros(len(sizes), dtype=np.int64),
        customers_of_point=np.array(sizes, dtype=np.int64),
        cells=1,
    )
    return int(numbers[0])


@pytest.mark.parametrize(
    ("sizes", "out", "expected"),
    [
        ([1] * 30, range(4), 0),
        ([1] * 30, range(5), 5),
        ([1] * 30, range(9), 5),
        ([1] * 30, range(30), 30),
        ([1] * 33, range(33), 30),
        # A house of four customers weighs as one: who knows it must not find it in the number.
        ([4] * 6, range(5), 5),
        # A block of flats is five customers by itself.
        ([60, 1, 1, 1], [0], 60),
        ([62, 1, 1, 1], [0, 1, 2, 3], 60),
        ([7, 9], [0, 1], 15),
        ([0] * 30, range(30), 0),
    ],
)
def test_the_number_of_a_cell(sizes, out, expected):
    assert told(sizes, out) == expected


def test_who_is_in_no_cell_is_never_told():
    numbers = told_customers(
        out=np.arange(40),
        cell_of_point=np.array([-1] * 20 + [0] * 20),
        customers_of_point=np.ones(40, dtype=np.int64),
        cells=1,
    )
    assert numbers.tolist() == [20]


@given(st.integers(0, 200_000))
def test_steps_are_multiples_of_five_and_never_above_the_count(count):
    step = int(rounded_down(np.array([count]))[0])
    assert step % 5 == 0
    assert step <= count
    assert count - step < max(5, count / 9)


def test_steps_are_at_least_five_apart():
    starts = sorted(set(rounded_down(np.arange(STEPS[-1][0] * 3)).tolist()))
    assert min(np.diff(starts)) == 5


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.data())
def test_a_number_is_a_multiple_of_five_and_at_most_those_out(sizes, data):
    out = data.draw(st.sets(st.integers(0, len(sizes) - 1)))
    number = told(sizes, out)
    assert number % 5 == 0
    assert number <= sum(sizes[one] for one in out)


def test_the_customers_of_a_cell_are_rounded_too():
    assert [rounded_customers(count) for count in (20, 23, 25)] == [20, 20, 25]
