"""The lower bound beside the exact optimum of small problems: never above it, and near it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.exact_plan import optimum_by_routes, optimum_by_subsets
from benchmarks.random_problems import random_problem as random_json
from dispatch.planning import lower_bound as module
from dispatch.planning.lower_bound import lower_bound
from dispatch.planning.lower_bound_crews import groups_of_crews
from dispatch.planning.lower_bound_routes import Grain
from dispatch.planning.problem_file import problem_from_json
from tests.dispatch.planning.problems import at, crew, job, problem, random_problem

INF = float("inf")


def _drawn(seed, **more):
    return problem_from_json(random_json(seed, **more))


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_both_twins_find_the_same_optimum(seed):
    drawn = _drawn(seed, most_jobs=5, most_crews=3, with_after=False)
    assert optimum_by_routes(drawn) == pytest.approx(optimum_by_subsets(drawn))


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10**9), st.sampled_from([0, 3, 30]))
def test_it_is_never_above_the_optimum(seed, steps):
    drawn = _drawn(seed, most_jobs=6, most_crews=3)
    assert lower_bound(drawn, steps=steps) <= optimum_by_routes(drawn)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**9))
def test_nor_for_more_jobs_and_islands(seed):
    drawn = random_problem(seed, most_jobs=9, most_crews=3)
    drawn = replace(drawn, jobs=tuple(replace(one, after=()) for one in drawn.jobs))
    assert lower_bound(drawn, steps=20) <= optimum_by_subsets(drawn)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**9))
def test_nor_where_jobs_have_few_near_ones_and_crews_share_a_group(seed):
    drawn = _drawn(seed, most_jobs=6, most_crews=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FINE", Grain(cells=24, neighbours=1, groups=1, is_exact=True))
        assert lower_bound(drawn, steps=10) <= optimum_by_routes(drawn)


def test_it_is_near_the_optimum_where_crews_must_choose():
    gaps = []
    for seed in range(20):
        drawn = _drawn(seed, most_jobs=8, most_crews=3, with_after=False)
        optimum = optimum_by_subsets(drawn)
        if optimum > 0:
            gaps.append(1 - lower_bound(drawn) / optimum)
    assert np.median(gaps) < 0.03


def test_a_better_start_and_more_steps_need_no_luck():
    drawn = _drawn(7)
    assert lower_bound(drawn) == lower_bound(drawn)


def test_one_crew_one_job_is_exact():
    drawn = problem([crew("A")], [job("J", customers=3, minutes=50)])
    assert lower_bound(drawn) == pytest.approx(3 * 60)


def test_weights_take_the_place_of_customers():
    drawn = problem([crew("A")], [job("J", customers=3, minutes=50)])
    assert lower_bound(drawn, weights=np.array([10.0])) == pytest.approx(10 * 60)


def test_nobody_may_so_all_wait_to_the_horizon():
    drawn = problem([crew("A", end=300)], [job("J", customers=2, skills=("cable",))])
    assert lower_bound(drawn) == pytest.approx(2 * 300)


def test_a_job_that_waits_for_one_that_nobody_does_counts_to_the_horizon():
    jobs = [job("up", customers=0, skills=("cable",)), job("down", customers=4, after=("up",))]
    drawn = problem([crew("A", end=300)], jobs)
    assert lower_bound(drawn) == pytest.approx(4 * 300, rel=0.02)


@pytest.mark.parametrize(("crews", "jobs"), [(0, 0), (0, 2), (1, 0)])
def test_without_crews_or_jobs(crews, jobs):
    drawn = problem([crew(f"K{n}") for n in range(crews)], [job(f"J{n}") for n in range(jobs)])
    assert lower_bound(drawn) == 0.0


def test_without_customers_it_is_nothing():
    assert lower_bound(problem([crew("A")], [job("J", customers=0)])) == 0.0


def test_a_job_under_way_and_a_time_to_wait_for_are_counted():
    jobs = [job("here", customers=1, minutes=20, under_way="A"), job("then", customers=1, not_before=at(200))]
    drawn = problem([crew("A")], jobs)
    assert lower_bound(drawn) == pytest.approx(30 + 260, rel=0.02)


def test_it_stops_when_the_time_is_up():
    ticks = iter(range(1_000))
    drawn = _drawn(3)
    assert lower_bound(drawn, seconds=2, stopwatch=lambda: float(next(ticks))) <= lower_bound(drawn) * 1.5
    assert next(ticks) < 10


def test_groups_take_in_what_any_of_their_crews_may_do():
    crews = [crew("A"), crew("B", skills=("cable",), end=100), crew("C", skills=("line", "cable"))]
    drawn = problem(crews, [job("J"), job("K", skills=("cable",))])
    (group,) = groups_of_crews(drawn, most=1)
    assert sorted(group.crews) == [0, 1, 2]
    assert group.may_do.all()
    assert group.until == 480
