"""Counting reports up the tree: which devices the roll-up rules name.

Owns the rules, on arrays; knows nothing of observations and times.

Rule 1 (customers): a device with no device below it is named when enough of its customers report.
Rule 2 (upstream): a device with others below is named when enough of those next below are affected.
Rule 3 (feeder): a feeder's breaker is named when too many devices below it would be.
Rule 4: the topmost named device takes all reports below it; nothing below it is named for the same phases.
Rule 5: a service point known to be on clears all above it on its phases; the rules then apply below.
Rule 6: what is left is a service point alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from topology.arrays import BoolArray, IntArray, LongArray
from topology.kinds import KINDS, DeviceKind
from topology.rollup_rules import RollupRules
from topology.rollup_tree import MODES, FloatArray, RollupTree

_ALL_PHASES = 0


class RollupRule(StrEnum):
    """Which rule named a device."""

    SERVICE = "service"
    CUSTOMERS = "customers"
    UPSTREAM = "upstream"
    FEEDER = "feeder"


class NamedVertex(NamedTuple):
    """A vertex that a rule named, and the mode (place in `MODES`) it opened in."""

    vertex: int
    mode: int
    rule: RollupRule


@dataclass(frozen=True, slots=True)
class Counted:
    """What one group of reports says: named vertices from the top, places of service points left alone."""

    named: tuple[NamedVertex, ...]
    alone: LongArray
    reports: FloatArray


class RollupCounter:
    """Counts for one tree and one set of rules."""

    def __init__(self, tree: RollupTree, rules: RollupRules) -> None:
        """Make ready what does not depend on the reports."""
        self.tree = tree
        self.rules = rules
        kinds = [KINDS[code] for code in tree.tree.network.device_kind_codes[tree.device].tolist()]
        several = np.count_nonzero(tree.only_counts[:, 1:] > 0, axis=1) > 1
        self._may_blow_one = several & np.array([kind in rules.single_phase_kinds for kind in kinds])
        self._is_breaker = np.array([kind is DeviceKind.BREAKER for kind in kinds])
        self._feeder: IntArray = self._feeders()

    def count(self, weights: FloatArray, *, is_on: BoolArray, cannot: BoolArray) -> Counted:
        """Return what the rules name.

        Args:
            weights: by place of a service point, what its reports weigh; 0 where there is none.
            is_on: by place, whether the service point is known to have supply.
            cannot: by vertex, whether the device is known to be closed.
        """
        tree, rules = self.tree, self.rules
        reporting = weights > 0
        weight = tree.summed_below(np.where(tree.takes, weights[:, None], 0.0))
        heard = tree.summed_below((tree.takes & reporting[:, None]).astype(np.float64))
        counts = np.maximum(tree.point_counts, 1)
        share = heard / counts
        customers = (weight >= np.minimum(rules.customer_reports, counts)) & (share >= rules.customer_share)
        upstream = self._upstream(weight, heard, share, reporting)
        holds = np.where(tree.is_last[:, None], customers, upstream) & (heard > 0)
        holds &= tree.summed_below((tree.takes & is_on[:, None]).astype(np.float64)) == 0
        holds[cannot] = False
        holds[0] = False
        mode = self._modes(reporting, holds)
        named = self._topmost(mode)
        return Counted(named, self._alone(weights, named), weight)

    def _upstream(
        self, weight: FloatArray, heard: FloatArray, share: FloatArray, reporting: BoolArray
    ) -> BoolArray:
        tree, rules = self.tree, self.rules
        affected = (weight >= rules.child_reports) & (share >= rules.child_share) & (heard > 0)
        children = tree.summed_to_parents(affected.astype(np.float64))
        children += tree.summed_at((tree.takes & reporting[:, None]).astype(np.float64))
        needed = np.minimum(rules.children, tree.child_counts)
        return np.asarray(
            (children >= needed)
            & (children >= rules.children_share * tree.child_counts)
            & (weight >= np.minimum(rules.upstream_reports, tree.point_counts))
            & (share >= rules.upstream_share)
        )

    def _modes(self, reporting: BoolArray, holds: BoolArray) -> IntArray:
        """Return for each vertex the mode it is named in, -1 for none."""
        tree, rules = self.tree, self.rules
        mode = np.where(holds[:, _ALL_PHASES], _ALL_PHASES, -1).astype(np.int32)
        asked = np.flatnonzero(self._may_blow_one & holds[:, 1:].any(axis=1))
        if rules.single_phase_share <= 0 or not len(asked):
            return mode
        heard = tree.summed_below((tree.takes_only & reporting[:, None]).astype(np.float64))[asked, 1:]
        shares = heard / np.maximum(tree.only_counts[asked, 1:], 1)
        best = shares.argmax(axis=1)
        rows = np.arange(len(asked))
        others = shares.copy()
        others[rows, best] = 0
        is_one = others.max(axis=1) <= rules.single_phase_share * shares[rows, best]
        is_one &= holds[asked, best + 1] & (shares[rows, best] > 0)
        mode[asked[is_one]] = best[is_one] + 1
        return mode

    def _topmost(self, mode: IntArray) -> tuple[NamedVertex, ...]:
        tree = self.tree
        named: list[NamedVertex] = []
        for vertex in np.flatnonzero(mode >= 0).tolist():
            wanted = MODES[mode[vertex]]
            above = [one for one in named if tree.beyond[one.vertex] >= tree.beyond[vertex]]
            if any(MODES[one.mode] & wanted == wanted for one in above):
                continue
            if wanted == MODES[_ALL_PHASES] and above:
                # One phase above is open already; what is left below lies on the others.
                continue
            rule = RollupRule.CUSTOMERS if tree.is_last[vertex] else RollupRule.UPSTREAM
            named.append(NamedVertex(vertex, int(mode[vertex]), rule))
        return self._with_feeders(named)

    def _with_feeders(self, named: list[NamedVertex]) -> tuple[NamedVertex, ...]:
        """Name the breaker of a feeder instead of too many devices below it (rule 3)."""
        if not self.rules.feeder_devices:
            return tuple(named)
        feeders = [int(self._feeder[one.vertex]) for one in named]
        full = {one for one in feeders if one > 0 and feeders.count(one) >= self.rules.feeder_devices}
        kept = [one for one, feeder in zip(named, feeders, strict=True) if feeder not in full]
        kept += [NamedVertex(one, _ALL_PHASES, RollupRule.FEEDER) for one in full]
        return tuple(sorted(kept))

    def _alone(self, weights: FloatArray, named: tuple[NamedVertex, ...]) -> LongArray:
        left = weights >= self.rules.service_weight
        left &= weights > 0
        for one in named:
            below = slice(self.tree.first[one.vertex], self.tree.beyond[one.vertex])
            left[below] &= ~self.tree.takes[below, one.mode]
        return np.flatnonzero(left)

    def _feeders(self) -> IntArray:
        """Return for each vertex the topmost breaker at or above it, 0 for none."""
        feeder = np.zeros(self.tree.count, dtype=np.int32)
        for vertex in range(1, self.tree.count):
            above = feeder[self.tree.parent[vertex]]
            feeder[vertex] = above or (vertex if self._is_breaker[vertex] else 0)
        return feeder
