"""When a crew may work: told rule by rule, and against a twin that goes through the minutes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.duty import DutyCode, DutyRules, Stretch, available_window, joined
from dispatch.errors import InvalidInput

START = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour):
    return START + timedelta(hours=hour)


def window(shifts, worked=(), now=0.0, **rules):
    return available_window(
        shifts=[Stretch(at(begin), at(end)) for begin, end in shifts],
        worked=[Stretch(at(begin), at(end)) for begin, end in worked],
        rules=DutyRules(**rules),
        now=at(now),
    )


def told(found):
    return found.available_from, found.available_until, [str(one.code) for one in found.because]


def test_within_its_shift():
    assert told(window([(8, 16)], now=9, worked=[(8, 9)])) == (at(9), at(16), ["shift_ends"])


def test_before_its_shift_it_waits_for_it():
    assert told(window([(8, 16)], now=6)) == (at(8), at(16), ["shift_starts", "shift_ends"])


def test_a_long_shift_ends_when_the_duty_has_lasted_long_enough():
    found = window([(0, 24)], now=10, worked=[(0, 10)])
    assert told(found) == (at(10), at(16), ["longest_duty"])
    assert found.text == "must rest from 16:00"


def test_short_breaks_are_no_rest():
    assert told(window([(0, 10), (12, 24)], now=12, worked=[(0, 10)])) == (at(12), at(16), ["longest_duty"])


def test_who_has_worked_too_long_rests_into_the_next_shift():
    found = window([(0, 16), (18, 30)], now=18, worked=[(0, 16.5)])
    assert told(found) == (at(24.5), at(30), ["resting", "shift_ends"])


def test_a_repair_after_the_end_of_the_shift_counts():
    assert window([(0, 8), (14, 22)], now=14, worked=[(0, 8)]).available_until == at(16)
    assert window([(0, 8), (16, 24)], now=16, worked=[(0, 8)]).available_until == at(24)
    assert told(window([(0, 8), (16, 24)], now=16, worked=[(0, 8.5)]))[:2] == (at(16.5), at(24))


def test_no_day_of_24_hours_holds_more_work_than_allowed():
    found = window([(0, 40)], now=18, worked=[(0, 10)], longest_day_minutes=12 * 60)
    assert told(found) == (at(18), at(20), ["longest_day"])
    full = window([(0, 40)], now=20, worked=[(0, 10), (18, 20)], longest_day_minutes=12 * 60)
    assert told(full) == (at(24), at(34), ["day_is_full", "longest_duty"])


def test_no_shift_left_is_said():
    for shifts, worked in (([], ()), ([(0, 8)], ()), ([(0, 20)], [(0, 16)])):
        found = window(shifts, now=17, worked=worked)
        assert told(found) == (None, None, [DutyCode.NO_SHIFT])
        assert not found.is_open(at(17))


@pytest.mark.parametrize("rules", [{"longest_duty_minutes": 0}, {"shortest_rest_minutes": -1}])
def test_limits_that_nobody_could_keep_are_refused(rules):
    with pytest.raises(InvalidInput):
        DutyRules(**rules)


hours = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 14)).map(lambda one: (one[0], one[0] + one[1])), max_size=5
)


@given(
    shifts=hours,
    worked=hours,
    now=st.integers(0, 60),
    limits=st.tuples(st.integers(1, 20), st.integers(1, 12), st.integers(1, 24)),
)
def test_as_a_twin_that_goes_hour_by_hour(shifts, worked, now, limits):
    longest, rest, day = limits
    found = window(
        shifts,
        worked=worked,
        now=now,
        longest_duty_minutes=longest * 60,
        shortest_rest_minutes=rest * 60,
        longest_day_minutes=day * 60,
    )
    expected = by_hours(shifts, worked, now, limits)
    if expected is None:
        assert found.available_from is None
    else:
        assert (found.available_from, found.available_until) == (at(expected[0]), at(expected[1]))


def by_hours(shifts, worked, now, limits):
    """Live through the hours: work whenever the rules let one."""
    longest, rest, day = limits
    did = [any(begin <= hour < end for begin, end in worked) for hour in range(now)]
    wanted = [any(begin <= hour < end for begin, end in shifts) for hour in range(100)]
    began = last = None
    for hour, is_work in enumerate(did):
        if is_work:
            began = hour if last is None or hour - last - 1 >= rest else began
            last = hour
    first = None
    for hour in range(now, 100):
        may = wanted[hour]
        if may:
            is_new = last is None or hour - last - 1 >= rest
            if is_new:
                may, begun = True, hour
            else:
                may, begun = hour < began + longest, began
        may = may and sum(did[max(0, hour - 23) : hour]) + 1 <= day
        did.append(may)
        if may:
            began, last = begun, hour
            first = hour if first is None else first
        elif first is not None:
            return first, hour
    return None if first is None else (first, 100)


def test_what_touches_is_one():
    assert joined([Stretch(at(4), at(6)), Stretch(at(0), at(4)), Stretch(at(9), at(9))]) == [
        Stretch(at(0), at(6))
    ]
