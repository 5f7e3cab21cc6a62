"""What one piece of evidence weighs: the ratio of its probability without supply to that with supply.

Owns the categories a service point can be in, the age buckets, and the tables of log ratios. The model:
Rule 1: given that a service point is out or on, what its meter and its people say is independent of all else,
and of each other; their log ratios add.
Rule 2: a ratio depends on the kind and on the age of the feeder's trouble, in five buckets of minutes since
the first report on that feeder. Silence speaks the louder the longer it lasts. Where that first report was a
call, the trouble is older than it by an unknown delay.
Rule 3: a meter that did not wake where supply came back speaks by its silence, the less so the fewer woke.
Rule 4: how often a message is false is told as a share of the messages received; with N received from M
meters a meter with supply sends one with probability share x N / M. N is rounded to steps of a fifth, so that
one more message does not change the weight of all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from topology.arrays import BoolArray, IntArray
from topology.rates import Curve, EvidenceRates

FloatArray = npt.NDArray[np.float64]

# Minutes since the first report on a feeder; the last bucket has no end.
BUCKET_STARTS: tuple[float, ...] = (0.0, 2.0, 5.0, 10.0, 30.0)
BUCKETS = len(BUCKET_STARTS)
# An age is a bucket, plus BUCKETS where the first report was a call.
AGES = 2 * BUCKETS
# What is older is as telling as this.
_LAST_BUCKET_ENDS = 60.0
# A probability of exactly 0 would make a single message final; nothing is that sure.
LEAST = 1e-9
_STEPS_PER_DOUBLING = 4


class Meter(IntEnum):
    """What the meter of a service point says, at last."""

    NONE = 0
    SILENT = 1
    GASPED = 2
    ON = 3
    OFF = 4
    UNREACHABLE = 5
    NOT_WOKEN = 6
    GASPED_OFF = 7
    GASPED_UNREACHABLE = 8
    NOT_WOKEN_UNREACHABLE = 9


# The words of a meter whose last gasp came, and all that say that supply is lost.
GASPS = (Meter.GASPED, Meter.GASPED_OFF, Meter.GASPED_UNREACHABLE)
UNWOKEN = (Meter.NOT_WOKEN, Meter.NOT_WOKEN_UNREACHABLE)
# Words in which a missing last gasp counts.
WITHOUT_GASP = (Meter.SILENT, Meter.OFF, Meter.UNREACHABLE)
SAY_OUT = (*GASPS, Meter.OFF, *UNWOKEN)
METERS = len(Meter)
# A category is the meter's word, plus METERS where somebody has called.
CATEGORIES = 2 * METERS
# The category of a service point that no longer counts: it is explained, or has no supply to lose.
NOT_COUNTED = -1


def ages_of(minutes: FloatArray, is_called_first: BoolArray) -> IntArray:
    """Return the numbers of ages: the bucket (a clock ahead of ours is the first), and what came first."""
    buckets = np.searchsorted(BUCKET_STARTS, np.maximum(minutes, 0.0), side="right") - 1
    return np.asarray(buckets + BUCKETS * is_called_first, dtype=np.int32)


def rounded_count(count: int) -> float:
    """Return a count rounded to steps of a fifth (rule 4), zero as zero."""
    if count < 1:
        return 0.0
    return float(2.0 ** (round(math.log2(count) * _STEPS_PER_DOUBLING) / _STEPS_PER_DOUBLING))


def rounded_share(part: int, whole: int) -> float:
    """Return a share in steps of a twentieth, 1 of nothing."""
    return round(part / whole * 20) / 20 if whole else 1.0


@dataclass(frozen=True, slots=True)
class Received:
    """How many places spoke, rounded (rule 4), and how many could have.

    `woken` is the share of the meters that woke where supply came back, 1 when it never did.
    """

    gasps: float
    meters: int
    calls: float
    service_points: int
    woken: float = 1.0


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that may be so, of what is not known.

    The loss of last gasps, the share of false ones, and by how many minutes the trouble is older than a first
    report that was a call.
    """

    loss: float
    false_rate: float
    delay_minutes: float


UNKNOWN_LOSSES: tuple[float, ...] = tuple(round(0.05 + 0.1 * step, 2) for step in range(10))
UNKNOWN_FALSE_RATES: tuple[float, ...] = (0.001, 0.01, 0.05)
UNKNOWN_DELAYS: tuple[float, ...] = (0.0, 4.0, 10.0)


def settings_of(rates: EvidenceRates) -> tuple[Setting, ...]:
    """Return all that may be so, each as likely as the others before the evidence."""
    losses = UNKNOWN_LOSSES if rates.loss is None else (rates.loss,)
    is_told = rates.false_rate is not None or rates.false_gasp_probability is not None
    false_rates = (rates.false_rate or 0.0,) if is_told else UNKNOWN_FALSE_RATES
    return tuple(Setting(*one) for one in product(losses, false_rates, UNKNOWN_DELAYS))


