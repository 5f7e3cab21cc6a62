"""A meter system for a trial storm that answers pings about its truth.

The answer of a meter is one for the whole storm: its way through the radio network does not change by asking
again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np

from storm.trials.collectors import behind_failed_collectors
from storm.trials.randomness import uniforms
from storm.trials.trial import Trial
from topology.observations import Observation, ObservationKind
from topology.rates import EvidenceRates

Answer = Literal["on", "off", "unreachable"]


@dataclass(frozen=True, slots=True)
class PingRates:
    """How meters answer.

    Args:
        unreachable_with_supply: share of meters with supply that do not answer; the others say `on`.
        unreachable_without_supply: share of meters without supply of which nothing is known; of the others a
            neighbour in the radio network, or their own reserve, says `off`.
    """

    unreachable_with_supply: float = 0.05
    unreachable_without_supply: float = 0.6


class TrialMeters:
    """The meters of one trial storm, at the moment of its truth."""

    def __init__(self, trial: Trial, rates: PingRates | None = None) -> None:
        self._trial = trial
        rates = rates or PingRates()
        ground, shape, seed = trial.ground, trial.shape, trial.seed
        is_out = np.zeros(ground.network.service_point_count, dtype=np.bool_)
        for fault in trial.truth.faults:
            is_out[fault.service_points] = True
        drawn = uniforms(seed, "pings").random(len(is_out))
        dark = (is_out & ~trial.has_own_generation) | ~ground.has_supply
        silent = np.where(dark, rates.unreachable_without_supply, rates.unreachable_with_supply)
        cut_off = behind_failed_collectors(ground, shape, seed) | ~ground.has_meter
        self._is_unreachable = (drawn < silent) | cut_off
        self._is_dark = dark
        self._rates = rates
        self._asked = 0

    @property
    def true_rates(self) -> EvidenceRates:
        """The rates of the storm, and of its meters, for inference that is told them."""
        return replace(
            self._trial.true_rates,
            unreachable_with_supply=self._rates.unreachable_with_supply,
            unreachable_without_supply=self._rates.unreachable_without_supply,
        )

    def ping(self, service_point: str) -> Answer:
        """Return what the meter of a service point answers; UnknownServicePointError."""
        index = self._trial.ground.network.service_point_index(service_point)
        if self._is_unreachable[index]:
            return "unreachable"
        return "off" if self._is_dark[index] else "on"

    def observe(self, service_point: str, *, at: datetime) -> Observation:
        """Return the answer as a piece of evidence; UnknownServicePointError."""
        self._asked += 1
        return Observation(
            id=f"{self._trial.seed}-ping-{self._asked}",
            kind=ObservationKind.PING,
            at=at,
            subject=service_point,
            result=self.ping(service_point),
        )
