"""ETR 预计复电时间: when supply will probably be back, always with where the figure comes from. Pure.

Owns the sources, the tiers they belong to, and what the engine adds up by rule: the time to look and decide,
the drive, and the usual repair time of the kind of device. Which tier speaks stands in dispatch/etr_rules.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class EtrSource(StrEnum):
    """Where an ETR comes from, weakest first."""

    DEVICE_KIND = "device_kind"  # usual repair time of such a device, usual time until a crew is there
    DEVICE_KIND_AND_TRAVEL = "device_kind_and_travel"  # the same with the assigned crew's own drive
    ASSESSED = "assessed"  # somebody has looked, and says what is broken and how long it takes
    PLAN = "plan"  # the plan in force: drive, the crew's other work before, repair, what waits upstream
    CREW = "crew"  # the crew at work says so
    DISPATCHER = "dispatcher"  # a person decided


class EtrTier(StrEnum):
    """Who says so. Each tier keeps its own newest word; none overwrites another's."""

    RULE = "rule"
    PLAN = "plan"
    CREW = "crew"
    DISPATCHER = "dispatcher"


TIER_OF = {
    EtrSource.DEVICE_KIND: EtrTier.RULE,
    EtrSource.DEVICE_KIND_AND_TRAVEL: EtrTier.RULE,
    EtrSource.ASSESSED: EtrTier.RULE,
    EtrSource.PLAN: EtrTier.PLAN,
    EtrSource.CREW: EtrTier.CREW,
    EtrSource.DISPATCHER: EtrTier.DISPATCHER,
}

# Time from prediction until a crew stands at the device, while none is assigned: the arrival promise for
# cities, 45 minutes (State Grid's ten promises, 2023), on the safe side.
USUAL_ARRIVAL_MINUTES = 45.0
# Time a crew needs to read the job and set off.
SET_OFF_MINUTES = 5.0
# Usual minutes of repair by kind of device: engineering judgement, pessimistic on purpose, since early
# restoration is forgiven and late is not. Step 6 replaces them by figures learned from finished jobs.
REPAIR_MINUTES = {
    "fuse": 45.0,
    "breaker": 60.0,
    "recloser": 60.0,
    "sectionalizer": 60.0,
    "switch": 60.0,
    "disconnector": 60.0,
    "distribution": 120.0,
    "station": 240.0,
    "regulator": 120.0,
    "overhead": 120.0,
    "underground": 240.0,
    "service_point": 45.0,
    "make_safe": 45.0,  # a hazard, not a device: dispatch/hazard_rules.py
}
USUAL_REPAIR_MINUTES = 120.0
# An ETR said to customers is given in steps of five minutes; smaller ones only look exact.
ROUNDING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Etr:
    """A time and its source."""

    at: datetime
    source: EtrSource


def repair_minutes(device_kind: str) -> float:
    """Return the usual minutes of repair of such a device."""
    return REPAIR_MINUTES.get(device_kind, USUAL_REPAIR_MINUTES)


def etr_without_crew(*, device_kind: str, predicted_at: datetime) -> Etr:
    """Return the ETR while no crew is assigned: usual arrival and usual repair."""
    minutes = USUAL_ARRIVAL_MINUTES + repair_minutes(device_kind)
    return Etr(at=rounded_up(predicted_at + timedelta(minutes=minutes)), source=EtrSource.DEVICE_KIND)


def etr_with_crew(*, device_kind: str, assigned_at: datetime, travel_minutes: float) -> Etr:
    """Return the ETR with the assigned crew's own drive."""
    minutes = SET_OFF_MINUTES + travel_minutes + repair_minutes(device_kind)
    return Etr(
        at=rounded_up(assigned_at + timedelta(minutes=minutes)), source=EtrSource.DEVICE_KIND_AND_TRAVEL
    )


def etr_as_assessed(
    *,
    minutes: float,
    now: datetime,
    on_site_at: datetime | None,
    assigned_at: datetime | None,
    travel_minutes: float | None,
) -> Etr:
    """Return the ETR with the minutes of repair that somebody who looked has told.

    They count from when the repair crew stood there, else from when it will, else from the usual arrival of
    one that is still to be sent; never from the past, since the repair is not done.
    """
    if on_site_at is not None:
        begins = on_site_at
    elif assigned_at is not None and travel_minutes is not None:
        begins = max(now, assigned_at + timedelta(minutes=SET_OFF_MINUTES + travel_minutes))
    else:
        begins = now + timedelta(minutes=USUAL_ARRIVAL_MINUTES)
    at = max(begins + timedelta(minutes=minutes), now + ROUNDING)
    return Etr(at=rounded_up(at), source=EtrSource.ASSESSED)


def rounded_up(at: datetime) -> datetime:
    """Return the next full step of ROUNDING."""
    over = timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond) % ROUNDING
    return at + (ROUNDING - over if over else timedelta())
