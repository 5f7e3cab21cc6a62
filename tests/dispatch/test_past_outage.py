"""Areas and promises of an instant are those that the desk was told at that instant, whatever came after."""

from __future__ import annotations

import copy
import random
from contextlib import suppress
from datetime import timedelta

import pytest

from dispatch.assignments import assign_crew
from dispatch.crews import report_position
from dispatch.errors import DispatchError, InvalidInput, UnknownThing
from dispatch.jobs import Progress, report_progress
from dispatch.operations import confirm_outage, dismiss_outage, restore_outage
from dispatch.outages import area_of_outage, get_outage
from dispatch.past_outage import past_area, past_promises
from dispatch.past_state import position_at
from dispatch.promise_document import default_promise_rules, promise_rules
from dispatch.promise_pauses import pause_promises, resume_promises
from dispatch.promise_rules_store import put_rules_in_force
from dispatch.promise_watch import keep_promises
from dispatch.promises import promises_of_outage
from dispatch.transactions import write_transaction
from gis.customers_around import CustomersAround

T1 = (11.4205, 53.6355)
DEEDS = ("wait", "wait", "wait", "report", "tap", "tap", "stand", "pause", "resume", "end")


class Hands:
    """Somebody who does one thing after the other to one outage; what is refused is refused."""

    def __init__(self, world, seed):
        self.world = world
        self.chance = random.Random(seed)
        self.steps = ["accepted", "en_route", "on_site", "working", "finished"]
        self.rows = iter(range(10_000))
        with write_transaction(world.engine) as session:
            # The drawn town is too small to be taken for one.
            rules = copy.deepcopy(dict(default_promise_rules().document))
            rules["areas"]["urban_from_customers_per_km2"] = 1
            rules["areas"]["rural_from_customers_per_km2"] = 0
            put_rules_in_force(session, rules=promise_rules(rules), actor="tests", now=world.now)
        world.report(("last_gasp", "a1"), ("last_gasp", "a2"), ("last_gasp", "a3"))
        self.id = world.outages()[0].id
        world.do(confirm_outage, outage_id=self.id, version=None)
        self.job = world.do(assign_crew, outage_id=self.id, version=None, crew_id="north").jobs[-1].id

    def act(self, name):
        self.world.later(1 / 60)
        with suppress(DispatchError):
            getattr(self, name)()
        self.world.later(1 / 60)
        with write_transaction(self.world.engine) as session:
            keep_promises(session, customers_around=CustomersAround(), now=self.world.now)

    def ago(self):
        return self.world.now - timedelta(minutes=self.chance.choice([0, 0, 4, 30]))

    def wait(self):
        self.world.later(self.chance.choice([1, 9, 25, 70]))

    def report(self):
        call = {"id": f"late-{next(self.rows)}", "kind": "trouble_call", "at": self.ago().isoformat()}
        self.world.report({**call, "service_point": self.chance.choice(["a1", "a2", "a3", "a4"])})

    def tap(self):
        """Told late as often as not: a crew without signal."""
        if self.steps:
            told = {"occurred_at": self.ago(), "client_event_id": f"{self.job}-{self.steps[0]}"}
            progress = Progress(status=self.steps.pop(0), **told)
            self.world.do(report_progress, job_id=self.job, crew_id="north", progress=progress)

    def stand(self):
        self.world.do(report_position, crew_id="north", lon=T1[0], lat=T1[1], at=self.ago())

    def pause(self):
        told = {"reason": self.chance.choice(["unsafe_weather", "road_blocked"]), "note": None}
        self.world.do(pause_promises, outage_id=self.id, started_at=self.ago(), **told)

    def resume(self):
        self.world.do(resume_promises, outage_id=self.id, ended_at=self.ago())

    def end(self):
        if self.chance.random() < 0.4:
            networks = {"networks": self.world.networks}
            if self.chance.random() < 0.3:
                told = {"reason": "nothing there", **networks}
                self.world.do(dismiss_outage, outage_id=self.id, version=None, **told)
            else:
                self.world.do(restore_outage, outage_id=self.id, version=None, restored_at=None, **networks)


@pytest.mark.parametrize("seed", range(8))
def test_every_instant_is_told_as_it_was_told_then(world, seed):
    hands = Hands(world, seed)
    seen = []
    for _ in range(18):
        hands.act(hands.chance.choice(DEEDS))
        clocks = world.ask(promises_of_outage, outage_id=hands.id, now=world.now).clocks
        area = world.ask(area_of_outage, outage_id=hands.id)
        version = world.ask(get_outage, outage_id=hands.id).version
        seen.append((world.now, clocks, version, area))
    world.later(3)
    for at, clocks, version, area in seen:
        assert world.ask(past_promises, outage_id=hands.id, at=at, now=world.now) == clocks
        # An outage's version is the position of its last change.
        assert world.ask(past_area, outage_id=hands.id, position=version) == area
        assert world.ask(past_area, outage_id=hands.id, position=world.ask(position_at, at=at)) == area


def test_what_was_not_known_and_instants_that_cannot_be_told(world):
    hands = Hands(world, 1)
    began = world.now
    later = {"at": began, "now": world.later(10)}
    with pytest.raises(UnknownThing):
        world.ask(past_promises, outage_id="O-none", **later)
    with pytest.raises(UnknownThing):
        world.ask(past_area, outage_id=hands.id, position=0)
    with pytest.raises(InvalidInput):
        world.ask(past_promises, outage_id=hands.id, at=world.now + timedelta(hours=1), now=world.now)
    # Not looked at yet: nothing had been promised.
    assert world.ask(past_promises, outage_id=hands.id, **later) == ()


def test_a_crew_without_signal_had_not_arrived_before_it_told(world):
    """Breached as was known then, kept as is known now: both are true."""
    hands = Hands(world, 1)
    hands.act("wait")
    world.later(50)
    hands.act("stand")
    then = world.now
    arrival = {clock.promise: clock for clock in world.ask(
        past_promises, outage_id=hands.id, at=then, now=world.now
    )}["arrival"]  # fmt: skip
    assert arrival.state == "breached"
    world.later(5)
    for status in ("accepted", "en_route", "on_site"):
        told = {"occurred_at": then - timedelta(minutes=40), "client_event_id": f"{hands.job}-{status}"}
        progress = Progress(status=status, **told)
        world.do(report_progress, job_id=hands.job, crew_id="north", progress=progress)
    now = world.ask(past_promises, outage_id=hands.id, at=world.now, now=world.now)
    assert next(clock for clock in now if clock.promise == "arrival").state == "kept"
    again = world.ask(past_promises, outage_id=hands.id, at=then, now=world.now)
    assert next(clock for clock in again if clock.promise == "arrival") == arrival
