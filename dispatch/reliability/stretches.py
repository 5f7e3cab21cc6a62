"""Stretches without supply: rows of one service point that touch are one interruption, told in several rows.

A ledger tells one darkness in several rows when the outage behind it is split or merged, or planned work runs
over. Supply was not back in between, so both rule books count one interruption, as long as all of it, on the
day it began. Where nobody is known by name (most files), every row is a stretch of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.reliability.columns import Codes, Interruptions, Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """What each row is part of, in the order of the rows.

    Args:
        length_us: how long the whole stretch lasted, in microseconds.
        is_first: whether the row begins its stretch; only then are its customers counted.
        day: the local day in which the stretch began.
        order: the rows by service point and begin; None where no service point is known.
    """

    length_us: Numbers
    is_first: NDArray[np.bool_]
    day: Codes
    order: NDArray[np.intp] | None


def stretches(rows: Interruptions) -> Stretches:
    """Return the stretches of all rows."""
    if rows.service_point is None or len(rows) == 0:
        return Stretches(rows.duration_us, np.ones(len(rows), dtype=np.bool_), rows.day, None)
    order = order_by_place_and_time(rows.service_point, rows.started_us)
    place, begin, end = rows.service_point[order], rows.started_us[order], rows.ended_us[order]
    firsts = _firsts(place, begin, end)
    is_first = np.zeros(len(rows), dtype=np.bool_)
    is_first[firsts] = True
    if len(firsts) == len(rows):
        return Stretches(rows.duration_us, is_first, rows.day, order)
    sizes = np.diff(firsts, append=len(rows))
    ends = np.maximum.reduceat(end, firsts)
    length_us = np.empty(len(rows), dtype=np.int64)
    length_us[order] = np.repeat(ends - begin[firsts], sizes)
    day = np.empty(len(rows), dtype=np.int32)
    day[order] = np.repeat(rows.day[order[firsts]], sizes)
    begins = np.empty(len(rows), dtype=np.bool_)
    begins[order] = is_first
    return Stretches(length_us, begins, day, order)


def _firsts(place: Codes, begin: Numbers, end: Numbers) -> NDArray[np.intp]:
    """Return which rows begin a stretch; rows come by place and begin."""
    firsts = np.arange(len(place))
    ends = end
    while True:
        touches = begin[firsts[1:]] <= ends[:-1]
        touches &= (place[firsts[1:]] == place[firsts[:-1]]) & (place[firsts[1:]] >= 0)
        if not touches.any():
            return firsts
        # A long row may reach over several short ones, as no ledger has it but a file may: look again.
        firsts = firsts[np.append(True, ~touches)]
        ends = np.maximum.reduceat(end, firsts)


def order_by_place_and_time(place: Codes, begin: Numbers) -> NDArray[np.intp]:
    """Return the order by service point and begin; a stream that comes in it is not sorted."""
    if _is_in_order(place, begin):
        return np.arange(len(place))
    # One number of both sorts three times as fast as two. Its time is coarse where both do not fit into it.
    first = int(begin.min())
    time_bits = (int(begin.max()) - first).bit_length()
    place_bits = (int(place.max()) + 1).bit_length()
    coarse = max(time_bits + place_bits - 63, 0)
    key = (place.astype(np.int64) + 1) << (time_bits - coarse)
    key |= (begin - first) >> coarse
    order = np.argsort(key)
    if coarse and not _is_in_order(place[order], begin[order]):
        return np.lexsort((begin, place))
    return order


def _is_in_order(place: Codes, begin: Numbers) -> bool:
    later = (place[1:] == place[:-1]) & (begin[1:] >= begin[:-1])
    return bool(np.all(later | (place[1:] > place[:-1])))
