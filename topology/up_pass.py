"""One pass up the blame tree: how well each state of the supply above a vertex explains all below it.

Owns the two tables the posterior is read from. For a vertex v, a state s of what is cut above, a setting k:
    within[v, s, k] = log ratio of all evidence at and below v when v itself adds nothing to s
    whole[v, s, k]  = the same when v may add e: log of (none x within[s] + sum of p(e) x within[s + e])
Rule 1: a service point that is cut off weighs its ratio R; one that is not, (1 - p) + p R, with p for its own
service.
Rule 2: within[v, s] = the sum of rule 1 over v's own service points + that of whole[child, s] over children.
Only what changed is worked out again: a vertex, and all above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import IntArray, LongArray
from topology.blame_tree import BlameTree
from topology.evidence_weights import AGES, CATEGORIES, EvidenceWeights, FloatArray, Setting
from topology.fault_priors import FaultPriors


@dataclass(frozen=True, eq=False)
class Opening:
    """For some vertices: the state each may add, and its log odds by state above and setting."""

    state: int
    rows: LongArray
    log_odds: FloatArray


class UpPass:
    """The tables of some settings; `refresh` brings vertices up to date."""

    def __init__(self, blame: BlameTree, priors: FaultPriors, settings: Sequence[Setting]) -> None:
        """Make room for the tables; pages of vertices that are never looked at cost no memory."""
        self.blame = blame
        self.priors = priors
        self.settings = tuple(settings)
        states = len(priors.states)
        self.within = np.zeros((len(blame), states, len(settings)))
        self.whole = np.zeros((len(blame), states, len(settings)))
        self.log_gain = np.zeros((len(blame), states, len(settings)))
        self.is_fresh = np.zeros(len(blame), dtype=np.bool_)
        self._tables: list[FloatArray] = []

    def weigh(self, weights: EvidenceWeights) -> None:
        """Take other weights; nothing is fresh after it."""
        self.is_fresh[:] = False
        self.evidence = weights
        self._tables = [self._table(weights.ratios(age)) for age in range(AGES)]

    def _table(self, ratios: FloatArray) -> FloatArray:
        """Return rule 1 as a matrix: (category, phases taken) x (state, setting)."""
        states = self.priors.states
        alone = at_service(self.priors.service, ratios)
        by_state = np.where(states.out.T[None, :, :, None], ratios[:, None, None, :], alone[:, None, None, :])
        return by_state.reshape(CATEGORIES * len(states.taken), len(states) * ratios.shape[1])

    def service_ratios(self, ages: IntArray, categories: IntArray) -> FloatArray:
        """Return the log ratios of single service points, points x settings."""
        return self.evidence.of_points(ages, categories)

    def refresh(
        self,
        vertices: LongArray,
        *,
        counts: FloatArray,
        ages: IntArray,
        extra: dict[int, FloatArray],
    ) -> None:
        """Work out vertices again, given with all above them.

        Args:
            vertices: of feeders that have reports; each with all above it that is not fresh, but the root.
            counts: by vertex of the tree, how many own service points there are by category x phases taken.
            ages: by vertex, that of its feeder.
            extra: what service points with a prior of their own add to their vertex, by state and setting.
        """
        for level in reversed(self.blame.levels(vertices)):
            within = self.own(level, counts, ages)
            self._add_children(level, within)
            for row, vertex in enumerate(level.tolist()) if extra else ():
                if vertex in extra:
                    within[row] += extra[vertex]
            self.within[level] = within
            self.log_gain[level] = gain = self.work_out_gain(level)
            self.whole[level] = within + gain + self.priors.log_none[level][:, None, None]
        self.is_fresh[vertices] = True

    def own(self, vertices: LongArray, counts: FloatArray, ages: IntArray) -> FloatArray:
        """Return what the service points that hang at some vertices weigh, by state and setting."""
        own = np.zeros((len(vertices), len(self.priors.states) * len(self.settings)))
        for age, table in enumerate(self._tables):
            if (rows := np.flatnonzero(ages[vertices] == age)).size:
                own[rows] = counts[vertices[rows]] @ table
        return own.reshape(len(vertices), len(self.priors.states), len(self.settings))

    def _add_children(self, level: LongArray, within: FloatArray) -> None:
        children, starts = self.blame.children
        counts = starts[level + 1] - starts[level]
        rows = np.flatnonzero(counts)
        if not len(rows):
            return
        lengths = counts[rows]
        firsts = np.cumsum(lengths) - lengths
        places = np.repeat(starts[level[rows]] - firsts, lengths) + np.arange(int(lengths.sum()))
        within[rows] += np.add.reduceat(self.whole[children[places]], firsts, axis=0)

    def openings(self, vertices: LongArray) -> list[Opening]:
        """Return how likely vertices are to add each state, against adding nothing."""
        join = self.priors.states.join
        found = []
        for state in range(1, len(self.priors.states)):
            odds = self.priors.log_odds[vertices, state]
            rows = np.flatnonzero(np.isfinite(odds))
            if len(rows):
                within = self.within[vertices[rows]]
                gain = within[:, join[:, state]] - within
                found.append(Opening(state, rows, odds[rows, None, None] + gain))
        return found

    def work_out_gain(self, vertices: LongArray) -> FloatArray:
        """Return the log of all that vertices may add, and of adding nothing, against adding nothing."""
        top: FloatArray = np.zeros((len(vertices), len(self.priors.states), len(self.settings)))
        openings = self.openings(vertices)
        for opening in openings:
            top[opening.rows] = np.maximum(top[opening.rows], opening.log_odds)
        total: FloatArray = np.exp(-top)
        for opening in openings:
            total[opening.rows] += np.exp(opening.log_odds - top[opening.rows])
        np.log(total, out=total)
        total += top
        return total


def at_service(prior: float, ratios: FloatArray) -> FloatArray:
    """Return the log of (1 - p) + p R: a service point that is not cut off, but for its own service."""
    if prior <= 0:
        return np.zeros_like(ratios)
    log_ratios: FloatArray = np.logaddexp(np.log1p(-prior), np.log(prior) + ratios)
    return log_ratios
