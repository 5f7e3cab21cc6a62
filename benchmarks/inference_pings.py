"""What answers of meters add: those asked by themselves at once, and ten questions to each unsure outage.

Rule 1: meters are asked by themselves as the analysis worker does it: about every outage of one service point
its own meter, and about every unsure one, `ASKED_OF_EACH` in all; then all is inferred again.
Rule 2: an outage is unsure when its first candidate has a probability below 0.9; each may ask ten meters
under its candidates. It is a hit when its first candidate is a fault. After the answers it is a hit when
every fault among its service points is named first; and where none is, when no outage is left there.
Rule 3: most unsure outages are of one meter, which any choice asks. The choice shows in the *wide* ones,
whose candidates put out more service points than may be asked; they are counted apart, and with three
questions too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.inference_grounds import Ground
from storm.trials import Score, Trial, TrialShape, add_up, make_trial, score_result
from storm.trials.trial_meters import TrialMeters
from topology.inference import Inference
from topology.inference_result import InferredOutage
from topology.observations import Observation
from topology.phases import parse_phases
from topology.questions import UNSURE, next_pings

BUDGET = 10
# RELIGHT_PING_NEIGHBOURS and one.
ASKED_OF_EACH = 4
BUDGETS = (3, BUDGET)

# Told the inference, an outage, how many may be asked, and a seed: the service points whose meters to ask.
Chooser = Callable[[Inference, InferredOutage, int, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Pinged:
    """One network at one loss: scores without and with rule 1; unsure outages, hits before and by chooser."""

    without: Score
    asked_by_themselves: Score
    pings: int
    unsure: int
    wide: int
    hits_before: int
    wide_hits_before: int
    hits_after: dict[tuple[str, int], int]
    wide_hits_after: dict[tuple[str, int], int]


def at_random(inference: Inference, outage: InferredOutage, budget: int, seed: int) -> Sequence[str]:
    """Return meters drawn evenly from all under the candidates."""
    points = _under_candidates(inference, outage)
    return [str(one) for one in np.random.default_rng(seed).permutation(points)[:budget]]


def evenly_by_device(inference: Inference, outage: InferredOutage, budget: int, seed: int) -> Sequence[str]:
    """Return as many meters of each lowest device under the candidates as the budget allows, drawn evenly."""
    network = inference.tree.network
    points = np.random.default_rng(seed).permutation(_under_candidates(inference, outage))
    devices = inference.blame.vertex_of_point[network.find_service_points(points.tolist())]
    order = np.argsort(devices, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(devices[order]) > 0))
    turn = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return [str(one) for one in points[order[np.argsort(turn, kind="stable")]][:budget]]


def by_what_tells_most(inference: Inference, outage: InferredOutage, budget: int, seed: int) -> Sequence[str]:
    """Return the meters that Relight would ask; nothing in it is drawn."""
    del seed
    return [one.service_point for one in next_pings(inference, [outage], budget)]


OUR_CHOICE = "by what tells most"
CHOOSERS: dict[str, Chooser] = {
    OUR_CHOICE: by_what_tells_most,
    "at random": at_random,
    "the same share of each device": evenly_by_device,
}


def answer_pings(ground: Ground, loss: float, false_rate: float, seeds: range) -> Pinged:
    """Answer storms without pings, with those asked by themselves, and with ten questions each."""
    shape = TrialShape(loss=loss, false_rate=false_rate)
    without, asked = [], []
    pings = 0
    unsure: list[bool] = []
    before: list[bool] = []
    after: dict[tuple[str, int], list[bool]] = {(name, budget): [] for name in CHOOSERS for budget in BUDGETS}
    for seed in seeds:
        trial = make_trial(ground.metered, shape, seed)
        inference = Inference(tree=ground.tree, rates=TrialMeters(trial).true_rates)
        outages = inference.update(trial.observations, now=trial.truth.at).outages
        score = score_result(trial.truth, outages, ground.tree)
        without.append(score)
        by_themselves = {point for one in outages for point in _asked_by_itself(inference, one)}
        pings += len(by_themselves)
        asked.append(_after(ground, trial, sorted(by_themselves))[1])
        doubted = [one for one in outages if one.probability < UNSURE]
        if not doubted:
            continue
        unsure += [len(_under_candidates(inference, one)) > BUDGET for one in doubted]
        before += [is_right for probability, is_right in score.calibration if probability < UNSURE]
        for (name, budget), hits in after.items():
            questions = [point for one in doubted for point in CHOOSERS[name](inference, one, budget, seed)]
            answered, judged = _after(ground, trial, questions)
            hits += [_is_hit(ground, trial, one, answered, judged) for one in doubted]
    return Pinged(
        without=add_up(without),
        asked_by_themselves=add_up(asked),
        pings=pings,
        unsure=len(unsure),
        wide=sum(unsure),
        hits_before=sum(before),
        wide_hits_before=_both(unsure, before),
        hits_after={way: sum(hits) for way, hits in after.items()},
        wide_hits_after={way: _both(unsure, hits) for way, hits in after.items()},
    )


def _asked_by_itself(inference: Inference, outage: InferredOutage) -> list[str]:
    """Rule 1."""
    if outage.service_points_out > 1 and outage.probability >= UNSURE:
        return []
    chosen = [one.service_point for one in next_pings(inference, [outage], ASKED_OF_EACH)]
    own = list(outage.service_point_ids) if outage.service_points_out == 1 else []
    return [*own, *(one for one in chosen if one not in own)][:ASKED_OF_EACH]


def _both(one: Sequence[bool], other: Sequence[bool]) -> int:
    return sum(first and second for first, second in zip(one, other, strict=True))


def _after(ground: Ground, trial: Trial, points: Sequence[str]) -> tuple[Sequence[InferredOutage], Score]:
    """Return the outages once these meters have been asked, and their score."""
    meters = TrialMeters(trial)
    answers: list[Observation] = [meters.observe(one, at=trial.truth.at) for one in dict.fromkeys(points)]
    inference = Inference(tree=ground.tree, rates=TrialMeters(trial).true_rates)
    outages = inference.update([*trial.observations, *answers], now=trial.truth.at).outages
    return outages, score_result(trial.truth, outages, ground.tree)


def _is_hit(
    ground: Ground, trial: Trial, doubted: InferredOutage, answered: Sequence[InferredOutage], judged: Score
) -> bool:
    """Tell whether the answers have settled an outage rightly (rule 2)."""
    told = set(doubted.service_point_ids)
    there = [
        judged.faults[place].is_found_first
        for place, fault in enumerate(trial.truth.faults)
        if told & set(ground.network.service_point_ids(fault.service_points))
    ]
    return all(there) if there else not any(told & set(one.service_point_ids) for one in answered)


def _under_candidates(inference: Inference, outage: InferredOutage) -> list[str]:
    """Return the service points that any candidate puts out, sorted."""
    network = inference.tree.network
    found = set(outage.service_point_ids)
    for one in outage.candidates:
        device = int(network.find_devices([one.device])[0])
        if device >= 0:
            points = inference.tree.service_points_below(device, parse_phases(one.phases))
            found.update(network.service_point_ids(points))
    return sorted(found)
