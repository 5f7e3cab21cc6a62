"""The search: it keeps all rules, is never worse than its start, and draws from its seed alone."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.planning.engine import best_simple_plan, improve
from dispatch.planning.schedule import cost, customer_minutes, is_kept, schedule
from tests.dispatch.planning.problems import crew, job, problem, random_problem

SEEDS = st.integers(0, 10**9)


def _cost(drawn, routes):
    return cost(drawn, schedule(drawn, routes).finish)


@settings(deadline=None)
@given(SEEDS)
def test_every_plan_keeps_the_rules_and_is_better_than_all_before(seed):
    drawn = random_problem(seed, most_jobs=12)
    start = best_simple_plan(drawn)
    told = [start]
    best = improve(drawn, start=start, seed=seed, iterations=60, on_better=told.append)

    assert told[-1] == best
    assert all(is_kept(drawn, routes) for routes in told)
    costs = [_cost(drawn, routes) for routes in told]
    assert all(later < earlier for earlier, later in itertools.pairwise(costs))


@settings(deadline=None)
@given(SEEDS)
def test_the_same_seed_and_steps_give_the_same_plan(seed):
    drawn = random_problem(seed)
    start = best_simple_plan(drawn)
    first, second = (improve(drawn, start=start, seed=7, iterations=40) for _ in range(2))

    assert first == second


def test_plans_with_more_customer_minutes_are_not_kept():
    drawn = problem([crew("only")], [job("homes", customers=50), job("hazard", customers=1, weight=900)])
    homes_first = ((0, 1),)
    minutes = customer_minutes(drawn, schedule(drawn, homes_first).finish)

    assert improve(drawn, start=homes_first, seed=1, iterations=200) == ((1, 0),)
    kept = improve(drawn, start=homes_first, seed=1, iterations=200, most_customer_minutes=minutes)
    assert kept == homes_first


def test_what_is_upstream_is_not_left_for_last():
    """The feeder has no customers of its own; all wait for it."""
    jobs = [job("lateral", customers=300, after=("feeder",)), job("feeder", customers=0, minutes=90)]
    drawn = problem([crew("only")], [*jobs, job("other", customers=20, minutes=30)])
    best = improve(drawn, start=best_simple_plan(drawn), seed=1, iterations=300)

    assert set(best[0][:2]) == {0, 1}


def test_the_stopwatch_ends_the_search():
    drawn = random_problem(5)
    start = best_simple_plan(drawn)
    ticks = itertools.count()

    improve(drawn, start=start, seed=1, seconds=20.0, time=lambda: float(next(ticks)))
    assert next(ticks) == 21


def test_no_limit_is_refused():
    with pytest.raises(ValueError, match="limit"):
        improve(random_problem(5), start=(), seed=1)
