"""The simple rules of plans, beside their slow twin."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch.planning.rules import in_order, simple_plans
from dispatch.planning.schedule import is_kept
from tests.dispatch.planning.problems import at, crew, job, problem, random_problem
from tests.dispatch.planning.slow_rules import in_order_slowly


@given(st.integers(0, 10**9))
def test_rules_do_what_their_slow_twin_does(seed):
    drawn = random_problem(seed, most_jobs=12, most_crews=5)
    by_customers = np.argsort(-drawn.customers, kind="stable").tolist()
    plans = simple_plans(drawn)

    assert plans["nearest_crew"] == in_order_slowly(drawn, range(len(drawn.jobs)))
    assert plans["priority"] == in_order_slowly(drawn, by_customers)
    assert all(is_kept(drawn, routes) for routes in plans.values())


def test_the_nearest_free_crew_takes_the_first_job():
    drawn = problem([crew("far"), crew("near")], [job("a")], [[0, 0, 20], [0, 0, 5], [20, 5, 0]])

    assert in_order(drawn, [0]) == ((), (0,))


def test_a_job_is_taken_when_it_may_be_and_not_before():
    drawn = problem([crew("only")], [job("later", not_before=at(30)), job("now", minutes=25)])

    assert in_order(drawn, [0, 1]) == ((1, 0),)


def test_a_crew_takes_nothing_it_cannot_finish():
    drawn = problem([crew("short", end=60), crew("long", start=100)], [job("a")])

    assert in_order(drawn, [0]) == ((), (0,))
