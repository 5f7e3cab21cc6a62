"""What people report in a trial storm: calls by those in the dark, and a few by those who are not."""

from __future__ import annotations

import numpy as np

from storm.trials.ground import TrialGround
from storm.trials.meter_signals import Dark, spread_over_points
from storm.trials.plane import degrees_of_metres
from storm.trials.randomness import FloatArray, normal, uniforms
from storm.trials.shape import TrialShape
from storm.trials.signals import NOBODY, SignalRows, make_signals
from topology.arrays import BoolArray, Indices
from topology.observations import ObservationKind


def true_calls(shape: TrialShape, seed: int, dark: Dark) -> SignalRows:
    """Return the calls of service points without supply, when each ever calls; the curve is inverted."""
    drawn = uniforms(seed, "calls").random(len(dark.points))
    minutes, shares = (np.array(column) for column in zip(*shape.calls_by_minute, strict=True))
    ever = drawn < shares[-1]
    at = dark.since[ever] + np.interp(drawn[ever], shares, minutes) * 60
    still_dark = at <= dark.until[ever]
    return _calls(dark.points[ever][still_dark], at[still_dark], are_true=True)


def false_call_probability(ground: TrialGround, shape: TrialShape, dark: Dark) -> float:
    """Return the probability that a service point with supply has called by the end."""
    minutes, shares = (np.array(column) for column in zip(*shape.calls_by_minute, strict=True))
    ages = (np.minimum(shape.end_seconds, dark.until) - dark.since) / 60
    expected = float(np.interp(ages, minutes, shares).sum())
    return spread_over_points(expected, shape.false_call_rate, len(ground.supplied) - len(dark.points))


def false_calls(
    ground: TrialGround, shape: TrialShape, seed: int, *, is_out: BoolArray, probability: float
) -> SignalRows:
    """Return the calls of service points with supply, evenly in time."""
    drawn = uniforms(seed, "false calls").random(len(ground.supplied))
    points = ground.supplied[drawn < probability]
    points = points[~is_out[points]]
    at = uniforms(seed, "false calls: times").random(len(points)) * shape.end_seconds
    return _calls(points, at, are_true=False)


def mark_hazards(shape: TrialShape, seed: int, calls: SignalRows) -> None:
    """Let a share of the calls tell of a danger."""
    calls["hazard"] = uniforms(seed, "hazards").random(len(calls)) < shape.hazard_share


def misplace(ground: TrialGround, shape: TrialShape, seed: int, calls: SignalRows) -> None:
    """Put a share of the calls down to a neighbour, and let a share give a place on the map only.

    A call put down to another place is no true report of its own.
    """
    if shape.wrong_address:
        drawn = uniforms(seed, "wrong addresses").random((len(calls), 2))
        own = calls["subject"]
        rows, row_of, first, length = ground.neighbours
        others = length[own] - 1
        wrong = (drawn[:, 0] < shape.wrong_address) & (others > 0)
        # One of the others of its group, counted on from itself and around.
        step = 1 + (drawn[:, 1] * others).astype(np.int64)
        place = first[own] + (row_of[own] - first[own] + step) % np.maximum(length[own], 1)
        calls["subject"][wrong] = rows[place[wrong]]
        calls["reporter"][wrong] = NOBODY
    if shape.location_only:
        _name_places_only(ground, shape, seed, calls)


def _name_places_only(ground: TrialGround, shape: TrialShape, seed: int, calls: SignalRows) -> None:
    places = ground.located("A call that gives its location only")
    drawn = uniforms(seed, "locations").random((len(calls), 3))
    own = places.service_points[calls["subject"]]
    chosen = (drawn[:, 0] < shape.location_only) & ~np.isnan(own[:, 0])
    metres = normal(drawn[chosen, 1:], shape.location_error_m)
    given = own[chosen] + degrees_of_metres(places, metres)
    calls["lon"][chosen], calls["lat"][chosen] = np.round(given, 6).T
    calls["subject"][chosen] = ground.nearest_point(given)


def _calls(points: Indices, at: FloatArray, *, are_true: bool) -> SignalRows:
    kind = ObservationKind.TROUBLE_CALL
    return make_signals(kind, points, at_seconds=at, arrives_seconds=at, are_true=are_true)
