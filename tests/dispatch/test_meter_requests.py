"""Questions to meters: never two within the time, a budget, half answers, and a system that is away."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from dispatch.meter_answers import (
    LAPSES_AFTER,
    MAXIMUM_ATTEMPTS,
    MeterSystemAway,
    PingAnswer,
    ask_waiting_meters,
)
from dispatch.meter_requests import (
    PingRules,
    ask_about_outages,
    ask_after_restoration,
    ask_house,
    list_ping_requests,
    request_pings,
)
from dispatch.operations import confirm_outage, restore_outage
from dispatch.pings import PingReason, PingResult
from dispatch.tables import EvidenceRow
from dispatch.transactions import intake_transaction, read_transaction, write_transaction
from topology.questions import UNSURE

RULES = PingRules(again_after=timedelta(minutes=10), per_minute=100, neighbours=2)
HOUSEHOLDS = [f"{letter}{n}" for letter in "abc" for n in range(1, 5)]


@dataclass
class FakeMeterSystem:
    """Answers what it is told to; keeps what it was asked."""

    results: dict = field(default_factory=dict)
    is_away: bool = False
    asked: list = field(default_factory=list)

    def ask(self, pings):
        self.asked += [ping.meter for ping in pings]
        if self.is_away:
            raise MeterSystemAway("it is away")
        told = {ping: self.results.get(ping.meter, "on") for ping in pings}
        return [PingAnswer(id=ping.id, result=PingResult(one)) for ping, one in told.items() if one]


@pytest.fixture
def meters():
    return FakeMeterSystem()


def want(world, *service_points, rules=RULES, reason=PingReason.DISPATCHER):
    with intake_transaction(world.engine) as session:
        return request_pings(
            session, service_points=service_points, reason=reason, rules=rules, now=world.now
        )


def ask(world, meters, rules=RULES):
    return ask_waiting_meters(world.engine, meter_system=meters, rules=rules, now=world.now)


def standing(world):
    found = world.ask(list_ping_requests, outage_id=None, service_points=(), limit=100)
    return {one.service_point: (one.status, one.result) for one in reversed(found)}


def evidence(world):
    with read_transaction(world.engine) as session:
        rows = session.scalars(select(EvidenceRow).where(EvidenceRow.kind == "ping"))
        return {row.service_point: (row.result, row.source) for row in rows}


def jobs(world):
    with read_transaction(world.engine) as session:
        return session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))


def test_the_four_answers_are_kept_apart_and_come_in_as_evidence(world, meters):
    meters.results = {"M-a1": "on", "M-a2": "off", "M-a3": "unreachable", "M-a4": "unknown"}
    assert want(world, "a1", "a2", "a3", "a4") == ["a1", "a2", "a3", "a4"]
    assert ask(world, meters).answered == 4
    assert evidence(world) == {
        "a1": ("on", "meter_system"),
        "a2": ("off", "meter_system"),
        "a3": ("unreachable", "meter_system"),
        "a4": ("unknown", "meter_system"),
    }


def test_a_meter_is_not_asked_again_before_its_time(world, meters):
    assert want(world, "a1", "a1", "a2") == ["a1", "a2"]
    assert want(world, "a1", "a3") == ["a3"]
    ask(world, meters)
    world.later(9.9)
    assert want(world, "a1") == []
    world.later(0.1)
    assert want(world, "a1") == ["a1"]
    ask(world, meters)
    assert sorted(meters.asked) == ["M-a1", "M-a1", "M-a2", "M-a3"]


def test_a_question_that_waited_does_not_come_right_after_another(world, meters):
    want(world, "a1")
    world.later(9)
    ask(world, meters)
    world.later(2)
    assert want(world, "a1") == ["a1"]
    assert ask(world, meters).asked == 0
    world.later(8)
    assert ask(world, meters).asked == 1


def test_a_question_with_what_caused_it_or_not_at_all(world):
    def broken():
        with intake_transaction(world.engine) as session:
            request_pings(session, service_points=["a1"], reason=PingReason.CALL, rules=RULES, now=world.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert (standing(world), jobs(world)) == ({}, 0)


def test_the_budget_holds_and_people_come_first(world, meters):
    rules = PingRules(per_minute=3)
    want(world, "a1", "a2", "a3", "a4", reason=PingReason.SINGLE_OUTAGE)
    want(world, "b1")
    assert ask(world, meters, rules).asked == 3
    assert "M-b1" in meters.asked
    assert ask(world, meters, rules).asked == 0
    world.later(1.1)
    assert ask(world, meters, rules).asked == 2
    assert len(meters.asked) == len(set(meters.asked)) == 5


def test_half_an_answer_counts_for_its_half_and_the_rest_is_asked_again(world, meters):
    meters.results = {"M-a2": None}
    want(world, "a1", "a2")
    assert ask(world, meters).answered == 1
    assert standing(world) == {"a1": ("answered", "on"), "a2": ("waiting", None)}
    assert ask(world, meters).asked == 0
    meters.results = {"M-a2": "off"}
    world.later(1)
    ask(world, meters)
    assert evidence(world) == {"a1": ("on", "meter_system"), "a2": ("off", "meter_system")}


def test_an_answer_to_what_was_not_asked_is_passed_over(world, meters):
    want(world, "a1")
    meters.ask = lambda _pings: [PingAnswer(id=999_999, result=PingResult.OFF)]
    assert ask(world, meters).answered == 0
    assert evidence(world) == {}


def test_a_system_that_is_away_leaves_nothing_known(world, meters):
    meters.is_away = True
    want(world, "a1")
    for _ in range(MAXIMUM_ATTEMPTS + 2):
        ask(world, meters)
        world.later(1)
    assert standing(world) == {"a1": ("unanswered", None)}
    assert (len(meters.asked), evidence(world)) == (MAXIMUM_ATTEMPTS, {})


def test_a_question_that_waited_too_long_lapses(world, meters):
    want(world, "a1")
    world.later(LAPSES_AFTER.total_seconds() / 60 + 1)
    assert ask(world, meters).asked == 0
    assert standing(world) == {"a1": ("lapsed", None)}


def test_a_try_that_was_cut_off_is_made_again(world, meters):
    def cut_off(pings):
        raise KeyboardInterrupt

    honest = meters.ask
    meters.ask = cut_off
    want(world, "a1")
    with pytest.raises(KeyboardInterrupt):
        ask(world, meters)
    meters.ask = honest
    world.later(1)
    ask(world, meters)
    assert evidence(world) == {"a1": ("on", "meter_system")}


def test_many_wake_ups_become_one_while_the_system_is_away(world, meters):
    meters.is_away = True
    want(world, *HOUSEHOLDS)
    before = jobs(world)
    for _ in range(5):
        ask(world, meters)
    assert jobs(world) == before
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    for _ in range(5):
        ask(world, meters)
    assert jobs(world) == 1


def look_at_outages(session, *, actor, now, world, choose=None):
    return ask_about_outages(
        session,
        choose=choose or world.analyst.questions_about,
        networks=world.networks,
        rules=RULES,
        now=now,
    )


def chooses_nothing(device, phases, limit):
    return []


def test_one_house_alone_is_asked_about_with_its_neighbours_and_only_once(world, meters):
    world.report(("trouble_call", "b2"))
    asked = [world.do(look_at_outages, world=world, choose=chooses_nothing) for _ in range(3)]
    assert asked == [3, 0, 0]
    assert standing(world).keys() == {"b2", "b1", "b3"}
    ask(world, meters)
    (outage, *_) = world.outages("predicted")
    listed = world.ask(list_ping_requests, outage_id=outage.id, service_points=(), limit=10)
    assert {one.reason for one in listed} == {"single_outage"}


def test_one_house_alone_is_asked_first_and_then_who_tells_most(world):
    world.report(("trouble_call", "b2"))
    told = []

    def choose(device, phases, limit):
        told.append((device, phases, limit))
        return ["a1", "b2", "c1", "c2"]

    assert world.do(look_at_outages, world=world, choose=choose) == 3
    assert told == [("b2", "ABC", 3)]
    assert standing(world).keys() == {"b2", "a1", "c1"}


def test_what_is_sure_asks_nobody_and_what_is_unsure_those_who_tell_most(world):
    world.report(*(("last_gasp", f"a{n}") for n in range(1, 5)))
    (outage,) = world.outages("predicted")
    assert outage.probability >= UNSURE
    assert world.do(look_at_outages, world=world) == 0
    assert world.analyst.questions_about("gone", "ABC", 5) == []


def test_an_unsure_outage_asks_those_who_tell_most(world):
    world.report(("last_gasp", "a1"), ("last_gasp", "a2"))
    (outage,) = world.outages("predicted")
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE outage SET probability = 0.6"))
    chosen = world.analyst.questions_about(outage.device, outage.phases, 3)
    asked = [world.do(look_at_outages, world=world) for _ in range(2)]
    assert asked == [len(chosen), 0]
    assert standing(world).keys() == set(chosen)
    listed = world.ask(list_ping_requests, outage_id=outage.id, service_points=(), limit=10)
    assert {one.reason for one in listed} == {"question"}


def test_who_is_not_in_the_network_is_not_asked(world):
    def nobody(session, *, actor, now):
        return ask_house(
            session,
            service_point="gone",
            reason=PingReason.CALL,
            networks=world.networks,
            rules=RULES,
            now=now,
        )

    assert world.do(nobody) == []
    assert want(world, "gone") == []


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["want", "ask", "away"]), st.integers(0, 11), st.integers(0, 7)),
        max_size=25,
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_happens_no_meter_is_asked_twice_within_the_time_but_for_a_lost_answer(world, steps):
    with world.engine.begin() as connection:
        connection.execute(text("TRUNCATE ping_request, evidence CASCADE"))
    answered = {}

    class Watched(FakeMeterSystem):
        def ask(self, pings):
            told = super().ask(pings)
            for ping in pings:
                before = answered.get(ping.meter)
                assert before is None or world.now - before >= RULES.again_after
            answered.update({ping.meter: world.now for ping in pings})
            return told

    meters = Watched()
    for what, number, minutes in steps:
        world.later(minutes)
        if what == "want":
            want(world, HOUSEHOLDS[number])
        else:
            # A try that nobody answered is made again by its own question.
            ask(world, meters if what == "ask" else FakeMeterSystem(is_away=True))


def test_meters_that_did_not_wake_are_asked_after_a_restoration(world):
    world.report(*(("last_gasp", id_) for id_ in ("a1", "a2", "a3", "a4")))
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    world.later(40)
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=world.now)
    world.later(1)
    world.report(("power_up", "a1"), ("power_up", "a2"), ("power_up", "a3"))
    assert world.analyst.unwoken() == []
    world.later(5)
    world.analyse()
    assert world.analyst.unwoken() == ["a4"]
    with write_transaction(world.engine) as session:
        assert ask_after_restoration(session, unwoken=["a4"], rules=PingRules(), now=world.now) == 1
        assert ask_after_restoration(session, unwoken=["a4"], rules=PingRules(), now=world.now) == 0
    world.later(1)
    world.report(("ping", "a4", "off"))
    nested = [one for one in world.outages() if one.status == "predicted"]
    assert [(one.device, one.started_at) for one in nested] == [("a4", outage.started_at)]
