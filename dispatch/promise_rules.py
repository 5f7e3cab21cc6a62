"""Promise clocks: when each promise about an outage is due, and how it stands. Pure.

RULE 1: a clock runs from its start to its stop, without the pauses that its promise knows.
RULE 2: it is kept when it stops with at most the promised minutes used, breached as soon as more are used.
    A pause that comes after the breach changes nothing.
RULE 3: a clock that ends without its stop (supply came back before a crew was there) is not applicable,
    unless it was breached by then. What turned out to be no outage has no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from dispatch.promise_document import Measure, PauseReason, Promise, PromiseRules, Start
from gis.area_class import AreaClass


class ClockState(StrEnum):
    """How a promise stands."""

    RUNNING = "running"
    WARNING = "warning"
    KEPT = "kept"
    BREACHED = "breached"
    PAUSED = "paused"
    NOT_APPLICABLE = "not_applicable"


class NotApplicable(StrEnum):
    """Why a clock does not run."""

    NO_PROMISE = "no_promise"  # nothing is promised for such an area
    NO_REPORT = "no_report"
    NO_ARRIVAL_YET = "no_arrival_yet"
    NO_OUTAGE = "no_outage"  # dismissed, or merged into another
    SUPPLY_WAS_BACK = "supply_was_back"  # before a crew had to be there


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which nobody can come or work; still going on while `ended_at` is None."""

    reason: PauseReason
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutageTimes:
    """What happened to an outage, as far as promises care.

    `first_reports` has the first true report by kind. `arrived_at` is what counts as the arrival.
    """

    area_class: AreaClass
    first_reports: tuple[tuple[str, datetime], ...]
    arrived_at: datetime | None
    restored_at: datetime | None
    pauses: tuple[Pause, ...]
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class PromiseClock:
    """One promise about one outage. Slack: promised minutes not used up; below zero, by how many it is late.

    While a pause goes on, `due_at` supposes that it ends now.
    """

    promise: str
    measures: Measure
    state: ClockState
    because: NotApplicable | None
    started_at: datetime | None
    due_at: datetime | None
    stopped_at: datetime | None
    warn_at: datetime | None
    slack_minutes: float | None


def promise_clocks(rules: PromiseRules, times: OutageTimes, *, now: datetime) -> tuple[PromiseClock, ...]:
    """Return the clock of every promise, in the order of the rules."""
    return tuple(promise_clock(promise, times, now=now) for promise in rules.promises)


def promise_clock(promise: Promise, times: OutageTimes, *, now: datetime) -> PromiseClock:
    """Return how one promise stands now."""
    started_at = _start(promise, times)
    minutes = promise.minutes.get(times.area_class)
    idle = _idle_because(promise, times, minutes=minutes, started_at=started_at)
    if idle is not None or started_at is None or minutes is None:
        return _idle(promise, idle or NotApplicable.NO_REPORT, started_at=started_at)
    promised = timedelta(minutes=minutes)
    warn = timedelta(minutes=promise.warn_minutes.get(times.area_class, 0.0))
    stop = times.arrived_at if promise.measures is Measure.ARRIVAL else times.restored_at
    # What was done before anybody asked for it was done in time.
    stop = None if stop is None or stop > now else max(stop, started_at)
    ended = _ended(promise, times, now)
    if stop is not None and ended is not None and stop > max(ended, started_at):
        stop = None
    end = stop or ended
    until = max(end or now, started_at)
    pauses = _spans(promise, times, started_at=started_at, until=until)
    used = _running_time(started_at, until, pauses)
    state = _state(used=used, promised=promised, warn=warn, stop=stop, is_over=end is not None)
    if state in (ClockState.RUNNING, ClockState.WARNING) and _is_paused(promise, times, now):
        state = ClockState.PAUSED
    because = NotApplicable.SUPPLY_WAS_BACK if state is ClockState.NOT_APPLICABLE else None
    return PromiseClock(
        promise=promise.id,
        measures=promise.measures,
        state=state,
        because=because,
        started_at=started_at,
        due_at=_moment(started_at, promised, pauses),
        stopped_at=stop,
        warn_at=_moment(started_at, promised - warn, pauses),
        slack_minutes=(promised - used) / timedelta(minutes=1),
    )


def _start(promise: Promise, times: OutageTimes) -> datetime | None:
    if promise.starts is Start.ARRIVAL:
        return times.arrived_at
    return min((at for kind, at in times.first_reports if kind in promise.report_kinds), default=None)


def _idle_because(
    promise: Promise, times: OutageTimes, *, minutes: float | None, started_at: datetime | None
) -> NotApplicable | None:
    if times.is_void:
        return NotApplicable.NO_OUTAGE
    if minutes is None:
        return NotApplicable.NO_PROMISE
    if started_at is not None:
        back_at = times.restored_at if promise.starts is Start.ARRIVAL else None
        return NotApplicable.SUPPLY_WAS_BACK if back_at is not None and back_at < started_at else None
    if promise.starts is Start.FIRST_REPORT:
        return NotApplicable.NO_REPORT
    return NotApplicable.SUPPLY_WAS_BACK if times.restored_at is not None else NotApplicable.NO_ARRIVAL_YET


def _idle(promise: Promise, because: NotApplicable, *, started_at: datetime | None) -> PromiseClock:
    return PromiseClock(
        promise=promise.id,
        measures=promise.measures,
        state=ClockState.NOT_APPLICABLE,
        because=because,
        started_at=started_at,
        due_at=None,
        stopped_at=None,
        warn_at=None,
        slack_minutes=None,
    )


def _ended(promise: Promise, times: OutageTimes, now: datetime) -> datetime | None:
    """Return since when nobody needs to come any more."""
    restored_at = times.restored_at
    if promise.measures is Measure.RESTORATION or restored_at is None or restored_at > now:
        return None
    return restored_at


def _state(
    *, used: timedelta, promised: timedelta, warn: timedelta, stop: datetime | None, is_over: bool
) -> ClockState:
    if used > promised:
        return ClockState.BREACHED
    if stop is not None:
        return ClockState.KEPT
    if is_over:
        return ClockState.NOT_APPLICABLE
    return ClockState.WARNING if warn and used >= promised - warn else ClockState.RUNNING


def _is_paused(promise: Promise, times: OutageTimes, now: datetime) -> bool:
    return any(
        pause.reason in promise.pauses
        and pause.started_at <= now
        and (pause.ended_at is None or pause.ended_at > now)
        for pause in times.pauses
    )


def _spans(
    promise: Promise, times: OutageTimes, *, started_at: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the pauses that count, in order and without overlap, none of them beyond the end."""
    spans = sorted(
        (max(pause.started_at, started_at), min(pause.ended_at or until, until))
        for pause in times.pauses
        if pause.reason in promise.pauses
    )
    joined: list[tuple[datetime, datetime]] = []
    for begin, end in spans:
        if end <= begin:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _running_time(begin: datetime, end: datetime, pauses: Sequence[tuple[datetime, datetime]]) -> timedelta:
    paused = sum(
        (max(min(last, end) - max(first, begin), timedelta(0)) for first, last in pauses), timedelta(0)
    )
    return end - begin - paused


def _moment(started_at: datetime, used: timedelta, pauses: Sequence[tuple[datetime, datetime]]) -> datetime:
    """Return when so much of the clock was or will be used: the first such moment."""
    edges = [started_at, *(edge for span in pauses for edge in span)]
    left = used
    for number, (begin, end) in enumerate(pairwise(edges)):
        if number % 2:
            continue
        if left <= end - begin:
            return begin + left
        left -= end - begin
    return edges[-1] + left
