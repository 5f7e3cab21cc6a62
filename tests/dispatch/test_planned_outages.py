"""Planned outages: whom they concern, what they explain, and what becomes of it when they change."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select

from dispatch.errors import IllegalTransition, InvalidInput, UnknownThing
from dispatch.network_activation import activate_network
from dispatch.planned_life import cancel_planned_outage
from dispatch.planned_outages import (
    announce_planned_outage,
    list_planned_outages,
    move_planned_outage,
    planned_outage_now,
)
from dispatch.planned_views import planned_versions
from dispatch.planned_watch import keep_planned_outages
from dispatch.tables import EvidenceRow
from dispatch.transactions import intake_transaction, read_transaction, write_transaction
from gis.network_versions import import_network


def announce(world, *, start=0, end=120, device="T1", service_points=()):
    return world.do(
        announce_planned_outage,
        device=device,
        service_points=service_points,
        starts_at=world.now + timedelta(minutes=start),
        ends_at=world.now + timedelta(minutes=end),
        text="A new transformer 更换变压器",
        networks=world.networks,
    )


def evidence(world):
    with read_transaction(world.engine) as session:
        return {row.service_point: (row.status, row.remark) for row in session.scalars(select(EvidenceRow))}


def test_reports_out_of_planned_work_make_no_outage_and_those_beside_it_do(world):
    assert announce(world).service_points == 4
    world.later(1)
    world.report(*(("last_gasp", id) for id in ("a1", "a2", "a3", "a4")), ("trouble_call", "c1"))
    assert {outage.device for outage in world.outages()} == {"c1"}
    assert evidence(world)["a3"] == ("not_an_outage", "planned_outage")


def test_service_points_by_name_and_a_crew_that_is_early(world):
    announce(world, start=10, device=None, service_points=["b1", "b2"])
    world.send(("trouble_call", "b1"), ("trouble_call", "b3"))
    assert evidence(world) == {"b1": ("not_an_outage", "planned_outage"), "b3": ("new", None)}


def test_who_is_out_after_the_end_is_out(world):
    announce(world, end=60)
    world.later(61)
    world.report(("trouble_call", "a1"))
    assert [outage.device for outage in world.outages()] == ["a1"]
    assert world.ask(planned_outage_now, service_point="a1", now=world.now) is None


def test_made_longer_it_explains_what_came_after_and_takes_the_prediction_back(world):
    planned = announce(world, end=60)
    world.later(65)
    world.report(("trouble_call", "a1"))
    moved = world.do(
        move_planned_outage,
        planned_outage_id=planned.id,
        starts_at=None,
        ends_at=world.now + timedelta(hours=1),
        networks=world.networks,
        zone=UTC,
    )
    assert moved.ends_at == world.now + timedelta(hours=1)
    assert world.outages() == []
    assert evidence(world) == {"a1": ("not_an_outage", "planned_outage")}


def test_called_off_its_evidence_speaks_again(world):
    planned = announce(world)
    world.report(*(("last_gasp", id) for id in ("a1", "a2", "a3", "a4")))
    world.do(cancel_planned_outage, planned_outage_id=planned.id, reason="Rain.")
    world.analyse()
    assert len(world.outages()) == 1
    assert world.ask(list_planned_outages, now=world.now)[0].cancelled_at == world.now
    with pytest.raises(IllegalTransition, match="cancelled"):
        world.do(cancel_planned_outage, planned_outage_id=planned.id, reason="Rain.")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"start": 60, "end": 30}, InvalidInput),
        ({"start": -120, "end": -60}, InvalidInput),
        ({"end": 60 * 24 * 40}, InvalidInput),
        ({"device": "T9"}, UnknownThing),
        ({"device": None}, InvalidInput),
        ({"device": None, "service_points": ["a9"]}, UnknownThing),
        ({"service_points": ["a1"]}, InvalidInput),
    ],
)
def test_what_cannot_be_is_refused(world, wrong, error):
    with pytest.raises(error):
        announce(world, **wrong)
    assert world.ask(list_planned_outages, now=world.now) == []


def test_another_network_version_says_anew_whom_a_device_concerns(world, drawn):
    announce(world)
    drawn.service_point.loc[drawn.service_point["id"] == "b1", "node"] = "N3"
    with intake_transaction(world.engine) as session:
        newer = import_network(
            session, tables=drawn, findings=(), source="drawn", format="text", now=world.now
        ).network_version
    world.do(activate_network, network_version=newer, networks=world.networks)
    assert world.ask(planned_outage_now, service_point="b1", now=world.now).service_points == 5


def test_who_is_added_by_another_network_version_is_told(world, drawn):
    announced = announce(world, start=60 * 24 * 5, end=60 * 24 * 5 + 60)
    with write_transaction(world.engine) as session:
        keep_planned_outages(session, now=world.now)
    assert len(world.messages()) == 4
    drawn.service_point.loc[drawn.service_point["id"] == "b1", "node"] = "N3"
    with intake_transaction(world.engine) as session:
        newer = import_network(
            session, tables=drawn, findings=(), source="drawn", format="text", now=world.now
        ).network_version
    world.do(activate_network, network_version=newer, networks=world.networks)
    assert world.messages()[4:] == [("planned_announced", "A-b1")]
    versions = world.ask(planned_versions, planned_outage_id=announced.id)
    assert [list(one.added) for one in versions][1:] == [["b1"]]
