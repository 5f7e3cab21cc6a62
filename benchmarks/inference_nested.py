"""Nested outages: a device is repaired, and what is still dark below it has a fault of its own.

Counted as evidence stands, and once the meters that did not wake have been asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from benchmarks.inference_grounds import Ground
from storm.trials import TrialShape, make_trial, score_result
from storm.trials.errors import NoNestError
from storm.trials.trial_meters import TrialMeters
from topology.evidence_weights import Meter
from topology.inference import Inference

# The start is known when it is this near: reports carry the clocks of meters.
NEAR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Nested:
    """How many nested faults there were; how many an outage stood for, named first, and dated rightly.

    `matched_when_asked` once meters were asked, `asked` how many that were.
    """

    faults: int = 0
    matched: int = 0
    first: int = 0
    dated: int = 0
    matched_when_asked: int = 0
    asked: int = 0

    def __add__(self, other: Nested) -> Nested:
        """Return both together."""
        return Nested(
            self.faults + other.faults,
            self.matched + other.matched,
            self.first + other.first,
            self.dated + other.dated,
            self.matched_when_asked + other.matched_when_asked,
            self.asked + other.asked,
        )


def answer_nested(ground: Ground, loss: float, false_rate: float, seeds: range) -> Nested:
    """Answer nested storms ten minutes after the upper device was repaired."""
    shape = TrialShape(loss=loss, false_rate=false_rate, nested=True, fewest_faults=2)
    total = Nested()
    for seed in seeds:
        try:
            trial = make_trial(ground.metered, shape, seed)
        except NoNestError:
            # The network has no device with a device below it.
            return total
        now = trial.truth.at
        inference = Inference(tree=ground.tree, rates=TrialMeters(trial).true_rates)
        outages = inference.update(trial.observations, now=now).outages
        # The repaired one is gone: the fault below it comes first.
        nested = trial.truth.faults[0]
        score = score_result(trial.truth, outages, ground.tree).faults[0]
        points = set(ground.network.service_point_ids(nested.service_points))
        dated = any(
            points & set(one.service_point_ids) and abs(one.started_at - nested.started_at) <= NEAR
            for one in outages
        )
        if not score.is_reported:
            continue
        silent = ground.network.service_point_ids(np.flatnonzero(inference.heard.word == Meter.NOT_WOKEN))
        meters = TrialMeters(trial)
        after = inference.update([meters.observe(one, at=now) for one in silent], now=now).outages
        then = score_result(trial.truth, after, ground.tree).faults[0]
        total += Nested(
            faults=1,
            matched=int(score.is_matched),
            first=int(score.is_found_first),
            dated=int(dated),
            matched_when_asked=int(then.is_matched),
            asked=len(silent),
        )
    return total
