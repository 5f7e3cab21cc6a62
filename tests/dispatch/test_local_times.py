"""Times as clocks show them, at the nights on which they are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.errors import Because, InvalidInput
from dispatch.local_times import crosses_clock_change, moment_of

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_time_that_clocks_skip_or_show_twice():
    with pytest.raises(InvalidInput) as skipped:
        moment_of(datetime.fromisoformat("2026-03-29T02:30"), zone=BERLIN, field="starts_at")
    assert skipped.value.because is Because.LOCAL_TIME_SKIPPED
    twice = datetime.fromisoformat("2026-10-25T02:30")
    with pytest.raises(InvalidInput) as unsure:
        moment_of(twice, zone=BERLIN, field="ends_at")
    assert (unsure.value.because, unsure.value.field) == (Because.LOCAL_TIME_TWICE, "ends_at")
    first = moment_of(twice, zone=BERLIN, field="ends_at", is_later=False)
    second = moment_of(twice, zone=BERLIN, field="ends_at", is_later=True)
    assert second - first == timedelta(hours=1)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.datetimes(
        min_value=datetime.fromisoformat("2020-01-01"), max_value=datetime.fromisoformat("2035-01-01")
    ),
    st.booleans(),
)
def test_what_is_meant_is_what_the_clock_shows(local, is_later):
    is_skipped = local.month == 3 and local.isoweekday() == 7 and local.day > 24 and local.hour == 2
    if is_skipped:
        with pytest.raises(InvalidInput):
            moment_of(local, zone=BERLIN, field="at", is_later=is_later)
        return
    moment = moment_of(local, zone=BERLIN, field="at", is_later=is_later)
    assert moment.astimezone(BERLIN).replace(tzinfo=None) == local.replace(fold=0)


def test_a_night_of_summer_time_is_an_hour_shorter_or_longer():
    spring = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert crosses_clock_change(spring, spring + timedelta(hours=4), zone=BERLIN)
    assert not crosses_clock_change(spring, spring + timedelta(hours=1), zone=BERLIN)
