"""The background planner's own rules, with a stopwatch of the test and problems that need no database."""

from __future__ import annotations

import pytest

from dispatch.planner import Planner, PlannerRules
from dispatch.planning_input import RunningProblem
from tests.dispatch.planning.problems import crew, job, problem

RULES = PlannerRules(seconds=5.0, processor_share=0.25, change_minutes=300.0, bound_seconds=2.0)
JOBS = 20


class Ticking:
    """A stopwatch on which each look takes a hundredth of a second."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        self.now_s += 0.01
        return self.now_s


@pytest.fixture
def stopwatch():
    return Ticking()


@pytest.fixture
def planner(stopwatch):
    return Planner(rules=RULES, stopwatch=stopwatch)


def running(jobs=JOBS):
    """Return so many jobs for two crews."""
    drawn = problem([crew("C-1"), crew("C-2")], [job(f"J-{n}", customers=n + 1) for n in range(jobs)])
    return RunningProblem(problem=drawn, work=(), left_out=(), position=0, digest="one")


def never():
    return False


def test_what_is_out_of_date_ends_early_and_is_a_plan_all_the_same(planner, stopwatch):
    whole = planner.better_plan(running(), None, is_out_of_date=never)
    took_s = stopwatch.now_s
    cut = planner.better_plan(running(), None, is_out_of_date=lambda: True)
    assert stopwatch.now_s - took_s < 0.5 * took_s
    assert cut.customer_minutes <= min(cut.baselines.values())
    assert {stop.job for stop in cut.stops} == {stop.job for stop in whole.stops}


def test_the_bound_comes_after_the_plan_and_is_no_lower_than_the_rough_one(planner):
    plan = planner.better_plan(running(), None, is_out_of_date=never)
    bounded = planner.bounded(running(), plan, is_out_of_date=never)
    assert plan.lower_bound <= bounded.lower_bound <= plan.customer_minutes
    assert bounded.stops == plan.stops


def test_no_bound_is_looked_for_where_the_picture_is_out_of_date(planner):
    plan = planner.better_plan(running(), None, is_out_of_date=never)
    assert planner.bounded(running(), plan, is_out_of_date=lambda: True) is None


def test_a_stop_ends_search_and_bound_at_once(planner):
    class StoppedError(Exception):
        pass

    def stop():
        raise StoppedError

    plan = planner.better_plan(running(), None, is_out_of_date=never)
    for ask in (
        lambda: planner.better_plan(running(), None, is_out_of_date=stop),
        lambda: planner.bounded(running(), plan, is_out_of_date=stop),
    ):
        with pytest.raises(StoppedError):
            ask()


def test_search_and_bound_count_against_the_share(planner, stopwatch):
    plan = planner.better_plan(running(), None, is_out_of_date=never)
    planner.bounded(running(), plan, is_out_of_date=never)
    worked_s = stopwatch.now_s
    rested_s = 0.0
    while planner.rests:
        stopwatch.now_s += 0.1
        rested_s += 0.1
    assert rested_s == pytest.approx(3 * worked_s, rel=0.1)
