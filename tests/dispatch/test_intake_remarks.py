"""Wrong clocks and retired meters: kept, remarked, and one conflict each, however many messages come."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch.intake_conflicts import intake_conflicts_differ, reconcile_intake_conflicts
from dispatch.network_activation import activate_network
from dispatch.snapshot import snapshot
from dispatch.tables import EvidenceRow
from dispatch.transactions import intake_transaction, read_transaction
from gis.network_versions import import_network


def message(world, id, kind="last_gasp", *, hours=0.0, **where):
    at = world.now + timedelta(hours=hours)
    return {"id": id, "kind": kind, "at": at.isoformat(), **(where or {"meter": "M-a1"})}


def stored(world):
    with read_transaction(world.engine) as session:
        return {row.id: row for row in session.scalars(select(EvidenceRow))}


def conflicts(world):
    def reconcile(session, *, actor, now):
        return reconcile_intake_conflicts(session, now=now)

    world.do(reconcile)
    shelf = world.ask(snapshot, now=world.now)["conflicts"].values()
    return {(one["code"], one["subject"]): one["facts"] for one in shelf}


@pytest.fixture
def renewed(world, drawn):
    """The meter of a1 was changed for another one, and that of b1 went with its service point."""
    drawn.service_point.loc[drawn.service_point["id"] == "a1", "meter"] = "M-new"
    tables = replace(drawn, service_point=drawn.service_point[drawn.service_point["id"] != "b1"])
    with intake_transaction(world.engine) as session:
        world.network_version = import_network(
            session, tables=tables, findings=(), source="drawn", format="text", now=world.now
        ).network_version
    world.do(activate_network, network_version=world.network_version, networks=world.networks)
    return world


def test_a_meter_five_hours_ahead_is_taken_as_of_now_and_remarked(world):
    receipt = world.send(message(world, "ahead", hours=5), message(world, "in order"))
    assert (receipt.accepted, receipt.rejected) == (2, ())
    rows = stored(world)
    assert (rows["ahead"].at, rows["ahead"].told_at) == (world.now, world.now + timedelta(hours=5))
    assert (rows["ahead"].remark, rows["ahead"].status) == ("clock_off", "new")
    assert (rows["in order"].remark, rows["in order"].told_at) == (None, None)


@pytest.mark.parametrize("kind", ["last_gasp", "power_up"])
def test_a_meter_five_hours_behind_keeps_its_time_and_is_remarked(world, kind):
    world.send(message(world, "behind", kind, hours=-5), message(world, "late", kind, hours=-1))
    rows = stored(world)
    assert (rows["behind"].at, rows["behind"].remark) == (world.now - timedelta(hours=5), "clock_off")
    assert rows["late"].remark is None


def test_people_and_telemetry_from_the_future_are_refused_as_before(world):
    call = message(world, "call", "trouble_call", hours=5, service_point="a1")
    switch = message(world, "switch", "switch_open", hours=5, device="B1")
    receipt = world.send(call, switch)
    assert [one.code for one in receipt.rejected] == ["from_the_future", "from_the_future"]


def test_the_same_message_from_a_wrong_clock_twice_is_one(world):
    one = message(world, "ahead", hours=5)
    world.send(one)
    world.later(3)
    assert world.send(one).duplicates == 1


def test_a_retired_meter_is_kept_and_makes_no_outage(renewed):
    receipt = renewed.send(
        message(renewed, "old"),
        message(renewed, "gone", meter="M-b1"),
        message(renewed, "nobody", meter="M-x"),
    )
    assert (receipt.accepted, [one.code for one in receipt.rejected]) == (2, ["unknown"])
    rows = stored(renewed)
    assert (rows["old"].status, rows["old"].remark, rows["old"].meter) == (
        "not_an_outage",
        "retired_meter",
        "M-a1",
    )
    renewed.send(message(renewed, "new", meter="M-new"))
    assert stored(renewed)["new"].status == "new"


def test_hundreds_of_messages_are_one_conflict_of_each_kind(renewed):
    renewed.send(*(message(renewed, f"old-{number}") for number in range(300)))
    renewed.send(
        *(message(renewed, f"off-{w}{n}", hours=5, meter=f"M-{w}{n}") for w in "ac" for n in (2, 3, 4))
    )
    found = conflicts(renewed)
    assert found == {
        ("retired_meter", "tests"): {"count": 300, "meters": ["M-a1"], "more": 0},
        ("clock_off", "tests"): {
            "count": 6,
            "hours": 5.0,
            "meters": ["M-a2", "M-a3", "M-a4", "M-c2", "M-c3"],
            "more": 1,
        },
    }
    assert not renewed.ask(intake_conflicts_differ, now=renewed.now)


def test_an_hour_without_another_one_it_is_over(world):
    world.send(message(world, "ahead", hours=5))
    assert world.ask(intake_conflicts_differ, now=world.now)
    assert len(conflicts(world)) == 1
    world.later(61)
    assert conflicts(world) == {}
