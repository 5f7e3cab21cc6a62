"""Which devices tell the control room by themselves that they opened or closed.

Owns the choice of watched devices and their messages. Only breakers and reclosers are watched here:
fuses and transformers in distribution have no telemetry in practice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import numpy as np

from storm.evidence import Report, make_report
from storm.faults import Fault
from topology.kinds import DeviceKind
from topology.network import Network

_WATCHABLE_KINDS = frozenset({DeviceKind.BREAKER, DeviceKind.RECLOSER})


@dataclass(frozen=True, slots=True)
class TelemetryHabits:
    """How much of the network is watched.

    Args:
        watched_share: The share of breakers and reclosers that report their position, 0 to 1.
        delay_seconds: How long a position is under way.
    """

    watched_share: float = 0.4
    delay_seconds: float = 4.0


def choose_watched(*, network: Network, habits: TelemetryHabits, random: Random) -> frozenset[str]:
    """Return the devices of a network that report their position."""
    devices = network.device_ids(np.arange(network.device_count))
    return frozenset(
        device
        for index, device in enumerate(devices)
        if network.device_kind(index) in _WATCHABLE_KINDS and random.random() < habits.watched_share
    )


def opening(*, fault: Fault, watched: Collection[str], habits: TelemetryHabits) -> list[Report]:
    """Return the message that the faulted device opened, if it is watched."""
    return _position(fault, "switch_open", fault.started_at, watched, habits)


def closing(*, fault: Fault, at: datetime, watched: Collection[str], habits: TelemetryHabits) -> list[Report]:
    """Return the message that the mended device closed, if it is watched."""
    return _position(fault, "switch_closed", at, watched, habits)


def _position(
    fault: Fault, kind: str, at: datetime, watched: Collection[str], habits: TelemetryHabits
) -> list[Report]:
    if fault.device not in watched:
        return []
    arrives_at = at + timedelta(seconds=habits.delay_seconds)
    return [
        make_report(
            id=f"{fault.id}-{kind}",
            kind=kind,
            at=at,
            arrives_at=arrives_at,
            device=fault.device,
            phases=fault.phases,
        ),
    ]
