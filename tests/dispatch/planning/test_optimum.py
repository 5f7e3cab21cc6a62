"""The search beside the exact optimum of small problems: within 3 %, and mostly it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.exact_plan import optimum_by_routes, optimum_by_subsets
from dispatch.planning.engine import best_simple_plan, improve
from dispatch.planning.schedule import customer_minutes, schedule
from tests.dispatch.planning.problems import random_problem

# Beside customers, promises and what nobody waits for count a little (planning.schedule).
_BESIDE = 1e-3


def _plain(drawn, **less):
    """Where only customers count, so that the least cost is the least customer-minutes."""
    return replace(drawn, jobs=tuple(replace(job, weight=None, due_by=None, **less) for job in drawn.jobs))


def _found(drawn, steps):
    routes = improve(drawn, start=best_simple_plan(drawn), seed=3, iterations=steps)
    return customer_minutes(drawn, schedule(drawn, routes).finish)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**9))
def test_up_to_nine_jobs(seed):
    drawn = _plain(random_problem(seed, most_jobs=9, most_crews=3), after=())
    least = optimum_by_subsets(drawn)

    assert least * (1 - _BESIDE) <= _found(drawn, 800) <= least * 1.03 + 1e-6


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**9))
def test_with_jobs_that_wait_for_others(seed):
    drawn = _plain(random_problem(seed, most_jobs=5, most_crews=3))
    least = optimum_by_routes(drawn)

    assert least * (1 - _BESIDE) <= _found(drawn, 600) <= least * 1.03 + 1e-6
