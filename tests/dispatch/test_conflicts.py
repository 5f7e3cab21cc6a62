"""Conflicts: found, refreshed, cleared; no flood; and the snapshot before plus events gives that after."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.change_log import Author, changes_after
from dispatch.conflicts import MOST_OF_A_CODE, FoundConflict, reconcile_conflicts
from dispatch.replay import replay
from dispatch.snapshot import snapshot


def conflict(subject="B1", code="telemetry_contradicted", **values):
    return FoundConflict(code=code, subject=subject, values=values, text=f"{subject} contradicts itself")


def find(world, *found, by="inference"):
    def operation(session, *, actor, now):
        author = Author(actor=actor, now=now)
        return reconcile_conflicts(session, found, author=author, found_by=by)

    return world.do(operation)


def standing(world):
    shelf = world.ask(snapshot, now=world.now)["conflicts"].values()
    return {(one["code"], one["subject"]): one["facts"] for one in shelf}


def names(world, after=0):
    log = world.ask(changes_after, position=after)
    return [change.name for change in log if change.name.startswith("conflict.")]


def test_a_conflict_is_found_once_and_cleared_once(world):
    assert find(world, conflict(calls=7)) == 1
    assert find(world, conflict(calls=7)) == 0
    assert standing(world) == {("telemetry_contradicted", "B1"): {"calls": 7}}
    assert find(world) == 1
    assert find(world) == 0
    assert standing(world) == {}
    assert names(world) == ["conflict.found", "conflict.cleared"]


def test_facts_that_change_all_the_time_are_told_once_a_minute(world):
    find(world, conflict(calls=1))
    for calls in range(2, 60):
        world.later(0.02)
        find(world, conflict(calls=calls))
    assert names(world).count("conflict.changed") == 1
    world.later(1)
    find(world, conflict(calls=60))
    assert standing(world) == {("telemetry_contradicted", "B1"): {"calls": 60}}


def test_times_and_tuples_read_back_are_the_same_facts(world):
    values = {"at": datetime(2026, 11, 23, 8, tzinfo=UTC), "ids": ("a", "b")}
    find(world, conflict(**values))
    world.later(5)
    assert find(world, conflict(**values)) == 0


def test_each_finder_clears_only_its_own(world):
    find(world, conflict())
    find(world, conflict("meter_system", code="clock_off"), by="intake")
    find(world)
    assert standing(world).keys() == {("clock_off", "meter_system")}


def test_a_flood_of_one_code_leaves_room_for_the_others(world):
    find(world, conflict("old", code="false_gasps"))
    flood = [conflict(f"C{number}", code="false_gasps") for number in range(1000)]
    find(world, *flood, conflict("old", code="false_gasps"), conflict("B2"))
    codes = [code for code, _ in standing(world)]
    assert codes.count("false_gasps") == MOST_OF_A_CODE
    assert {("false_gasps", "old"), ("telemetry_contradicted", "B2")} <= standing(world).keys()


FOUND = st.lists(
    st.builds(
        conflict,
        subject=st.sampled_from(["B1", "B2"]),
        code=st.sampled_from(["clock_off", "collector_silent"]),
        calls=st.integers(0, 2),
    ),
    max_size=4,
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["inference", "intake"]), FOUND, st.integers(0, 2)), min_size=1, max_size=8
)


@given(steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_snapshot_before_and_events_give_snapshot_after(world, steps):
    before = world.ask(snapshot, now=world.now)
    for by, found, minutes in steps:
        world.later(minutes)
        find(world, *found, by=by)
        mine = {(one.code, one.subject) for one in found}
        assert mine <= standing(world).keys()
    after = world.ask(snapshot, now=world.now)
    log = world.ask(changes_after, position=before["position"], limit=100_000)
    assert replay(before, log)["conflicts"] == after["conflicts"]
