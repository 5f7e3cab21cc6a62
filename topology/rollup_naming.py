"""From a vertex that a roll-up rule named to candidates: itself, the device above, the most affected below.

Owns which devices are one candidate because they put out the same service points. The probabilities are the
trust of the rule (`rollup_rules`), shared by all storms: the rules themselves know none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topology.arrays import LongArray
from topology.inference_result import Candidate
from topology.phases import format_phases
from topology.rollup_counting import NamedVertex, RollupRule
from topology.rollup_rules import RollupRules, RuleTrust
from topology.rollup_tree import MODES, FloatArray, RollupTree

_ALL_PHASES = 0


@dataclass(frozen=True, slots=True)
class Named:
    """An outage that the rules see: candidates, the rule, and the places of the service points out."""

    candidates: tuple[Candidate, ...]
    rule: RollupRule
    places: LongArray


class RollupNaming:
    """Names vertices and lone service points of one tree."""

    def __init__(self, tree: RollupTree, rules: RollupRules) -> None:
        """Keep the tree and the trust of its rules."""
        self.tree = tree
        self.rules = rules

    def vertex(self, named: NamedVertex, weight: FloatArray) -> Named:
        """Return the outage of a named vertex; `weight` are the reports below each vertex, by mode."""
        vertex, mode = named.vertex, named.mode
        trust = self.rules.trust_customers if self.tree.is_last[vertex] else self.rules.trust_upstream
        ways = [(vertex, mode)]
        shares = [trust.named]
        if above := self._above(vertex, mode):
            ways.append((above, _ALL_PHASES))
            shares.append(trust.above)
        if below := self._below(vertex, mode, weight):
            ways.append((below, mode))
            shares.append(trust.below)
        candidates = [self._candidate(*way, share) for way, share in zip(ways, shares, strict=True)]
        below_it = np.arange(self.tree.first[vertex], self.tree.beyond[vertex])
        places = below_it[self.tree.takes[below_it, mode]]
        return Named(_best_first(candidates), named.rule, places)

    def alone(self, place: int) -> Named:
        """Return the outage of one service point."""
        trust: RuleTrust = self.rules.trust_service
        tree = self.tree
        same = tree.same.get(int(tree.sameness_of_point[place]), [])
        devices = tree.tree.network.device_ids(tree.device[same])
        candidates = [
            Candidate(
                tree.tree.network.service_point_ids(tree.points[[place]])[0],
                format_phases(int(tree.taken[place])),
                trust.named,
                tuple(sorted(devices)),
            )
        ]
        above = int(tree.vertex_of_point[place])
        while above and tree.point_counts[above, _ALL_PHASES] == 1:
            above = int(tree.parent[above])
        if above:
            candidates.append(self._candidate(above, _ALL_PHASES, trust.above))
        return Named(_best_first(candidates), RollupRule.SERVICE, np.array([place]))

    def _above(self, vertex: int, mode: int) -> int:
        tree = self.tree
        above = int(tree.parent[vertex])
        while above and tree.sameness[above, _ALL_PHASES] == tree.sameness[vertex, mode]:
            above = int(tree.parent[above])
        return above

    def _below(self, vertex: int, mode: int, weight: FloatArray) -> int:
        """Return the child with most reports, passing over those that put out the same service points."""
        tree = self.tree
        own = tree.sameness[vertex, mode]
        while True:
            children = np.flatnonzero(tree.parent == vertex)
            children = children[children > 0]
            if not len(children) or not weight[children, mode].any():
                return 0
            vertex = int(children[weight[children, mode].argmax()])
            if tree.sameness[vertex, mode] != own:
                return vertex

    def _candidate(self, vertex: int, mode: int, share: float) -> Candidate:
        tree = self.tree
        network = tree.tree.network
        sameness = int(tree.sameness[vertex, mode])
        others = [one for one in tree.same.get(sameness, []) if one != vertex]
        equivalent = network.device_ids(tree.device[others])
        if (place := tree.place_of_sameness.get(sameness)) is not None:
            equivalent += network.service_point_ids(tree.points[[place]])
        return Candidate(
            network.device_ids(tree.device[[vertex]])[0],
            format_phases(int(tree.phases[vertex]) & MODES[mode]),
            share,
            tuple(sorted(equivalent)),
        )


def _best_first(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """Return those worth a line; the one that the rule named stays the first."""
    return (candidates[0], *sorted((one for one in candidates[1:] if one.probability > 0), key=_descending))


def _descending(one: Candidate) -> float:
    return -one.probability
