"""The bound that no plan can beat: a number below the customer-minutes of every plan that keeps the rules.

Σ weight × minutes until back is bounded in five steps, each of which can only make the number smaller, so
the last one is below every plan (decision 0041).

RULE 1 (waiting): a job with others upstream is back no sooner than any one of them is finished. So its weight
    may be laid on any of these finishes in any shares that sum to one, and `after` is gone
    (lower_bound_waiting). The shares come from a plan; every choice is valid.
RULE 2 (prices): each job gets a price, and doing it is no duty any longer but earns the price. For prices
    between 0 and weight × horizon, Σ prices + Σ over crews of min(0, the least of Σ (weight × finish − price)
    over the routes the crew may take) is below every plan: what a plan does, it does once and earns its price
    once, and what it leaves undone costs weight × horizon, which is no less than its price.
RULE 3 (routes): a crew's least cost is found over more than its routes: a job may be done again after another
    one; within a group of like crews each may do what one of them may, until the last of them goes home
    (lower_bound_crews); time is cut into cells and what follows a job is counted from the start of the cell
    in which it is finished (lower_bound_routes). More to choose from, and earlier: never dearer.
RULE 4 (ascent): good prices are found by steps towards those under which every job is done once. How they
    were found does not matter: the bound is counted at the end, from the best of them, in fine cells and with
    all care. So it may stop at any time.
RULE 5 (numbers): cells are a power of two of minutes, so cutting into cells is exact. What is rounded besides
    (a way and a repair summed) makes a problem whose ways differ by 1e-13 of themselves: its plans cost as
    much, and shifts are taken a millionth of a minute longer. 1e-10 of the whole is taken off at the end.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dispatch.planning.lower_bound_crews import groups_of_crews
from dispatch.planning.lower_bound_routes import CrewRoutes, Grain
from dispatch.planning.lower_bound_waiting import (
    prices_from_crews,
    prices_from_plan,
    shared_weights,
    until_earliest,
)
from dispatch.planning.problem import FloatArray, PlanningProblem
from dispatch.planning.rules import simple_plans
from dispatch.planning.schedule import Routes, schedule

# While prices are looked for, and when the bound is counted.
_COARSE = Grain(cells=96, neighbours=24, groups=18, is_exact=False)
_FINE = Grain(cells=512, neighbours=48, groups=36, is_exact=True)

# Steps for so many jobs, fewer for more: about the same time for all.
_STEPS = ((20, 60), (60, 150), (200, 120), (500, 90), (1_500, 60), (5_000, 25))
_LEAST_STEPS = 8

# The share of a step that is taken at first; what of it stays after so many steps without a gain; how much of
# the last direction a direction keeps; the gap that is not worth closing.
_FIRST_SHARE, _PATIENCE, _CUT, _KEPT, _SMALL_GAP = 0.3, 5, 0.6, 0.7, 0.002
# Where the ascent aims: a little below the plan it begins with.
_AIM = 0.97
_ROUNDING = 1e-10
# A plan says when all is done; nothing is earned long after that.
_BEYOND_THE_PLAN = 1.25


def lower_bound(
    problem: PlanningProblem,
    *,
    weights: FloatArray | None = None,
    start: Routes | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    stopwatch: Callable[[], float] | None = None,
) -> float:
    """Return a number that Σ weight × minutes until back is not below in any plan that keeps the rules.

    Without `seconds` the answer depends on the problem and the start alone.

    Args:
        problem: What is planned.
        weights: Per job, at least 0; the customers by default.
        start: Routes of a plan, the better the tighter the bound; the better simple rule's by default.
        steps: Of the ascent; by default as many as a few seconds allow at 1,000 jobs and 120 crews.
        seconds: Stop the ascent then; counting the bound comes on top.
        stopwatch: What measures the seconds (as time.monotonic), needed with them.
    """
    weighs = problem.customers if weights is None else weights
    least = until_earliest(problem, weighs)
    if not len(problem.crews) or not weighs.any():
        return _rounded_down(least, float(weighs.sum()) * problem.horizon)
    routes = _better_simple_plan(problem, weighs) if start is None else start
    ascent = _Ascent(problem, weighs, routes)
    begun = stopwatch() if stopwatch is not None else 0.0
    for _ in range(_default_steps(len(problem.jobs)) if steps is None else steps):
        if seconds is not None and stopwatch is not None and stopwatch() - begun >= seconds:
            break
        if not ascent.step():
            break
    return _rounded_down(max(least, ascent.bound()), float(weighs.sum()) * problem.horizon)


def _rounded_down(bound: float, whole: float) -> float:
    return max(0.0, bound - _ROUNDING * whole)


def _default_steps(jobs: int) -> int:
    return next((steps for most, steps in _STEPS if jobs <= most), _LEAST_STEPS)


def _better_simple_plan(problem: PlanningProblem, weights: FloatArray) -> Routes:
    plans = simple_plans(problem).values()
    return min(plans, key=lambda routes: _minutes(problem, weights, routes))


def _minutes(problem: PlanningProblem, weights: FloatArray, routes: Routes) -> float:
    back = schedule(problem, routes).restored
    return float(weights @ np.where(np.isnan(back), problem.horizon, back))


class _Ascent:
    """Prices on their way up (rules 2 and 4)."""

    def __init__(self, problem: PlanningProblem, weights: FloatArray, routes: Routes) -> None:
        self._problem = problem
        self._aim = _AIM * _minutes(problem, weights, routes)
        self._weights = shared_weights(problem, weights, routes)
        self._until = _until(problem, routes)
        self._groups = groups_of_crews(problem, most=_COARSE.groups)
        self._routes = CrewRoutes(problem, self._groups, self._weights, until=self._until, grain=_COARSE)
        self._most = self._weights * self._until
        starts = [
            np.clip(prices(problem, self._weights, routes), 0.0, self._most)
            for prices in (prices_from_plan, prices_from_crews)
        ]
        self._prices: FloatArray = max(starts, key=lambda prices: self._routes.cheapest(prices)[0])
        self._scale = np.sqrt(np.maximum(self._prices, 1e-12))
        self._direction = np.zeros(len(weights))
        self._best, self._best_prices = -np.inf, self._prices
        self._share, self._without_gain = _FIRST_SHARE, 0

    def step(self) -> bool:
        """Make a step; return whether another may be worth it."""
        bound, done = self._routes.cheapest(self._prices)
        if bound > self._best + 1e-5 * self._aim:
            self._best, self._best_prices, self._without_gain = bound, self._prices, 0
        else:
            self._without_gain += 1
            if self._without_gain >= _PATIENCE:
                self._share *= _CUT
                self._without_gain = 0
                self._prices, self._direction = self._best_prices, np.zeros(len(self._prices))
        self._direction = (1.0 - done) * (1.0 - _KEPT) + self._direction * _KEPT
        upwards = (self._prices >= self._most) & (self._direction > 0)
        downwards = (self._prices <= 0) & (self._direction < 0)
        way = np.where(upwards | downwards, 0.0, self._direction) * self._scale
        length = float(way @ way)
        missing = self._aim / _AIM - bound
        if length <= 0 or missing < _SMALL_GAP * self._aim:
            return False
        stride = self._share * max(self._aim - bound, 0.01 * self._aim) / length
        self._prices = np.clip(self._prices + stride * way * self._scale, 0.0, self._most)
        return True

    def bound(self) -> float:
        """Return the bound under the best prices, in fine cells."""
        groups = groups_of_crews(self._problem, most=_FINE.groups)
        fine = CrewRoutes(self._problem, groups, self._weights, until=self._until, grain=_FINE)
        bound, _ = fine.cheapest(self._best_prices)
        return bound


def _until(problem: PlanningProblem, routes: Routes) -> float:
    """Return a time after which nothing need be earned: long after the plan is through, if it does all.

    Prices are held below weight × this time, so that what is finished later would earn less than it costs.
    """
    finish = schedule(problem, routes).finish
    if np.isnan(finish[problem.may_do.any(axis=0)]).any():
        return problem.horizon
    return min(problem.horizon, _BEYOND_THE_PLAN * float(np.nanmax(finish, initial=0.0)))
