"""Why it is not the next device above: asked for all outages at once, nearest first.

Owns the rules, each asked of a device above that feeds more than what the outage puts out:
Rule 1: telemetry shows it closed.
Rule 2: a crew found it in order.
Rule 3: others under it are known to be on.
Rule 4: others under it say nothing.
Where none holds, the next one above is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from topology.arrays import BoolArray, LongArray
from topology.blame_tree import ROOT, BlameTree
from topology.statements import DeviceStatement
from topology.tally import Tally


class Why(IntEnum):
    """The rule that holds, or none of them."""

    NOTHING = 0
    IS_CLOSED = 1
    IS_IN_ORDER = 2
    HAS_SUPPLY = 3
    IS_SILENT = 4


class Signs:
    """What is said of devices, by vertex."""

    def __init__(self, blame: BlameTree, said: Mapping[int, DeviceStatement]) -> None:
        """Note what there is."""
        self.is_closed, self.is_in_order, self.saw_fault = (
            np.zeros(len(blame), dtype=np.bool_) for _ in range(3)
        )
        for device, one in said.items():
            if (vertex := blame.vertex_of_device.item(device)) > ROOT:
                self.is_closed[vertex] = one.closed_by_telemetry is not None
                self.is_in_order[vertex] = one.found_in_order is not None
                self.saw_fault[vertex] = one.indicator is not None and one.indicator.result == "fault"


@dataclass(frozen=True, eq=False, slots=True)
class Own:
    """What each outage puts out: the first vertex that may be asked, and how many it has itself.

    One above is asked where it affects more than `affected` service points on these `phases`. `count` are all
    that hang where the outage is; of them report `out`, are known to be `on`, and are `explained` otherwise.
    """

    first: LongArray
    phases: LongArray
    affected: LongArray
    count: LongArray
    out: LongArray
    on: LongArray
    explained: LongArray


@dataclass(frozen=True, eq=False, slots=True)
class NotAbove:
    """By outage the rule that holds, of which vertex and device above; what else is there, on, or silent."""

    why: LongArray
    vertex: LongArray
    device: LongArray
    others: LongArray
    on: LongArray
    silent: LongArray


def why_not_above(blame: BlameTree, tally: Tally, signs: Signs, own: Own) -> NotAbove:
    """Ask the devices above all outages."""
    found = NotAbove(*(np.zeros(len(own.first), dtype=np.int64) for _ in NotAbove.__slots__))
    asking, at = np.arange(len(own.first)), own.first
    while len(asking):
        is_device = at != ROOT
        asking, at = asking[is_device], at[is_device]
        others = blame.count_below[at] - own.count[asking]
        on = tally.on.below(at) - own.on[asking]
        reported = tally.out.below(at) - own.out[asking]
        silent = others - reported - (tally.explained.below(at) - own.explained[asking])
        feeds_more = blame.affected(at, own.phases[asking]) > own.affected[asking]
        why = _rule(signs, at, feeds_more, on, silent)
        holds = why != Why.NOTHING
        settled = asking[holds]
        answered = (why, at, blame.device[at], others, on, silent)
        for name, values in zip(NotAbove.__slots__, answered, strict=True):
            getattr(found, name)[settled] = values[holds]
        asking, at = asking[~holds], blame.parent[at[~holds]].astype(np.int64)
    return found


def _rule(signs: Signs, at: LongArray, feeds_more: BoolArray, on: LongArray, silent: LongArray) -> LongArray:
    rules = (
        (~feeds_more, Why.NOTHING),
        (signs.is_closed[at], Why.IS_CLOSED),
        (signs.is_in_order[at], Why.IS_IN_ORDER),
        (on > 0, Why.HAS_SUPPLY),
        (silent != 0, Why.IS_SILENT),
    )
    return np.select([one for one, _ in rules], [int(why) for _, why in rules], int(Why.NOTHING))
