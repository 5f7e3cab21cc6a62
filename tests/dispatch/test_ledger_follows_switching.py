"""Whatever is switched and whatever fails: the ledger has out who is out by the trace of the state."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dispatch.current_supply import current_supply
from dispatch.errors import DispatchError
from dispatch.operations import confirm_outage, restore_outage
from dispatch.states import HELD_OUTAGE_STATUSES, StepStatus, SwitchingKind
from dispatch.switch_tags import place_tag, remove_tag
from dispatch.switching_orders import approve_order, draft_order, get_order
from dispatch.switching_preview import Step
from dispatch.switching_steps import execute_step, preview_order
from dispatch.switching_tables import StepAction
from dispatch.transactions import read_transaction
from gis.network_versions import activate_network_version, import_network
from topology.phases import format_phases

#   S ─B1─ N1 ─SW1─ N2 ─SW2─ N3 ─TIE─ M2 ─SW3─ M1 ─B2─ R        (the tie is normally open)
#          a        b (phase A)  c    d        e
DEVICES = [
    ("B1", "breaker", "S", "N1"),
    ("SW1", "switch", "N1", "N2"),
    ("SW2", "switch", "N2", "N3"),
    ("TIE", "switch", "N3", "M2"),
    ("SW3", "switch", "M1", "M2"),
    ("B2", "breaker", "R", "M1"),
]
HOUSEHOLDS = {"a": "N1", "b": "N2", "c": "N3", "d": "M2", "e": "M1"}
SWITCHES = [device[0] for device in DEVICES]
STEPS = st.one_of(
    st.tuples(st.just("fails"), st.sampled_from(["B1", "B2"])),
    st.tuples(st.just("closes"), st.sampled_from(["B1", "B2"])),
    st.tuples(
        st.just("switched"),
        st.tuples(
            st.sampled_from(list(StepAction)),
            st.sampled_from(SWITCHES),
            st.sampled_from(["A", "BC", "ABC", "ABC"]),
        ),
    ),
    st.tuples(st.just("tagged"), st.sampled_from(SWITCHES)),
    st.tuples(st.just("restored"), st.integers(0, 3)),
    st.tuples(st.just("waits"), st.integers(1, 30)),
)


@pytest.fixture
def town(world, tables_of):
    """The network above in force, instead of the usual one."""
    world.do(_put_in_force, tables=tables_of(DEVICES, HOUSEHOLDS, sources=("S", "R"), normally_open=("TIE",)))
    world.history = []
    return world


def _put_in_force(session, *, tables, actor, now):
    imported = import_network(session, tables=tables, findings=(), source=actor, format="text", now=now)
    activate_network_version(session, network_version=imported.network_version, now=now)


def switch(world, action, device, phases="ABC"):
    """Draft, approve and execute an order of one step; what is flagged is done with a reason."""
    made = world.do(
        draft_order,
        kind=SwitchingKind.EMERGENCY,
        steps=[Step(action, device, phases)],
        outage_id=None,
        planned_outage_id=None,
        note=None,
        networks=world.networks,
    )
    world.do(approve_order, order_id=made.id, version=None, networks=world.networks)
    (number, effect), *_ = world.ask(preview_order, order_id=made.id, networks=world.networks).steps
    world.do(
        execute_step,
        order_id=made.id,
        number=number,
        seen=effect.digest,
        executed_at=None,
        reason="as drawn",
        networks=world.networks,
    )
    return made.id


def act(world, name, argument):
    """Do one thing; what is refused is fine too."""
    if name == "fails":
        if not may_fail(world, argument):
            return
        world.report(("switch_open", argument))
        for outage in world.outages("predicted"):
            world.do(confirm_outage, outage_id=outage.id, version=None, networks=world.networks)
    elif name == "closes":
        # By itself, as telemetry tells; what an outage or a step opened is not closed by that.
        world.report(("switch_closed", argument))
    elif name == "switched":
        switch(world, *argument)
    elif name == "tagged":
        with read_transaction(world.engine) as session:
            traced = world.networks.in_force(session)
        tag = world.do(place_tag, device=argument, kind="hold", note=None, traced=traced)
        with pytest.raises(DispatchError):
            switch(world, StepAction.CLOSE, argument)
        world.do(remove_tag, tag_id=tag.id, is_supervisor=False)
    elif name == "restored":
        held = world.outages(*HELD_OUTAGE_STATUSES)
        if held:
            outage = held[argument % len(held)]
            world.do(
                restore_outage, outage_id=outage.id, version=None, restored_at=None, networks=world.networks
            )


def may_fail(world, device):
    """Say whether a breaker can trip: it is closed, as far as anybody knows."""
    with read_transaction(world.engine) as session:
        positions = world.networks.in_force(session).positions
    opened = {name for name, position in positions.items() if position.open_phases}
    held = {outage.device for outage in world.outages(*HELD_OUTAGE_STATUSES)}
    return device not in opened | held


def out_by_trace(world):
    """Return service point → phases that it lacks, by the trace of the current state."""
    with read_transaction(world.engine) as session:
        current = current_supply(session, traced=world.networks.in_force(session))
    points = current.points_out()
    ids = current.traced.network.service_point_ids(points)
    return dict(zip(ids, map(format_phases, current.lacking(points).tolist()), strict=True))


def out_by_ledger(world):
    """Return service point → phases out, of the rows in force that are open."""
    query = "SELECT service_point, phases FROM interruption WHERE replaced_by IS NULL AND upper_inf(period)"
    with world.engine.connect() as connection:
        return dict(connection.execute(text(query)).all())


@given(steps=st.lists(STEPS, min_size=4, max_size=10))
@settings(
    max_examples=8,
    # One database for all: what is tried again to make an example shorter would begin from another state.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_customers_out_by_the_ledger_are_those_out_by_the_trace_always(town, steps):
    # Each example goes on where the last one stopped: what must hold, holds from any state.
    for name, argument in steps:
        town.later(argument if name == "waits" else 1)
        with suppress(DispatchError):
            act(town, name, argument)
        town.history.append((name, argument))
        assert out_by_ledger(town) == out_by_trace(town), str(town.history)


def test_a_step_on_one_phase_puts_that_phase_out_and_gives_it_back(town):
    town.later(1)
    order = switch(town, StepAction.OPEN, "SW1", "A")
    assert {id: phases for id, phases in out_by_ledger(town).items() if id in {"b1", "c1"}} == {
        "b1": "A",
        "c1": "A",
    }
    done = town.ask(get_order, order_id=order)
    assert (done.status, done.steps[0].status) == ("completed", StepStatus.EXECUTED)
    town.later(1)
    switch(town, StepAction.CLOSE, "SW1", "A")
    assert out_by_ledger(town) == {} == out_by_trace(town)


def test_a_fault_leaves_the_phases_on_that_are_fed_from_elsewhere(town):
    town.later(1)
    switch(town, StepAction.OPEN, "SW2", "A")
    switch(town, StepAction.CLOSE, "TIE", "A")
    town.later(1)
    act(town, "fails", "B1")
    assert out_by_ledger(town) == out_by_trace(town)
    assert out_by_ledger(town)["c1"] == "BC"
    act(town, "restored", 0)
    assert out_by_ledger(town) == {} == out_by_trace(town)


def test_of_two_breakers_of_a_ring_the_first_to_open_puts_nobody_out_and_the_second_everybody(town):
    town.later(1)
    switch(town, StepAction.CLOSE, "TIE")
    town.later(1)
    act(town, "fails", "B1")
    assert town.outages("predicted", "confirmed") == []
    assert out_by_ledger(town) == {} == out_by_trace(town)
    town.later(1)
    act(town, "fails", "B2")
    (outage,) = town.outages("confirmed")
    assert (outage.device, outage.service_points_out) == ("B2", len(out_by_trace(town)))
    assert out_by_ledger(town) == out_by_trace(town)
    town.later(1)
    act(town, "closes", "B1")
    (outage,) = town.outages("partially_restored")
    assert out_by_ledger(town) == {} == out_by_trace(town)
    town.later(1)
    act(town, "restored", 0)
    assert out_by_ledger(town) == {} == out_by_trace(town)
