"""What inference reads: one report, signal or finding about a service point or a device, already attached.

How evidence comes in and is attached belongs to dispatch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from topology.phases import ABC


class ObservationKind(StrEnum):
    """The kinds of observation, named as in the evidence format."""

    TROUBLE_CALL = "trouble_call"
    LAST_GASP = "last_gasp"
    POWER_UP = "power_up"
    PING = "ping"
    SWITCH_OPEN = "switch_open"
    SWITCH_CLOSED = "switch_closed"
    FAULT_INDICATOR = "fault_indicator"
    CREW_FINDING = "crew_finding"


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation; `subject` is the id of a service point or a device, `at` is when it was true."""

    id: str
    kind: ObservationKind
    at: datetime
    subject: str
    phases: int = ABC
    result: str | None = None
