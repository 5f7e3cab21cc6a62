"""From when until when a crew may work: its shifts, and its rest as a hard limit. Pure.

A duty is work without a rest: stretches of work with less than `shortest_rest_minutes` between them are one.
RULE 1: a crew works within its shifts; shifts that touch are one.
RULE 2: a duty ends `longest_duty_minutes` after it began, short breaks included, whatever the shift says.
RULE 3: after a duty the next begins `shortest_rest_minutes` after its last minute of work, at the earliest.
RULE 4: within any 24 hours no more than `longest_day_minutes` are worked, however duties and rests fall.
What was worked counts, not what was planned: a repair that went on after the shift shortens the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dispatch.errors import InvalidInput

DAY = timedelta(hours=24)


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
    longest_day_minutes: float = 16 * 60.0

    def __post_init__(self) -> None:
        """Refuse limits that nobody could keep."""
        for name in ("longest_duty_minutes", "shortest_rest_minutes", "longest_day_minutes"):
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
    LONGEST_DAY = "longest_day"
    SHIFT_STARTS = "shift_starts"
    RESTING = "resting"
    DAY_IS_FULL = "day_is_full"
    OFF_DUTY = "off_duty"
    NO_SHIFT = "no_shift"


_TEXTS = {
    DutyCode.SHIFT_ENDS: "shift ends at {at}",
    DutyCode.LONGEST_DUTY: "must rest from {at}",
    DutyCode.LONGEST_DAY: "has worked its hours of 24 at {at}",
    DutyCode.SHIFT_STARTS: "shift starts at {at}",
    DutyCode.RESTING: "rests until {at}",
    DutyCode.DAY_IS_FULL: "has worked its hours of 24 and may work again from {at}",
}


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
    longest = timedelta(minutes=rules.longest_duty_minutes)
    for shift in joined(shifts):
        if shift.end <= now:
            continue
        start = _start(max(now, shift.start), done, rules)
        if start.at >= shift.end:
            continue
        limits = [(shift.end, DutyCode.SHIFT_ENDS), (start.duty_began + longest, DutyCode.LONGEST_DUTY)]
        day_ends = _day_ends(start.at, done, timedelta(minutes=rules.longest_day_minutes))
        if day_ends is not None:
            limits.append((day_ends, DutyCode.LONGEST_DAY))
        until, ended_by = min(limits, key=lambda limit: limit[0])
        because = [_reason(ended_by, until)]
        if start.because is not None:
            because.insert(0, _reason(start.because, start.at))
        elif start.at > now:
            because.insert(0, _reason(DutyCode.SHIFT_STARTS, start.at))
        return DutyWindow(start.at, until, tuple(because))
    return no_window(DutyCode.NO_SHIFT, {}, "no shift is planned that leaves room for work")


def no_window(code: DutyCode, values: dict[str, Any], text: str) -> DutyWindow:
    """Return the window of a crew that may not work at all, with why."""
    return DutyWindow(None, None, (DutyReason(code, values, text),))


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


@dataclass(frozen=True, slots=True)
class _Start:
    """When work may begin, when its duty began, and what put it off beyond the shift's own start."""

    at: datetime
    duty_began: datetime
    because: DutyCode | None


def _start(wanted: datetime, done: Sequence[Stretch], rules: DutyRules) -> _Start:
    """Return the first moment from `wanted` on that all rules allow; every turn of the loop moves it on."""
    rest = timedelta(minutes=rules.shortest_rest_minutes)
    longest = timedelta(minutes=rules.longest_duty_minutes)
    at, because = wanted, None
    while True:
        duty_began = at
        if done and at < done[-1].end + rest:
            # RULES 2 and 3: still the same duty, unless that is over; then it must rest first.
            duty_began = _duty_began(done, rest)
            if at >= duty_began + longest:
                at, because = done[-1].end + rest, DutyCode.RESTING
                continue
        room_at = _room_at(at, done, timedelta(minutes=rules.longest_day_minutes))
        if room_at > at:
            at, because = room_at, DutyCode.DAY_IS_FULL
            continue
        return _Start(at, duty_began, because)


def _room_at(at: datetime, done: Sequence[Stretch], most: timedelta) -> datetime:
    """RULE 4: return the first moment from `at` on at which another minute of work fits into its 24 hours."""
    day = _day_before(at, done)
    to_leave = _length(day) - most
    if to_leave < timedelta():
        return at
    for one in day:
        # Work leaves the 24 hours as fast as new work comes in: from here on one replaces the other.
        if to_leave < one.end - one.start:
            return one.start + to_leave + DAY
        to_leave -= one.end - one.start
    return at


def _day_ends(at: datetime, done: Sequence[Stretch], most: timedelta) -> datetime | None:
    """RULE 4: return when work that begins now fills its 24 hours; None if it never does."""
    day = _day_before(at, done)
    room = most - _length(day)
    moment = at
    for one in [*day, Stretch(at, at)]:
        # Until this stretch begins to leave, all work adds up; while it leaves, one replaces the other.
        gap = one.start + DAY - moment
        if room < gap:
            return moment + room
        room -= gap
        moment = one.end + DAY
    return None


def _day_before(at: datetime, done: Sequence[Stretch]) -> list[Stretch]:
    """Return what was worked within the 24 hours before a moment."""
    return [Stretch(max(one.start, at - DAY), one.end) for one in done if one.end > at - DAY]


def _length(stretches: Iterable[Stretch]) -> timedelta:
    return sum((one.end - one.start for one in stretches), timedelta())


def _duty_began(done: Sequence[Stretch], rest: timedelta) -> datetime:
    """Return when the last duty began: the start of the work that no rest interrupts."""
    began = done[-1].start
    for earlier in reversed(done[:-1]):
        if began - earlier.end >= rest:
            break
        began = earlier.start
    return began


def _reason(code: DutyCode, at: datetime) -> DutyReason:
    return DutyReason(code, {"at": at.isoformat()}, _TEXTS[code].format(at=f"{at:%H:%M}"))
