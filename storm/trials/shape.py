"""What a trial storm is made of: how much fails, and how well people and meters tell of it.

Owns every number of docs/formats/storm.md, its default and its bounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from storm.trials.errors import TrialShapeError
from topology.rates import (
    DEFAULT_CALLS,
    DEFAULT_SHARES,
    DEFAULT_SINGLE_PHASE,
    RATED_KINDS,
    Curve,
)

Weather = Literal["none", "front"]

HALF_AN_HOUR = 30.0
_MOST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class TrialShape:
    """One kind of storm; seeds make many of it. Shares are between 0 and 1, defaults of the extras 0.

    Args:
        fewest_faults, most_faults: their number is drawn evenly between.
        shares: of the faults by kind; renormalised over the kinds that the network has.
        single_phase: by kind, share of the faults of a device that feeds several phases which open one only.
        started_from: the first moment anything can fail.
        spread_minutes: faults start evenly within so many minutes of it.
        minutes: the truth, and what has arrived, are those so many minutes after `started_from`; of a nested
            storm, after the repair.
        loss: share of last gasps that never arrive.
        false_rate: share of the last gasps expected to be received that come from meters with supply.
        gasp_delay_seconds: mean of how long a last gasp is under way.
        clock_jitter_seconds: standard deviation of the clocks of meters.
        repeat_share: of the last gasps that arrive, how many arrive once more.
        repeat_delay_seconds: mean of how much later.
        calling: share of the service points without supply that call within half an hour.
        false_call_rate: share of the calls expected to be received that are of places with supply.
        hazard_share: of the calls, how many tell of a danger.
        wrong_address: of the calls, how many are put down to another place of the same transformer.
        location_only: of the calls, how many give a place on the map and nothing else.
        location_error_m: standard deviation of that place, in metres, in each direction.
        weather: `front`: a band that moves over the network decides where and when faults come.
        telemetered: share of breakers, reclosers and sectionalizers that tell when they open.
        telemetry_missed: of those openings, how many are never told.
        indicators: share of breakers, reclosers, sectionalizers and fuses with a fault indicator.
        indicator_missed: share of indicators a fault current passed that say `no_fault`.
        indicator_false: share of the others, of the same feeder, that say `fault`.
        collector_meters: how many meters, neighbours in the network, share a collector.
        collector_failures: share of collectors that are down all the time.
        babbling_collectors: how many collectors pass on a false last gasp of every meter with supply.
        blinks: how many devices open and close again within half a minute.
        clock_error_share: of the meters, how many have a clock that is wrong altogether.
        clock_error_hours: by how much, one way or the other.
        own_generation: of the service points without supply, how many have a supply of their own: no last
            gasp, no call, and `on` to a ping.
        power_up_loss: share of power-ups that never arrive.
        nested: one fault lies below another of the same moment, and the upper one is repaired.
        repaired_after_minutes: when, counted from `started_from`.
        crew_finds: share of the faults that a crew has found by then.
    """

    fewest_faults: int = 1
    most_faults: int = 3
    shares: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SHARES))
    single_phase: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SINGLE_PHASE))
    started_from: datetime = datetime(2026, 1, 1, 18, tzinfo=UTC)
    spread_minutes: float = 0.0
    minutes: float = 10.0
    loss: float = 0.3
    false_rate: float = 0.01
    gasp_delay_seconds: float = 30.0
    clock_jitter_seconds: float = 1.0
    repeat_share: float = 0.1
    repeat_delay_seconds: float = 120.0
    calling: float = 0.30
    false_call_rate: float = 0.01
    hazard_share: float = 0.01
    wrong_address: float = 0.0
    location_only: float = 0.0
    location_error_m: float = 30.0
    weather: Weather = "none"
    telemetered: float = 0.0
    telemetry_missed: float = 0.02
    indicators: float = 0.0
    indicator_missed: float = 0.2
    indicator_false: float = 0.02
    collector_meters: int = 200
    collector_failures: float = 0.0
    babbling_collectors: int = 0
    blinks: int = 0
    clock_error_share: float = 0.0
    clock_error_hours: float = 5.0
    own_generation: float = 0.0
    power_up_loss: float = 0.1
    nested: bool = False
    repaired_after_minutes: float = 45.0
    crew_finds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no storm can be."""
        for name in _SHARES:
            _require(0 <= getattr(self, name) <= 1, name, "must be between 0 and 1", getattr(self, name))
        for name in ("false_rate", "false_call_rate"):
            _require(getattr(self, name) < 1, name, "must be below 1", getattr(self, name))
        for name in _LENGTHS:
            value = getattr(self, name)
            _require(math.isfinite(value) and value >= 0, name, "must be a number from 0 on", value)
        for name in ("shares", "single_phase"):
            for kind, value in getattr(self, name).items():
                _require(kind in RATED_KINDS, name, f"has no kind but {', '.join(RATED_KINDS)}", kind)
                _require(0 <= value <= 1, f"{name}.{kind}", "must be between 0 and 1", value)
        _require(1 <= self.fewest_faults <= self.most_faults, "faults", "go from 1 up", self.fewest_faults)
        _require(0 < self.minutes <= _MOST_MINUTES, "minutes", "last a week at most", self.minutes)
        _require(self.spread_minutes <= self.minutes, "spread_minutes", "end by `minutes`", self.minutes)
        _require(self.calls_by_minute[-1][1] <= 1, "calling", "is more than ever call", self.calling)
        is_dry = self.weather == "none"
        _require(is_dry or self.weather == "front", "weather", "is `none` or `front`", self.weather)
        _require(is_dry or self.spread_minutes > 0, "spread_minutes", "is how long the front takes", 0)
        _require(self.collector_meters > 0, "collector_meters", "is one or more", self.collector_meters)
        _require(self.started_from.tzinfo is not None, "started_from", "needs a zone", self.started_from)

    @property
    def end_seconds(self) -> float:
        """When the evidence ends, counted from `started_from`."""
        return 60 * (self.minutes + (self.repaired_after_minutes if self.nested else 0.0))

    @property
    def calls_by_minute(self) -> Curve:
        """Share of service points without supply that have called so many minutes after the fault."""
        scale = self.calling / dict(DEFAULT_CALLS)[HALF_AN_HOUR]
        return tuple((minutes, share * scale) for minutes, share in DEFAULT_CALLS)

    @property
    def gasps_by_minute(self) -> Curve:
        """Share of the last gasps that arrive at all which are here so many minutes after the fault."""
        if self.gasp_delay_seconds == 0:
            return ((0.0, 1.0), (1.0, 1.0))
        steps = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12)
        mean = self.gasp_delay_seconds / 60
        rows = [(2 * step * mean, -math.expm1(-2 * step)) for step in steps]
        return (*rows, (40 * mean, 1.0))

    def as_json(self) -> dict[str, Any]:
        """Return the shape as it stands in a storm's file."""
        return {**asdict(self), "started_from": self.started_from.astimezone(UTC).isoformat()}


_SHARES = (
    "loss",
    "false_rate",
    "repeat_share",
    "calling",
    "false_call_rate",
    "hazard_share",
    "wrong_address",
    "location_only",
    "telemetered",
    "telemetry_missed",
    "indicators",
    "indicator_missed",
    "indicator_false",
    "collector_failures",
    "clock_error_share",
    "own_generation",
    "power_up_loss",
    "crew_finds",
)
_LENGTHS = (
    "spread_minutes",
    "gasp_delay_seconds",
    "clock_jitter_seconds",
    "repeat_delay_seconds",
    "location_error_m",
    "babbling_collectors",
    "blinks",
    "clock_error_hours",
    "repaired_after_minutes",
)


def _require(holds: bool, name: str, rule: str, value: object) -> None:  # noqa: FBT001
    if not holds:
        raise TrialShapeError(f"`{name}` {rule}, not {value!r}.")
