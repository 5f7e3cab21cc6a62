"""What may be told to everybody about how many are without supply, cell by cell. Pure; the rule of anonymity.

Nobody is singled out: whoever has all that was ever told, knows each service point of every cell and how many
customers it supplies, and adds and subtracts as they like, never learns the supply of a customer unless that
of four others of the same cell goes with it, and never that a number of customers between one and four lost
supply, got it back, has it or has it not.

RULE 1: one thing alone is told: a number for each cell. Totals, districts, levels, pictures and pages are
made of these numbers and of nothing else, so subtracting them from each other tells nothing more.
RULE 2: the cells are fixed beforehand (gis/public_cells.py) and do not overlap. The number of a cell comes
from that cell alone, and from the one moment alone: it has no memory, so its course tells no more than its
moments.
RULE 3: in a cell, service points of one to four customers (houses) all weigh the same, one, whoever they are;
how many of them are out is rounded down to a step. Steps are multiples of five and at least five apart,
from 0 up. So fewer than five houses look like none, and what looks like a difference of one may always be one
of five and more.
RULE 4: service points of five customers and more (blocks) are five customers by themselves; theirs are summed
and rounded down likewise. A cell's number is the sum of both.
RULE 5: whatever is told besides is a multiple of five too: the customers of a cell are rounded down to one.
RULE 6: cells stay as they are while anything is told in them (api/processes/public_keeper.py): to redraw them
around one customer would tell of that one.
Why this holds, and what it costs: docs/decisions/0061.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from topology.arrays import LongArray

FEWEST_TOLD = 5
# From how many on steps are how wide; all are multiples of five. About a tenth of the number: close enough to
# choose a level and to add up.
STEPS = ((0, 5), (100, 10), (200, 25), (500, 50), (1_000, 100), (2_000, 250), (5_000, 500), (10_000, 1_000))


def told_customers(
    *,
    out: LongArray,
    cell_of_point: LongArray,
    customers_of_point: LongArray,
    cells: int,
) -> LongArray:
    """Return the number to tell of each cell: at least so many customers are out; 0 says nothing.

    Args:
        out: The numbers of the service points that are out, each once.
        cell_of_point: The cell of each service point, -1 where it is in none.
        customers_of_point: How many customers each supplies.
        cells: How many cells there are.
    """
    cell, customers = cell_of_point[out], customers_of_point[out]
    is_house = (cell >= 0) & (customers > 0) & (customers < FEWEST_TOLD)
    is_block = (cell >= 0) & (customers >= FEWEST_TOLD)
    houses = np.bincount(cell[is_house], minlength=cells).astype(np.int64)
    blocks = np.bincount(cell[is_block], weights=customers[is_block], minlength=cells).astype(np.int64)
    return rounded_down(houses) + rounded_down(blocks)


def rounded_down(counts: LongArray) -> LongArray:
    """Return counts rounded down to their steps (rule 3)."""
    starts = np.array([start for start, _ in STEPS], dtype=np.int64)
    widths = np.array([width for _, width in STEPS], dtype=np.int64)
    step = np.searchsorted(starts, counts, side="right") - 1
    told: LongArray = starts[step] + (counts - starts[step]) // widths[step] * widths[step]
    return told


def rounded_customers(customers: int) -> int:
    """Return a cell's customers as they may be told (rule 5)."""
    return customers - customers % FEWEST_TOLD


def level_of(told: int, levels: Sequence[int]) -> int:
    """Return how many of the levels a number reaches, for a colour."""
    return sum(told >= level for level in levels)
