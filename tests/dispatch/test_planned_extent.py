"""Whom planned work concerns: everybody off at any time of its steps, as networks and switches stand."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.errors import Because, Conflict
from dispatch.planned_extent import lost_by
from dispatch.switching_orders import cancel_order
from dispatch.transactions import read_transaction
from tests.dispatch.planned_town import DEVICES, GROUPS, group, town_with_tie
from topology.switching_step import CloseDevice, OpenDevice


@pytest.fixture
def town(world, tables_of):
    return town_with_tie(world, tables_of)


@pytest.fixture
def traced(town):
    with read_transaction(town.world.engine) as session:
        return town.world.networks.in_force(session)


def test_everybody_off_at_any_time_counts_also_who_is_fed_over_a_tie_in_the_end(town):
    planned = town.request()
    with pytest.raises(Conflict) as refused:
        town.study(planned)
    assert refused.value.because is Because.NOBODY_NAMED
    # c is off only between the two steps, b for the whole work.
    order = town.order(planned, "open SW2", "open SW1", "close TIE")
    town.study(planned)
    assert town.concerned(planned) == group("b", "c")
    town.world.do(cancel_order, order_id=order.id, version=None, reason="Better.")
    town.order(planned, "close TIE", "open SW2", "open SW1")
    assert town.get(planned).study_is_old
    town.study(planned)
    assert town.concerned(planned) == group("b")
    first, second = town.versions(planned)
    assert (first.added, second.added) == (sorted(group("b", "c")), [])
    assert second.removed == sorted(group("c"))
    assert set(first.service_points) == group("b", "c")


def test_the_same_answer_is_no_new_version(town):
    planned = town.request(device="SW2")
    town.study(planned)
    town.study(planned)
    assert len(town.versions(planned)) == 1


def test_steps_changed_after_the_study_are_studied_again_before_approval(town):
    planned = town.request()
    town.order(planned, "open SW2")
    town.study(planned)
    town.order(planned, "open SW3")
    with pytest.raises(Conflict) as refused:
        town.approve(planned)
    assert refused.value.because is Because.STUDY_IS_OLD
    town.study(planned)
    assert town.concerned(planned) == group("c", "d")
    assert town.approve(planned).status == "approved"


def test_as_switched_now_others_may_be_concerned_and_a_conflict_says_so(town):
    moved = town.request()
    around = town.order(moved, "close TIE", "open SW2")
    town.execute(around.id)
    planned = town.request()
    town.order(planned, "open SW3")
    town.study(planned)
    assert town.concerned(planned) == group("d")
    told = town.conflicts(planned)["other_state"]
    assert (told.values["count"], told.is_hard) == (4, False)
    town.study(planned, basis="current")
    assert town.concerned(planned) == group("c", "d")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([OpenDevice, CloseDevice]), st.sampled_from([d[0] for d in DEVICES])),
        max_size=6,
    )
)
def test_against_a_walk_of_each_state(traced, steps):
    lost, is_open = set(), {"TIE"}
    for kind, device in steps:
        is_open = is_open | {device} if kind is OpenDevice else is_open - {device}
        lost |= group(*GROUPS) - fed(is_open)
    assert lost_by(traced, [kind(device) for kind, device in steps]) == lost


def fed(is_open):
    """Walk from the two sources over what is closed, without anything of the product."""
    reached, waiting = {"S", "R"}, ["S", "R"]
    while waiting:
        here = waiting.pop()
        for device, _, one, other in DEVICES:
            if device not in is_open and here in (one, other):
                there = other if here == one else one
                if there not in reached:
                    reached.add(there)
                    waiting.append(there)
    return {id for letter, node in GROUPS.items() if node in reached for id in group(letter)}
