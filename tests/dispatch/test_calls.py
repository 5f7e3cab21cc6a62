"""What a caller is told: each reason, which one comes first, and whether a report is taken."""

from datetime import timedelta

import pytest

from dispatch.calls import Caller, answer_call, look_up_call
from dispatch.disconnections import import_disconnections
from dispatch.errors import InvalidInput, UnknownThing
from dispatch.evidence_lines import Document
from dispatch.neighbours import neighbours_of
from dispatch.operations import confirm_outage
from dispatch.planned_outages import announce_planned_outage


def told(world, service_point="a1"):
    answer = world.ask(answer_call, service_point=service_point, networks=world.networks, now=world.now)
    return str(answer.code), answer.take_report


def disconnect(world, service_point):
    fields = {"service_point": service_point, "since": (world.now - timedelta(hours=1)).isoformat()}
    world.do(
        import_disconnections,
        documents=[Document(line=1, fields=fields)],
        is_complete=False,
        network_version=world.network_version,
    )


def plan(world, device):
    world.do(
        announce_planned_outage,
        device=device,
        service_points=[],
        starts_at=world.now,
        ends_at=world.now + timedelta(hours=2),
        text="Work",
        networks=world.networks,
    )


def test_nothing_known_takes_the_report(world):
    assert told(world) == ("nothing_known", True)


def test_disconnected_comes_before_all_else(world):
    world.report(*(("last_gasp", f"a{n}") for n in range(1, 5)))
    disconnect(world, "a1")
    plan(world, "T1")
    assert told(world) == ("disconnected", False)


def test_a_prediction_still_wants_reports_and_a_confirmed_outage_does_not(world):
    world.report(*(("last_gasp", f"a{n}") for n in range(1, 5)))
    assert told(world) == ("known_outage", True)
    world.do(confirm_outage, outage_id=world.outages()[0].id, version=None)
    assert told(world) == ("known_outage", False)


def test_planned_work(world):
    plan(world, "B1")
    assert told(world, "b3") == ("planned_outage", False)
    assert told(world, "c1") == ("nothing_known", True)


def test_a_meter_with_supply_points_behind_itself_until_it_says_otherwise_or_too_long_ago(world):
    world.report(("ping", "a1", "on"))
    world.later(1)
    assert told(world) == ("meter_on", False)
    world.later(15)
    assert told(world) == ("nothing_known", True)
    world.send(("ping", "a1", "on"))
    world.later(1)
    world.send(("last_gasp", "a1"))
    assert told(world) == ("nothing_known", True)


@pytest.mark.parametrize("answer", ["unreachable", "unknown"])
def test_a_meter_that_cannot_be_asked_tells_nothing(world, answer):
    world.send(("ping", "a1", answer), ("ping", "a2", answer))
    assert told(world) == ("nothing_known", True)


def test_neighbours_with_supply_leave_only_this_house(world):
    world.send(("ping", "a2", "on"), ("ping", "b1", "off"))
    assert told(world) == ("only_this_house", True)
    world.send(("ping", "a3", "off"))
    assert told(world) == ("nothing_known", True)


def test_a_neighbour_who_reported_too_is_no_neighbour_with_supply(world):
    world.send(("ping", "a2", "on"), ("trouble_call", "a3"))
    assert told(world) == ("nothing_known", True)


def test_neighbours_hang_under_the_same_transformer(world):
    with_tree = world.ask(lambda session: world.networks.in_force(session).tree)
    assert neighbours_of(with_tree, service_point="b2") == ["b1", "b3", "b4"]


@pytest.mark.parametrize(
    "caller",
    [
        {"service_point": "b1"},
        {"account": "A-b1"},
        {"meter": "M-b1"},
        {"phone": "+1 555 010 0004"},
    ],
)
def test_callers_name_their_supply_in_many_ways(world, caller):
    (answer,) = world.ask(look_up_call, caller=Caller(**caller), networks=world.networks, now=world.now)
    assert answer.service_point == "b1"


@pytest.mark.parametrize(
    ("caller", "error"),
    [
        ({"account": "A-none"}, UnknownThing),
        ({"phone": "+1 555 999 9999"}, UnknownThing),
        ({"address": "No Such Street 1"}, UnknownThing),
        ({}, InvalidInput),
    ],
)
def test_who_is_not_found_is_said_without_the_phone_number(world, caller, error):
    with pytest.raises(error) as raised:
        world.ask(look_up_call, caller=Caller(**caller), networks=world.networks, now=world.now)
    assert "999" not in str(raised.value)
