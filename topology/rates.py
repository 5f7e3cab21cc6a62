"""How often devices open and how people and meters report it: the parameters of inference.

Owns the values (docs/formats/rates.md), their documented defaults with sources, and their file. What follows
from them for one piece of evidence is `evidence_weights`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from topology.errors import RatesError
from topology.kinds import BLAMEABLE_KINDS

FORMAT = "relight rates 1"
# Of several feeders in trouble each has a fault at least; one fault is rarely alone.
FEWEST_EXPECTED = 2.0
SERVICE = "service"
LARGEST_NUMBER = 1_000_000_000
# A kind stands in the file by its name in a network package; `service` is the service of one service point.
RATED_KINDS: tuple[str, ...] = (*sorted(kind.value for kind in BLAMEABLE_KINDS), SERVICE)

# Shares of outages by the kind of device that opened. Utilities count mostly laterals and transformers, few
# feeder lock-outs (IEEE 1366 surveys; Massachusetts event reports 2013-15); a storm adds more of the large.
DEFAULT_SHARES: Mapping[str, float] = {
    "breaker": 0.10,
    "recloser": 0.12,
    "sectionalizer": 0.03,
    "fuse": 0.30,
    "distribution": 0.25,
    SERVICE: 0.20,
}
# A three-phase fuse blows on one phase as often as not; breakers and transformers act on all.
DEFAULT_SINGLE_PHASE: Mapping[str, float] = {"fuse": 0.5}
# Cumulative share of service points without supply that have called so many minutes after the fault: 30 %
# within half an hour, log-normal delays with a median of 8 minutes.
DEFAULT_CALLS: tuple[tuple[float, float], ...] = (
    (0.0, 0.0),
    (1.0, 0.004),
    (2.0, 0.020),
    (3.0, 0.045),
    (5.0, 0.097),
    (7.5, 0.152),
    (10.0, 0.193),
    (15.0, 0.244),
    (20.0, 0.273),
    (30.0, 0.300),
    (60.0, 0.321),
    (120.0, 0.326),
)
# Last gasps come within seconds; a loaded network spreads them over a few minutes.
DEFAULT_GASPS: tuple[tuple[float, float], ...] = (
    (0.0, 0.0),
    (0.5, 0.63),
    (1.0, 0.86),
    (2.0, 0.98),
    (5.0, 1.0),
)

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class EvidenceRates:
    """All that inference takes for granted.

    Args:
        loss: share of last gasps that never arrive; None: estimated from the evidence itself.
        false_rate: share of the received last gasps that come from a meter with supply; None: estimated too.
        gasps_by_minute: share of the last gasps that arrive at all which are here so many minutes after it.
        calls_by_minute: share of service points without supply that have called so many minutes after it.
        false_call_rate: share of the calls that come from, or are put down to, a place with supply.
        false_gasp_probability: probability that a meter with supply has sent a last gasp, where it is known;
            None: what `false_rate` of the received comes to.
        false_call_probability: the same for calls.
        power_up_loss: share of power-ups that never arrive.
        expected_faults: how many devices are expected to be open at once; with `shares` it gives the priors.
            None: as many as feeders have two reports or more, two at least.
        shares: share of the faults by kind, spread evenly over the devices of the kind.
        priors: probability of a single device of the kind to be open, instead of what the shares give.
        priors_by_device: the same for single devices (history, weather, age), by id.
        single_phase: share of the faults of a kind that open one phase only of a device with several.
        ping_errors: share of answered pings that say `on` without supply (own generation) or `off` with it.
        unreachable_with_supply: share of meters with supply that do not answer a ping.
        unreachable_without_supply: the same without supply; of the others a neighbour in the radio network,
            or their own reserve, says `off`.
        telemetry_missed: share of open devices that telemetry still shows closed.
        telemetry_false: share of closed devices that telemetry shows open.
        indicator_missed: share of fault indicators that stay silent when a fault current passes.
        indicator_false: share that speak without one.
    """

    loss: float | None = None
    false_rate: float | None = None
    gasps_by_minute: Curve = DEFAULT_GASPS
    calls_by_minute: Curve = DEFAULT_CALLS
    false_call_rate: float = 0.01
    false_gasp_probability: float | None = None
    false_call_probability: float | None = None
    power_up_loss: float = 0.1
    expected_faults: float | None = None
    shares: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SHARES))
    priors: Mapping[str, float] = field(default_factory=dict)
    priors_by_device: Mapping[str, float] = field(default_factory=dict)
    single_phase: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SINGLE_PHASE))
    ping_errors: float = 0.01
    unreachable_with_supply: float = 0.1
    unreachable_without_supply: float = 0.6
    telemetry_missed: float = 0.02
    telemetry_false: float = 1e-6
    indicator_missed: float = 0.2
    indicator_false: float = 0.02

    def __post_init__(self) -> None:
        """Refuse what is no probability, no rising curve, or an unknown kind."""
        for name in _PROBABILITIES:
            value = getattr(self, name)
            if value is not None:
                _require_probability(name, value)
        for name in ("shares", "priors", "single_phase"):
            for kind, value in getattr(self, name).items():
                if kind not in RATED_KINDS:
                    raise RatesError(f"`{name}` names {kind!r}; it may be one of {', '.join(RATED_KINDS)}.")
                _require_probability(f"{name}.{kind}", value)
        for device, value in self.priors_by_device.items():
            _require_probability(f"priors_by_device.{device}", value)
        for name in _CURVES:
            _require_curve(name, getattr(self, name))
        if self.expected_faults is not None and not 0 < self.expected_faults < math.inf:
            raise RatesError("`expected_faults` must be above zero.")

    def as_json(self) -> dict[str, Any]:
        """Return the content of a rates file."""
        return {"format": FORMAT, **asdict(self)}


_PROBABILITIES = (
    "loss",
    "false_rate",
    "false_call_rate",
    "false_gasp_probability",
    "false_call_probability",
    "power_up_loss",
    "ping_errors",
    "unreachable_with_supply",
    "unreachable_without_supply",
    "telemetry_missed",
    "telemetry_false",
    "indicator_missed",
    "indicator_false",
)
_CURVES = ("gasps_by_minute", "calls_by_minute")
_TABLES = ("shares", "priors", "priors_by_device", "single_phase")

_MAY_BE_UNKNOWN = (
    "loss",
    "false_rate",
    "expected_faults",
    "false_gasp_probability",
    "false_call_probability",
)


def read_rates(path: Path) -> EvidenceRates:
    """Return the rates in a file; RatesError names what is wrong with it, OSError if it cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RatesError(f"{path} is no JSON ({error}); `relight rates learn` writes such a file.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise RatesError(f'{path} is no rates file: it must be an object with "format": "{FORMAT}".')
    known = {one.name for one in fields(EvidenceRates)}
    unknown = sorted(set(document) - known - {"format"})
    if unknown:
        raise RatesError(f"{path} has unknown entries: {', '.join(unknown)}.")
    values = {name: _value(name, value) for name, value in document.items() if name != "format"}
    return EvidenceRates(**values)


def write_rates(rates: EvidenceRates, path: Path) -> None:
    """Write a rates file, whole or not at all."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(json.dumps(rates.as_json(), indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def _value(name: str, value: object) -> Any:
    if name in _CURVES:
        return _curve(name, value)
    if name in _TABLES:
        if not isinstance(value, dict):
            raise RatesError(f"`{name}` must be an object of numbers, not {value!r}.")
        return {str(key): _number(f"{name}.{key}", one) for key, one in value.items()}
    return None if value is None and name in _MAY_BE_UNKNOWN else _number(name, value)


def _curve(name: str, rows: object) -> Curve:
    curve = []
    for row in rows if isinstance(rows, list) else [None]:
        match row:
            case [minutes, share]:
                curve.append((_number(name, minutes), _number(name, share)))
            case _:
                raise RatesError(f"`{name}` must be a list of [minutes, share].")
    return tuple(curve)


def _number(name: str, value: object) -> float:
    # No rate is anywhere near the largest number, and a longer one would not fit a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST_NUMBER:
        raise RatesError(f"`{name}` must be a number below {LARGEST_NUMBER:,}, not {value!r}.")
    return float(value)


def _require_probability(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise RatesError(f"`{name}` must be between 0 and 1, not {value!r}.")


def _require_curve(name: str, curve: Curve) -> None:
    minutes, shares = [at for at, _ in curve], [share for _, share in curve]
    rising = len(curve) > 1 and minutes == sorted(set(minutes)) and shares == sorted(shares)
    if not rising or minutes[0] < 0 or not 0 <= shares[0] <= shares[-1] <= 1:
        raise RatesError(f"`{name}` must rise in minutes and in shares between 0 and 1, in two rows or more.")
