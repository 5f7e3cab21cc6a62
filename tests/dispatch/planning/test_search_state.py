"""Prices of places, and the true cost, beside what the schedule says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.planning.rules import simple_plans
from dispatch.planning.schedule import DONE_WEIGHT, cost, is_kept, schedule
from dispatch.planning.search_cost import TrueCost
from dispatch.planning.search_state import NEVER, SearchState
from tests.dispatch.planning.problems import random_problem

SEEDS = st.integers(0, 10**9)


def _state(drawn):
    routes = simple_plans(drawn)["nearest_crew"]
    return SearchState(drawn, routes, drawn.weights + DONE_WEIGHT), routes


def _put(routes, crew, place, job):
    return tuple(
        (*route[:place], job, *route[place:]) if number == crew else route
        for number, route in enumerate(routes)
    )


@given(SEEDS)
def test_a_place_is_open_exactly_if_all_rules_are_kept_there(seed):
    drawn = random_problem(seed)
    state, routes = _state(drawn)
    for node in state.unassigned(range(len(drawn.jobs))):
        prices = state.prices(node)
        job = node - len(drawn.crews)
        for crew, route in enumerate(routes):
            for place, after in enumerate([crew, *(one + len(drawn.crews) for one in route)]):
                kept = is_kept(drawn, _put(routes, crew, place, job))
                # Up to rounding, by which the shift may be missed.
                assert np.isfinite(prices[after]) >= kept
                before = state.snapshot()
                fits = bool(np.isfinite(prices[after])) and state.insert(node, after=after)
                state.go_back(before)
                assert fits == kept


@given(SEEDS)
def test_taking_off_and_putting_back_gives_the_same_times(seed):
    drawn = random_problem(seed)
    state, routes = _state(drawn)
    finish = state.finish().copy()
    before = state.snapshot()
    for crew, route in enumerate(routes):
        first = int(state.has_first[crew])
        last = route[0] + len(drawn.crews) if first else crew
        for node in state.remove(crew, first, len(route)):
            assert state.insert(node, after=last)
            last = node
    assert state.as_routes() == routes
    assert np.array_equal(state.finish(), finish)
    state.go_back(before)
    assert np.array_equal(state.finish(), finish)


@given(SEEDS)
def test_without_windows_and_upstream_the_price_is_what_the_place_costs(seed):
    drawn = random_problem(seed)
    jobs = [replace(job, not_before=None, after=(), due_by=None) for job in drawn.jobs]
    drawn = replace(drawn, jobs=tuple(jobs))
    state, routes = _state(drawn)
    weights = drawn.weights + DONE_WEIGHT
    finish = schedule(drawn, routes).finish
    for node in state.unassigned(range(len(drawn.jobs))):
        prices, job = state.prices(node), node - len(drawn.crews)
        for crew, route in enumerate(routes):
            for place, after in enumerate([crew, *(one + len(drawn.crews) for one in route)]):
                if np.isfinite(prices[after]):
                    there = schedule(drawn, _put(routes, crew, place, job)).finish
                    # A detour that is shorter than the way itself makes an insertion save time; the price
                    # does not count on that.
                    later = np.maximum(there - finish, 0.0)[list(route)]
                    assert prices[after] == pytest.approx(
                        weights[job] * there[job] + weights[list(route)] @ later
                    )


@given(SEEDS)
def test_the_fast_cost_is_the_cost(seed):
    drawn = random_problem(seed)
    finish = schedule(drawn, simple_plans(drawn)["priority"]).finish
    fast = TrueCost(drawn).of(np.where(np.isnan(finish), NEVER, finish))

    assert fast == pytest.approx(cost(drawn, finish))


@given(SEEDS, st.floats(0, 1))
def test_weights_are_shared_with_what_is_upstream(seed, share):
    drawn = random_problem(seed)
    expected = np.zeros(len(drawn.jobs))
    for job, upstream in enumerate(drawn.upstream):
        group = [job, *upstream.tolist()]
        expected[job] += (1 - share) * drawn.weights[job]
        expected[group] += share * drawn.weights[job] / len(group)

    assert TrueCost(drawn).shared_weights(share) - DONE_WEIGHT == pytest.approx(expected)
