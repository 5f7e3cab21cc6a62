"""The curve of customers out: against counting them one by one, minute by minute; and what was promised."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from dispatch.restoration_curve import Promise, promised, restoration_curve, usual_span

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTES = 120


def at(minute):
    return START + timedelta(minutes=minute)


def add_outage(session, id, *, status="confirmed", started=0, restored=None, etr=None, customers=0):
    session.execute(
        text(
            "INSERT INTO outage (id, version, network_version, status, device, device_kind, phases,"
            " probability, candidates, reasons, service_points_out, customers_out, started_at, predicted_at,"
            " restored_at, etr_at, merged_into) VALUES (:id, 1, 1, :status, :id, 'fuse', 'ABC', 1, '[]',"
            " '[]', 1, :customers, :started, :started, :restored, :etr, :merged)"
        ),
        {
            "id": id,
            "status": status,
            "customers": customers,
            "started": at(started),
            "restored": at(restored) if restored is not None else None,
            "etr": at(etr) if etr is not None else None,
            "merged": "O-0" if status == "merged" else None,
        },
    )


def add_row(session, outage, point, start, end, *, customers=1, share=1.0):
    session.execute(
        text(
            "INSERT INTO interruption (service_point, period, outage_id, kind, phases, phases_taken,"
            " phase_share, customers, recorded_at) VALUES (:point, tstzrange(:start, :end), :outage,"
            " 'fault', 'ABC', 'ABC', :share, :customers, :start)"
        ),
        {
            "point": point,
            "start": at(start),
            "end": at(end) if end is not None else None,
            "outage": outage,
            "customers": customers,
            "share": share,
        },
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_is_what_counting_says(session, seed):
    chance = random.Random(seed)
    rows = []
    for number in range(8):
        start = chance.randrange(-60, MINUTES)
        ends = [chance.choice([None, chance.randrange(start + 1, MINUTES + 90)]) for _ in range(5)]
        over = max((end or MINUTES + 999 for end in ends), default=0)
        restored = over if None not in ends and over <= MINUTES else None
        add_outage(session, f"O-{number}", started=start, restored=restored)
        for place, end in enumerate(ends):
            customers = chance.randrange(0, 5)
            # What lies ahead has not been entered yet.
            entered = end if end is not None and end <= MINUTES else None
            rows.append((start, entered, customers))
            add_row(session, f"O-{number}", f"{number}-{place}", start, entered, customers=customers)
    curve = restoration_curve(session, since=at(0), until=at(MINUTES), now=at(MINUTES), steps=MINUTES)
    counted = [
        sum(c for start, end, c in rows if start <= minute and (end is None or end > minute))
        for minute in range(MINUTES + 1)
    ]
    assert [point.customers for point in curve.past] == counted
    assert [point.at for point in curve.past][::MINUTES] == [at(0), at(MINUTES)]
    minutes = sum(
        c * (min(end if end is not None else MINUTES, MINUTES) - max(start, 0))
        for start, end, c in rows
        if start < MINUTES and (end is None or end > 0)
    )
    assert curve.customer_minutes == pytest.approx(minutes)
    assert (curve.now_out, curve.peak.customers) == (counted[-1], max(counted))


def test_what_is_no_part_of_it(session):
    add_outage(session, "O-0", started=10)
    add_row(session, "O-0", "a", 10, None, customers=3)
    add_row(session, "O-0", "supplied", 10, None, customers=5, share=0.0)
    add_outage(session, "O-1", status="predicted", customers=40)
    add_outage(session, "O-2", status="dismissed")
    add_row(session, "O-2", "b", 0, None, customers=7)
    add_outage(session, "O-3", status="merged")
    curve = restoration_curve(session, since=at(0), until=at(60), now=at(60))
    assert (curve.now_out, curve.predicted, curve.outages_predicted) == (3, 40, 1)
    only = restoration_curve(session, since=at(0), until=at(60), now=at(60), outage_id="O-2")
    assert only.now_out == 0


def test_the_future_is_what_was_promised(session):
    for number, (etr, customers) in enumerate([(90, 4), (80, 2), (None, 3), (50, 1), (80, 5)]):
        add_outage(session, f"O-{number}", etr=etr)
        add_row(session, f"O-{number}", f"p{number}", 0, None, customers=customers)
    curve = restoration_curve(session, since=at(0), until=at(60), now=at(60))
    assert [(point.at, point.customers) for point in curve.future] == [
        (at(60), 15),
        (at(80), 8),
        (at(90), 4),
    ]
    # Nobody knows when the three are back, and the time of the one has passed.
    assert curve.unpromised == 4
    past = restoration_curve(session, since=at(0), until=at(30), now=at(60))
    assert (past.future, past.unpromised, past.predicted) == ((), 0, 0)


def test_nothing_out_is_nothing_promised():
    assert promised([], now=at(0)) == ([], 0)
    points, left = promised([Promise(at(5), 2), Promise(at(5), 3)], now=at(0))
    assert [(point.at, point.customers) for point in points] == [(at(0), 5), (at(5), 0)]
    assert left == 0


def test_the_usual_span_goes_back_to_the_first_open_outage(session):
    assert usual_span(session, now=at(0)) == at(-60)
    add_outage(session, "O-0", started=-300)
    add_outage(session, "O-1", started=-500, status="restored", restored=-400)
    assert usual_span(session, now=at(0)) == at(-300)
    add_outage(session, "O-2", started=-60 * 24 * 99)
    assert usual_span(session, now=at(0)) == at(-60 * 24 * 31)
