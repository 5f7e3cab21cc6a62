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
import numpy.typing as npt

from topology.arrays import IntArray, LongArray
from topology.blame_tree import BlameTree
from topology.evidence_weights import AGES, BUCKETS, CATEGORIES, EvidenceWeights, FloatArray, Setting
from topology.fault_priors import FaultPriors

# Numbers whose logarithms are less far from 0 are added as they are, without overflow.
FARTHEST = 600.0

Chosen = slice | LongArray
# Whole numbers below 2 ** 24, which half the room holds exactly.
CountArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Alike:
    """The settings that differ (`first`), and by setting which of these it is like (None: all differ)."""

    first: Chosen
    like: LongArray | None

    def spread(self, values: FloatArray) -> FloatArray:
        """Return values of the settings that differ as values of all, the last axis."""
        if self.like is None:
            return values
        if values.shape[-1] == 1:
            return np.repeat(values, len(self.like), axis=-1)
        return np.asarray(np.take(values, self.like, axis=-1))


EACH = Alike(slice(None), None)


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
        self.is_fresh = np.zeros(len(blame), dtype=np.bool_)
        self._tables: list[FloatArray] = []
        self._alike = alike_but_for_delay(self.settings)

    def weigh(self, weights: EvidenceWeights) -> None:
        """Take other weights; nothing is fresh after it."""
        self.is_fresh[:] = False
        self.evidence = weights
        self._tables = [self._table(weights.ratios(age)) for age in range(AGES)]
        # By age, category and setting: how likely a service point that is not cut off is out on its own.
        prior = self.priors.service
        with np.errstate(divide="ignore"):
            odds = np.log(prior) - np.log1p(-prior)
        self.service_alone = likely_of(odds + np.stack([weights.ratios(age) for age in range(AGES)]))

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
        counts: CountArray,
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
        # By how old a first call was nothing differs on feeders that no call spoke of first.
        is_called_first = ages[vertices] >= BUCKETS
        for some, asked in ((~is_called_first, self._alike), (is_called_first, EACH)):
            if some.any():
                self._refresh(vertices[some], counts, ages, extra, asked)
        self.is_fresh[vertices] = True

    def _refresh(
        self,
        vertices: LongArray,
        counts: CountArray,
        ages: IntArray,
        extra: dict[int, FloatArray],
        alike: Alike,
    ) -> None:
        """Work out vertices, level by level, for the settings that differ there."""
        first = alike.first
        own = self._own(vertices, counts, ages, first)
        for rows in reversed(self.blame.levels_of(vertices)):
            level, within = vertices[rows], own[rows]
            self._add_children(level, within, first)
            for row, vertex in enumerate(level.tolist()) if extra else ():
                if vertex in extra:
                    within[row] += extra[vertex][:, first]
            self.within[level] = alike.spread(within)
            within += self._gain(level, within)
            within += self.priors.log_none[level][:, None, None]
            self.whole[level] = alike.spread(within)

    def own(self, vertices: LongArray, counts: CountArray, ages: IntArray) -> FloatArray:
        """Return what the service points that hang at some vertices weigh, by state and setting."""
        return self._own(vertices, counts, ages, slice(None))

    def _own(self, vertices: LongArray, counts: CountArray, ages: IntArray, settings: Chosen) -> FloatArray:
        states = len(self.priors.states)
        tables = [one.reshape(len(one), states, len(self.settings))[:, :, settings] for one in self._tables]
        width = states * tables[0].shape[2]
        own = np.zeros((len(vertices), width))
        starts = self.blame.point_starts
        hung = np.flatnonzero(starts[vertices + 1] > starts[vertices])
        counted = counts[vertices[hung]]
        columns = np.flatnonzero(counted.any(axis=0))
        counted = counted[:, columns].astype(np.float64)
        ages = ages[vertices[hung]]
        for age, table in enumerate(tables):
            if (rows := np.flatnonzero(ages == age)).size:
                own[hung[rows]] = counted[rows] @ table[columns].reshape(len(columns), width)
        return own.reshape(len(vertices), states, width // states)

    def _add_children(self, level: LongArray, within: FloatArray, settings: Chosen) -> None:
        children, starts = self.blame.children
        counts = starts[level + 1] - starts[level]
        rows = np.flatnonzero(counts)
        if not len(rows):
            return
        lengths = counts[rows]
        firsts = np.cumsum(lengths) - lengths
        places = np.repeat(starts[level[rows]] - firsts, lengths) + np.arange(int(lengths.sum()))
        whole = self.whole[children[places]][:, :, settings]
        within[rows] += np.add.reduceat(whole, firsts, axis=0)

    def openings(self, vertices: LongArray) -> list[Opening]:
        """Return how likely vertices are to add each state, against adding nothing."""
        return self._openings(vertices, self.within[vertices])

    def _openings(self, vertices: LongArray, within: FloatArray) -> list[Opening]:
        join = self.priors.states.join
        found = []
        for state in range(1, len(self.priors.states)):
            odds = self.priors.log_odds[vertices, state]
            rows = np.flatnonzero(np.isfinite(odds))
            if len(rows):
                here = within[rows]
                gain = here[:, join[:, state]] - here
                found.append(Opening(state, rows, odds[rows, None, None] + gain))
        return found

    def log_gain(self, vertices: LongArray) -> FloatArray:
        """Return the gain of vertices that are fresh, as `work_out_gain` does."""
        gain: FloatArray = self.whole[vertices] - self.within[vertices]
        gain -= self.priors.log_none[vertices][:, None, None]
        return gain

    def work_out_gain(self, vertices: LongArray) -> FloatArray:
        """Return the log of all that vertices may add, and of adding nothing, against adding nothing."""
        return self._gain(vertices, self.within[vertices])

    def _gain(self, vertices: LongArray, within: FloatArray) -> FloatArray:
        """Work out the gain from `within`; where it is too far from 0 for plain numbers, in logarithms."""
        far = np.flatnonzero(np.abs(within).max(axis=(1, 2), initial=0.0) > FARTHEST)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            likely = np.exp(within)
            total = self._with_openings(likely, self.priors.odds[vertices])
            total /= likely
            np.log(total, out=total)
        if len(far):
            total[far] = self._gain_of_logs(vertices[far], within[far])
        return total

    def _with_openings(self, likely: FloatArray, odds: FloatArray) -> FloatArray:
        """Return by vertex, state and setting the sum over all that the vertex may add, or not."""
        join = self.priors.states.join
        is_all = (join == np.arange(len(join))).all(axis=0)
        total = likely.copy()
        for state in np.flatnonzero(is_all).tolist():
            total += odds[:, state, None, None] * likely[:, state, None]
        parted = np.where(is_all, 0.0, odds)
        rows = np.flatnonzero(parted.any(axis=1))
        of_rows, parted = likely[rows], parted[rows]
        more = np.zeros_like(of_rows)
        for state in np.flatnonzero(parted.any(axis=0)).tolist():
            some = np.flatnonzero(parted[:, state])
            if len(some) == len(rows):
                more += parted[:, state, None, None] * of_rows[:, join[:, state]]
            else:
                more[some] += parted[some, state, None, None] * of_rows[some][:, join[:, state]]
        total[rows] += more
        return total

    def _gain_of_logs(self, vertices: LongArray, within: FloatArray) -> FloatArray:
        top: FloatArray = np.zeros_like(within)
        openings = self._openings(vertices, within)
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


def alike_but_for_delay(settings: Sequence[Setting]) -> Alike:
    """Return which settings differ where no call came first."""
    firsts: dict[tuple[float, float], int] = {}
    places = [firsts.setdefault((one.loss, one.false_rate), place) for place, one in enumerate(settings)]
    if len(firsts) == len(settings):
        return EACH
    first, like = np.unique(places, return_inverse=True)
    chosen = slice(0, 1) if len(first) == 1 else first.astype(np.int64)
    return Alike(chosen, like.reshape(-1).astype(np.int64))


def likely_of(log_odds: FloatArray) -> FloatArray:
    """Return probabilities of log odds."""
    likely: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -700, 700)))
    return likely
