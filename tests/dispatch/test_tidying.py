"""What nobody can need any more is removed, and nothing else: unnamed photos, and shifts long past."""

from datetime import timedelta

import pytest

from dispatch.change_log import changes_after
from dispatch.crew_shifts import read_shifts, set_shifts
from dispatch.crews import get_crew
from dispatch.duty import Stretch
from dispatch.errors import InvalidInput
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.tidying import TidyRules, remove_past_shifts, tidying_is_due
from dispatch.transactions import write_transaction

RULES = TidyRules(shifts_after=timedelta(days=10))


def tidy(world):
    with write_transaction(world.engine) as session:
        return remove_past_shifts(session, rules=RULES, now=world.now)


def test_shifts_long_past_leave_the_roster_and_the_log_keeps_them(world):
    running = world.ask(read_shifts, crew_id="north")[0]
    next_week = Stretch(world.now + timedelta(days=8), world.now + timedelta(days=8, hours=8))
    world.do(set_shifts, crew_id="north", shifts=[next_week])
    assert not world.ask(tidying_is_due, rules=RULES, now=world.now)
    world.now = running.end + timedelta(days=10, minutes=1)
    before = world.ask(snapshot, now=world.now)
    assert world.ask(tidying_is_due, rules=RULES, now=world.now)
    assert tidy(world) > 0
    assert world.ask(read_shifts, crew_id="north") == [next_week]
    changes = world.ask(changes_after, position=before["position"])
    ours = next(change for change in changes if change.subject == "crew:north")
    assert (ours.name, ours.actor) == ("crew.shifts_changed", "keeper")
    assert len(ours.data["values"]["shifts"]["old"]) == 2
    assert replay(before, changes) == world.ask(snapshot, now=world.now)
    assert not world.ask(tidying_is_due, rules=RULES, now=world.now)
    assert tidy(world) == 0


def test_what_rest_is_reckoned_from_is_never_removed(world):
    running = world.ask(read_shifts, crew_id="north")[0]
    world.now = running.end + timedelta(minutes=5)
    tomorrow = Stretch(world.now + timedelta(hours=1), world.now + timedelta(hours=20))
    world.do(set_shifts, crew_id="north", shifts=[tomorrow])
    rests = world.ask(get_crew, crew_id="north", now=world.now).duty
    tidy(world)
    assert world.ask(get_crew, crew_id="north", now=world.now).duty == rests
    with pytest.raises(InvalidInput, match="rest"):
        TidyRules(shifts_after=timedelta(days=2))
