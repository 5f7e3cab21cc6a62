"""How far an outage reaches: all who are out are counted, no more service points than wanted are named."""

import pytest

from dispatch.errors import UnknownThing
from dispatch.outage_extent import outage_extent, outage_version
from dispatch.outages import affected_service_points
from dispatch.supply_versions import supply_versions


def test_everyone_out_is_counted_and_a_part_spread_over_them_is_named(world):
    world.report(*(("last_gasp", f"a{n}") for n in range(1, 5)))
    outage = world.outages()[0]
    extent = world.ask(outage_extent, outage_id=outage.id, at_most=100)
    assert (extent.customers, set(extent.service_points)) == (4, {"a1", "a2", "a3", "a4"})
    assert len(world.ask(outage_extent, outage_id=outage.id, at_most=2).service_points) == 2
    assert len(world.ask(outage_extent, outage_id=outage.id, at_most=3).service_points) == 2
    assert world.ask(outage_version, outage_id=outage.id) == outage.version


@pytest.mark.parametrize("query", [outage_version, lambda s, **k: outage_extent(s, at_most=1, **k)])
def test_an_outage_that_is_none_is_named(world, query):
    with pytest.raises(UnknownThing, match="O-99"):
        world.ask(query, outage_id="O-99")


def test_versions_of_many_accounts_differ_only_where_something_happened(world):
    accounts = ["A-a1", "A-b1", "A-c1", "A-unknown"]
    before = world.ask(supply_versions, accounts=accounts, now=world.now)
    world.report(*(("last_gasp", f"a{n}") for n in range(1, 5)))
    after = world.ask(supply_versions, accounts=accounts, now=world.now)
    assert {account for account in accounts if before[account] != after[account]} == {"A-a1"}


def test_one_phase_gone_leaves_three_phase_households_partly_out(world):
    opened = {"id": "o1", "kind": "switch_open", "device": "T1", "phases": "A", "at": world.now.isoformat()}
    world.report(opened)
    (outage,) = world.outages()
    assert (outage.device, outage.phases) == ("T1", "A")
    affected = world.ask(affected_service_points, outage_id=outage.id)
    assert {(one.id, one.phases_lost, one.is_partly_out) for one in affected} == {
        (f"a{n}", "A", True) for n in range(1, 5)
    }
    world.report({"id": "o2", "kind": "switch_open", "device": "T3", "at": world.now.isoformat()})
    (whole,) = [one for one in world.outages() if one.device == "T3"]
    affected = world.ask(affected_service_points, outage_id=whole.id)
    assert {(one.phases_lost, one.is_partly_out) for one in affected} == {("ABC", False)}
