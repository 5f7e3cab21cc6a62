"""How people call when their light goes out.

Owns who calls, when, how often, and how they say where they live. A call that is planned here is only made
if its place is still dark at that moment; whoever plays the storm asks the world (see `storm.storm`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from storm.directory import Identity
from storm.evidence import Report, make_report
from storm.faults import Fault

_WORDS = (
    "The power is out.",
    "All lights went off at once.",
    "Whole house dark, the neighbours too.",
    "家里停电了。",
    "整栋楼都没电。",
)
_LONGEST_DARK = timedelta(days=2)
_HAZARD_WORDS = "There is a wire on the ground."


@dataclass(frozen=True, slots=True, order=True)
class PlannedCall:
    """A call that will be made if its place is still dark when its time comes."""

    report: Report
    service_point: str


@dataclass(frozen=True, slots=True)
class CallerHabits:
    """How many call and when.

    Args:
        calling_share: The share of service points without supply that call if it stays dark, 0 to 1.
        median_delay_minutes: Half of those who call do so within this time of the fault.
        delay_spread: The standard deviation of the logarithm of the delay.
        double_share: The share of callers who call a second time soon after the first.
        again_share: The share of callers who call again when it stays dark for long, and again after that.
        median_again_minutes: Half of those do so within this time of their last call.
        hazard_share: The share of callers who report a wire down.
        always_one: Whether at least one service point of every fault calls, and goes on calling; a fault
            that nobody reports and no meter sees would never be known.
    """

    # 30 % within half an hour is the figure the inference benchmark uses; the long tail is people who come
    # home later. Delays of calls are commonly found log-normal.
    calling_share: float = 0.35
    median_delay_minutes: float = 8.0
    delay_spread: float = 0.9
    double_share: float = 0.08
    again_share: float = 0.6
    median_again_minutes: float = 75.0
    hazard_share: float = 0.01
    always_one: bool = True


def calls_about(
    *, fault: Fault, habits: CallerHabits, identities: Mapping[str, Identity], random: Random
) -> list[PlannedCall]:
    """Return every call that would be made about a fault if it were never mended, in order of time."""
    calls: list[PlannedCall] = []
    for order, service_point in enumerate(_callers(fault, habits, random)):
        identity = identities.get(service_point, Identity())
        is_stubborn = habits.always_one and order == 0
        moments = _moments(fault.started_at, habits, random, is_stubborn=is_stubborn)
        for number, at in enumerate(moments, start=1):
            id_ = f"{fault.id}-call-{service_point}-{number}"
            said = _said_address(service_point, identity, random) | _said_words(habits, random)
            report = make_report(id=id_, kind="trouble_call", at=at, arrives_at=at, **said)
            calls.append(PlannedCall(report, service_point))
    return sorted(calls)


def _callers(fault: Fault, habits: CallerHabits, random: Random) -> list[str]:
    callers = [point for point in fault.service_points if random.random() < habits.calling_share]
    if not callers and habits.always_one:
        callers = [random.choice(fault.service_points)]
    return callers


def _moments(
    started_at: datetime, habits: CallerHabits, random: Random, *, is_stubborn: bool
) -> list[datetime]:
    """Return when one caller calls, for as long as it may stay dark."""
    moments = [started_at + _delay(habits.median_delay_minutes, habits, random)]
    if random.random() < habits.double_share:
        moments.append(moments[0] + _delay(habits.median_delay_minutes, habits, random))
    while moments[-1] < started_at + _LONGEST_DARK:
        if not is_stubborn and random.random() >= habits.again_share:
            break
        moments.append(moments[-1] + _delay(habits.median_again_minutes, habits, random))
    return moments


def _delay(median_minutes: float, habits: CallerHabits, random: Random) -> timedelta:
    # Nobody is on the line within the first half minute.
    minutes = max(0.5, random.lognormvariate(math.log(median_minutes), habits.delay_spread))
    return timedelta(seconds=round(minutes * 60))


def _said_address(service_point: str, identity: Identity, random: Random) -> dict[str, str]:
    """Return how the caller is found: most know their account, some by the number they call from."""
    way = random.random()
    if identity.account is not None and way < 0.6:  # noqa: PLR2004
        return {"account": identity.account}
    if identity.phone is not None and way < 0.9:  # noqa: PLR2004
        return {"phone": identity.phone}
    return {"service_point": service_point}


def _said_words(habits: CallerHabits, random: Random) -> dict[str, str]:
    if random.random() < habits.hazard_share:
        return {"hazard": "wire_down", "text": _HAZARD_WORDS}
    return {"text": random.choice(_WORDS)}
