"""What devices may carry and service points draw, as far as a network tells: the ground of overload checks.

Owns the arrays (NaN where a value is not known) and the rules by which kilowatts become amperes and
kilovolt-amperes. Nothing is guessed: what is not known is left out of a check, and the check says so.

Rule 1: load is the sum of `peak_kw`, times `coincidence` (1 unless said: peaks that never fall together are
summed as if they did, which errs on the safe side).
Rule 2: a service point draws alike on each phase that it takes.
Rule 3: a device with `rated_a` carries on each phase P·√3 ÷ (nominal_kv · power factor) amperes, where P is
the load of that phase in kW and `nominal_kv` the voltage between phases there; the fullest phase counts.
Rule 4: a device with `rated_kva` carries P ÷ power factor, summed over its phases.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from topology.arrays import MaskArray, read_only
from topology.errors import NetworkLoadError
from topology.network import Network

FloatArray = npt.NDArray[np.float64]

# Of loads in distribution networks, where nothing better is known.
DEFAULT_POWER_FACTOR = 0.92

# The codes of `service_point_priority`, in the words of the network package.
PRIORITIES = ("", "sensitive", "important_2", "important_1", "life_support")
LIFE_SUPPORT = PRIORITIES.index("life_support")


@dataclass(frozen=True, slots=True)
class LoadRules:
    """How peaks are summed and turned into amperes (rules 1 and 3)."""

    power_factor: float = DEFAULT_POWER_FACTOR
    coincidence: float = 1.0

    def __post_init__(self) -> None:
        for name in ("power_factor", "coincidence"):
            if not 0 < getattr(self, name) <= 1:
                raise NetworkLoadError(f"The {name} is {getattr(self, name)}; it lies above 0 and up to 1.")


@dataclass(frozen=True, eq=False)
class NetworkLoad:
    """By device `rated_a` and `rated_kva`, by node `nominal_kv`, by service point `peak_kw`: NaN if unknown.

    `service_point_priority` holds the place of each in `PRIORITIES`, 0 for none.
    """

    device_rated_a: FloatArray
    device_rated_kva: FloatArray
    node_nominal_kv: FloatArray
    service_point_peak_kw: FloatArray
    service_point_priority: MaskArray
    rules: LoadRules = LoadRules()

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "rules":
                read_only(getattr(self, field.name))

    @classmethod
    def unknown(cls, network: Network) -> NetworkLoad:
        """Return what is known of a network that tells nothing of load: all NaN, nobody important."""
        return cls(
            device_rated_a=np.full(network.device_count, np.nan),
            device_rated_kva=np.full(network.device_count, np.nan),
            node_nominal_kv=np.full(network.node_count, np.nan),
            service_point_peak_kw=np.full(network.service_point_count, np.nan),
            service_point_priority=np.zeros(network.service_point_count, dtype=np.uint8),
        )

    def check_fits(self, network: Network) -> None:
        """Raise NetworkLoadError unless every array is as long as the network has such things."""
        wanted = {
            "device_rated_a": network.device_count,
            "device_rated_kva": network.device_count,
            "node_nominal_kv": network.node_count,
            "service_point_peak_kw": network.service_point_count,
            "service_point_priority": network.service_point_count,
        }
        for name, count in wanted.items():
            if len(getattr(self, name)) != count:
                raise NetworkLoadError(f"{name} has {len(getattr(self, name))} values; {count} are wanted.")
