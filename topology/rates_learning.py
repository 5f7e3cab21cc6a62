"""What past storms say of the rates: counts in, `EvidenceRates` out.

Owns the estimates and how few counts are smoothed; who counts is `storm.trials.learning`, or anybody who
keeps the history of a network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from topology.rates import DEFAULT_CALLS, FEWEST_EXPECTED, RATED_KINDS, Curve, EvidenceRates

# A rate rests on the default as if on so many observations, so that a handful does not become a certainty.
DEFAULT_WEIGHT = 2.0
# Where nobody says otherwise, one last gasp in a hundred comes from a meter with supply.
USUAL_FALSE_RATE = 0.01


@dataclass(frozen=True, slots=True)
class PastStorm:
    """What was counted in one past storm, once its truth was known.

    Args:
        faults: how many devices opened, by kind.
        faults_of_several_phases: of those, how many opened more than one phase.
        candidates: how many devices there are that could have, by kind.
        candidates_of_several_phases: of those, how many feed several phases.
        gasps_due: how many meters lost supply long enough ago to be heard of.
        gasps_heard: of those, how many were heard of.
        gasps_false: how many meters with supply were.
        dark_minutes: of each service point without supply, how long it has been.
        call_minutes: of the same, how long it took until the call; infinite where none came.
        calls_false: how many service points with supply called.
    """

    faults: Mapping[str, int]
    faults_of_several_phases: Mapping[str, int]
    candidates: Mapping[str, int]
    candidates_of_several_phases: Mapping[str, int]
    gasps_due: float
    gasps_heard: int
    gasps_false: int
    dark_minutes: Sequence[float]
    call_minutes: Sequence[float]
    calls_false: int


def learn_rates(storms: Sequence[PastStorm], *, default: EvidenceRates | None = None) -> EvidenceRates:
    """Return the rates that past storms of one network speak for.

    What they say nothing of stays as in `default`. Without any storm `default` is the answer.
    """
    default = default or EvidenceRates()
    if not storms:
        return default
    heard = sum(storm.gasps_heard for storm in storms)
    false = sum(storm.gasps_false for storm in storms)
    due = sum(storm.gasps_due for storm in storms)
    called = sum(int(np.isfinite(storm.call_minutes).sum()) for storm in storms)
    called_falsely = sum(storm.calls_false for storm in storms)
    faults = sum(sum(storm.faults.values()) for storm in storms)
    lost = _smoothed(due - heard, due, 0.5 if default.loss is None else default.loss)
    return replace(
        default,
        loss=min(1.0, max(0.0, lost)) if due else default.loss,
        false_rate=_smoothed(
            false, heard + false, USUAL_FALSE_RATE if default.false_rate is None else default.false_rate
        ),
        false_call_rate=_smoothed(called_falsely, called + called_falsely, default.false_call_rate),
        calls_by_minute=learn_calls(
            [minutes for storm in storms for minutes in storm.dark_minutes],
            [minutes for storm in storms for minutes in storm.call_minutes],
            default=default.calls_by_minute,
        ),
        expected_faults=_smoothed(faults, len(storms), default.expected_faults or FEWEST_EXPECTED),
        shares=_learn_shares(storms),
        single_phase=_learn_single_phase(storms, default.single_phase),
    )


def learn_calls(
    dark_minutes: Sequence[float], call_minutes: Sequence[float], *, default: Curve = DEFAULT_CALLS
) -> Curve:
    """Return the share that has called by minute: the product-limit estimate (Kaplan and Meier 1958).

    Steps are those of the default curve; beyond the longest darkness it goes on in the default's form.
    """
    if not len(dark_minutes):
        return default
    dark, calls = np.asarray(dark_minutes), np.asarray(call_minutes)
    longest = float(dark.max())
    steps = [minutes for minutes, _ in default if minutes < longest] + [longest]
    silent = 1.0
    curve = [(steps[0], 0.0)]
    for begin, end in pairwise(steps):
        still_silent = (dark >= end) & ((calls > begin) | (begin == steps[0]))
        if still_silent.any():
            silent *= 1 - float((calls[still_silent] <= end).mean())
        curve.append((end, 1 - silent))
    return _continued(curve, default)


def _continued(curve: list[tuple[float, float]], default: Curve) -> Curve:
    end, reached = curve[-1]
    minutes, shares = zip(*default, strict=True)
    by_default = float(np.interp(end, minutes, shares))
    scale = reached / by_default if by_default > 0 else 0.0
    beyond = [(at, min(1.0, max(reached, share * scale))) for at, share in default if at > end]
    return (*curve, *beyond) if len(curve) + len(beyond) > 1 else default


def _learn_shares(storms: Sequence[PastStorm]) -> dict[str, float]:
    """Return shares by kind, each kind that is there counted once more than seen (Laplace)."""
    there = [kind for kind in RATED_KINDS if any(storm.candidates.get(kind) for storm in storms)]
    faults = _sum(storm.faults for storm in storms)
    seen = {kind: 1 + faults[kind] for kind in there}
    return {kind: count / sum(seen.values()) for kind, count in seen.items()}


def _learn_single_phase(storms: Sequence[PastStorm], default: Mapping[str, float]) -> dict[str, float]:
    """Return the share of faults on one phase alone, of devices that feed several.

    Nobody notes how many phases a faulted device had; so many as the share of its kind that has several.
    """
    learned = dict(default)
    faults = _sum(storm.faults for storm in storms)
    several = _sum(storm.faults_of_several_phases for storm in storms)
    there = _sum(storm.candidates for storm in storms)
    possible = _sum(storm.candidates_of_several_phases for storm in storms)
    for kind in RATED_KINDS:
        if possible[kind]:
            could = faults[kind] * possible[kind] / there[kind]
            alone = _smoothed(could - several[kind], could, default.get(kind, 0.0))
            learned[kind] = min(1.0, max(0.0, alone))
    return learned


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _smoothed(count: float, of: float, default: float) -> float:
    return (count + DEFAULT_WEIGHT * default) / (of + DEFAULT_WEIGHT)
