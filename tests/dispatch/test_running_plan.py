"""From the database to a problem, to a plan in force, and from the plan to crews that are sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.assignments import assign_crew, recall_job
from dispatch.change_log import changes_after
from dispatch.errors import Conflict, IllegalTransition, InvalidInput, StalePlan, StaleVersion, UnknownThing
from dispatch.events import Event
from dispatch.operations import restore_outage, set_etr
from dispatch.plan_orders import order_of_plan, orders_in_force, withdraw_order
from tests.dispatch.planned_house import House


@pytest.fixture
def house(world):
    return House(world)


def crew_of(plan, outage):
    found = plan.stop(outage_id=outage.id, kind="repair")
    return found.crew_id if found else None


class TestTheProblem:
    def test_an_outage_becomes_a_job_with_all_that_a_plan_needs(self, house):
        outage = house.transformer("a")
        running = house.problem()
        (job,) = running.problem.jobs
        assert (job.id, job.customers, job.weight) == (outage.id, 4.0, 4.0)
        assert (job.skills, job.repair_minutes) == (frozenset({"transformer"}), 120.0)
        assert (job.lon, job.lat) == (outage.lon, outage.lat)
        assert [crew.id for crew in running.problem.crews] == ["east", "far", "north", "south", "west"]
        assert running.problem.travel_source == "straight_line"

    def test_what_is_less_likely_than_not_is_no_job_yet(self, house):
        outage = house.transformer("a", confirm=False)
        (job,) = house.problem().problem.jobs
        assert job.weight == pytest.approx(4 * outage.probability)
        house.world.report(("ping", "a1", "on"), ("ping", "a2", "on"))
        unsure = [one for one in house.world.outages("predicted") if one.probability < 0.5]
        assert not {job.id for job in house.problem().problem.jobs} & {one.id for one in unsure}

    def test_a_lateral_waits_for_its_feeder_and_not_for_another(self, house):
        below = house.transformer("a")
        beside = house.transformer("c")
        feeder = house.outage(*(("last_gasp", f"b{n}") for n in range(1, 5)), ("switch_open", "B1"))
        assert feeder.device == "B1"
        after = {job.id: job.after for job in house.problem().problem.jobs}
        # What the feeder's repair takes, only a look can tell: that comes first.
        look = f"{feeder.id}/assessment"
        assert after == {below.id: (feeder.id, look), beside.id: (), feeder.id: (look,), look: ()}
        plan = house.plan()
        stop = plan.stop(outage_id=below.id, kind="repair")
        assert stop.waits_for == (feeder.id,)
        assert stop.restored_at == max(
            stop.finish_at, plan.stop(outage_id=feeder.id, kind="repair").finish_at
        )

    def test_who_is_at_work_is_left_there_and_stands_at_the_device(self, house):
        outage = house.transformer("a")
        sent = house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id="far")
        for status in ("accepted", "en_route", "on_site", "working"):
            house.world.later(5)
            report(house, sent, status)
        house.world.later(30)
        running = house.problem()
        (job,) = running.problem.jobs
        assert job.under_way == "far"
        # On site 35 minutes ago: 5 to begin with, 30 since.
        assert job.repair_minutes == pytest.approx(120 - 35)
        far = [crew.id for crew in running.problem.crews].index("far")
        assert running.problem.from_crews[far, 0] == 0.0
        (stop,) = house.plan().stops
        assert (stop.crew_id, stop.job_id, stop.is_under_way, stop.is_next) == (
            "far",
            sent.jobs[0].id,
            True,
            False,
        )

    def test_a_crew_with_two_jobs_keeps_both(self, house):
        first, second = house.transformer("a"), house.transformer("c")
        for outage in (first, second):
            house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id="far")
            house.world.later(1)
        jobs = {job.id: job for job in house.problem().problem.jobs}
        assert (jobs[first.id].under_way, jobs[second.id].under_way) == ("far", None)
        assert jobs[second.id].pinned_crew == "far"
        plan = house.plan()
        assert [(stop.outage_id, stop.crew_id) for stop in plan.stops] == [
            (first.id, "far"),
            (second.id, "far"),
        ]

    def test_a_second_crew_on_an_outage_is_busy_there_and_restores_nobody_twice(self, house):
        outage = house.transformer("a")
        for crew in ("east", "far"):
            house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id=crew)
            house.world.later(1)
        running = house.problem()
        assert sum(job.customers for job in running.problem.jobs) == 4
        assert {job.under_way for job in running.problem.jobs} == {"east", "far"}

    def test_who_declined_is_not_planned_there_again(self, house):
        outage = house.transformer("a")
        sent = house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id="east")
        report(house, sent, "declined", reason="The truck is stuck.")
        (job,) = house.problem().problem.jobs
        assert job.forbidden_crews == {"east"}
        house.order("pin", outage, "east")
        (job,) = house.problem().problem.jobs
        assert (job.pinned_crew, job.forbidden_crews) == ("east", frozenset())

    def test_finished_work_waits_for_the_desk_and_for_no_crew(self, house):
        outage = house.transformer("a")
        sent = house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id="east")
        for status in ("accepted", "en_route", "on_site", "working", "finished"):
            report(house, sent, status)
        assert house.problem().work == ()

    def test_the_digest_tells_a_change_from_the_passing_of_time(self, house):
        outage = house.transformer("a")
        before = house.problem().digest
        house.world.later(10)
        assert house.problem().digest == before
        house.world.do(
            set_etr, outage_id=outage.id, version=None, etr_at=house.world.now + timedelta(hours=3)
        )
        assert house.problem().digest == before
        house.order("forbid", outage, "west")
        assert house.problem().digest != before

    def test_a_crew_whose_shift_is_over_is_not_there(self, house):
        house.transformer("a")
        house.world.later(10 * 60)
        assert house.problem().problem.crews == ()
        plan = house.plan()
        (left,) = plan.unassigned
        assert (left.because, plan.stops) == ("no_crews", ())


def report(house, outage, status, reason=None):
    house.report(outage.jobs[-1], status, reason=reason)


class TestOrders:
    def test_a_pin_and_a_forbidden_crew_are_kept_by_the_plan_until_withdrawn(self, house):
        outage = house.transformer("a")
        nearest = crew_of(house.plan(), outage)
        forbidden = house.order("forbid", outage, nearest)
        assert crew_of(house.plan(), outage) != nearest
        house.world.do(withdraw_order, order_id=forbidden.id)
        house.order("pin", outage, "far")
        assert crew_of(house.plan(), outage) == "far"

    def test_a_pin_takes_the_place_of_a_pin_and_a_crew_has_one_order(self, house):
        outage = house.transformer("a")
        house.order("pin", outage, "far")
        house.order("pin", outage, "east")
        house.order("forbid", outage, "east")
        house.order("forbid", outage, "west")
        assert [(one.kind, one.crew_id) for one in house.world.ask(orders_in_force)] == [
            ("forbid", "east"),
            ("forbid", "west"),
        ]

    def test_it_is_told_who_ordered_what_and_the_reason_stays_out_of_the_log(self, house):
        outage = house.transformer("a")
        order = house.order("pin", outage, "far", reason="Li is ill.")
        change = house.world.ask(changes_after, position=0, limit=1000)[-1]
        assert (change.name, change.actor, change.outage_id) == (Event.PLAN_CREW_PINNED, "wang", outage.id)
        assert change.data["values"]["crew_id"]["new"] == "far"
        assert "ill" not in str(change.data)
        assert order.reason == "Li is ill."

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"kind": "hope"}, InvalidInput),
            ({"reason": "  "}, InvalidInput),
            ({"crew_id": "nobody"}, UnknownThing),
            ({"outage_id": "O-0"}, UnknownThing),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, house, changed, error):
        outage = house.transformer("a")
        order = {"kind": "pin", "outage_id": outage.id, "crew_id": "far", "reason": "Because."} | changed
        with pytest.raises(error):
            house.world.do(order_of_plan, **order)

    def test_the_same_twice_and_after_the_end_are_refused(self, house):
        outage = house.transformer("a")
        order = house.order("pin", outage, "far")
        with pytest.raises(Conflict, match="ordered already"):
            house.order("pin", outage, "far")
        house.world.do(withdraw_order, order_id=order.id)
        with pytest.raises(Conflict, match="withdrawn"):
            house.world.do(withdraw_order, order_id=order.id)
        house.world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
        with pytest.raises(IllegalTransition):
            house.order("pin", outage, "far")


class TestTaking:
    def test_a_stop_becomes_an_assignment(self, house):
        outage = house.transformer("a")
        crew = crew_of(house.plan(), outage)
        done = house.take((outage, crew))
        assert (done.refused, [one.id for one in done.taken]) == ((), [outage.id])
        assert [job.crew_id for job in done.taken[0].jobs] == [crew]
        (stop,) = house.plan().stops
        assert (stop.crew_id, stop.is_under_way, stop.is_next) == (crew, True, False)

    def test_of_two_dispatchers_the_later_one_is_told_what_the_first_did(self, house):
        outage = house.transformer("a")
        plan = house.plan()
        stop = (outage, crew_of(plan, outage))
        assert house.take(stop).refused == ()
        (refused,) = house.take(stop, version=plan.version).refused
        assert isinstance(refused.error, StaleVersion)
        assert [change.name for change in refused.error.changes] == [Event.JOB_ASSIGNED]
        house.plan()
        (refused,) = house.take(stop, version=plan.version).refused
        assert isinstance(refused.error, StalePlan)
        assert [change.name for change in refused.error.changes] == [Event.JOB_ASSIGNED]

    def test_a_crew_that_was_sent_elsewhere_meanwhile_is_not_sent_again(self, house):
        outage, other = house.transformer("a"), house.transformer("c")
        plan = house.plan()
        crew = crew_of(plan, outage)
        house.world.do(assign_crew, outage_id=other.id, version=None, crew_id=crew)
        (refused,) = house.take((outage, crew)).refused
        assert isinstance(refused.error, Conflict)
        assert refused.error.values["outage"] == other.id

    def test_each_of_several_is_taken_or_refused_by_itself(self, house):
        outage, other = house.transformer("a"), house.transformer("c")
        plan = house.plan()
        done = house.take((outage, crew_of(plan, outage)), (other, "nobody"))
        assert [one.id for one in done.taken] == [outage.id]
        assert isinstance(done.refused[0].error, StalePlan)
        assert house.world.outages("confirmed")[1].jobs == ()

    def test_what_is_only_predicted_is_confirmed_first(self, house):
        outage = house.transformer("a", confirm=False)
        (stop,) = house.plan().stops
        assert not stop.is_next
        (refused,) = house.take((outage, stop.crew_id)).refused
        assert isinstance(refused.error, IllegalTransition)

    def test_without_a_plan_there_is_nothing_to_take(self, house):
        outage = house.transformer("a")
        with pytest.raises(Conflict, match="no plan"):
            house.take((outage, "east"), version=0)


class TestPlanningAgain:
    def test_a_small_gain_changes_nothing_and_a_large_one_does(self, house):
        house.transformer("a")
        house.transformer("c")
        plan = house.plan()
        # As if the plan in force had everything done by the crew that is farthest away.
        far = {"far": [stop.work_id for stop in plan.stops]}
        assert {stop.crew_id for stop in house.plan(keep=far, change_minutes=1e6).stops} == {"far"}
        assert {stop.crew_id for stop in house.plan(keep=far, change_minutes=1.0).stops} != {"far"}

    def test_when_a_crew_declines_only_its_own_work_moves(self, house):
        outage, other = house.transformer("a"), house.transformer("c")
        plan = house.plan()
        crew = crew_of(plan, outage)
        sent = house.take((outage, crew)).taken[0]
        report(house, sent, "declined", reason="The truck is stuck.")
        again = house.plan(keep=plan.assignments)
        assert crew_of(again, outage) not in {crew, None}
        assert crew_of(again, other) == crew_of(plan, other)

    def test_a_recalled_crew_may_be_planned_again(self, house):
        outage = house.transformer("a")
        plan = house.plan()
        sent = house.take((outage, crew_of(plan, outage))).taken[0]
        house.world.do(recall_job, outage_id=outage.id, version=None, job_id=sent.jobs[0].id, reason=None)
        assert crew_of(house.plan(), outage) == crew_of(plan, outage)


def test_the_plan_is_told_without_personal_data_and_kept_whole(house):
    house.transformer("a")
    plan = house.plan()
    change = house.world.ask(changes_after, position=0, limit=1000)[-1]
    assert (change.name, change.position, change.outage_id) == (Event.PLAN_IMPROVED, plan.version, None)
    assert set(change.data["values"]) == {"customer_minutes", "stops", "unassigned"}
    assert plan.based_on == plan.version - 1
    assert replace(plan, version=0) == replace(house.in_force(), version=0)
    assert plan.figures.customer_minutes <= plan.figures.nearest_crew
    assert 0 <= plan.figures.gap <= 1
