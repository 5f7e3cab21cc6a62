"""Momentary interruptions: how often customers had a short one, each by itself and as events (MAIFI-E).

IEEE 1366: reclosings of a device within five minutes of the first are one event, and an event that ends in a
sustained interruption is none: it is the beginning of that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.reliability.columns import Codes, Interruptions, Numbers
from dispatch.reliability.rule_sets import RuleSet
from dispatch.reliability.stretches import Stretches


@dataclass(frozen=True, slots=True, eq=False)
class Momentary:
    """A row for each momentary event: the local day, and how many customers had it."""

    day: Codes
    customers: Codes


def momentary_events(rows: Interruptions, of: Stretches, *, rules: RuleSet) -> Momentary:
    """Return the momentary events; where no service point is known, every short row is one."""
    is_short = of.is_first & (of.length_us <= rules.sustained_us)
    if of.order is None or rows.service_point is None:
        return Momentary(of.day[is_short], rows.customers[is_short])
    concerned = np.zeros(int(rows.service_point.max(initial=-1)) + 2, dtype=np.bool_)
    concerned[rows.service_point[is_short]] = True
    concerned[-1] = True  # rows of nobody known, numbered -1
    chosen = of.order[of.is_first[of.order] & concerned[rows.service_point[of.order]]]
    heads = _heads(
        rows.service_point[chosen], rows.started_us[chosen], is_short[chosen], rules.momentary_event_us
    )
    return Momentary(of.day[chosen[heads]], rows.customers[chosen[heads]])


def _heads(place: Codes, begin: Numbers, is_short: NDArray[np.bool_], lasts_us: int) -> NDArray[np.intp]:
    """Return where events begin. Rows come by place and begin; all places take a step in each round."""
    found: list[NDArray[np.intp]] = []
    size = len(place)
    is_new = np.ones(size, dtype=np.bool_)
    is_new[1:] = (place[1:] != place[:-1]) | (place[1:] < 0)
    head = np.flatnonzero(is_new)
    while len(head):
        after = head + 1
        open_ = is_short[head].copy()
        is_event = is_short[head].copy()
        while open_.any():
            there = np.minimum(after, size - 1)
            within = open_ & (after < size) & ~is_new[there] & (begin[there] <= begin[head] + lasts_us)
            ends_sustained = within & ~is_short[there]
            is_event &= ~ends_sustained
            after = after + within
            open_ = within & ~ends_sustained
        found.append(head[is_event])
        goes_on = after < size
        goes_on[goes_on] = ~is_new[after[goes_on]]
        head = after[goes_on]
    return np.concatenate(found) if found else np.empty(0, dtype=np.intp)
