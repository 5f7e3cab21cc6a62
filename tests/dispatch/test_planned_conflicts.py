"""What stands against approving planned work: hard conflicts, those a reason overrides, and remarks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.errors import PlannedConflicts
from dispatch.planned_outages import move_planned_outage
from dispatch.planned_rules import default_planned_rules, planned_rules
from dispatch.planned_views import planned_changes
from dispatch.switch_tags import place_tag
from dispatch.transactions import read_transaction
from tests.dispatch.planned_town import group, town_with_tie

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def town(world, tables_of):
    return town_with_tie(world, tables_of)


def test_a_tie_that_feeds_one_section_is_dropped_by_the_work_on_the_other_side(town):
    first = town.approved("close TIE", "open SW2", "open SW1", start_days=10)
    planned = town.request(start_days=10.05)
    town.order(planned, "open B2")
    town.study(planned)
    told = town.conflicts(planned)["tie_dropped"]
    assert told.is_hard
    assert told.values["planned_outage"] == first.id
    assert set(told.values["service_points"]) <= group("c")
    assert told.values["count"] == 4
    with pytest.raises(PlannedConflicts) as refused:
        town.approve(planned, override_reason="I know better.")
    assert "tie_dropped" in {one["code"] for one in refused.value.conflicts}
    assert first.id in str(refused.value)
    assert town.get(planned).status == "studied"


def test_two_isolations_that_do_not_touch_each_other_are_fine(town):
    town.approved("open SW2", start_days=10)
    planned = town.request(start_days=10)
    town.order(planned, "open SW3")
    town.study(planned)
    assert town.conflicts(planned) == {}


def test_one_crew_at_two_places(town):
    first = town.approved(device="SW2", crew_id="north")
    planned = town.request(device="SW3", crew_id="north", start_days=10.1)
    town.study(planned)
    told = town.conflicts(planned)["crew_twice"]
    assert (told.values["crew"], told.values["planned_outage"], told.is_hard) == ("north", first.id, True)
    after = town.request(device="SW3", crew_id="north", start_days=11)
    town.study(after)
    assert "crew_twice" not in town.conflicts(after)


def test_the_same_customer_again_needs_a_reason_which_is_kept(town):
    first = town.approved(device="SW2", start_days=10)
    planned = town.request(device="SW1", start_days=40)
    town.study(planned)
    with pytest.raises(PlannedConflicts) as refused:
        town.approve(planned)
    (told,) = refused.value.conflicts
    assert (told["code"], told["is_hard"]) == ("customer_again", False)
    assert told["values"] | {"starts_at": None} == {
        "planned_outage": first.id,
        "starts_at": None,
        "count": 4,
        "service_points": ["c1", "c2", "c3", "c4"],
        "months": 2,
    }
    approved = town.approve(planned, override_reason="The pole is rotten.")
    assert approved.overridden_because == "The pole is rotten."
    last = town.world.ask(planned_changes, planned_outage_id=planned.id)[-1]
    assert [one["code"] for one in last.data["overridden"]] == ["customer_again"]
    far = town.request(device="SW2", start_days=130)
    town.study(far)
    assert town.approve(far).overridden_because is None


def test_a_tag_on_a_device_of_the_order(town):
    planned = town.request()
    order = town.order(planned, "open SW2")
    with read_transaction(town.world.engine) as session:
        traced = town.world.networks.in_force(session)
    tag = town.world.do(place_tag, device="SW2", kind="hold", note=None, traced=traced)
    town.study(planned)
    told = town.conflicts(planned)["tag_clash"].values
    assert told == {
        "tag": tag.id,
        "kind": "hold",
        "device": "SW2",
        "actor": "wang",
        "order": order.id,
        "number": 1,
    }


def test_protected_days_and_a_change_of_clocks(town):
    rules = planned_rules(
        {
            **default_planned_rules().document,
            "protected": [{"name": "the fair", "from": "2026-12-03", "until": "2026-12-04"}],
        }
    )
    planned = town.request(device="SW2", start_days=10)
    told = town.conflicts(planned, rules=rules)["protected_date"]
    assert (told.values, told.is_hard) == ({"name": "the fair"}, False)
    until_spring = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    town.do(
        move_planned_outage,
        planned,
        starts_at=until_spring,
        ends_at=until_spring + timedelta(hours=2),
        networks=town.world.networks,
        zone=BERLIN,
    )
    told = town.conflicts(planned, zone=BERLIN)["clock_change"]
    assert (told.values["minutes"], told.is_remark) == (120, True)
    town.study(planned)
    assert town.approve(planned, zone=BERLIN).status == "approved"
