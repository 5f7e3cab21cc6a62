"""Collectors of meter messages, each of neighbours in the network: some are down, some babble.

Owns who shares a collector, which are down, and clocks that are wrong altogether.
"""

from __future__ import annotations

import numpy as np

from storm.trials.ground import TrialGround
from storm.trials.randomness import exponential, uniforms
from storm.trials.shape import TrialShape
from storm.trials.signals import CODE_OF_KIND, SignalRows, make_signals
from topology.arrays import BoolArray, IntArray
from topology.observations import ObservationKind

BABBLE_SECONDS = 60.0
_OF_METERS = (CODE_OF_KIND[ObservationKind.LAST_GASP], CODE_OF_KIND[ObservationKind.POWER_UP])


def behind_failed_collectors(ground: TrialGround, shape: TrialShape, seed: int) -> BoolArray:
    """Return by service point whether the collector of its meter is down from first to last."""
    cut_off = np.zeros(ground.network.service_point_count, dtype=np.bool_)
    if shape.collector_failures:
        groups = _groups(ground, shape)
        down = uniforms(seed, "collectors").random(len(groups)) < shape.collector_failures
        for number in np.flatnonzero(down):
            cut_off[groups[number]] = True
    return cut_off


def babble(ground: TrialGround, shape: TrialShape, seed: int, *, is_out: BoolArray) -> list[SignalRows]:
    """Return false gasps of every meter with supply behind some collectors, within a minute."""
    groups = _groups(ground, shape) if shape.babbling_collectors else []
    stream = uniforms(seed, "babble")
    batches = []
    for _ in range(shape.babbling_collectors if groups else 0):
        which, begins = stream.random(2).tolist()
        points = groups[int(which * len(groups))]
        points = points[~is_out[points]]
        drawn = stream.random((len(points), 2))
        at = begins * max(0.0, shape.end_seconds - BABBLE_SECONDS) + drawn[:, 0] * BABBLE_SECONDS
        arrives = at + exponential(drawn[:, 1], shape.gasp_delay_seconds)
        batches.append(
            make_signals(ObservationKind.LAST_GASP, points, at_seconds=at, arrives_seconds=arrives)
        )
    return batches


def without_cut_off(rows: SignalRows, cut_off: BoolArray) -> SignalRows:
    """Return the rows without those of meters behind collectors that are down."""
    if not cut_off.any():
        return rows
    of_meters = np.isin(rows["kind"], _OF_METERS)
    lost = of_meters & cut_off[np.where(of_meters, rows["subject"], 0)]
    return np.asarray(rows[~lost])


def mistake_the_time(ground: TrialGround, shape: TrialShape, seed: int, rows: SignalRows) -> None:
    """Shift what meters with a wrong clock say by hours, each meter always the same way."""
    if not shape.clock_error_share:
        return
    drawn = uniforms(seed, "clocks").random((ground.network.service_point_count, 2))
    of_meters = np.isin(rows["kind"], _OF_METERS)
    meter = np.where(of_meters, rows["subject"], 0)
    wrong = of_meters & (drawn[meter, 0] < shape.clock_error_share)
    hours = np.where(drawn[meter, 1] < 0.5, -shape.clock_error_hours, shape.clock_error_hours)  # noqa: PLR2004 - half
    rows["at"][wrong] += np.rint(hours[wrong] * 3_600_000).astype(np.int64)


def _groups(ground: TrialGround, shape: TrialShape) -> list[IntArray]:
    meters = ground.metered_in_order
    return [
        meters[first : first + shape.collector_meters]
        for first in range(0, len(meters), shape.collector_meters)
    ]
