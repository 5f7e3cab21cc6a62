"""What people report in a trial storm: calls by those in the dark, and a few by those who are not."""

from __future__ import annotations

import numpy as np

from storm.trials.ground import TrialGround
from storm.trials.meter_signals import Dark, spread_over_points
from storm.trials.randomness import FloatArray, uniforms
from storm.trials.shape import TrialShape
from storm.trials.signals import SignalRows, make_signals
from topology.arrays import BoolArray, Indices
from topology.observations import ObservationKind


def true_calls(shape: TrialShape, seed: int, dark: Dark) -> SignalRows:
    """Return the calls of service points without supply, when each ever calls; the curve is inverted."""
    drawn = uniforms(seed, "calls").random(len(dark.points))
    minutes, shares = (np.array(column) for column in zip(*shape.calls_by_minute, strict=True))
    ever = drawn < shares[-1]
    at = dark.since[ever] + np.interp(drawn[ever], shares, minutes) * 60
    return _calls(dark.points[ever], at, are_true=True)


def false_call_probability(ground: TrialGround, shape: TrialShape, dark: Dark) -> float:
    """Return the probability that a service point with supply has called by the end."""
    minutes, shares = (np.array(column) for column in zip(*shape.calls_by_minute, strict=True))
    ages = shape.minutes - dark.since / 60
    expected = float(np.interp(ages, minutes, shares).sum())
    return spread_over_points(expected, shape.false_call_rate, len(ground.supplied) - len(dark.points))


def false_calls(
    ground: TrialGround, shape: TrialShape, seed: int, *, is_out: BoolArray, probability: float
) -> SignalRows:
    """Return the calls of service points with supply, evenly in time."""
    drawn = uniforms(seed, "false calls").random(len(ground.supplied))
    points = ground.supplied[drawn < probability]
    points = points[~is_out[points]]
    at = uniforms(seed, "false calls: times").random(len(points)) * shape.minutes * 60
    return _calls(points, at, are_true=False)


def mark_hazards(shape: TrialShape, seed: int, calls: SignalRows) -> None:
    """Let a share of the calls tell of a danger."""
    calls["hazard"] = uniforms(seed, "hazards").random(len(calls)) < shape.hazard_share


def _calls(points: Indices, at: FloatArray, *, are_true: bool) -> SignalRows:
    kind = ObservationKind.TROUBLE_CALL
    return make_signals(kind, points, at_seconds=at, arrives_seconds=at, are_true=are_true)
