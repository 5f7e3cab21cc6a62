"""Momentary events beside a slow twin that goes through one service point at a time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.reliability.momentary import momentary_events
from dispatch.reliability.rule_sets import IEEE1366
from dispatch.reliability.stretches import stretches

ROW = st.tuples(st.integers(0, 60), st.integers(0, 12), st.just(1), st.integers(0, 3))


def slow_events(rows):
    """Return how many momentary events each service point had, by the words of the guide."""
    events = {}
    for place in {row[3] for row in rows}:
        own = sorted((begin, begin + minutes) for begin, minutes, _, at in rows if at == place)
        joined = []
        for begin, end in own:
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((begin, end))
        events[place] = 0
        while joined:
            first = joined.pop(0)
            is_event = first[1] - first[0] <= 5
            while is_event and joined and joined[0][0] <= first[0] + 5:
                begin, end = joined.pop(0)
                if end - begin > 5:
                    is_event = False
            events[place] += is_event
    return events


@settings(max_examples=60)
@given(rows=st.lists(ROW, max_size=25))
def test_events_are_those_of_the_slow_twin(interruptions, rows):
    columns = interruptions(rows)
    found = momentary_events(columns, stretches(columns), rules=IEEE1366)

    assert found.customers.sum() == sum(slow_events(rows).values())


def test_three_reclosings_within_five_minutes_are_one_event(interruptions):
    rows = interruptions([(0, 0.5, 3, 0), (2, 0.5, 3, 0), (4, 0.5, 3, 0), (6, 0.5, 3, 0)])

    assert momentary_events(rows, stretches(rows), rules=IEEE1366).customers.tolist() == [3, 3]


def test_reclosings_that_end_in_a_lockout_are_none(interruptions):
    rows = interruptions([(0, 0.5, 3, 0), (2, 0.5, 3, 0), (4, 60, 3, 0)])

    assert momentary_events(rows, stretches(rows), rules=IEEE1366).customers.tolist() == []


def test_where_nobody_is_known_every_short_row_is_an_event(interruptions):
    rows = interruptions([(0, 0.5, 3), (1, 0.5, 3)])

    assert momentary_events(rows, stretches(rows), rules=IEEE1366).customers.tolist() == [3, 3]
