"""The exact posterior of every device, kept up to date: evidence in by category, probabilities out.

Owns what is counted where, which feeders are in trouble and for how long, and what is worked out again when
something changes. It gives the same whether all came at once or one by one.

Rule 1: a feeder without a report says nothing: its silence has no age yet. It is left out.
Rule 2: what is not known (`Setting`: the loss of last gasps, the share of false ones) is thought equally
likely in all its values; each is weighed by how well it explains the evidence of the feeders with the most
reports (`WEIGHING_FEEDERS`). What weighs below `LEAST_WEIGHT` is left out, and all answers are means over
the rest.
"""

from __future__ import annotations

import math

import numpy as np

from topology.arrays import BoolArray, Indices, IntArray, LongArray
from topology.blame_tree import NOBODY, ROOT, BlameTree
from topology.evidence_weights import (
    BUCKETS,
    CATEGORIES,
    GASPS,
    METERS,
    NOT_COUNTED,
    SAY_OUT,
    WITHOUT_GASP,
    EvidenceWeights,
    FloatArray,
    Meter,
    Received,
    rounded_count,
    settings_of,
    settings_that_matter,
)
from topology.fault_priors import FaultPriors, cut_states
from topology.rates import FEWEST_EXPECTED, EvidenceRates
from topology.up_pass import UpPass, at_service, likely_of

WEIGHING_FEEDERS = 10
LEAST_WEIGHT = 1e-3
QUIET = -1
_SPEAKS_OUT = np.array([one in SAY_OUT for one in Meter] + [True] * METERS)


