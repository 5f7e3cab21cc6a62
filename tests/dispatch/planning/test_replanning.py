"""Planning again: assignments change only where that earns enough."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.planning.plan import make_plan
from dispatch.planning.replanning import Changes, changed_jobs
from dispatch.planning.schedule import cost, is_kept, schedule
from tests.dispatch.planning.problems import crew, job, problem, random_problem
from tests.dispatch.planning.slow_replanning import changes, least


def _in_force(drawn, routes):
    return {
        crew.id: [drawn.jobs[job].id for job in route]
        for crew, route in zip(drawn.crews, routes, strict=True)
    }


def _again(drawn, in_force, **more):
    return make_plan(drawn, iterations=600, keep=in_force, **more)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**9), st.sampled_from([0.0, 50.0, 300.0, 5000.0]))
def test_the_changes_are_those_that_earn_enough(seed, change_minutes):
    drawn = random_problem(seed, most_jobs=5, most_crews=3)
    old = random_problem(seed + 1, most_jobs=5, most_crews=3)
    in_force = _in_force(old, make_plan(old, iterations=50).routes)
    plan = _again(drawn, in_force, change_minutes=change_minutes)

    count = changes(drawn, in_force, plan.routes)
    assert len(plan.changed) == count
    price = cost(drawn, schedule(drawn, plan.routes).finish) + change_minutes * count
    assert price == pytest.approx(least(drawn, in_force, change_minutes))


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_the_plan_carried_over_keeps_the_rules_and_the_crews(seed):
    drawn = random_problem(seed)
    old = random_problem(seed + 1)
    in_force = _in_force(old, make_plan(old, iterations=20).routes)
    carried = Changes.from_plan(drawn, in_force, 300.0).carried_over

    assert is_kept(drawn, carried)


def test_nothing_changes_when_nothing_changed():
    drawn = random_problem(11, most_jobs=8)
    first = make_plan(drawn, iterations=300)
    again = _again(drawn, _in_force(drawn, first.routes), seed=5)

    assert again.changed == ()


def test_a_crew_that_declined_is_replaced_without_counting():
    drawn = problem([crew("x"), crew("y")], [job("a"), job("b")])
    declined = replace(drawn.jobs[0], forbidden_crews=frozenset(["x"]))
    drawn = replace(drawn, jobs=(declined, drawn.jobs[1]))
    plan = _again(drawn, {"x": ["a"], "y": ["b"]})

    assert {stop.job: stop.crew for stop in plan.stops}["a"] == "y"
    assert plan.changed in {(), ("b",)}


def test_a_change_must_earn_its_minutes():
    """Crew y stands nearer and would save 20 minutes of 10 customers: 200, and more than 100 but not 300."""
    drawn = problem([crew("x"), crew("y")], [job("a")], [[0, 0, 30], [0, 0, 10], [30, 10, 0]])

    assert _again(drawn, {"x": ["a"]}).changed == ()
    assert _again(drawn, {"x": ["a"]}, change_minutes=100.0).changed == ("a",)


def test_what_is_no_longer_there_is_passed_over():
    drawn = problem([crew("x")], [job("new")])

    assert changed_jobs(drawn, {"gone": ["new"], "x": ["old"]}, ((0,),)) == ()
    assert Changes.from_plan(drawn, {"gone": ["new"], "x": ["old"]}, 300.0).carried_over == ((0,),)
