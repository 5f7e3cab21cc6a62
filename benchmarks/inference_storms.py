"""Trial storms answered by every method: Relight three ways, the roll-up rules, and the limit two ways.

Owns what one portion of storms is, its seeds, and what a process gives back for it. Seeds that are scored lie
below `TRAINING_SEED`; those that rates are learned from and rules were tuned on lie above.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.inference_failures import Failure, failures_of
from benchmarks.inference_grounds import Ground, limit_rates
from benchmarks.inference_limit import UNKNOWN_LOSSES, LimitModel
from benchmarks.inference_limit_outages import outages_of
from storm.trials import Score, Trial, TrialGround, TrialShape, add_up, make_trial, past_storm, score_result
from storm.trials.result import BelievedOutage
from topology.inference import infer
from topology.rates import EvidenceRates
from topology.rates_learning import learn_rates
from topology.rollup import Rollup

LOSSES = (0.1, 0.3, 0.5, 0.7, 0.9)
FALSE_RATES = (0.0, 0.01, 0.05)
USUAL_FALSE_RATE = 0.01
# Seeds below were looked at while the reporting rule was chosen; none from here on was.
FIRST_SEED = 1_000_001
TRAINING_SEED = 5_000_000
TRAINING_STORMS = 100

TOLD, LEARNED, ALONE = "rates told", "rates learned", "one storm alone"
LIMIT, LIMIT_UNKNOWN, ROLLUP = "limit", "limit, unknown loss", "roll-up"
METHODS = (LIMIT, TOLD, LEARNED, LIMIT_UNKNOWN, ALONE, ROLLUP)


@dataclass(frozen=True, slots=True)
class Portion:
    """Some storms of one network and shape; `meters` False: nobody tells but people."""

    ground: str
    loss: float
    false_rate: float
    meters: bool
    seeds: range
    training: int = TRAINING_STORMS

    @property
    def shape(self) -> TrialShape:
        """What its storms are made of: all else as the defaults have it."""
        return TrialShape(loss=self.loss, false_rate=self.false_rate)


@dataclass(frozen=True, slots=True)
class Answered:
    """The scores of a portion by method, and where Relight (rates told) failed."""

    portion: Portion
    scores: dict[str, Score]
    failures: tuple[Failure, ...]
    faults_by_kind: dict[str, int]


def portions(grounds: Sequence[Ground], storms: int) -> list[Portion]:
    """Return the whole grid, each point of it with so many storms in equal parts of every network.

    A quick look at a few storms learns from no more than those.
    """
    each = -(-storms // len(grounds))
    seeds = range(FIRST_SEED, FIRST_SEED + each)
    grid = [(loss, false_rate, True) for loss in LOSSES for false_rate in FALSE_RATES]
    # Meters are lost altogether, so that loss and false share mean nothing.
    return [
        Portion(ground.name, loss, false_rate, meters, seeds, min(storms, TRAINING_STORMS))
        for loss, false_rate, meters in [*grid, (LOSSES[0], 0.0, False)]
        for ground in grounds
    ]


def answer_portion(ground: Ground, portion: Portion) -> Answered:
    """Answer the storms of a portion by every method."""
    trials = ground.metered if portion.meters else ground.without_meters
    methods = _Methods(ground, trials, portion)
    scores: dict[str, list[Score]] = {name: [] for name in METHODS}
    failures: list[Failure] = []
    kinds: Counter[str] = Counter()
    for seed in portion.seeds:
        trial = make_trial(trials, portion.shape, seed)
        answers = methods.answers(trial)
        for name, outages in answers.items():
            scores[name].append(score_result(trial.truth, outages, ground.tree))
        failures += failures_of(ground, trial, answers[TOLD], scores[TOLD][-1], scores[LIMIT][-1])
        kinds.update(fault.kind for fault in scores[TOLD][-1].reported)
    return Answered(
        portion, {name: add_up(every) for name, every in scores.items()}, tuple(failures), dict(kinds)
    )


class _Methods:
    """All methods made ready for one portion."""

    def __init__(self, ground: Ground, trials: TrialGround, portion: Portion) -> None:
        self.ground, self.portion = ground, portion
        self.metered = None if portion.meters else trials.has_meter
        self.limit: LimitModel = ground.limit(portion.shape, meters=portion.meters)
        self.rollup = Rollup(ground.tree, rollup_tree=ground.rollup_tree)
        self.learned = learned_rates(trials, portion.shape, portion.training)

    def answers(self, trial: Trial) -> dict[str, Sequence[BelievedOutage]]:
        loss = (self.portion.loss,)
        unknown = UNKNOWN_LOSSES if self.portion.meters else loss
        return {
            LIMIT: self._limit(trial, loss),
            LIMIT_UNKNOWN: self._limit(trial, unknown),
            TOLD: self._relight(trial, trial.true_rates),
            LEARNED: self._relight(trial, self.learned),
            ALONE: self._relight(trial, EvidenceRates()),
            ROLLUP: self.rollup.infer(trial.observations, now=trial.truth.at).outages,
        }

    def _limit(self, trial: Trial, losses: tuple[float, ...]) -> Sequence[BelievedOutage]:
        told = self.ground.told(trial)
        posterior = self.limit.posterior(told.gasped, told.called, limit_rates(trial, losses))
        return outages_of(self.limit.tree, posterior, told.places)

    def _relight(self, trial: Trial, rates: EvidenceRates) -> Sequence[BelievedOutage]:
        return infer(
            tree=self.ground.tree,
            observations=trial.observations,
            now=trial.truth.at,
            rates=rates,
            metered=self.metered,
        ).outages


def learned_rates(trials: TrialGround, shape: TrialShape, storms: int) -> EvidenceRates:
    """Return the rates that so many earlier storms of the network speak for."""
    seeds = range(TRAINING_SEED, TRAINING_SEED + storms)
    return learn_rates([past_storm(make_trial(trials, shape, seed)) for seed in seeds])


def together(
    answered: Iterable[Answered],
    *,
    loss: float | None = None,
    false_rate: float | None = None,
    ground: str | None = None,
    meters: bool = True,
) -> dict[str, Score]:
    """Return the scores by method over all answers that are of a loss, a false share, a network."""
    chosen = [
        one
        for one in answered
        if one.portion.meters == meters
        and loss in {None, one.portion.loss}
        and false_rate in {None, one.portion.false_rate}
        and ground in {None, one.portion.ground}
    ]
    return {name: add_up(one.scores[name] for one in chosen) for name in METHODS} if chosen else {}
