"""The two rule books reconciled: every line right by hand, and the lines add up."""

from __future__ import annotations

from datetime import date

import pytest

from dispatch.reliability.columns import Kind
from dispatch.reliability.daily import year_span
from dispatch.reliability.measure import measure
from dispatch.reliability.reconciliation import Counting, reconcile
from dispatch.reliability.rule_sets import DLT836, IEEE1366

DAY = 1440


@pytest.fixture
def rows(interruptions):
    """An ordinary year of 100 customers with a storm, four short ones, planned and limited supply."""
    ordinary = [(n * DAY, 8 + n % 7, 10) for n in range(60)]
    other = [
        (70 * DAY, 900, 100),
        (80 * DAY, 4, 50),
        (81 * DAY, 2, 30),
        (82 * DAY, 60, 20, 0, Kind.PLANNED),
        (83 * DAY, 30, 40, 0, Kind.LIMITED),
        (84 * DAY, 90, 10),
    ]
    causes = [None] * 65 + ["external"]
    made = interruptions([*ordinary, *other], cause=causes)
    return type(made)(**{name: getattr(made, name) for name in made.__slots__} | {"service_point": None})


def test_every_line_by_hand(rows):
    lines = {line.rule: line.figures for line in reconcile(Counting(rows, 100), None, span=year_span(2026))}
    ieee = measure(rows, rules=IEEE1366, customers_served=100).whole

    assert [day.day for day in ieee.major_event_days] == [date(2026, 3, 12)]
    assert lines["major_event_days"].saidi_minutes == pytest.approx(900)
    assert lines["ieee1366"].saidi_minutes == pytest.approx(ieee.indices.saidi_minutes)
    assert lines["from_three_to_five_minutes"].saidi_minutes == pytest.approx(2)
    assert lines["from_three_to_five_minutes"].saifi == pytest.approx(0.5)
    assert lines["short"].saidi_minutes == pytest.approx(0.6)
    dlt = measure(rows, rules=DLT836, customers_served=100).whole.indices
    assert lines["dlt836_4"].saidi_minutes == pytest.approx(dlt.saidi_minutes)
    assert lines["of_it_prearranged"].saidi_minutes == pytest.approx(12 + 12)
    assert lines["of_it_external"].saidi_minutes == pytest.approx(9)
    assert lines["of_it_limited"].saidi_minutes == pytest.approx(12)


def test_lines_add_up(rows, interruptions):
    units = interruptions([(0, 60, 1), (DAY, 4, 1), (2 * DAY, 1, 1)])

    lines = reconcile(Counting(rows, 100), Counting(units, 20), span=year_span(2026))

    running = None
    for line in lines:
        if line.rule.startswith("of_it"):
            continue
        if line.rule == "dlt836_2":
            break
        if running is None or not line.is_sum:
            running = line.figures.saidi_minutes + (running or 0)
        else:
            assert line.figures.saidi_minutes == pytest.approx(running, abs=1e-12), line.rule
    by_rule = {line.rule: line.figures for line in lines}
    assert by_rule["dlt836_4"].saidi_minutes == pytest.approx(64 / 20)
    one, fault, arranged = (by_rule[name] for name in ("dlt836_1", "of_it_fault", "of_it_prearranged"))
    assert one.saidi_minutes == pytest.approx(fault.saidi_minutes + arranged.saidi_minutes)
    assert by_rule["dlt836_2"].saifi == pytest.approx(one.saifi - by_rule["of_it_external"].saifi)
    assert by_rule["dlt836_3"].saifi == pytest.approx(one.saifi - by_rule["of_it_limited"].saifi)
