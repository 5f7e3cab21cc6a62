"""Repeats: who is out again and again, what trips repeatedly, and the worklist that people work off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.change_log import changes_after
from dispatch.errors import IllegalTransition, InvalidInput, UnknownThing
from dispatch.operations import close_outage, confirm_outage, restore_outage
from dispatch.repeats.finding import find_repeats
from dispatch.repeats.rules import RepeatKind, RepeatLevel, read_repeat_rules
from dispatch.repeats.worklist import close_repeat, keep_repeats, list_repeats, look_at_repeat, repeats_differ

RULES = read_repeat_rules()


@pytest.fixture
def happens(world):
    """Let the customers of a transformer go out and come back, some hours apart."""

    def again(times, *, letters="a", hours=24):
        for _ in range(times):
            world.later(60 * hours - 30)
            world.report(*[("last_gasp", f"{letter}{n}") for letter in letters for n in range(1, 5)])
            (outage,) = world.outages("predicted")
            world.do(confirm_outage, outage_id=outage.id, version=None)
            world.later(30)
            world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
            world.do(close_outage, outage_id=outage.id, version=None, cause="tree", note=None)

    return again


@pytest.fixture
def look(world):
    """Look for repeats as the keeper does; return what was found and how much was told."""

    def at_all():
        def keep(session, *, now, **_):
            traced = world.networks.in_force(session)
            found = find_repeats(session, rules=RULES, traced=traced, now=now)
            differ = repeats_differ(session, found=found)
            told = keep_repeats(session, found=found, rules_version=RULES.version, now=now)
            assert differ or not told
            return found, told

        return world.do(keep)

    return at_all


def test_the_window_is_calendar_months_and_levels_rise():
    assert RULES.since(datetime(2026, 3, 31, 8, tzinfo=UTC)) == datetime(2026, 1, 28, 8, tzinfo=UTC)
    assert RULES.since(datetime(2026, 1, 5, tzinfo=UTC)) == datetime(2025, 11, 5, tzinfo=UTC)
    levels = [RULES.level(RepeatKind.FEEDER, times) for times in (2, 3, 4, 5, 6, 7, 8, 20)]
    assert levels == [
        None,
        *[RepeatLevel.ALERT] * 2,
        RepeatLevel.ALARM,
        *[RepeatLevel.SPECIAL] * 2,
        *[RepeatLevel.OVER_LIMIT] * 2,
    ]


def test_three_outages_in_two_months_are_told_by_transformer(world, happens, look):
    happens(2)
    assert look() == ((), 0)
    happens(1)

    found, told = look()

    (one,) = found
    assert (one.kind, one.subject, one.times, one.service_points, one.customers) == (
        "customers",
        "T1",
        3,
        4,
        4,
    )
    assert told == 1
    assert look()[1] == 0
    world.now += timedelta(days=70)
    assert look() == ((), 0)
    assert [alert.subject for alert in world.ask(list_repeats)] == ["T1"], "nothing closes by itself"


def test_a_breaker_that_trips_is_a_feeder_and_trips_soon_after_are_one(world, happens, look):
    happens(2, letters="ab", hours=30)
    happens(2, letters="ab", hours=3)

    found, _ = look()

    assert {one.kind: one.times for one in found} == {"customers": 4}
    happens(1, letters="ab", hours=30)
    feeder = next(one for one in look()[0] if one.kind == "feeder")
    assert (feeder.subject, feeder.times, feeder.customers, feeder.level) == ("B1", 3, 8, "alert")


def test_people_work_the_list_off(world, happens, look):
    happens(3)
    look()
    (alert,) = world.ask(list_repeats)

    looked_at = world.do(look_at_repeat, repeat_id=alert.id, note=None)
    assert (looked_at.state, looked_at.acted_by) == ("looked_at", "wang")
    with pytest.raises(IllegalTransition):
        world.do(look_at_repeat, repeat_id=alert.id, note=None)
    with pytest.raises(InvalidInput, match="note"):
        world.do(close_repeat, repeat_id=alert.id, note="  ")
    closed = world.do(close_repeat, repeat_id=alert.id, note="Trees cut along L1")
    assert (closed.state, closed.note) == ("closed", "Trees cut along L1")
    with pytest.raises(IllegalTransition):
        world.do(close_repeat, repeat_id=alert.id, note="again")
    with pytest.raises(UnknownThing):
        world.do(close_repeat, repeat_id=99, note="who?")

    changes = world.ask(changes_after, position=0)
    names = [change.name for change in changes if change.name.startswith("repeat.")]
    assert names == ["repeat.found", "repeat.looked_at", "repeat.closed"]
    assert "Trees" not in str(changes)


def test_what_was_closed_comes_back_when_it_happens_again(world, happens, look):
    happens(3)
    look()
    (alert,) = world.ask(list_repeats)
    world.do(close_repeat, repeat_id=alert.id, note="Trees cut")
    assert look()[1] == 0
    happens(1)

    assert look()[1] == 1
    (again,) = world.ask(list_repeats)
    assert (again.times, again.state) == (4, "open")
    happens(1)
    assert look()[1] == 1
    (grown,) = world.ask(list_repeats)
    assert (grown.id, grown.times) == (again.id, 5)
