"""Dangers and looks in the plan: what they weigh, what waits for them, how they are taken, and take-overs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.assignments import assign_crew
from dispatch.change_log import Author
from dispatch.damage import DamageFound, DamageItem, report_damage
from dispatch.damage_kinds import DamageKind
from dispatch.errors import Conflict, InvalidInput, StalePlan
from dispatch.hazard_actions import raise_hazard, record_finding, set_hazard_level
from dispatch.hazard_crews import send_to_hazard
from dispatch.hazard_kinds import HazardKind, HazardOutcome
from dispatch.hazard_rules import Level
from dispatch.hazard_views import get_hazard
from dispatch.operations import set_etr
from dispatch.outages import get_outage
from dispatch.plan_assignments import WantedStop
from dispatch.plan_orders import withdraw_order
from dispatch.planning_weights import HAZARD_WEIGHTS, LOOK_SHARE
from dispatch.transactions import write_transaction
from gis.place import Place
from tests.dispatch.planned_house import House

BY_THE_ROAD = Place(lon=11.42, lat=53.63)


@pytest.fixture
def house(world):
    return DangerousHouse(world)


class DangerousHouse(House):
    def __init__(self, world):
        super().__init__(world)
        # Only this one may work on a wire.
        self.crew("line", lon=11.43, skills=["line", "transformer", "switching"])

    def danger(self, *, kind=HazardKind.WIRE_DOWN, place=BY_THE_ROAD):
        with write_transaction(self.world.engine) as session:
            row, _ = raise_hazard(
                session,
                kind=kind,
                place=place,
                service_point=None,
                device=None,
                network_version=None,
                at=self.world.now,
                author=Author(actor="wang", now=self.world.now),
            )
            id = row.id
        return self.world.ask(get_hazard, hazard_id=id)

    def feeder(self, **more):
        """A breaker tripped: somewhere behind it something is broken."""
        return self.outage(*(("last_gasp", f"b{n}") for n in range(1, 5)), ("switch_open", "B1"), **more)

    def jobs(self):
        return {job.id: job for job in self.problem().problem.jobs}

    def sent(self, outage, crew, **more):
        sent = self.world.do(assign_crew, outage_id=outage.id, version=None, crew_id=crew, **more)
        return sent.jobs[-1]

    def assess(self, outage, crew, **found):
        told = DamageFound(
            items=(DamageItem(kind=DamageKind.POLE, count=2),),
            skills=("cable",),
            repair_minutes=200.0,
            is_access_blocked=False,
            occurred_at=self.world.now,
            client_event_id=f"damage-{self.world.numbers}",
        )
        self.world.numbers += 1
        self.world.do(report_damage, outage_id=outage.id, found=replace(told, **found), crew_id=crew)


def stop_of(plan, thing, kind):
    key = "hazard_id" if kind == "make_safe" else "outage_id"
    return plan.stop(kind=kind, **{key: thing.id})


def wanted(stop):
    return WantedStop(stop.outage_id, stop.crew_id, stop.kind, stop.hazard_id, stop.takes_over_from)


class TestDangers:
    def test_a_danger_is_work_of_its_own_that_weighs_by_its_level(self, house):
        hazard = house.danger()
        job = house.jobs()[hazard.id]
        assert (job.customers, job.weight) == (0.0, HAZARD_WEIGHTS[hazard.level])
        assert (job.repair_minutes, job.skills) == (45.0, frozenset({"line"}))
        assert job.due_by == hazard.make_safe_by
        house.world.do(set_hazard_level, hazard_id=hazard.id, level=Level.NUISANCE)
        assert house.jobs()[hazard.id].weight == HAZARD_WEIGHTS[Level.NUISANCE]

    def test_it_comes_before_many_customers_and_says_what_kind_of_stop_it_is(self, house):
        outage, hazard = house.transformer("a"), house.danger()
        house.order("pin", outage, "line")
        first, second = house.plan(keep={}).stops
        assert (first.crew_id, first.kind, first.hazard_id, first.outage_id) == (
            "line",
            "make_safe",
            hazard.id,
            None,
        )
        assert (second.crew_id, second.kind, second.outage_id) == ("line", "repair", outage.id)
        assert (first.is_next, second.is_next) == (True, False)

    def test_taken_it_is_a_job_of_the_hazard_and_under_way(self, house):
        hazard = house.danger()
        (stop,) = house.plan().stops
        done = house.take(wanted(stop))
        assert (done.taken, done.refused) == ((), ())
        (sent,) = done.hazards
        assert [(job.kind, job.crew_id) for job in sent.jobs] == [("make_safe", "line")]
        assert sent.acknowledged_at is not None
        (again,) = house.plan().stops
        assert (again.job_id, again.is_under_way, again.is_next) == (sent.jobs[0].id, True, False)
        assert again.hazard_id == hazard.id

    def test_a_crew_at_a_danger_does_that_first_and_stands_there(self, house):
        outage, hazard = house.transformer("a"), house.danger()
        house.sent(outage, "line")
        job = house.world.do(send_to_hazard, hazard_id=hazard.id, crew_id="line").jobs[0]
        for status in ("accepted", "en_route", "on_site"):
            house.report(job, status)
        house.world.later(30)
        jobs = house.jobs()
        assert (jobs[hazard.id].under_way, jobs[outage.id].under_way) == ("line", None)
        assert jobs[hazard.id].repair_minutes == pytest.approx(15.0)
        assert [stop.kind for stop in house.plan().stops] == ["make_safe", "repair"]

    def test_made_safe_it_is_no_work_and_its_decliner_is_not_asked_again(self, house):
        hazard = house.danger()
        job = house.world.do(send_to_hazard, hazard_id=hazard.id, crew_id="line").jobs[0]
        house.report(job, "declined", reason="The truck is stuck.")
        plan = house.plan()
        (left,) = plan.unassigned
        assert (left.hazard_id, left.outage_id, left.because) == (hazard.id, None, "all_crews_forbidden")
        house.world.do(
            record_finding,
            hazard_id=hazard.id,
            outcome=HazardOutcome.NOTHING_FOUND,
            found_by="police",
            found_at=house.world.now,
        )
        assert house.jobs() == {}

    def test_what_happened_to_it_meanwhile_stops_who_did_not_know(self, house):
        hazard = house.danger()
        (stop,) = house.plan().stops
        house.world.do(send_to_hazard, hazard_id=hazard.id, crew_id="east")
        (refused,) = house.take(wanted(stop)).refused
        assert isinstance(refused.error, Conflict)
        assert refused.error.because == "hazard_changed"

    def test_one_without_a_place_is_told(self, house):
        hazard = house.danger(place=None)
        (left,) = house.plan().unassigned
        assert (left.hazard_id, left.kind, left.because) == (hazard.id, "make_safe", "place_unknown")

    def test_a_stop_is_at_one_thing(self, house):
        house.danger()
        house.plan()
        (refused,) = house.take(WantedStop(None, "line", "make_safe")).refused
        assert isinstance(refused.error, InvalidInput)


class TestLooks:
    def test_a_feeder_is_looked_at_first_by_anybody(self, house):
        outage = house.feeder()
        look, repair = house.jobs()[f"{outage.id}/assessment"], house.jobs()[outage.id]
        assert (look.repair_minutes, look.skills, look.customers) == (30.0, frozenset(), 0.0)
        assert look.weight == pytest.approx(LOOK_SHARE * repair.weight)
        assert repair.after == (look.id,)
        # Nobody can have looked sooner, so nobody repairs sooner.
        assert repair.not_before > house.world.now + timedelta(minutes=30)

    def test_nobody_is_sent_to_repair_before_the_look(self, house):
        outage = house.feeder()
        plan = house.plan()
        look, repair = (stop_of(plan, outage, kind) for kind in ("assessment", "repair"))
        assert (look.is_next, repair.is_next, repair.waits_for_look) == (True, False, True)
        assert repair.start_at >= look.finish_at
        (taken,) = house.take(wanted(look)).taken
        assert [(job.kind, job.crew_id) for job in taken.jobs] == [("assessment", look.crew_id)]
        jobs = house.jobs()
        assert jobs[look.work_id].under_way == look.crew_id
        assert jobs[outage.id].not_before is not None

    def test_what_was_found_says_how_long_the_repair_takes_and_who_can_do_it(self, house):
        outage = house.feeder()
        house.crew("cable", lon=11.5, skills=["cable"])
        job = house.sent(outage, "east", kind="assessment")
        for status in ("accepted", "en_route", "on_site"):
            house.report(job, status)
        before = house.problem().digest
        house.assess(outage, "east")
        house.report(job, "finished")
        assert house.problem().digest != before
        (repair,) = house.jobs().values()
        assert (repair.id, repair.repair_minutes, repair.skills) == (outage.id, 200.0, frozenset({"cable"}))
        assert repair.not_before is None
        (stop,) = house.plan().stops
        assert (stop.crew_id, stop.kind, stop.is_next) == ("cable", "repair", True)
        assert house.world.ask(get_outage, outage_id=outage.id).etr_source == "assessed"

    def test_who_is_sent_to_repair_looks_himself(self, house):
        outage = house.feeder()
        house.sent(outage, "east")
        assert set(house.jobs()) == {outage.id}

    def test_a_transformer_is_mended_by_who_sees_it(self, house):
        outage = house.transformer("a")
        assert set(house.jobs()) == {outage.id}
        # A person may have it looked at all the same.
        house.sent(outage, "west", kind="assessment")
        jobs = house.jobs()
        assert jobs[f"{outage.id}/assessment"].under_way == "west"
        assert jobs[outage.id].not_before is not None

    def test_looked_at_without_a_word_is_looked_at(self, house):
        outage = house.feeder()
        job = house.sent(outage, "east", kind="assessment")
        for status in ("accepted", "en_route", "on_site", "finished"):
            house.report(job, status)
        (repair,) = house.jobs().values()
        assert (repair.id, repair.repair_minutes) == (outage.id, 60.0)


class TestTakingOver:
    @pytest.fixture
    def stop(self, house):
        """A crew is at it, and goes off duty long before it can be done."""
        house.crew("short", lon=11.42, hours=0.5)
        outage = house.transformer("a")
        house.sent(outage, "short")
        (stop,) = house.plan().stops
        assert (stop.takes_over_from, stop.is_next) == ("short", True)
        return stop

    def test_taken_it_calls_the_other_crew_back(self, house, stop):
        (outage,) = house.take(wanted(stop)).taken
        assert [(job.crew_id, job.status) for job in outage.jobs] == [
            ("short", "recalled"),
            (stop.crew_id, "assigned"),
        ]

    def test_who_has_not_seen_from_whom_is_told(self, house, stop):
        (refused,) = house.take(replace(wanted(stop), takes_over_from=None)).refused
        assert isinstance(refused.error, StalePlan)

    def test_a_danger_is_taken_over_as_well(self, house):
        house.crew("short", lon=11.42, skills=["line"], hours=0.5)
        hazard = house.danger()
        house.world.do(send_to_hazard, hazard_id=hazard.id, crew_id="short")
        (stop,) = house.plan().stops
        assert (stop.crew_id, stop.takes_over_from) == ("line", "short")
        (taken,) = house.take(wanted(stop)).hazards
        assert [(job.crew_id, job.status) for job in taken.jobs] == [
            ("short", "recalled"),
            ("line", "assigned"),
        ]


class TestSendingRightAfterAnOrder:
    def test_an_order_that_the_stop_keeps_stops_nobody(self, house):
        outage = house.transformer("a")
        (stop,) = house.plan().stops
        order = house.order("pin", outage, stop.crew_id)
        house.world.do(withdraw_order, order_id=order.id)
        house.order("forbid", outage, "far")
        house.world.do(
            set_etr, outage_id=outage.id, version=None, etr_at=house.world.now + timedelta(hours=5)
        )
        done = house.take(wanted(stop))
        assert (done.refused, len(done.taken)) == ((), 1)

    @pytest.mark.parametrize("kind", ["pin", "forbid"])
    def test_one_that_it_does_not_keep_is_told(self, house, kind):
        outage = house.transformer("a")
        (stop,) = house.plan().stops
        house.order(kind, outage, "far" if kind == "pin" else stop.crew_id)
        (refused,) = house.take(wanted(stop)).refused
        assert refused.error.because == "ordered_otherwise"
        assert refused.error.values == {"crew": f"Crew {stop.crew_id}"}
