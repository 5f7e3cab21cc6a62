"""One trial storm: a hidden truth, and the evidence of it that has arrived by a moment.

The whole recipe stands in docs/formats/storm.md. The same ground, shape and seed give the same storm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from storm.errors import BadSeedError
from storm.trials.caller_signals import (
    false_call_probability,
    false_calls,
    mark_hazards,
    misplace,
    true_calls,
)
from storm.trials.collectors import babble, behind_failed_collectors, mistake_the_time, without_cut_off
from storm.trials.device_signals import crew_findings, indicators, telemetry
from storm.trials.drawn_fault import DrawnFault
from storm.trials.fault_draw import FaultDraw, draw_faults, renormalised_shares
from storm.trials.ground import TrialGround
from storm.trials.meter_signals import (
    Dark,
    dark_points,
    false_gasp_probability,
    false_gasps,
    last_gasps,
    momentary,
    power_ups,
)
from storm.trials.randomness import uniforms
from storm.trials.shape import TrialShape
from storm.trials.signals import KINDS, RESULTS, SignalRows, in_order_of_arrival
from storm.trials.truth import TrueFault, Truth, text_of
from topology.arrays import BoolArray
from topology.observations import Observation, ObservationKind
from topology.phases import ABC, format_phases
from topology.rates import EvidenceRates


@dataclass(frozen=True, eq=False)
class Trial:
    """A storm.

    Args:
        ground: the network it is on.
        shape: what it is made of.
        seed: of all chance in it.
        truth: the faults at its end.
        signals: what has arrived by then, in order of arrival.
        false_gasp_probability: that a given meter with supply has sent a last gasp by the end.
        false_call_probability: that a given service point with supply has called by the end.
        has_own_generation: by service point, those that are out and have a supply of their own.
    """

    ground: TrialGround
    shape: TrialShape
    seed: int
    truth: Truth
    signals: SignalRows
    false_gasp_probability: float
    false_call_probability: float
    has_own_generation: BoolArray

    @cached_property
    def observations(self) -> list[Observation]:
        """What has arrived, as inference takes it, in order of arrival; ids number it."""
        rows, start = self.signals, self.shape.started_from
        return [
            Observation(
                id=f"{self.seed}-{number}",
                kind=KINDS[kind],
                at=start + timedelta(milliseconds=at),
                subject=subject,
                phases=phases,
                result=RESULTS[result],
            )
            for number, (kind, at, subject, phases, result) in enumerate(
                zip(
                    rows["kind"].tolist(),
                    rows["at"].tolist(),
                    self._subjects(),
                    rows["phases"].tolist(),
                    rows["result"].tolist(),
                    strict=True,
                )
            )
        ]

    @property
    def arrived_at(self) -> list[datetime]:
        """When each observation arrived."""
        start = self.shape.started_from
        return [start + timedelta(milliseconds=one) for one in self.signals["arrives"].tolist()]

    @property
    def true_rates(self) -> EvidenceRates:
        """The rates that this storm was really made with, for inference that is told them."""
        shape = self.shape
        return EvidenceRates(
            loss=shape.loss,
            false_rate=shape.false_rate,
            gasps_by_minute=shape.gasps_by_minute,
            calls_by_minute=shape.calls_by_minute,
            false_call_rate=shape.false_call_rate,
            false_gasp_probability=self.false_gasp_probability,
            false_call_probability=self.false_call_probability,
            power_up_loss=shape.power_up_loss,
            expected_faults=(shape.fewest_faults + shape.most_faults) / 2,
            shares=renormalised_shares(self.ground, shape),
            single_phase=dict(shape.single_phase),
            ping_errors=shape.own_generation,
            telemetry_missed=shape.telemetry_missed,
            telemetry_false=0.0,
            indicator_missed=shape.indicator_missed,
            indicator_false=shape.indicator_false,
        )

    def documents(self) -> Iterator[dict[str, Any]]:
        """Yield the evidence as documents of the exchange format, in order of arrival."""
        rows = self.signals
        columns = (rows[name].tolist() for name in ("hazard", "lon", "lat", "subject"))
        for one, hazard, lon, lat, subject in zip(self.observations, *columns, strict=True):
            document: dict[str, Any] = {"id": one.id, "kind": one.kind.value, "at": text_of(one.at)}
            if lon == lon:  # noqa: PLR0124 - a number: this call names a place, not a service point
                document["location"] = {"lon": lon, "lat": lat, "crs": "wgs84"}
            else:
                document["service_point" if names_point(one.kind, subject) else "device"] = one.subject
            if one.phases != ABC:
                document["phases"] = format_phases(one.phases)
            if one.result is not None:
                document["result"] = one.result
            if hazard:
                document["hazard"] = "wire_down"
            yield document

    def _subjects(self) -> list[str]:
        subjects = self.signals["subject"]
        is_point = subjects >= 0
        ids = np.empty(len(subjects), dtype=object)
        ids[is_point] = self.ground.network.service_point_ids(subjects[is_point])
        ids[~is_point] = self.ground.network.device_ids(-1 - subjects[~is_point])
        return ids.tolist()


_OF_DEVICES = frozenset(
    {
        ObservationKind.SWITCH_OPEN,
        ObservationKind.SWITCH_CLOSED,
        ObservationKind.FAULT_INDICATOR,
        ObservationKind.CREW_FINDING,
    }
)


def names_point(kind: ObservationKind, subject: int) -> bool:
    """Tell whether a document names its subject as a service point; a finding at a service names a device."""
    return subject >= 0 and kind not in _OF_DEVICES


def make_trial(ground: TrialGround, shape: TrialShape, seed: int) -> Trial:
    """Return one storm; NothingCanFailError, NoNestError, NoPlacesError, BadSeedError."""
    if seed < 0:
        raise BadSeedError(seed=seed)
    faults = draw_faults(ground, shape, seed)
    dark = dark_points(faults)
    is_out = np.zeros(ground.network.service_point_count, dtype=np.bool_)
    is_out[dark.points] = True
    own_supply = np.zeros_like(is_out)
    if shape.own_generation:
        drawn = uniforms(seed, "own generation").random(len(dark.points))
        own_supply[dark.points[drawn < shape.own_generation]] = True
    gasps = false_gasp_probability(ground, shape, dark)
    calls = false_call_probability(ground, shape, dark)
    talking = dark.only(~own_supply[dark.points])
    batches = [
        *_meter_rows(ground, shape, seed, talking, is_out=is_out, false_probability=gasps),
        _call_rows(ground, shape, seed, talking, is_out=is_out, false_probability=calls),
        *telemetry(ground, shape, seed, faults),
        *(indicators(ground, shape, seed, faults) if shape.indicators else []),
        *crew_findings(shape, seed, faults),
    ]
    signals = in_order_of_arrival(batches, until_seconds=shape.end_seconds)
    signals = without_cut_off(signals, behind_failed_collectors(ground, shape, seed))
    mistake_the_time(ground, shape, seed, signals)
    return Trial(
        ground=ground,
        shape=shape,
        seed=seed,
        truth=_truth(ground, shape, faults, signals),
        signals=signals,
        false_gasp_probability=gasps,
        false_call_probability=calls,
        has_own_generation=own_supply,
    )


def _meter_rows(
    ground: TrialGround,
    shape: TrialShape,
    seed: int,
    talking: Dark,
    *,
    is_out: BoolArray,
    false_probability: float,
) -> list[SignalRows]:
    batches = [
        *last_gasps(ground, shape, seed, talking),
        *false_gasps(ground, shape, seed, is_out=is_out, probability=false_probability),
        *babble(ground, shape, seed, is_out=is_out),
    ]
    if shape.nested:
        batches.append(power_ups(ground, shape, seed, talking))
    if shape.blinks:
        draw = FaultDraw(ground, shape, seed, purpose="blinks")
        draw.is_out = is_out
        devices = [device for _ in range(shape.blinks) if (device := draw.draw_device()) is not None]
        batches += momentary(ground, shape, seed, devices)
    return batches


def _call_rows(
    ground: TrialGround,
    shape: TrialShape,
    seed: int,
    talking: Dark,
    *,
    is_out: BoolArray,
    false_probability: float,
) -> SignalRows:
    false = false_calls(ground, shape, seed, is_out=is_out, probability=false_probability)
    calls = np.concatenate([true_calls(shape, seed, talking), false])
    mark_hazards(shape, seed, calls)
    misplace(ground, shape, seed, calls)
    return calls


def _truth(ground: TrialGround, shape: TrialShape, faults: list[DrawnFault], signals: SignalRows) -> Truth:
    start = shape.started_from
    reported = np.zeros(ground.network.service_point_count, dtype=np.bool_)
    reporters = signals["reporter"]
    reported[reporters[reporters >= 0]] = True
    return Truth(
        at=start + timedelta(seconds=shape.end_seconds),
        faults=tuple(
            TrueFault(
                kind=fault.kind,
                device=ground.id_of(fault.kind, fault.index),
                phases=fault.phases,
                started_at=start + timedelta(milliseconds=round(fault.starts * 1000)),
                service_points=fault.out,
                reporting_points=fault.out[reported[fault.out]],
            )
            for fault in faults
            if fault.ends > shape.end_seconds
        ),
    )