def settings_that_matter(
    possible: Sequence[Setting], *, has_gasps: bool, is_called_first: bool
) -> tuple[Setting, ...]:
    """Return the settings that differ in anything heard: without gasps none are false, and so on."""
    first = possible[0]
    return tuple(
        one
        for one in possible
        if (has_gasps or one.false_rate == first.false_rate)
        and (is_called_first or one.delay_minutes == first.delay_minutes)
    )


class EvidenceWeights:
    """Log ratios by age: an array of ages x categories x settings.

    `false_gasp` is by setting how likely a meter with supply is to have gasped. The ratios are against that,
    so what is said by meters with supply has to be counted besides where settings are compared.
    """

    def __init__(self, rates: EvidenceRates, settings: Sequence[Setting], received: Received) -> None:
        """Work out all ratios for some settings."""
        self.false_gasp = _false_gasps(rates, settings, received)
        self._of_age = np.stack([_ratios(rates, settings, received, age) for age in range(AGES)])

    def log_with_supply(self, *, gasped: int, silent: int) -> FloatArray:
        """Return by setting the log of how likely so many gasps and so much silence are with supply."""
        return np.asarray(gasped * np.log(self.false_gasp) + silent * np.log1p(-self.false_gasp))

    def ratios(self, age: int) -> FloatArray:
        """Return the log ratios of an age (`ages_of`), categories x settings."""
        return np.asarray(self._of_age[age])

    def of_points(self, ages: IntArray, categories: IntArray) -> FloatArray:
        """Return the log ratios of single service points, points x settings."""
        return np.asarray(self._of_age[ages, categories])


def _ratios(rates: EvidenceRates, settings: Sequence[Setting], received: Received, age: int) -> FloatArray:
    bucket, is_called_first = age % BUCKETS, age >= BUCKETS
    older = [one.delay_minutes if is_called_first else 0.0 for one in settings]
    delivered = np.array([1 - one.loss for one in settings])
    gasped = _likely(delivered * [_share(rates.gasps_by_minute, bucket, one) for one in older])
    false_gasp = _false_gasps(rates, settings, received)
    wrong = max(rates.ping_errors, LEAST)
    with_supply, without = (
        min(max(one, LEAST), 1 - LEAST)
        for one in (rates.unreachable_with_supply, rates.unreachable_without_supply)
    )
    answered = math.log1p(-without) - math.log1p(-with_supply)
    certain = math.log((1 - wrong) / wrong)
    meter = np.zeros((METERS, len(settings)))
    meter[Meter.SILENT] = np.log1p(-gasped) - np.log1p(-false_gasp)
    meter[Meter.GASPED] = np.log(gasped) - np.log(false_gasp)
    meter[Meter.ON] = answered - certain
    unreachable = math.log(without) - math.log(with_supply)
    # An answer counts beside the gasp that came before, or did not.
    meter[Meter.OFF] = meter[Meter.SILENT] + answered + certain
    meter[Meter.UNREACHABLE] = meter[Meter.SILENT] + unreachable
    meter[Meter.GASPED_OFF] = meter[Meter.GASPED] + answered + certain
    meter[Meter.GASPED_UNREACHABLE] = meter[Meter.GASPED] + unreachable
    meter[Meter.NOT_WOKEN] = -math.log(max(rates.power_up_loss, 1.0 - received.woken, LEAST))
    meter[Meter.NOT_WOKEN_UNREACHABLE] = meter[Meter.NOT_WOKEN] + unreachable
    called, quiet = _calls(rates, received, bucket, older)
    return np.concatenate([meter + quiet, meter + called])


def _false_gasps(rates: EvidenceRates, settings: Sequence[Setting], received: Received) -> FloatArray:
    told = rates.false_gasp_probability
    by_setting = [
        _false(one.false_rate, received.gasps, received.meters) if told is None else told for one in settings
    ]
    return _likely(np.array(by_setting))


def _calls(
    rates: EvidenceRates, received: Received, bucket: int, older: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    """Return the log ratios of a call and of none, by setting."""
    false = rates.false_call_probability
    if false is None:
        false = _false(rates.false_call_rate, received.calls, received.service_points)
    falsely = _likely(np.full(len(older), false))
    has_called = _likely(np.array([_share(rates.calls_by_minute, bucket, one) for one in older]))
    return np.log(has_called) - np.log(falsely), np.log1p(-has_called) - np.log1p(-falsely)


def _likely(probability: FloatArray) -> FloatArray:
    return np.clip(probability, LEAST, 1 - LEAST)


def _false(share: float, received: float, places: int) -> float:
    return min(share * received / places, 0.5) if places else LEAST


@lru_cache(maxsize=1024)
def _share(curve: Curve, bucket: int, older: float) -> float:
    """Return the mean of a curve over a bucket; before its first and after its last row it is level."""
    start = BUCKET_STARTS[bucket]
    stop = BUCKET_STARTS[bucket + 1] if bucket + 1 < BUCKETS else _LAST_BUCKET_ENDS
    minutes = np.linspace(start, stop, 61) + older
    at, shares = zip(*curve, strict=True)
    return float(np.interp(minutes, at, shares).mean())
