"""The life of a planned outage: who may do what and when, what is refused, and which rules are told."""

from datetime import UTC, timedelta

import pytest

from dispatch.errors import Because, Conflict, IllegalTransition, InvalidInput, StaleVersion, UnknownThing
from dispatch.planned_execution import begin_planned_outage, end_planned_outage
from dispatch.planned_life import (
    amend_planned_outage,
    cancel_planned_outage,
    close_planned_outage,
    publish_planned_outage,
    return_planned_outage,
)
from dispatch.planned_outages import list_planned_outages, move_planned_outage, planned_outage_now
from dispatch.planned_rules import default_planned_rules, planned_rules
from dispatch.planned_rules_store import put_planned_rules_in_force
from dispatch.planned_views import planned_changes
from tests.dispatch.planned_town import group, town_with_tie


@pytest.fixture
def town(world, tables_of):
    return town_with_tie(world, tables_of)


def test_request_study_approve_publish_begin_end_close(town):
    planned = town.request(device="SW2")
    assert (planned.status, planned.service_points, planned.duration_minutes) == ("requested", 4, 240)
    assert town.study(planned).status == "studied"
    approved = town.approve(planned)
    assert (approved.status, approved.approved_by) == ("approved", "zhao")
    assert town.world.ask(planned_outage_now, service_point="c1", now=planned.starts_at) is None
    published = town.do(publish_planned_outage, planned)
    assert published.published_at == town.world.now
    found = town.world.ask(planned_outage_now, service_point="c1", now=planned.starts_at)
    assert found.id == planned.id
    town.world.now = planned.starts_at
    begun = town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
    assert begun.status == "executing"
    assert town.ledger() == [(id, "planned", True) for id in sorted(group("c"))]
    town.world.later(60)
    town.do(end_planned_outage, planned, at=None)
    assert town.ledger() == [(id, "planned", False) for id in sorted(group("c"))]
    assert town.world.ask(planned_outage_now, service_point="c1", now=town.world.now) is None
    assert town.do(close_planned_outage, planned).status == "closed"
    names = [change.name for change in town.world.ask(planned_changes, planned_outage_id=planned.id)]
    assert names == [
        f"planned_outage.{name}"
        for name in ("requested", "studied", "approved", "published", "begun", "ended", "closed")
    ]


def test_who_requested_does_not_approve(town):
    planned = town.request(device="SW2")
    town.study(planned)
    with pytest.raises(Conflict) as refused:
        town.approve(planned, by="wang")
    assert refused.value.because is Because.OWN_REQUEST
    assert town.get(planned).status == "studied"


def test_the_later_of_two_is_shown_what_the_earlier_did(town):
    planned = town.request(device="SW2")
    town.study(planned, by="li")
    with pytest.raises(StaleVersion) as refused:
        town.study(planned, version=planned.version)
    assert [change.actor for change in refused.value.changes] == ["li"]


def test_other_times_or_another_crew_are_approved_anew(town):
    planned = town.approved(device="SW2")
    moved = town.do(
        move_planned_outage,
        planned,
        starts_at=None,
        ends_at=planned.ends_at + timedelta(hours=1),
        networks=town.world.networks,
        zone=UTC,
    )
    assert (moved.status, moved.approved_by) == ("requested", None)
    amended = town.do(amend_planned_outage, planned, crew_id="north", text=None)
    assert (amended.crew_id, amended.text) == ("north", planned.text)
    with pytest.raises(UnknownThing):
        town.do(amend_planned_outage, planned, crew_id="nobody", text=None)


def test_returned_with_a_reason_and_withdrawn(town):
    planned = town.approved(device="SW2")
    with pytest.raises(InvalidInput):
        town.do(return_planned_outage, planned, reason=" ")
    returned = town.do(return_planned_outage, planned, reason="Another day.")
    assert (returned.status, returned.approved_by, returned.reason) == ("requested", None, "Another day.")
    withdrawn = town.do(cancel_planned_outage, planned, reason="No material.")
    assert withdrawn.status == "withdrawn"
    with pytest.raises(IllegalTransition, match="withdrawn"):
        town.order(planned, "open SW2")
    assert town.world.messages() == []


def test_a_call_taker_sees_what_was_published(town):
    town.request(device="SW2")
    known = town.published(device="SW3", start_days=20)
    listed = town.world.ask(list_planned_outages, now=town.world.now, known_only=True)
    assert [one.id for one in listed] == [known.id]
    assert len(town.world.ask(list_planned_outages, now=town.world.now)) == 2


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"hours": -1}, Because.PLANNED_ENDS_BEFORE_START),
        ({"hours": 0}, Because.PLANNED_ENDS_BEFORE_START),
        ({"start_days": -1}, Because.STARTS_IN_PAST),
        ({"hours": 32 * 24}, Because.PLANNED_TOO_LONG),
    ],
)
def test_times_that_cannot_be_are_refused_and_nothing_is_half_done(town, wrong, because):
    with pytest.raises(InvalidInput) as refused:
        town.request(device="SW2", **wrong)
    assert refused.value.because is because
    assert town.world.ask(list_planned_outages, now=town.world.now) == []


def test_rules_told_are_those_in_force(town):
    told = planned_rules({**default_planned_rules().document, "version": "own"})
    assert town.world.do(put_planned_rules_in_force, rules=told)
    assert not town.world.do(put_planned_rules_in_force, rules=told)