class Posterior:
    """Evidence by service point and device of one blame tree, and the tables that follow from it.

    `category` is by service point, `age` by vertex (QUIET without a report on the feeder), `reports` by
    vertex how many own service points say that they are out, `is_told` where something was said about the
    device itself. `weights` belong to `passes.settings`.
    """

    def __init__(self, blame: BlameTree, rates: EvidenceRates, metered: BoolArray | None = None) -> None:
        """Start without evidence; `metered` tells which service points have a meter (None: all)."""
        self.blame = blame
        self.rates = rates
        self.states = cut_states(blame.taken)
        self._expected = rates.expected_faults or FEWEST_EXPECTED
        self.priors = FaultPriors(blame, self.states, rates, self._expected)
        points = blame.tree.network.service_point_count
        has_meter = np.ones(points, dtype=np.bool_) if metered is None else metered
        self.silent_category = np.where(has_meter, Meter.SILENT, Meter.NONE).astype(np.int8)
        self.silent_category[blame.vertex_of_point < 0] = NOT_COUNTED
        self.category = self.silent_category.copy()
        self.reports = np.zeros(len(blame), dtype=np.int64)
        metered = np.concatenate([[0], np.cumsum(has_meter[blame.points])])
        self._metered_below: LongArray = (
            metered[blame.point_starts[blame.end]] - metered[blame.point_starts[:-1]]
        )
        self._counts = np.zeros((len(blame), CATEGORIES * len(blame.taken)), dtype=np.float32)
        self._add_counts(blame.points, +1)
        self.age = np.full(len(blame), QUIET, dtype=np.int32)
        self._meters = int(np.count_nonzero(has_meter))
        self.is_told = np.zeros(len(blame), dtype=np.bool_)
        self._told: dict[int, FloatArray] = {}
        self._nothing_told = np.ones(len(self.states))
        self._own_priors: dict[int, float] = dict(self.priors.service_of_point)
        self._settings = settings_of(rates)
        self._weighing = self.passes = UpPass(blame, self.priors, self._settings)
        self.weights = np.full(len(self._settings), 1.0 / len(self._settings))
        self._received = Received(0.0, self._meters, 0.0, len(blame.points))
        self._are_weighed = False

    def receive(self, *, gasps: int, calls: int, woken: float = 1.0) -> None:
        """Say how many places have gasped and called in all, and the share of restored meters that woke."""
        received = Received(
            rounded_count(gasps), self._meters, rounded_count(calls), len(self.blame.points), woken
        )
        if received != self._received:
            self._received = received
            self._are_weighed = False

    def expect(self, faults: int) -> None:
        """Say how many faults there may be, where the rates do not tell; it counts in powers of two."""
        expected = float(2 ** math.ceil(math.log2(max(faults, FEWEST_EXPECTED))))
        if self.rates.expected_faults is not None or expected == self._expected:
            return
        self._expected = expected
        self.priors = FaultPriors(self.blame, self.states, self.rates, expected)
        self.is_told[:] = False
        self._told.clear()
        for one in (self._weighing, self.passes):
            one.priors = self.priors
        self._are_weighed = False

    def categorise(self, points: LongArray, categories: IntArray) -> None:
        """Give service points (each once) their categories; those without supply have none."""
        kept = self.blame.vertex_of_point[points] >= 0
        points, categories = points[kept], categories[kept]
        changed = self.category[points] != categories
        points = points[changed]
        if not len(points):
            return
        self._add_counts(points, -1)
        self.category[points] = categories[changed]
        self._add_counts(points, +1)
        vertices = np.unique(self.blame.vertex_of_point[points])
        self._spoil(vertices)

    def _add_counts(self, points: Indices, sign: int) -> None:
        points = points[self.category[points] >= 0]
        category = self.category[points].astype(np.int64)
        vertices = self.blame.vertex_of_point[points]
        columns = category * len(self.blame.taken) + self.blame.taken_of_point[points]
        np.add.at(self._counts, (vertices, columns), sign)
        np.add.at(self.reports, vertices[_SPEAKS_OUT[category]], sign)

    def set_age(self, feeder: int, age: int) -> None:
        """Say how old the trouble of a feeder is; QUIET for none. The root stands for what has no feeder."""
        if self.age[feeder] == age:
            return
        end = int(self.blame.end[feeder]) if feeder != ROOT else 1
        self.age[feeder:end] = age
        for one in (self._weighing, self.passes):
            one.is_fresh[feeder:end] = False

    def tell_devices(self, vertices: LongArray, ratios: FloatArray) -> None:
        """Let evidence about devices weigh, by vertex and state (see FaultPriors.told)."""
        changed = [
            place
            for place, (vertex, ratio) in enumerate(zip(vertices.tolist(), ratios, strict=True))
            if not np.array_equal(self._told.get(vertex, self._nothing_told), ratio)
        ]
        vertices, ratios = vertices[changed], ratios[changed]
        if not len(vertices):
            return
        self._told.update(zip(vertices.tolist(), ratios, strict=True))
        self.priors.tell(vertices, ratios)
        self.is_told[vertices] = (ratios != 1).any(axis=1)
        self._spoil(vertices)

    def tell_services(self, priors: dict[int, float]) -> None:
        """Give single services a prior of their own, all others that of their kind."""
        wanted = {**self.priors.service_of_point, **priors}
        if wanted != self._own_priors:
            changed = set(wanted.items()) ^ set(self._own_priors.items())
            self._own_priors = wanted
            points = np.array(sorted({point for point, _ in changed}), dtype=np.int64)
            vertices = self.blame.vertex_of_point[points]
            self._spoil(np.unique(vertices[vertices >= 0]))

    def service_priors(self, points: Indices) -> FloatArray:
        """Return how likely the services of some service points are to be open, before their own word."""
        priors = np.full(len(points), self.priors.service)
        own = np.flatnonzero(np.isin(points, list(self._own_priors))) if self._own_priors else ()
        for place in own:
            priors[place] = self._own_priors[int(points[place])]
        return priors

    def service_alone(self, points: Indices) -> FloatArray:
        """Return how likely service points that are not cut off are out on their own, points x settings."""
        ages, categories = self.age[self.blame.vertex_of_point[points]], self.category[points]
        alone: FloatArray = self.passes.service_alone[ages, categories]
        own = np.flatnonzero(np.isin(points, list(self._own_priors))) if self._own_priors else ()
        if len(own):
            priors = self.service_priors(points[own])[:, None]
            with np.errstate(divide="ignore"):
                odds = np.log(priors) - np.log1p(-priors)
            alone[own] = likely_of(odds + self.ratios(self.passes, points[own]))
        return alone

    def active_feeders(self) -> LongArray:
        """Return the feeders with reports."""
        feeders = self.blame.feeders
        return np.asarray(feeders[self.age[feeders] != QUIET])

    def refresh(self) -> LongArray:
        """Bring all tables up to date; return the feeders whose probabilities may have changed."""
        active = self.active_feeders()
        before, weights_before = self.passes, self.weights
        settings = settings_that_matter(
            self._settings,
            has_gasps=self._received.gasps > 0,
            is_called_first=bool((self.age >= BUCKETS).any()),
        )
        if self._weighing.settings != settings:
            self._weighing = UpPass(self.blame, self.priors, settings)
            self._weigh(self._weighing)
        if not self._are_weighed:
            self._weigh(self._weighing)
            if self.passes is not self._weighing:
                self._weigh(self.passes)
            self._are_weighed = True
        weighed = self._weigh_settings(active)
        vertices = self._refresh(self.passes, active)
        if self.passes is self._weighing:
            # Some were brought up to date to be weighed.
            vertices = np.union1d(vertices, weighed)
        if self.passes is not before or not np.array_equal(self.weights, weights_before):
            return active
        # In pre-order what is below a feeder is one slice.
        feeders = self.blame.feeder[vertices].astype(np.int64)
        return feeders[np.flatnonzero(np.diff(feeders, prepend=NOBODY))]

    def _weigh_settings(self, active: LongArray) -> LongArray:
        """Rule 2; return the vertices that were worked out again for it."""
        settings = self._weighing.settings
        if len(settings) == 1:
            self.passes, self.weights = self._weighing, np.ones(1)
            return active[:0]
        sample = active
        if len(active) > WEIGHING_FEEDERS:
            running = np.concatenate([[0], np.cumsum(self.reports)])
            reports = running[self.blame.end[active]] - running[active]
            sample = np.sort(active[np.argsort(-reports, kind="stable")[:WEIGHING_FEEDERS]])
        weighed = self._refresh(self._weighing, sample)
        root = self._weighing.own(np.array([ROOT]), self._counts, self.age)
        log_weights = self._weighing.whole[sample, 0].sum(axis=0) + root[0, 0]
        log_weights += self._weighing.evidence.log_with_supply(**self._meters_heard(sample, active))
        weights = np.exp(log_weights - log_weights.max())
        kept = np.flatnonzero(weights >= LEAST_WEIGHT)
        self.weights = weights[kept] / weights[kept].sum()
        left = tuple(settings[one] for one in kept.tolist())
        if left == settings:
            self.passes = self._weighing
        elif self.passes.settings != left or self.passes is self._weighing:
            self.passes = UpPass(self.blame, self.priors, left)
            self._weigh(self.passes)
        return weighed

    def _meters_heard(self, sample: LongArray, active: LongArray) -> dict[str, int]:
        """Return how many meters gasped, and how many did not, on some feeders and all that are quiet."""
        by_category = np.zeros(CATEGORIES)
        quiet = int(self._metered_below[ROOT] - self._metered_below[active].sum())
        stretches = list(zip(sample.tolist(), self.blame.end[sample].tolist(), strict=True))
        if self.age[ROOT] != QUIET:
            # What hangs from no feeder stands at the root alone.
            stretches.append((ROOT, ROOT + 1))
            below = self.blame.feeders
            quiet -= int(self._metered_below[ROOT] - self._metered_below[below].sum())
        for start, stop in stretches:
            by_category += (
                self._counts[start:stop].sum(axis=0, dtype=np.float64).reshape(CATEGORIES, -1).sum(axis=1)
            )
        of_word = by_category[:METERS] + by_category[METERS:]
        gasped, silent = (int(of_word[list(words)].sum()) for words in (GASPS, WITHOUT_GASP))
        return {"gasped": gasped, "silent": silent + quiet}

    def _weigh(self, passes: UpPass) -> None:
        passes.weigh(EvidenceWeights(self.rates, passes.settings, self._received))

    def _refresh(self, passes: UpPass, feeders: LongArray) -> LongArray:
        vertices = np.flatnonzero(~passes.is_fresh & self.blame.of_feeders(feeders))
        if len(vertices):
            extra = self._extra(passes, vertices)
            passes.refresh(vertices, counts=self._counts, ages=self.age, extra=extra)
        return vertices

    def _extra(self, passes: UpPass, vertices: LongArray) -> dict[int, FloatArray]:
        """Return what service points with a prior of their own add to their vertices."""
        extra: dict[int, FloatArray] = {}
        wanted = set(vertices.tolist()) if self._own_priors else set()
        for point, prior in self._own_priors.items():
            vertex = int(self.blame.vertex_of_point[point])
            if vertex not in wanted or self.category[point] < 0:
                continue
            ratios = self.ratios(passes, np.array([point]))[0]
            gain = at_service(prior, ratios) - at_service(self.priors.service, ratios)
            is_on = ~self.states.out[:, self.blame.taken_of_point[point]]
            extra[vertex] = extra.get(vertex, 0.0) + is_on[:, None] * gain
        return extra

    def ratios(self, passes: UpPass, points: Indices) -> FloatArray:
        """Return the log ratio of single service points that count, points x settings."""
        ages = self.age[self.blame.vertex_of_point[points]]
        return passes.service_ratios(ages, self.category[points].astype(np.int32))

    def _spoil(self, vertices: Indices) -> None:
        above = self.blame.with_all_above(vertices)
        for one in (self._weighing, self.passes):
            one.is_fresh[above] = False
