"""Planned work under way: its orders begin and end it, the ledger follows, and an overrun is an alarm."""

from datetime import UTC, timedelta

import pytest

from dispatch.calls import known_reason
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.planned_execution import begin_planned_outage, end_planned_outage
from dispatch.planned_outages import move_planned_outage
from dispatch.planned_states import PlannedWork
from dispatch.planned_watch import planned_outages_due
from dispatch.switching_orders import approve_order
from tests.dispatch.planned_town import group, town_with_tie


@pytest.fixture
def town(world, tables_of):
    return town_with_tie(world, tables_of)


def test_its_orders_begin_and_end_it_and_the_steps_write_the_ledger(town):
    planned = town.published("open SW2", "close SW2")
    (order,) = planned.orders
    with pytest.raises(Conflict) as refused:
        town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
    assert refused.value.because is Because.SWITCHED_BY_ORDER
    town.world.do(approve_order, order_id=order, version=None, networks=town.world.networks, actor="zhao")
    town.world.now = planned.starts_at + timedelta(minutes=3)
    town.step(order, 1)
    assert town.keep() == 1
    begun = town.get(planned)
    assert (begun.status, begun.begun_at) == ("executing", town.world.now)
    assert town.ledger() == [(id, "planned", True) for id in sorted(group("c"))]
    with pytest.raises(Conflict) as refused:
        town.do(end_planned_outage, planned, at=None)
    assert refused.value.because is Because.STILL_WITHOUT_SUPPLY
    town.world.later(30)
    town.step(order, 2)
    town.keep()
    ended = town.get(planned)
    assert (ended.status, ended.ended_at) == ("ended", town.world.now)
    assert not town.world.do(lambda session, actor, now: planned_outages_due(session, now=now) and actor)


def test_work_at_short_notice_is_that_in_the_ledger_also_by_an_order(town):
    planned = town.published("open SW2", "close SW2", work=PlannedWork.TEMPORARY)
    (order,) = planned.orders
    town.world.do(approve_order, order_id=order, version=None, networks=town.world.networks, actor="zhao")
    town.world.now = planned.starts_at
    town.step(order, 1)
    assert {row[1] for row in town.ledger()} == {"temporary"}


def test_a_fault_meanwhile_keeps_its_own(town):
    planned = town.published(points=["c1", "c2"], start_days=8, work=PlannedWork.TEMPORARY)
    town.world.now = planned.starts_at
    town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
    assert town.ledger() == [("c1", "temporary", True), ("c2", "temporary", True)]
    town.world.later(5)
    with pytest.raises(InvalidInput):
        town.do(end_planned_outage, planned, at=planned.starts_at - timedelta(hours=1))
    with pytest.raises(InvalidInput):
        town.do(end_planned_outage, planned, at=town.world.now + timedelta(hours=1))
    town.do(end_planned_outage, planned, at=town.world.now - timedelta(minutes=1))
    assert [row[2] for row in town.ledger()] == [False, False]


def test_past_its_end_it_overruns_and_calls_are_faults_again(town):
    planned = town.published(device="SW2", start_days=8)
    town.world.now = planned.starts_at
    town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
    town.world.report(("trouble_call", "c1"))
    assert town.world.outages() == []
    town.world.now = planned.ends_at + timedelta(minutes=1)
    town.keep()
    assert town.get(planned).overrun_at == town.world.now
    town.world.report(("trouble_call", "c2"), ("trouble_call", "c3"))
    assert len(town.world.outages()) >= 1
    longer = town.do(
        move_planned_outage,
        planned,
        starts_at=None,
        ends_at=town.world.now + timedelta(hours=1),
        networks=town.world.networks,
        zone=UTC,
    )
    assert longer.overrun_at is None
    assert town.world.outages() == []


def test_what_customers_were_told_for_later_does_not_begin_before_it_is_moved(town):
    planned = town.published(device="SW2", start_days=8)
    town.world.now = planned.starts_at - timedelta(hours=2)
    with pytest.raises(Conflict) as refused:
        town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
    assert refused.value.because is Because.BEGINS_TOO_EARLY
    assert town.ledger() == []


def test_once_begun_only_its_end_moves(town):
    planned = town.published(device="SW2", start_days=8)
    town.world.now = planned.starts_at
    town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
    with pytest.raises(InvalidInput) as refused:
        town.do(
            move_planned_outage,
            planned,
            starts_at=planned.starts_at + timedelta(minutes=10),
            ends_at=None,
            networks=town.world.networks,
            zone=UTC,
        )
    assert refused.value.because is Because.BEGUN_ALREADY


def test_past_its_end_switched_off_by_its_order_calls_are_taken_and_counted_with_the_alarm(town):
    planned = town.published("open SW2", "close SW2")
    (order,) = planned.orders
    town.world.do(approve_order, order_id=order, version=None, networks=town.world.networks, actor="zhao")
    town.world.now = planned.starts_at
    town.step(order, 1)
    town.keep()
    town.world.later(10)
    town.world.report(("trouble_call", "c1"))
    assert town.world.outages() == []
    town.world.now = planned.ends_at + timedelta(minutes=5)
    town.keep()
    town.world.report(("trouble_call", "c1"), ("trouble_call", "c2"))
    assert town.get(planned).calls_after_end == 2
    told = town.world.ask(known_reason, service_point="c3", now=town.world.now)
    assert (told.code, told.take_report) == ("planned_overrun", True)
    assert town.world.ask(known_reason, service_point="a1", now=town.world.now) is None
