"""From when until when a crew may work: its shifts, and its rest as a hard limit. Pure.

A duty is work without a rest: stretches of work with less than `shortest_rest_minutes` between them are one.
RULE 1: a crew works within its shifts; shifts that touch are one.
RULE 2: a duty ends `longest_duty_minutes` after it began, short breaks included, whatever the shift says.
RULE 3: after a duty the next begins `shortest_rest_minutes` after its last minute of work, at the earliest.
What was worked counts, not what was planned: a repair that went on after the shift shortens the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dispatch.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class DutyRules:
    """The limits, in minutes.

    Sixteen hours at work and eight of rest is what utilities commonly agree on for storms ("16 on, 8 off").
    Stricter law is a setting: 11 hours of rest a day in the European Union (2003/88/EC, article 3), and 8
    hours of work with at most 3 more in China (劳动法 articles 36 and 41; article 42 lifts that for urgent
    repairs of public facilities).
    """

    longest_duty_minutes: float = 16 * 60.0
    shortest_rest_minutes: float = 8 * 60.0

    def __post_init__(self) -> None:
        """Refuse limits that nobody could keep."""
        for name in ("longest_duty_minutes", "shortest_rest_minutes"):
            if not getattr(self, name) > 0:
                raise InvalidInput(field=name, text="must be above 0")


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A time from `start` up to, not including, `end`: a shift, or work that was done."""

    start: datetime
    end: datetime


class DutyCode(StrEnum):
    """What limits a crew's time."""

    SHIFT_ENDS = "shift_ends"
    LONGEST_DUTY = "longest_duty"
    SHIFT_STARTS = "shift_starts"
    RESTING = "resting"
    NO_SHIFT = "no_shift"


@dataclass(frozen=True, slots=True)
class DutyReason:
    """Why a limit is where it is: a code with values, so that a face can word it, and English text."""

    code: DutyCode
    values: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class DutyWindow:
    """When a crew may work next; `because` names what puts off its begin, and what ends it.

    Both times are None where no shift is left that leaves room for work.
    """

    available_from: datetime | None
    available_until: datetime | None
    because: tuple[DutyReason, ...]

    def is_open(self, now: datetime) -> bool:
        """Tell whether the crew may work at this moment."""
        if self.available_from is None or self.available_until is None:
            return False
        return self.available_from <= now < self.available_until

    @property
    def text(self) -> str:
        """Return the reasons in one line."""
        return "; ".join(reason.text for reason in self.because)


def available_window(
    *, shifts: Sequence[Stretch], worked: Sequence[Stretch], rules: DutyRules, now: datetime
) -> DutyWindow:
    """Return when a crew may work next, from now on.

    Args:
        shifts: its shifts, past ones too, in any order.
        worked: what it has worked until now, in any order; what lies after now is left out.
        rules: the limits.
        now: the moment of the question.
    """
    done = joined(Stretch(one.start, min(one.end, now)) for one in worked if one.start < now)
    rest = timedelta(minutes=rules.shortest_rest_minutes)
    longest = timedelta(minutes=rules.longest_duty_minutes)
    for shift in joined(shifts):
        begin = max(now, shift.start)
        if begin >= shift.end:
            continue
        duty_began = begin
        is_rested = True
        if done and begin < done[-1].end + rest:
            # RULES 2 and 3: still the same duty, unless that is over; then it must rest first.
            duty_began = _duty_began(done, rest)
            if begin >= duty_began + longest:
                begin = duty_began = done[-1].end + rest
                is_rested = False
                if begin >= shift.end:
                    continue
        until = min(shift.end, duty_began + longest)
        return DutyWindow(begin, until, _because(shift, begin, until, now, is_rested=is_rested))
    reason = DutyReason(DutyCode.NO_SHIFT, {}, "no shift is planned that leaves room for work")
    return DutyWindow(None, None, (reason,))


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches in order, those that touch or overlap as one; empty ones are left out."""
    found: list[Stretch] = []
    for one in sorted(stretches):
        if one.end <= one.start:
            continue
        if found and one.start <= found[-1].end:
            found[-1] = Stretch(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def _duty_began(done: Sequence[Stretch], rest: timedelta) -> datetime:
    """Return when the last duty began: the start of the work that no rest interrupts."""
    began = done[-1].start
    for earlier in reversed(done[:-1]):
        if began - earlier.end >= rest:
            break
        began = earlier.start
    return began


def _because(
    shift: Stretch, begin: datetime, until: datetime, now: datetime, *, is_rested: bool
) -> tuple[DutyReason, ...]:
    reasons = []
    if not is_rested:
        reasons.append(_reason(DutyCode.RESTING, begin, "rests until {at}"))
    elif begin > now:
        reasons.append(_reason(DutyCode.SHIFT_STARTS, begin, "shift starts at {at}"))
    if until < shift.end:
        reasons.append(_reason(DutyCode.LONGEST_DUTY, until, "must rest from {at}"))
    else:
        reasons.append(_reason(DutyCode.SHIFT_ENDS, until, "shift ends at {at}"))
    return tuple(reasons)


def _reason(code: DutyCode, at: datetime, text: str) -> DutyReason:
    return DutyReason(code, {"at": at.isoformat()}, text.format(at=f"{at:%H:%M}"))
