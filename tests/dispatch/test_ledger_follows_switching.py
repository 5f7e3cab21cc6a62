"""Whatever is switched and whatever fails: the ledger has out who is out by the trace of the state."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dispatch.current_supply import current_supply
from dispatch.errors import DispatchError
from dispatch.ledger_rows import rows_in_force
from dispatch.network_activation import network_worklist
from dispatch.operations import confirm_outage, restore_outage
from dispatch.states import HELD_OUTAGE_STATUSES, StepStatus, SwitchingKind
from dispatch.step_checks import checked_steps
from dispatch.supplied_not_repaired import supplied_not_repaired
from dispatch.switch_tags import place_tag, remove_tag
from dispatch.switching_orders import approve_order, draft_order, get_order
from dispatch.switching_step import Step
from dispatch.switching_steps import execute_step, preview_order
from dispatch.switching_tables import StepAction
from dispatch.timelines import phases_out
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
    st.tuples(
        st.just("placed"),
        st.tuples(
            st.sampled_from([StepAction.LAY_JUMPER, StepAction.RUN_GENERATOR, StepAction.REMOVE]),
            st.sampled_from(["T1", "T2"]),
            st.sampled_from(["N1", "N2", "N3", "M2", "M1"]),
            st.sampled_from(["N1", "N3", "M1"]),
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
    """Switch a device by an order of its own."""
    return take(world, Step(action, device, phases))


def place(world, action, name, *nodes, phases="ABC"):
    """Lay a jumper, run a generator or remove it, by an order of its own."""
    node, to_node = (*nodes, None, None)[:2]
    return take(world, Step(action, name=name, node=node, to_node=to_node, phases=phases))


def take(world, step):
    """Draft, approve and execute an order of one step; what is flagged is done with a reason."""
    with read_transaction(world.engine) as session:
        (checked,) = checked_steps(world.networks.in_force(session), [step])
    made = world.do(
        draft_order,
        kind=SwitchingKind.EMERGENCY,
        steps=[checked],
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
    elif name == "placed":
        *placed, phases = argument
        place(world, *placed, phases=phases)
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


def held_by_ledger(world):
    """Return service point → what holds it now, of the rows in force that are open."""
    query = "SELECT DISTINCT service_point FROM interruption WHERE replaced_by IS NULL AND upper_inf(period)"
    with read_transaction(world.engine) as session:
        rows = rows_in_force(session, service_points=session.scalars(text(query)).all())
    return {id: own[-1].stretch.holds for id, own in rows.items()}


def out_by_ledger(world):
    """Return service point → phases without any supply, by the ledger."""
    held = held_by_ledger(world).items()
    out = {id: phases_out(tuple(one for one in holds if not one.supplied_by)) for id, holds in held}
    return {id: phases for id, phases in out.items() if phases}


def marked_by_ledger(world):
    """Return service point and phase → by what it is supplied, not repaired, by the ledger."""
    held = held_by_ledger(world).items()
    return {
        (id, p): one.supplied_by for id, holds in held for one in holds if one.supplied_by for p in one.phases
    }


def marked_by_trace(world):
    """Return the same of everybody who would be without supply but for jumpers and generators."""
    with read_transaction(world.engine) as session:
        current = current_supply(session, traced=world.networks.in_force(session))
    found = supplied_not_repaired(current).items()
    return {(id, phase): by for by, own in found for id, phases in own.items() for phase in phases}


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
        # Who never was out is not in the ledger, however it is supplied.
        assert marked_by_ledger(town).items() <= marked_by_trace(town).items(), str(town.history)


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


def test_a_generator_supplies_and_repairs_nothing_until_the_fault_is_mended(town):
    town.later(1)
    act(town, "fails", "B1")
    (outage,) = town.outages("confirmed")
    began = out_by_trace(town)
    assert {id[0] for id in began} == {"a", "b", "c"}
    town.later(9)
    place(town, StepAction.RUN_GENERATOR, "G-1", "N2")
    (outage,) = town.outages("partially_restored")
    assert out_by_ledger(town) == {} == out_by_trace(town)
    assert outage.service_points_out == 0
    assert {id for id, _ in marked_by_ledger(town)} == set(began)
    assert marked_by_ledger(town) == marked_by_trace(town)
    # Taken away, they are out again in the outage that held them, whatever it was taken away for.
    town.later(30)
    place(town, StepAction.REMOVE, "G-1")
    assert out_by_ledger(town) == began == out_by_trace(town)
    (outage,) = town.outages("partially_restored")
    assert outage.service_points_out == len(began)
    # Supplied by a jumper, and then by its own way again: repaired, and no mark is left.
    town.later(1)
    place(town, StepAction.LAY_JUMPER, "J-1", "N3", "M2")
    assert set(marked_by_ledger(town).values()) == {"jumper"}
    town.later(1)
    switch(town, StepAction.CLOSE, "B1")
    assert town.outages("partially_restored", "confirmed") == []
    assert held_by_ledger(town) == {} == out_by_trace(town)
    place(town, StepAction.REMOVE, "J-1")
    assert held_by_ledger(town) == {} == out_by_trace(town)


@pytest.mark.parametrize(
    ("step", "because"),
    [
        (Step(StepAction.REMOVE, name="G-9"), "temporary_not_placed"),
        (Step(StepAction.REMOVE), "temporary_field_missing"),
        (Step(StepAction.RUN_GENERATOR, name="G-1"), "temporary_field_missing"),
        (Step(StepAction.RUN_GENERATOR, name="B1", node="N1"), "name_of_device"),
        (Step(StepAction.RUN_GENERATOR, name="a1", node="N1"), "name_of_device"),
        (Step(StepAction.RUN_GENERATOR, name="G-1", node="M1"), "temporary_name_taken"),
        (Step(StepAction.LAY_JUMPER, name="J-1", node="N1", to_node="N1"), "jumper_has_one_end"),
        (Step(StepAction.LAY_JUMPER, name="J-1", node="N1", to_node="N9"), None),
        (Step(StepAction.CUT, "SW1", name="C-1", node="N1"), "not_a_line_section"),
        (Step(StepAction.CUT, "L9", name="C-1", node="N1"), None),
    ],
)
def test_a_step_that_cannot_be_carried_out_is_named_before_it_is_drafted(town, step, because):
    place(town, StepAction.RUN_GENERATOR, "G-1", "N2")
    with pytest.raises(DispatchError) as refused:
        take(town, step)
    assert getattr(refused.value, "because", None) == because


def test_nobody_goes_around_a_tag_and_a_name_is_free_again_once_it_is_removed(town):
    with read_transaction(town.engine) as session:
        traced = town.networks.in_force(session)
    tag = town.do(place_tag, device="SW2", kind="do_not_close", note=None, traced=traced)
    with pytest.raises(DispatchError, match="go around"):
        place(town, StepAction.LAY_JUMPER, "J-1", "N2", "N3")
    town.do(remove_tag, tag_id=tag.id, is_supervisor=False)
    for _ in range(2):
        town.later(1)
        place(town, StepAction.LAY_JUMPER, "J-1", "N2", "N3")
        place(town, StepAction.REMOVE, "J-1")


def test_what_a_network_has_no_place_for_waits_for_the_network_that_has(town, tables_of):
    place(town, StepAction.RUN_GENERATOR, "G-1", "N2")
    other = [one for one in DEVICES if "N2" not in one[2:]]
    households = {id: node for id, node in HOUSEHOLDS.items() if node != "N2"}
    tables = tables_of(other, households, sources=("S", "R", "N3"))
    town.do(_put_in_force, tables=tables)
    with read_transaction(town.engine) as session:
        traced = town.networks.in_force(session)
        losses = {one.reason: one.ids for one in network_worklist(session, traced=traced)}
    assert losses["temporary_gone"] == ("G-1",)
    assert not traced.supply.temporary
