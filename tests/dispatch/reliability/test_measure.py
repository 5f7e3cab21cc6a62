"""Indices by IEEE 1366 and DL/T 836: the worked example of the guide, limits, years, parts, repetition."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dispatch.reliability.columns import Kind
from dispatch.reliability.daily import Span, day_number
from dispatch.reliability.errors import NoCustomersServed, UnknownPart
from dispatch.reliability.major_events import t_med_minutes, threshold, years_to_learn_from
from dispatch.reliability.measure import measure
from dispatch.reliability.rule_sets import DLT836, IEEE1366
from dispatch.reliability.stretches import stretches

DAY = 1440
# The example of the IEEE guide: 2,000 customers; (minutes, customers) of each interruption.
GUIDE = [(8.17, 200), (71.3, 600), (30.3, 25), (267.2, 90), (120, 700), (10, 1500), (40, 100)]


def test_worked_example_of_the_guide_to_the_last_printed_digit(interruptions):
    rows = interruptions([(n * DAY, minutes, people) for n, (minutes, people) in enumerate(GUIDE)])

    found = measure(rows, rules=IEEE1366, customers_served=2000).whole.indices

    assert f"{found.saidi_minutes:.3f}" == "86.110"
    assert f"{found.saifi:.4f}" == "1.6075"
    assert f"{found.caidi_minutes:.3f}" == "53.567"
    assert found.asai == pytest.approx(1 - 86.10975 / (365 * DAY), abs=1e-15)
    assert f"{t_med_minutes(alpha=-3.30, beta=1.90):.3f}" == "4.263"


@pytest.mark.parametrize(
    ("minutes", "ieee", "dlt"),
    [(3, False, False), (3 + 1 / 60, False, True), (5, False, True), (5 + 1 / 60, True, True)],
)
def test_exactly_the_limit_is_short(interruptions, minutes, ieee, dlt):
    rows = interruptions([(0, minutes, 7)])

    by_ieee = measure(rows, rules=IEEE1366, customers_served=10).whole
    by_dlt = measure(rows, rules=DLT836, customers_served=10).whole

    assert (by_ieee.indices.saifi > 0, by_dlt.indices.saifi > 0) == (ieee, dlt)
    assert by_ieee.maifi == (0 if ieee else 0.7)
    assert by_dlt.maifi_e == (0 if dlt else 0.7)


def test_rows_of_one_service_point_that_touch_are_one_interruption(interruptions):
    # Three minutes and three minutes without supply in between: six minutes, which is sustained.
    rows = interruptions([(3, 3, 2, 0), (0, 3, 2, 0), (0, 3, 1, 1), (7, 3, 1, 1)])

    found = measure(rows, rules=IEEE1366, customers_served=1).whole

    assert (found.indices.customers_interrupted, found.indices.customer_minutes) == (2, 12)
    assert found.maifi == 2


def test_minutes_belong_to_the_day_the_stretch_began(interruptions):
    rows = interruptions([(DAY - 10, 10, 1, 0), (DAY, 60, 1, 0)])

    days = measure(rows, rules=IEEE1366, customers_served=1, by=["month"])
    first = measure(rows, rules=IEEE1366, customers_served=1, span=_days(date(2026, 1, 1), date(2026, 1, 1)))

    assert days.whole.indices.customer_minutes == first.whole.indices.customer_minutes == 70


def test_repeated_customers_count_n_or_more(interruptions):
    rows = interruptions(
        [(n * DAY, 60, 4, 0) for n in range(3)] + [(n * DAY, 60, 1, 1) for n in range(2)] + [(0, 4, 1, 2)]
    )

    found = measure(rows, rules=IEEE1366, customers_served=10).whole.repeated

    assert found.customers[:4] == (5, 5, 4, 0)
    assert found.cemi[2] == 0.4


def test_threshold_learns_from_the_five_years_before_without_quiet_days():
    saidi = np.array([0.0, 1.0, 2.0, 0.0, 4.0])

    learned = threshold(saidi, years=[2020])

    logarithms = np.log([1.0, 2.0, 4.0])
    assert learned.days == 3
    assert learned.t_med_minutes == pytest.approx(
        np.exp(logarithms.mean() + 2.5 * logarithms.std(ddof=1)), rel=1e-12
    )
    assert threshold(np.array([0.0, 3.0]), years=[2020]) is None
    assert years_to_learn_from(2020, range(2010, 2021)) == (2015, 2016, 2017, 2018, 2019)
    assert years_to_learn_from(2020, [2018, 2019, 2020]) == (2018, 2019)
    assert years_to_learn_from(2020, [2020, 2021]) == (2020,)


def test_a_year_is_judged_by_those_before_it(interruptions):
    quiet = [(n * DAY, 10 + n % 5, 10) for n in range(365)]
    storm = [((365 + 40) * DAY, 600, 1000), ((365 + 50) * DAY, 12, 10)]
    rows = interruptions(quiet + storm)

    found = measure(rows, rules=IEEE1366, customers_served=1000)

    assert found.whole.threshold == found.years[2027].threshold
    assert found.years[2027].threshold.years == (2026,)
    assert [day.day for day in found.whole.major_event_days] == [date(2027, 2, 10)]
    assert found.whole.without_major_event_days.customers_interrupted == 3660


def test_parts_add_up_to_the_whole(interruptions):
    names = ["F1", "F2", None, "F2"]
    rows = interruptions(
        [(0, 60, 10), (DAY * 40, 30, 20, 0, Kind.PLANNED), (5, 90, 5), (7, 4, 9)], feeder=names
    )

    found = measure(
        rows,
        rules=IEEE1366,
        customers_served=100,
        by=["feeder", "kind", "month"],
        served_by={"feeder": {"F1": 40}},
    )

    whole = found.whole.indices
    for parts in found.by.values():
        assert sum(part.share.saidi_minutes for part in parts) == pytest.approx(whole.saidi_minutes)
        assert sum(part.share.customers_interrupted for part in parts) == whole.customers_interrupted
    by_feeder = {part.name: part for part in found.by["feeder"]}
    assert by_feeder["F1"].own.saidi_minutes == 15
    assert by_feeder["F2"].own is None
    assert {part.name for part in found.by["kind"]} == {"fault", "planned"}
    assert len(found.by["month"]) == 12


def test_rows_before_the_period_teach_only(interruptions):
    rows = interruptions([(n * DAY, 10 + n % 5, 10) for n in range(400)])

    found = measure(
        rows, rules=IEEE1366, customers_served=100, span=_days(date(2027, 1, 1), date(2027, 1, 31))
    )

    assert found.whole.indices.interruptions == found.rows == 31
    assert found.whole.threshold.years == (2026,)
    assert list(found.years) == [2027]


def test_nothing_at_all_and_wrong_questions(interruptions):
    none = measure(interruptions([]), rules=IEEE1366, customers_served=5)
    rows = interruptions([(0, 2, 1)])

    assert (none.whole.indices.saidi_minutes, none.whole.indices.caidi_minutes) == (0, None)
    assert measure(rows, rules=IEEE1366, customers_served=5).whole.threshold is None
    with pytest.raises(NoCustomersServed):
        measure(rows, rules=IEEE1366, customers_served=0)
    with pytest.raises(UnknownPart, match="'feeder'"):
        measure(rows, rules=IEEE1366, customers_served=5, by=["feeder"])


def _days(first, last):
    return Span(day_number(first), day_number(last))


def test_a_long_row_that_reaches_over_short_ones_is_one_stretch_with_them(interruptions):
    # No ledger has it, but files do.
    rows = interruptions([(0, 100, 1, 0), (10, 5, 1, 0), (50, 10, 1, 0), (120, 10, 1, 0)])

    assert stretches(rows).length_us.tolist() == [100 * 60_000_000] * 3 + [10 * 60_000_000]
