"""Switched devices and tags: what inference makes of them, and what another network version does."""

from sqlalchemy import select, text

from dispatch.change_log import changes_after
from dispatch.ledger_tables import InterruptionRow
from dispatch.network_activation import activate_network, network_worklist
from dispatch.operations import confirm_outage
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.states import SwitchingKind
from dispatch.switch_tags import hanging_tags, place_tag
from dispatch.switching_orders import approve_order, draft_order
from dispatch.switching_step import Step
from dispatch.switching_steps import execute_step, preview_order
from dispatch.switching_tables import StepAction
from gis.network_versions import import_network


def switch(world, action, device):
    """Carry out an emergency order of one step, with a reason for whatever is flagged."""
    order = world.do(
        draft_order,
        kind=SwitchingKind.EMERGENCY,
        steps=[Step(action, device)],
        outage_id=None,
        planned_outage_id=None,
        note=None,
        networks=world.networks,
    )
    world.do(approve_order, order_id=order.id, version=None, networks=world.networks)
    (number, effect), *_ = world.ask(preview_order, order_id=order.id, networks=world.networks).steps
    return world.do(
        execute_step,
        order_id=order.id,
        number=number,
        seen=effect.digest,
        executed_at=None,
        reason="tests",
        networks=world.networks,
    )


def out(world):
    """Return who is out by the ledger, and as what."""
    with world.engine.connect() as connection:
        query = select(InterruptionRow.service_point, InterruptionRow.kind).where(
            InterruptionRow.replaced_by.is_(None), text("upper_inf(period)")
        )
        return dict(map(tuple, connection.execute(query)))


def test_who_is_switched_off_is_out_by_the_order_and_calls_open_no_outage(world):
    switch(world, StepAction.OPEN, "B1")
    assert set(out(world)) == {f"{letter}{n}" for letter in "ab" for n in range(1, 5)}
    assert set(out(world).values()) == {"temporary"}
    world.later(5)
    world.report(("trouble_call", "a1"), ("trouble_call", "a2"), ("last_gasp", "b1"), ("last_gasp", "b2"))
    assert world.outages() == []
    world.report(("trouble_call", "c1"), ("trouble_call", "c2"), ("last_gasp", "c3"), ("last_gasp", "c4"))
    assert [outage.service_points_out for outage in world.outages()] == [4]
    world.later(5)
    switch(world, StepAction.CLOSE, "B1")
    assert out(world) == {}


def test_that_a_device_was_open_is_forgotten_when_a_step_has_closed_it(world):
    switch(world, StepAction.OPEN, "B1")
    world.later(2)
    world.report(("switch_open", "B1"))
    world.later(30)
    switch(world, StepAction.CLOSE, "B1")
    world.later(60)
    world.report(("last_gasp", "a1"), ("last_gasp", "a2"), ("last_gasp", "b1"), ("last_gasp", "b2"))
    (outage,) = world.outages()
    assert (outage.device, outage.started_at) == ("B1", world.now)


def test_a_prediction_is_kept_while_its_households_are_switched_off(world):
    world.report(("last_gasp", "a1"), ("last_gasp", "a2"), ("last_gasp", "a3"), ("last_gasp", "a4"))
    (outage,) = world.outages("predicted")
    world.later(1)
    switch(world, StepAction.OPEN, "B1")
    world.later(1)
    world.report(("trouble_call", "c1"))
    assert outage.id in [one.id for one in world.outages("predicted")]


def test_positions_and_tags_go_over_to_another_network_and_what_is_gone_is_on_the_worklist(world, tables_of):
    switch(world, StepAction.OPEN, "B1")
    traced = world.ask(world.networks.in_force)
    world.do(place_tag, device="B2", kind="hold", note=None, traced=traced)
    same = world.do(_import, tables=tables_of())
    world.do(activate_network, network_version=same, networks=world.networks)
    traced = world.ask(world.networks.in_force)
    assert traced.network_version == same
    assert traced.switched_off(["a1", "c1"]) == {"a1"}
    assert world.ask(network_worklist, traced=traced) == ()

    renamed = [
        ("X1", "breaker", "S", "N1"),
        ("T1", "distribution", "N1", "N3"),
        ("T2", "distribution", "N1", "N5"),
        ("X2", "breaker", "S", "M1"),
        ("T3", "distribution", "M1", "M2"),
    ]
    other = world.do(_import, tables=tables_of(renamed))
    world.do(activate_network, network_version=other, networks=world.networks)
    traced = world.ask(world.networks.in_force)
    losses = {loss.reason: loss.ids for loss in world.ask(network_worklist, traced=traced)}
    assert losses == {"switches_gone": ("B1",), "tagged_gone": ("B2",)}
    assert [tag.device for tag in world.ask(hanging_tags)] == ["B2"]
    # One step back, and all is as it was.
    world.do(activate_network, network_version=same, networks=world.networks)
    assert world.ask(world.networks.in_force).switched_off(["a1"]) == {"a1"}


def _import(session, *, tables, actor, now):
    return import_network(
        session, tables=tables, findings=(), source=actor, format="text", now=now
    ).network_version


def test_a_page_that_follows_the_log_knows_what_switching_made_of_an_outage(world):
    before = world.ask(snapshot, now=world.now)
    world.report(("switch_open", "B1"))
    (outage,) = world.outages("predicted")
    world.do(confirm_outage, outage_id=outage.id, version=None)
    world.later(10)
    switch(world, StepAction.CLOSE, "B1")
    (known,) = world.outages("restored")
    assert (known.id, known.service_points_out, known.restored_at) == (outage.id, 0, world.now)
    assert len([one for one in world.messages() if one[0] == "restored"]) == 8
    after = world.ask(snapshot, now=world.now)
    log = world.ask(changes_after, position=before["position"], limit=1000)
    assert replay(before, log) == after
