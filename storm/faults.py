"""Faults: which device has really opened, since when, and whom it takes out; and how hard a storm is.

Owns the words of a storm. Which devices fail is `fault_choice`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class FaultClass(StrEnum):
    """What kind of place fails, as a dispatcher would name it."""

    SERVICE = "service"
    """The service of one service point."""
    TRANSFORMER = "transformer"
    """A distribution transformer."""
    BRANCH = "branch"
    """A protective device that feeds one transformer at most: a lateral, or a low-voltage fuse."""
    TRUNK = "trunk"
    """A protective device that feeds several transformers: a feeder breaker, a recloser on the backbone."""


DEFAULT_MIX: Mapping[FaultClass, float] = {
    # Most storm outages are small and a few large ones hold most customers (Massachusetts reports 2013-15
    # show the same shape); the exact shares are a choice of this simulation.
    FaultClass.SERVICE: 0.2,
    FaultClass.TRANSFORMER: 0.4,
    FaultClass.BRANCH: 0.25,
    FaultClass.TRUNK: 0.15,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One device that has really opened, and whom it really takes out."""

    id: str
    device: str
    fault_class: FaultClass
    phases: str
    started_at: datetime
    service_points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StormShape:
    """How hard a storm is.

    Args:
        faults: How many devices fail.
        spread_minutes: The longest time from the first fault, which comes at once, to the last.
        mix: The share of each class.
        largest_share: The largest share of all service points that one fault may take, 0 to 1.
        largest_service_points: The same as a number, for networks where the share would be a town.
        quiet_between: For RULE 4: service points with supply behind a device per fault after the first.
    """

    faults: int = 12
    spread_minutes: float = 60.0
    mix: Mapping[FaultClass, float] = field(default_factory=lambda: dict(DEFAULT_MIX))
    largest_share: float = 0.15
    largest_service_points: int = 1_000_000
    quiet_between: int = 0
