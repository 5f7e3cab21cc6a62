"""Promises about real outages: told once, proven by tap and position, corrected by what is learned later."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch.assignments import assign_crew
from dispatch.crews import report_position
from dispatch.errors import Conflict, InvalidInput
from dispatch.jobs import Progress, report_progress
from dispatch.operations import confirm_outage, dismiss_outage, restore_outage
from dispatch.promise_breaches import list_breaches
from dispatch.promise_document import default_promise_rules, promise_rules
from dispatch.promise_pauses import pause_promises, resume_promises
from dispatch.promise_rules_store import put_rules_in_force
from dispatch.promise_watch import keep_promises, promises_differ
from dispatch.promises import due_by, open_promises, promises_of_outage
from dispatch.tables import ChangeLogRow
from dispatch.transactions import write_transaction
from gis.area_class import AreaClass
from gis.area_classes import set_feeder_class
from gis.customers_around import CustomersAround

T1 = (11.4205, 53.6355)


class Watched:
    """One outage of T1 that four households reported, confirmed, with the crew north sent at once."""

    def __init__(self, world):
        self.world = world
        with write_transaction(world.engine) as session:
            # The drawn town is too small to be taken for one.
            rules = copy.deepcopy(dict(default_promise_rules().document))
            rules["areas"]["urban_from_customers_per_km2"] = 1
            rules["areas"]["rural_from_customers_per_km2"] = 0
            put_rules_in_force(session, rules=promise_rules(rules), actor="tests", now=world.now)
        world.report(*[("trouble_call", f"a{number}") for number in range(1, 5)])
        self.id = world.outages()[0].id
        world.do(confirm_outage, outage_id=self.id, version=None)
        self.send("north")

    def send(self, crew):
        view = self.world.do(assign_crew, outage_id=self.id, version=None, crew_id=crew)
        self.job = view.jobs[-1].id
        self.crew_id = crew

    def look(self, minutes=0):
        self.world.later(minutes)
        with write_transaction(self.world.engine) as session:
            return keep_promises(session, customers_around=CustomersAround(), now=self.world.now)

    def tap(self, *statuses, minutes_ago=0):
        for status in statuses or ("accepted", "en_route", "on_site"):
            self.world.do(
                report_progress,
                job_id=self.job,
                crew_id=self.crew_id,
                progress=Progress(
                    status=status,
                    occurred_at=self.world.now - timedelta(minutes=minutes_ago),
                    client_event_id=f"{self.job}-{status}",
                ),
            )

    def stand_at(self, lon, lat, *, minutes_ago=0):
        at = self.world.now - timedelta(minutes=minutes_ago)
        self.world.do(report_position, crew_id=self.crew_id, lon=lon, lat=lat, at=at)

    @property
    def promises(self):
        return self.world.ask(promises_of_outage, outage_id=self.id, now=self.world.now)

    def state(self, promise="arrival"):
        return next(clock for clock in self.promises.clocks if clock.promise == promise).state

    @property
    def told(self):
        with write_transaction(self.world.engine) as session:
            rows = session.scalars(
                select(ChangeLogRow)
                .where(ChangeLogRow.subject.like("promise:%"))
                .order_by(ChangeLogRow.position)
            ).all()
            return [(row.name, row.subject.partition("/")[2]) for row in rows]

    def breaches(self, **period):
        return self.world.ask(list_breaches, now=self.world.now, **period)


@pytest.fixture
def watched(world):
    return Watched(world)


def test_warning_and_breach_are_told_once_each_however_often_one_looks(watched):
    watched.look()
    for _ in range(70):
        watched.look(1)
        watched.look()
    assert Counter(watched.told) == {
        ("promise.warned", "arrival"): 1,
        ("promise.breached", "arrival"): 1,
        ("promise.warned", "legal_arrival"): 1,
        ("promise.breached", "legal_arrival"): 1,
    }


def test_a_step_that_did_nothing_has_nothing_to_do(watched):
    assert watched.world.ask(promises_differ, now=watched.world.now)
    watched.look()
    assert not watched.world.ask(promises_differ, now=watched.world.now)
    watched.world.later(31)
    assert watched.world.ask(promises_differ, now=watched.world.now)
    assert watched.look() == 1
    assert not watched.world.ask(promises_differ, now=watched.world.now)


def test_a_worker_that_was_away_tells_the_breach_as_of_when_it_was(watched):
    start = watched.world.now
    assert watched.look(200) == 2
    with write_transaction(watched.world.engine) as session:
        breach = session.scalar(select(ChangeLogRow).where(ChangeLogRow.subject.like("%/arrival")))
    assert breach.occurred_at == start + timedelta(minutes=45)
    assert breach.data["promise"]["rules"].startswith("2026-11@")
    assert len(breach.data["promise"]["reports"]) == 1


def test_a_promise_that_is_kept_is_told_and_starts_the_next_one(watched):
    watched.look(20)
    watched.tap()
    watched.look()
    assert (watched.state(), watched.state("legal_arrival")) == ("kept", "kept")
    assert watched.state("restoration") == "running"
    watched.world.later(30)
    watched.world.do(restore_outage, outage_id=watched.id, version=None, restored_at=None)
    watched.look()
    assert watched.told == [
        ("promise.kept", "arrival"),
        ("promise.kept", "legal_arrival"),
        ("promise.kept", "restoration"),
    ]
    assert watched.breaches() == []


def test_a_crew_without_signal_that_was_in_time_takes_the_breach_back(watched):
    watched.look(50)
    assert len(watched.breaches()) == 1
    watched.tap(minutes_ago=10)
    watched.look()
    assert watched.told[-2:] == [("promise.breach_withdrawn", "arrival"), ("promise.kept", "legal_arrival")]
    assert watched.breaches() == []
    assert watched.promises.flags == {}


def test_a_breach_comes_with_what_proves_the_arrival(watched):
    watched.look(50)
    watched.stand_at(*T1)
    watched.look(4)
    watched.tap()
    watched.look()
    (breach,) = watched.breaches()
    assert (breach.promise, breach.late_minutes, breach.area_class) == ("arrival", 9.0, "urban")
    assert breach.report_id is not None
    assert breach.breach_change is not None
    assert breach.arrival.tap_change is not None
    assert breach.arrival.position_distance_m < 5
    assert breach.arrival.tap_at - breach.arrival.position_at == timedelta(minutes=4)
    assert breach.flags == ()


def test_tap_and_position_far_apart_are_flagged_once(watched):
    watched.look(20)
    watched.tap()
    watched.look(25)
    watched.stand_at(*T1)
    for _ in range(3):
        watched.look(1)
    assert list(watched.promises.flags.values()) == [("times_differ",)]
    with write_transaction(watched.world.engine) as session:
        told = session.scalars(
            select(ChangeLogRow).where(ChangeLogRow.name == "promise.arrival_questioned")
        ).all()
    flags = [row.data["values"]["flag"]["new"] for row in told]
    # While no position had come, that was what did not fit.
    assert flags == ["no_position", "times_differ"]


def test_a_position_elsewhere_or_before_the_job_proves_nothing(watched):
    watched.look(5)
    watched.stand_at(11.43, 53.64)
    watched.stand_at(*T1, minutes_ago=6)
    assert watched.promises.proofs == ()
    watched.stand_at(*T1)
    watched.stand_at(*T1, minutes_ago=2)
    (proof,) = watched.promises.proofs
    assert proof.position_at == watched.world.now - timedelta(minutes=2)


def test_a_pause_holds_the_promise_and_not_the_law(watched):
    watched.look(20)
    watched.world.do(
        pause_promises, outage_id=watched.id, reason="unsafe_weather", note="gusts of 30 m/s", started_at=None
    )
    watched.look(39)
    assert (watched.state(), watched.state("legal_arrival")) == ("paused", "warning")
    watched.world.do(resume_promises, outage_id=watched.id, ended_at=None)
    assert watched.promises.clocks[0].due_at == watched.world.now + timedelta(minutes=25)
    watched.look(5)
    assert [(one.promise, one.pauses[0].reason) for one in watched.breaches()] == [
        ("legal_arrival", "unsafe_weather")
    ]
    assert watched.promises.pauses[0].started_by == "wang"


def test_a_pause_is_refused_where_it_makes_no_sense(watched):
    pause = {"outage_id": watched.id, "reason": "unsafe_weather", "note": None, "started_at": None}
    with pytest.raises(Conflict, match="not paused"):
        watched.world.do(resume_promises, outage_id=watched.id, ended_at=None)
    with pytest.raises(InvalidInput, match="none of access_refused"):
        watched.world.do(pause_promises, **{**pause, "reason": "lunch"})
    early = watched.world.now - timedelta(hours=5)
    with pytest.raises(InvalidInput, match="before the outage started"):
        watched.world.do(pause_promises, **{**pause, "started_at": early})
    watched.world.do(pause_promises, **pause)
    with pytest.raises(Conflict, match="paused already"):
        watched.world.do(pause_promises, **pause)


def test_what_was_no_outage_is_owed_nothing(watched):
    watched.look(50)
    watched.tap("declined")
    watched.world.do(dismiss_outage, outage_id=watched.id, version=None, reason="a test of the siren")
    watched.look()
    assert watched.breaches() == []
    assert due(watched) is None


def due(watched):
    return watched.world.ask(lambda session: due_by(session, watched.id))


def test_work_is_due_by_the_promised_arrival_and_the_work_after_it_then_by_the_restoration(watched):
    start = watched.world.now
    assert due(watched) is None
    watched.look()
    # A distribution transformer usually takes two hours.
    assert due(watched) == start + timedelta(minutes=45 + 120)
    watched.look(10)
    watched.tap()
    watched.look()
    assert due(watched) == watched.world.now + timedelta(hours=3)
    watched.world.do(restore_outage, outage_id=watched.id, version=None, restored_at=None)
    watched.look()
    assert due(watched) is None


def test_clocks_that_run_keep_the_rules_they_began_with(watched):
    watched.look(30)
    rules = copy.deepcopy(dict(default_promise_rules().document))
    rules["promises"][0]["minutes"]["urban"] = 500
    rules["version"] = "lax"
    with write_transaction(watched.world.engine) as session:
        assert put_rules_in_force(session, rules=promise_rules(rules), actor="tests", now=watched.world.now)
        assert not put_rules_in_force(
            session, rules=promise_rules(rules), actor="tests", now=watched.world.now
        )
    watched.look(20)
    (breach,) = watched.breaches()
    assert breach.rules_version.startswith("2026-11@")


def test_a_breach_belongs_to_the_period_in_which_it_was_due(watched):
    watched.look(50)
    due_at = watched.breaches()[0].due_at
    assert watched.breaches(since=due_at, before=due_at + timedelta(minutes=1))
    assert not watched.breaches(before=due_at)
    assert not watched.breaches(since=due_at + timedelta(seconds=1))


def test_where_nobody_said_what_a_place_is_the_guess_is_said_to_be_one(watched):
    watched.look()
    assert (watched.promises.area_source, watched.promises.area_class) == ("density", "urban")
    assert watched.promises.customers_per_km2 > 1


def test_all_open_promises_are_listed_with_the_next_one_due(watched):
    watched.look()
    (promises,) = watched.world.ask(open_promises, now=watched.world.now)
    assert promises.next_clock.promise == "arrival"
    watched.look(50)
    (promises,) = watched.world.ask(open_promises, now=watched.world.now)
    assert promises.next_clock.promise == "legal_arrival"


def test_a_feeder_nobody_has_is_no_harm(watched):
    with write_transaction(watched.world.engine) as session:
        set_feeder_class(session, feeder="F-9", area_class=AreaClass.REMOTE, now=watched.world.now)
    watched.look()
    assert watched.promises.area_source == "density"


def test_a_storm_is_taken_in_short_steps(watched):
    watched.world.report(*[("trouble_call", f"c{number}") for number in range(1, 5)])
    for is_left in (True, False):
        with write_transaction(watched.world.engine) as session:
            keep_promises(session, customers_around=CustomersAround(), now=watched.world.now, most=1)
        assert watched.world.ask(promises_differ, now=watched.world.now) is is_left
