"""The ledger of the house as columns: who counts, where, on which local day, and by which unit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dispatch.operations import confirm_outage, restore_outage
from dispatch.reliability.daily import date_of
from dispatch.reliability.ledger_columns import local_days
from dispatch.reliability.measure import measure
from dispatch.reliability.of_ledger import by_user_units, read_ledger_counts
from dispatch.reliability.rule_sets import DLT836, IEEE1366
from dispatch.reliability.served_places import served_places
from dispatch.transactions import read_transaction


@pytest.fixture
def counts(world):
    def read(zone="UTC", first_day=None, last_day=date(2026, 11, 24)):
        with read_transaction(world.engine) as session:
            return read_ledger_counts(
                session,
                places=served_places(session, traced=world.networks.in_force(session)),
                zone=ZoneInfo(zone),
                first_day=first_day,
                last_day=last_day,
                now=world.now,
            )

    return read


@pytest.fixture
def outage_of_t1(world):
    """Behind T1 all four are out for half an hour; of T3 one household is out still, for ten minutes."""
    world.report(*[("last_gasp", f"a{n}") for n in range(1, 5)])
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    world.later(30)
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    world.report(("trouble_call", "c1"))
    (other,) = world.outages("predicted")
    world.do(confirm_outage, outage_id=other.id, version=None)
    world.later(10)


@pytest.mark.usefixtures("outage_of_t1")
def test_the_ledger_gives_the_indices_by_feeder_and_district(counts):
    found = counts()

    made = measure(
        found.rows,
        rules=IEEE1366,
        customers_served=found.served,
        by=["feeder", "district", "cause"],
        served_by=found.served_by,
    )

    assert found.served == 12
    assert made.whole.indices.customers_interrupted == 5
    assert made.whole.indices.customer_minutes == pytest.approx(4 * 30 + 10)
    by_feeder = {part.name: part for part in made.by["feeder"]}
    assert by_feeder["B1"].customers_served == 8
    assert by_feeder["B1"].own.saidi_minutes == pytest.approx(15)
    assert by_feeder["B2"].own.saidi_minutes == pytest.approx(2.5)
    assert [(part.name, part.customers_served) for part in made.by["district"]] == [("S", 12)]
    assert made.whole.repeated.customers[:2] == (5, 0)


@pytest.mark.usefixtures("outage_of_t1")
def test_user_units_are_transformers_that_are_wholly_out(counts):
    rows, units = by_user_units(counts())

    made = measure(rows, rules=DLT836, customers_served=units)

    assert units == 3
    assert made.whole.indices.customers_interrupted == 1
    assert made.whole.indices.saidi_minutes == pytest.approx(10)


@pytest.mark.usefixtures("outage_of_t1")
def test_only_what_begins_by_the_last_day_is_read(counts):
    assert len(counts(last_day=date(2026, 11, 22)).rows) == 0
    assert len(counts(zone="Asia/Shanghai").rows) == 5
    assert {date_of(day) for day in counts(zone="Pacific/Auckland").rows.day} == {date(2026, 11, 23)}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"])
def test_local_days_are_those_of_the_zone(zone):
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    moments = [begin + timedelta(minutes=37 * n) for n in range(4000)]
    at_us = np.array([round(at.timestamp() * 1e6) for at in moments], dtype=np.int64)

    days = local_days(at_us, zone=ZoneInfo(zone))

    assert [date_of(day) for day in days] == [at.astimezone(ZoneInfo(zone)).date() for at in moments]
