"""What meters send in a trial storm: last gasps, true and false, late, twice or never."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.trials.drawn_fault import DrawnFault
from storm.trials.ground import TrialGround
from storm.trials.randomness import FloatArray, exponential, normal, uniforms
from storm.trials.shape import TrialShape
from storm.trials.signals import SignalRows, make_signals
from topology.arrays import BoolArray, Indices
from topology.observations import ObservationKind

# Each meter without supply takes so many uniform numbers: loss, clock, delay, repeat, delay of the repeat.
_NUMBERS_OF_A_GASP = 5
_SHORTEST_BLINK_SECONDS, _LONGEST_BLINK_SECONDS = 2.0, 30.0


@dataclass(frozen=True, eq=False)
class Dark:
    """Service points that are out, since and until when in seconds: by fault, each in order of its index."""

    points: Indices
    since: FloatArray
    until: FloatArray

    def only(self, chosen: BoolArray) -> Dark:
        """Return some of them."""
        return Dark(self.points[chosen], self.since[chosen], self.until[chosen])


def dark_points(faults: list[DrawnFault]) -> Dark:
    """Return all that the faults put out, each once."""
    return Dark(
        points=np.concatenate([fault.out for fault in faults]),
        since=np.concatenate([np.full(len(fault.out), fault.starts) for fault in faults]),
        until=np.concatenate([np.full(len(fault.out), fault.ends) for fault in faults]),
    )


def last_gasps(ground: TrialGround, shape: TrialShape, seed: int, dark: Dark) -> list[SignalRows]:
    """Return the last gasps of meters without supply that ever arrive, repeats in a batch of their own."""
    has_meter = ground.has_meter[dark.points]
    points, since = dark.points[has_meter], dark.since[has_meter]
    drawn = uniforms(seed, "last gasps").random((len(points), _NUMBERS_OF_A_GASP))
    arrives = drawn[:, 0] >= shape.loss
    points, since, drawn = points[arrives], since[arrives], drawn[arrives]
    return _gasps(shape, points, since + exponential(drawn[:, 2], shape.gasp_delay_seconds), since, drawn)


def power_ups(ground: TrialGround, shape: TrialShape, seed: int, dark: Dark) -> SignalRows:
    """Return the power-ups of meters whose supply came back, as far as they arrive."""
    back = dark.only(ground.has_meter[dark.points] & np.isfinite(dark.until))
    drawn = uniforms(seed, "power-ups").random((len(back.points), 3))
    return _woken(shape, back.points, back.until, drawn)


def momentary(
    ground: TrialGround, shape: TrialShape, seed: int, devices: list[DrawnFault]
) -> list[SignalRows]:
    """Return what meters send below devices that open and close again at once: gasps, then power-ups."""
    batches = []
    stream = uniforms(seed, "blinks: details")
    for device in devices:
        opens, lasts = stream.random(2).tolist()
        points = device.out[ground.has_meter[device.out]]
        opened = np.full(len(points), opens * shape.end_seconds)
        closed = opened + _SHORTEST_BLINK_SECONDS + lasts * (_LONGEST_BLINK_SECONDS - _SHORTEST_BLINK_SECONDS)
        gasps = stream.random((len(points), _NUMBERS_OF_A_GASP))
        woken = stream.random((len(points), 3))
        heard = gasps[:, 0] >= shape.loss
        arrives = opened + exponential(gasps[:, 2], shape.gasp_delay_seconds)
        batches += _gasps(shape, points[heard], arrives[heard], opened[heard], gasps[heard], are_true=False)
        batches.append(_woken(shape, points, closed, woken))
    return batches


def false_gasp_probability(ground: TrialGround, shape: TrialShape, dark: Dark) -> float:
    """Return the probability that a meter with supply has sent a last gasp by the end.

    So many that they are expected to be the storm's share of all received, counting each meter once.
    """
    seconds = shape.end_seconds - dark.since[ground.has_meter[dark.points]]
    mean = shape.gasp_delay_seconds
    here = -np.expm1(-np.maximum(seconds, 0.0) / mean) if mean > 0 else seconds >= 0
    expected = (1 - shape.loss) * float(here.sum())
    return _spread_over(expected, shape.false_rate, len(ground.supplied_meters) - len(seconds))


def false_gasps(
    ground: TrialGround, shape: TrialShape, seed: int, *, is_out: BoolArray, probability: float
) -> list[SignalRows]:
    """Return the last gasps of meters with supply, and their repeats."""
    drawn = uniforms(seed, "false gasps").random(len(ground.supplied_meters))
    points = ground.supplied_meters[drawn < probability]
    points = points[~is_out[points]]
    numbers = uniforms(seed, "false gasps: details").random((len(points), _NUMBERS_OF_A_GASP))
    arrives = numbers[:, 0] * shape.end_seconds
    since = arrives - exponential(numbers[:, 2], shape.gasp_delay_seconds)
    return _gasps(shape, points, arrives, since, numbers, are_true=False)


def spread_over_points(expected: float, false_share: float, count: int) -> float:
    """Return the probability of each of so many that makes false ones a share of all, beside the expected."""
    return _spread_over(expected, false_share, count)


def _spread_over(expected: float, false_share: float, count: int) -> float:
    return min(1.0, false_share / (1 - false_share) * expected / count) if count > 0 else 0.0


def _gasps(
    shape: TrialShape,
    points: Indices,
    arrives: FloatArray,
    since: FloatArray,
    drawn: FloatArray,
    *,
    are_true: bool = True,
) -> list[SignalRows]:
    """Return gasps and their repeats; a row of `drawn` holds the numbers of one meter."""
    at = since + normal(drawn[:, 1], shape.clock_jitter_seconds)
    again = drawn[:, 3] < shape.repeat_share
    later = arrives[again] + exponential(drawn[again, 4], shape.repeat_delay_seconds)
    kind = ObservationKind.LAST_GASP
    return [
        make_signals(kind, points, at_seconds=at, arrives_seconds=arrives, are_true=are_true),
        make_signals(kind, points[again], at_seconds=at[again], arrives_seconds=later, are_true=are_true),
    ]


def _woken(shape: TrialShape, points: Indices, back: FloatArray, drawn: FloatArray) -> SignalRows:
    """Return power-ups; a row of `drawn` holds loss, clock and delay of one meter."""
    heard = drawn[:, 0] >= shape.power_up_loss
    return make_signals(
        ObservationKind.POWER_UP,
        points[heard],
        at_seconds=(back + normal(drawn[:, 1], shape.clock_jitter_seconds))[heard],
        arrives_seconds=(back + exponential(drawn[:, 2], shape.gasp_delay_seconds))[heard],
    )
