"""What intake and billing say about a service point or a piece of evidence, as codes. Pure."""

from __future__ import annotations

from enum import StrEnum


class Remark(StrEnum):
    """What was noticed about a piece of evidence when it came."""

    DISCONNECTED = "disconnected"  # the service point was disconnected on purpose: no fault
    PLANNED_OUTAGE = "planned_outage"  # supply was switched off for announced work: no fault
    RETIRED_METER = (
        "retired_meter"  # from a meter that only an earlier network version has: not to be trusted
    )
    CLOCK_OFF = "clock_off"  # its time and the time it came are hours apart; it speaks all the same


class DisconnectionReason(StrEnum):
    """Why a service point was disconnected on purpose."""

    ARREARS = "arrears"
    REQUESTED = "requested"
    UNSAFE = "unsafe"


NO_OUTAGE = (Remark.DISCONNECTED, Remark.PLANNED_OUTAGE, Remark.RETIRED_METER)
