"""Which part of a feeder is its trunk, which are laterals, what protects and switches them, and their phases.

Rules:
1. The trunk follows the heavier branch until a twelfth of the feeder's customers is left.
2. Along the trunk stand one to three reclosers at even shares of customers, with sectionalizers and switches
   between them.
3. A branch off the trunk is a lateral behind a fuse, or behind a recloser where it is large; a smaller
   branch of a lateral has a fuse of its own.
4. A small overhead lateral without works or the like may have one phase only: that with the least load so
   far.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from storm.city.arrays import Flags, Longs, chance
from storm.city.feeders import FeederTrees
from topology.phases import ABC

_TRUNK_UNTIL = 1 / 12
_LARGE_LATERAL = 400
_TWO_RECLOSERS_FROM, _THREE_RECLOSERS_FROM = 700, 1_200
_FUSED_BRANCH_FROM = 25
_SINGLE_PHASE_UP_TO, _SINGLE_PHASE_SHARE = 60, 0.7
_SINGLE_PHASES = (1, 2, 4)


class Entry(IntEnum):
    """The device at the head of the line to a node."""

    NONE = 0
    FUSE = 1
    RECLOSER = 2
    SECTIONALIZER = 3
    SWITCH = 4


@dataclass(frozen=True, slots=True)
class Branches:
    """For each node of the feeder trees: whether the trunk passes it, the head of its line, its phases."""

    is_trunk: Flags
    entry: Longs
    phases: Longs
    customers_below: Longs


@dataclass(slots=True)
class _Trees:
    feeder: list[int]
    parent: list[int]
    children: list[list[int]]
    below: list[int]
    three_phase_only: list[int]


def make_branches(
    *, seed: int, trees: FeederTrees, customers: Longs, is_underground: Flags, needs_three_phases: Flags
) -> Branches:
    """Return trunk, devices and phases of all feeders.

    Args:
        seed: the city's seed.
        trees: the feeders.
        customers: how many are served from each node.
        is_underground: whether the line to each node is a cable.
        needs_three_phases: nodes with a customer who cannot do with one phase.
    """
    rng = chance(seed, "trunks")
    view = _with_sums(trees, customers, is_underground | needs_three_phases)
    is_trunk = [False] * trees.node_count
    entry = [int(Entry.NONE)] * trees.node_count
    for root in np.flatnonzero(trees.parent < 0).tolist():
        trunk = _trunk(view, root)
        for node in trunk:
            is_trunk[node] = True
        _switch_trunk(rng, view, trunk, entry)
    _fuse_laterals(view, is_trunk, entry)
    phases = _phases(rng, view, trees.feeder_count, is_trunk, entry)
    return Branches(
        np.array(is_trunk), np.array(entry, dtype=np.int64), phases, np.array(view.below, dtype=np.int64)
    )


def _with_sums(trees: FeederTrees, customers: Longs, three_phase_only: Flags) -> _Trees:
    parent = trees.parent.tolist()
    below, hard = customers.tolist(), three_phase_only.astype(np.int64).tolist()
    children: list[list[int]] = [[] for _ in parent]
    for node in range(len(parent) - 1, -1, -1):
        above = parent[node]
        if above >= 0:
            below[above] += below[node]
            hard[above] += hard[node]
            children[above].append(node)
    for ones in children:
        ones.sort(key=lambda node: (-below[node], node))
    return _Trees(trees.feeder.tolist(), parent, children, below, hard)


def _trunk(view: _Trees, root: int) -> list[int]:
    trunk, node = [root], root
    while view.children[node]:
        heaviest = view.children[node][0]
        if view.below[heaviest] < _TRUNK_UNTIL * view.below[root]:
            break
        trunk.append(heaviest)
        node = heaviest
    return trunk


def _switch_trunk(rng: np.random.Generator, view: _Trees, trunk: list[int], entry: list[int]) -> None:
    """Place devices where the share of customers behind them falls below each of these shares."""
    total = view.below[trunk[0]]
    reclosers = 1 if total < _TWO_RECLOSERS_FROM else 2
    if total >= _THREE_RECLOSERS_FROM:
        reclosers += int(rng.integers(0, 2))
    steps = 2 * reclosers + 1
    plan = []
    for step in range(1, steps + 1):
        kind = Entry.RECLOSER if step % 2 == 0 else Entry.SECTIONALIZER if step == steps - 2 else Entry.SWITCH
        plan.append((1 - step / (steps + 1) + float(rng.uniform(-0.04, 0.04)), kind))
    # A tiny feeder's trunk ends before the first share is met.
    if trunk[2:] and total and view.below[trunk[-1]] / total > plan[1][0]:
        entry[trunk[len(trunk) // 2]] = Entry.RECLOSER
        return
    for node in trunk[1:]:
        met = []
        while plan and view.below[node] <= plan[0][0] * total:
            met.append(plan.pop(0)[1])
        if met:
            entry[node] = Entry.RECLOSER if Entry.RECLOSER in met else met[0]


def _fuse_laterals(view: _Trees, is_trunk: list[bool], entry: list[int]) -> None:
    for node, above in enumerate(view.parent):
        if above < 0 or is_trunk[node]:
            continue
        if is_trunk[above]:
            entry[node] = Entry.RECLOSER if view.below[node] > _LARGE_LATERAL else Entry.FUSE
        elif view.children[above][0] != node and view.below[node] >= _FUSED_BRANCH_FROM:
            entry[node] = Entry.FUSE


def _phases(
    rng: np.random.Generator, view: _Trees, feeders: int, is_trunk: list[bool], entry: list[int]
) -> Longs:
    phases = [ABC] * len(view.parent)
    load = [[0, 0, 0] for _ in range(feeders)]
    drawn = rng.random(len(view.parent)).tolist()
    for node, above in enumerate(view.parent):
        if above < 0 or is_trunk[node]:
            continue
        if phases[above] != ABC:
            phases[node] = phases[above]
        elif (
            entry[node] == Entry.FUSE
            and view.below[node] <= _SINGLE_PHASE_UP_TO
            and not view.three_phase_only[node]
            and drawn[node] < _SINGLE_PHASE_SHARE
        ):
            of_feeder = load[view.feeder[node]]
            least = of_feeder.index(min(of_feeder))
            of_feeder[least] += view.below[node]
            phases[node] = _SINGLE_PHASES[least]
    return np.array(phases, dtype=np.int64)
