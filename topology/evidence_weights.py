"""What one piece of evidence weighs: the ratio of its probability without supply to that with supply.

Owns the categories a service point can be in, the age buckets, and the tables of log ratios. The model:
Rule 1: given that a service point is out or on, what its meter and its people say is independent of all else,
and of each other; their log ratios add.
Rule 2: a ratio depends on the kind and on the age of the feeder's trouble, in five buckets of minutes since
the first report on that feeder. Silence speaks the louder the longer it lasts.
Rule 3: a meter that did not wake where supply came back speaks by its silence, the less so the fewer woke.
Rule 4: how often a message is false is told as a share of the messages received; with N received from M
meters a meter with supply sends one with probability share x N / M. N is rounded to steps of a fifth, so that
one more message does not change the weight of all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from topology.rates import Curve, EvidenceRates

FloatArray = npt.NDArray[np.float64]

# Minutes since the first report on a feeder; the last bucket has no end.
BUCKET_STARTS: tuple[float, ...] = (0.0, 2.0, 5.0, 10.0, 30.0)
# What is older is as telling as this.
_LAST_BUCKET_ENDS = 60.0
# A probability of exactly 0 would make a single message final; nothing is that sure.
LEAST = 1e-9
# A meter that cannot be reached may be dark, or its collector has failed.
UNREACHABLE_RATIO = 2.0
# People take about as long to call, so where calls came first the trouble is that much older than they are.
FIRST_CALL_AFTER = 10.0
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


METERS = len(Meter)
# A category is the meter's word, plus METERS where somebody has called.
CATEGORIES = 2 * METERS
# The category of a service point that no longer counts: it is explained, or has no supply to lose.
NOT_COUNTED = -1


def bucket_of(age_minutes: float) -> int:
    """Return the bucket of an age; a clock ahead of ours is the first."""
    return int(np.searchsorted(BUCKET_STARTS, max(age_minutes, 0.0), side="right")) - 1


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
    """How many places spoke, rounded (rule 4), and how many could have; `woken` is the share of the meters
    that woke where supply came back, 1 when it never did.
    """

    gasps: float
    meters: int
    calls: float
    service_points: int
    woken: float = 1.0


class EvidenceWeights:
    """Log ratios by bucket: arrays of categories x losses, for each loss that is thought possible."""

    def __init__(self, rates: EvidenceRates, losses: FloatArray, received: Received) -> None:
        """Work out all ratios for a set of losses."""
        delivered = 1.0 - losses
        false_gasp = _false(rates.false_rate, received.gasps, received.meters)
        false_call = _false(rates.false_call_rate, received.calls, received.service_points)
        self._by_bucket = [
            _ratios(
                rates,
                gasped=delivered * _share(rates.gasps_by_minute, bucket),
                called=_share(rates.calls_by_minute, bucket, at_least=FIRST_CALL_AFTER),
                quiet=_share(rates.calls_by_minute, bucket),
                false_gasp=false_gasp,
                false_call=false_call,
                power_up_loss=max(rates.power_up_loss, 1.0 - received.woken, LEAST),
            )
            for bucket in range(len(BUCKET_STARTS))
        ]

    def ratios(self, bucket: int) -> FloatArray:
        """Return the log ratios of a bucket, categories x losses."""
        return self._by_bucket[bucket]


def _ratios(
    rates: EvidenceRates,
    *,
    gasped: FloatArray,
    called: float,
    quiet: float,
    false_gasp: float,
    false_call: float,
    power_up_loss: float,
) -> FloatArray:
    gasped = np.clip(gasped, LEAST, 1 - LEAST)
    certain = math.log((1 - rates.ping_errors) / max(rates.ping_errors, LEAST))
    meter = np.zeros((METERS, len(gasped)))
    meter[Meter.SILENT] = np.log1p(-gasped) - math.log1p(-false_gasp)
    meter[Meter.GASPED] = np.log(gasped) - math.log(false_gasp)
    meter[Meter.ON] = -certain
    meter[Meter.OFF] = certain
    meter[Meter.UNREACHABLE] = math.log(UNREACHABLE_RATIO)
    meter[Meter.NOT_WOKEN] = -math.log(power_up_loss)
    silent = math.log1p(-min(quiet, 1 - LEAST)) - math.log1p(-false_call)
    loud = math.log(max(called, LEAST)) - math.log(false_call)
    return np.concatenate([meter + silent, meter + loud])


def _false(share: float, received: float, places: int) -> float:
    if not places:
        return LEAST
    return min(max(share * received / places, LEAST), 0.5)


def _share(curve: Curve, bucket: int, at_least: float = 0.0) -> float:
    """Return the mean of a curve over a bucket; before its first and after its last row it is level."""
    start = BUCKET_STARTS[bucket]
    stop = BUCKET_STARTS[bucket + 1] if bucket + 1 < len(BUCKET_STARTS) else _LAST_BUCKET_ENDS
    minutes = np.linspace(start, stop, 61)
    at, shares = zip(*curve, strict=True)
    return float(np.interp(np.maximum(minutes, at_least), at, shares).mean())
