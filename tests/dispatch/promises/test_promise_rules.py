"""Clocks against a twin that walks minute by minute, and the plain cases a regulator would ask about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.promise_document import PauseReason, default_promise_rules
from dispatch.promise_rules import ClockState, NotApplicable, OutageTimes, Pause, promise_clock
from gis.area_class import AreaClass

T0 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RULES = default_promise_rules()
ARRIVAL, RESTORATION, LEGAL = RULES.promises


def at(minutes):
    return T0 + timedelta(minutes=minutes)


def times(*, area="urban", report=0, arrived=None, restored=None, pauses=(), void=False):
    return OutageTimes(
        area_class=AreaClass(area),
        first_reports=() if report is None else (("trouble_call", at(report)),),
        arrived_at=None if arrived is None else at(arrived),
        restored_at=None if restored is None else at(restored),
        pauses=tuple(
            Pause(PauseReason(reason), at(begin), None if end is None else at(end))
            for reason, begin, end in pauses
        ),
        is_void=void,
    )


def clock(promise, now, **facts):
    return promise_clock(promise, times(**facts), now=at(now))


@pytest.mark.parametrize(("area", "minutes"), [("urban", 45), ("rural", 90), ("remote", 120)])
def test_a_crew_is_promised_within_45_90_or_120_minutes(area, minutes):
    assert clock(ARRIVAL, 0, area=area).due_at == at(minutes)
    assert clock(ARRIVAL, minutes, area=area).state is ClockState.WARNING
    assert clock(ARRIVAL, minutes + 0.1, area=area).state is ClockState.BREACHED
    assert clock(ARRIVAL, 500, area=area, arrived=minutes).state is ClockState.KEPT


@pytest.mark.parametrize(("area", "minutes"), [("urban", 60), ("rural", 120), ("remote", 240)])
def test_the_law_asks_for_60_120_or_240_minutes(area, minutes):
    assert clock(LEGAL, 0, area=area).due_at == at(minutes)
    assert clock(LEGAL, minutes, area=area).state is ClockState.WARNING
    assert clock(LEGAL, minutes + 0.1, area=area).state is ClockState.BREACHED


@pytest.mark.parametrize(("area", "lead"), [("urban", 15), ("rural", 30), ("remote", 45)])
def test_the_law_is_warned_of_in_time_also_while_the_promise_is_paused(area, lead):
    paused = [("unsafe_weather", 1, None)]
    due = {"urban": 60, "rural": 120, "remote": 240}[area]
    assert clock(LEGAL, due - lead - 0.1, area=area, pauses=paused).state is ClockState.RUNNING
    assert clock(LEGAL, due - lead, area=area, pauses=paused).state is ClockState.WARNING
    assert clock(ARRIVAL, due - lead, area=area, pauses=paused).state is ClockState.PAUSED


def test_every_promise_says_where_it_is_promised():
    for promise in (ARRIVAL, RESTORATION, LEGAL):
        assert len(promise.source) > 20
    assert "art. 14" in LEGAL.source


@pytest.mark.parametrize(("area", "minutes"), [("urban", 180), ("rural", 240)])
def test_supply_is_promised_back_three_or_four_hours_after_the_arrival(area, minutes):
    assert clock(RESTORATION, 31, area=area, arrived=30).due_at == at(30 + minutes)
    assert clock(RESTORATION, 31, area=area).because is NotApplicable.NO_ARRIVAL_YET


def test_nothing_is_promised_about_restoration_in_remote_places():
    found = clock(RESTORATION, 31, area="remote", arrived=30)
    assert (found.state, found.because) == (ClockState.NOT_APPLICABLE, NotApplicable.NO_PROMISE)


def test_who_comes_late_stays_late_by_so_much():
    found = clock(ARRIVAL, 300, arrived=52)
    assert (found.state, found.slack_minutes, found.stopped_at) == (ClockState.BREACHED, -7.0, at(52))


def test_a_warning_comes_the_lead_time_before():
    assert clock(ARRIVAL, 29.9).state is ClockState.RUNNING
    assert clock(ARRIVAL, 30).state is ClockState.WARNING
    assert clock(ARRIVAL, 0).warn_at == at(30)


def test_a_pause_gives_its_minutes_back_but_not_to_the_law():
    pauses = [("unsafe_weather", 20, 50)]
    assert clock(ARRIVAL, 30, pauses=pauses).state is ClockState.PAUSED
    assert clock(ARRIVAL, 60, pauses=pauses).due_at == at(75)
    assert clock(LEGAL, 60, pauses=pauses).due_at == at(60)
    assert clock(LEGAL, 30, pauses=pauses).state is ClockState.RUNNING


def test_a_pause_after_the_breach_heals_nothing():
    found = clock(ARRIVAL, 100, pauses=[("access_refused", 60, None)])
    assert (found.state, found.due_at) == (ClockState.BREACHED, at(45))


def test_supply_that_is_back_before_a_crew_had_to_come_ends_the_promise():
    found = clock(ARRIVAL, 200, restored=40)
    assert (found.state, found.because) == (ClockState.NOT_APPLICABLE, NotApplicable.SUPPLY_WAS_BACK)
    assert clock(ARRIVAL, 200, restored=50).state is ClockState.BREACHED


def test_what_is_no_outage_was_promised_nothing():
    assert clock(ARRIVAL, 200, void=True).because is NotApplicable.NO_OUTAGE
    assert clock(ARRIVAL, 200, report=None).because is NotApplicable.NO_REPORT


def test_a_crew_that_comes_after_supply_is_back_is_not_late():
    assert clock(ARRIVAL, 200, restored=40, arrived=70).because is NotApplicable.SUPPLY_WAS_BACK
    assert clock(RESTORATION, 200, restored=40, arrived=70).because is NotApplicable.SUPPLY_WAS_BACK


def test_a_crew_that_was_there_before_the_report_came_in_time():
    assert clock(ARRIVAL, 200, report=10, arrived=5).state is ClockState.KEPT


minutes = st.integers(0, 200)
spans = st.lists(
    st.tuples(st.sampled_from(list(PauseReason)), minutes, st.none() | minutes).map(
        lambda one: (one[0], one[1], None if one[2] is None else max(one[1], one[2]))
    ),
    max_size=4,
)


def twin(promise, facts, now):
    """Walk minute by minute from the start, and count what is used up."""
    allowed = promise.minutes[facts.area_class]
    stop = facts.arrived_at if promise.measures == "arrival" else facts.restored_at
    moment, used, breached_at = facts.first_reports[0][1], 0, None
    while True:
        if stop is not None and stop <= min(moment, now):
            return ClockState.KEPT if breached_at is None else ClockState.BREACHED
        is_back = facts.restored_at is not None and facts.restored_at <= min(moment, now)
        if promise.measures == "arrival" and is_back:
            return ClockState.NOT_APPLICABLE if breached_at is None else ClockState.BREACHED
        if moment >= now:
            break
        resting = any(
            pause.reason in promise.pauses
            and pause.started_at <= moment
            and (pause.ended_at is None or moment < pause.ended_at)
            for pause in facts.pauses
        )
        used += 0 if resting else 1
        moment += timedelta(minutes=1)
        if used > allowed and breached_at is None:
            breached_at = moment
    if breached_at is not None:
        return ClockState.BREACHED
    counted = [pause for pause in facts.pauses if pause.reason in promise.pauses and pause.started_at <= now]
    if any(pause.ended_at is None or now < pause.ended_at for pause in counted):
        return ClockState.PAUSED
    warn = promise.warn_minutes[facts.area_class]
    return ClockState.WARNING if used >= allowed - warn else ClockState.RUNNING


@settings(max_examples=400)
@given(
    area=st.sampled_from(["urban", "rural", "remote"]),
    arrived=st.none() | minutes,
    restored=st.none() | minutes,
    pauses=spans,
    now=minutes,
    promise=st.sampled_from([ARRIVAL, LEGAL]),
)
def test_every_course_is_judged_as_minute_by_minute(promise, now, **course):
    facts = times(**course)
    assert promise_clock(promise, facts, now=at(now)).state is twin(promise, facts, at(now))


@settings(max_examples=300)
@given(arrived=minutes, restored=st.none() | minutes, pauses=spans, now=minutes)
def test_restoration_is_judged_as_minute_by_minute(arrived, restored, pauses, now):
    promise = replace(RESTORATION, minutes={AreaClass.URBAN: 40.0}, warn_minutes={AreaClass.URBAN: 10.0})
    facts = times(arrived=arrived, restored=restored, pauses=pauses)
    begun = replace(facts, first_reports=(("arrival", at(arrived)),))
    if arrived <= now:
        was_back = restored is not None and restored < arrived
        expected = ClockState.NOT_APPLICABLE if was_back else twin(promise, begun, at(now))
        assert promise_clock(promise, facts, now=at(now)).state is expected


@given(pauses=spans, now=minutes)
def test_the_due_time_is_when_the_last_minute_is_used(pauses, now):
    facts = times(pauses=pauses)
    found = promise_clock(ARRIVAL, facts, now=at(now))
    if found.state is not ClockState.PAUSED and found.due_at is not None:
        later = promise_clock(ARRIVAL, facts, now=max(found.due_at, at(now)))
        over = promise_clock(ARRIVAL, facts, now=max(found.due_at, at(now)) + timedelta(seconds=1))
        if all(end is not None and end <= now for _, _, end in pauses):
            assert later.state in (ClockState.WARNING, ClockState.BREACHED)
            assert over.state is ClockState.BREACHED
