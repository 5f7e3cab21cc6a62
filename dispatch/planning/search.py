"""Large-neighbourhood search: take jobs near one another off their routes, put each where it costs least.

RULE 1 (destroy): strings of neighbouring jobs are taken from the routes around a job drawn at random (slack
    induction by string removals, Christiaens and Vanden Berghe 2020). The job a crew has under way stays.
RULE 2 (repair): what was taken, and some of what no crew does, goes in drawn order, mostly the dearest per
    minute first, each to its cheapest place; now and then a place is overlooked. A job whose cheapest place
    costs more than leaving it out stays out.
RULE 3 (judge): the result is kept if its true cost is lower, or higher by no more than chance allows, the
    less the further the search has come (simulated annealing).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dispatch.planning.problem import FloatArray, PlanningProblem
from dispatch.planning.replanning import Changes
from dispatch.planning.schedule import DONE_WEIGHT, Routes
from dispatch.planning.search_cost import TrueCost
from dispatch.planning.search_state import SearchState

# Jobs taken off in a step, about; the longest string; how often a place is overlooked.
_TAKEN = 10.0
_LONGEST_STRING = 10
_OVERLOOKED = 0.05
# Jobs that no crew does, tried again in a step.
_TRIED_AGAIN = 6
# What a step may cost at first and at last, as shares of the cost per job.
_HOT, _COLD = 0.3, 0.006
# How often jobs are put back in a drawn order, by worth and by weight; else by what takes least work.
_IN_ANY_ORDER, _BY_WORTH, _BY_WEIGHT = 0.3, 0.45, 0.15
# How often jobs that wait for one another are taken off together, and how many.
_WITH_FAMILY, _LARGEST_FAMILY = 0.3, 8
# How often weights are shared anew with what is upstream.
_STEPS_BETWEEN_WEIGHINGS = 40
# A drive to a job is about as long, for the order in which jobs are put back.
_USUAL_DRIVE_MINUTES = 15.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a search has come, from 0 to 1, after so many steps."""

    done: Callable[[int], float]


class Search:
    """One search from one start; no plan with more customer-minutes than `most_customer_minutes` is kept."""

    def __init__(
        self,
        problem: PlanningProblem,
        *,
        start: Routes,
        seed: int,
        changes: Changes | None,
        most_customer_minutes: float,
        on_better: Callable[[Routes], None] | None,
    ) -> None:
        self._problem = problem
        self._random = random.Random(seed)  # noqa: S311 - a search, not a secret
        self._cost = TrueCost(problem)
        self._weights = problem.weights + DONE_WEIGHT
        prices = None if changes is None else changes.prices
        self._state = SearchState(problem, start, self._weights, change_prices=prices)
        self._most_customer_minutes = most_customer_minutes
        self._on_better = on_better
        self._now = self.least = self._true_cost()
        self.best = start
        doable = np.flatnonzero(problem.may_do.any(axis=0)).tolist()
        self._left_out = set(self._state.unassigned(doable))
        self._near: list[list[int]] = _nearest_jobs(problem)
        self._families = _families(problem)
        duration = problem.repair_minutes + _USUAL_DRIVE_MINUTES
        self._worth: list[float] = [0.0] * len(problem.crews) + (self._weights / duration).tolist()
        self._string = min(_LONGEST_STRING, max(1, len(problem.jobs) // max(1, len(problem.crews)) + 1))

    def run(self, limit: Limit) -> Routes:
        """Search to the limit and return the best plan seen."""
        scale = self.least / max(1, len(self._problem.jobs))
        step = 0
        while (done := limit.done(step)) < 1.0 and self._near:
            if self._cost.has_upstream and step % _STEPS_BETWEEN_WEIGHINGS == 0:
                share = self._random.random()
                self._state.reweigh(self._cost.shared_weights(share))
            self._step(heat=scale * _HOT * (_COLD / _HOT) ** done)
            step += 1
        return self.best

    def _step(self, *, heat: float) -> None:
        before, left_out_before = self._state.snapshot(), set(self._left_out)
        pool = self._destroy()
        self._repair(pool)
        cost = self._true_cost() if not self._state.overrun else math.inf
        if cost < self._now - heat * math.log(self._random.random() or 1e-300):
            self._now = cost
            if cost < self.least - 1e-9:
                self._keep(cost)
        else:
            self._state.go_back(before)
            self._left_out = left_out_before

    def _true_cost(self) -> float:
        return self._cost.of(self._state.finish()) + self._state.changed_price()

    def _keep(self, cost: float) -> None:
        if self._cost.customer_minutes(self._state.finish()) <= self._most_customer_minutes:
            self.least, self.best = cost, self._state.as_routes()
            if self._on_better is not None:
                self._on_better(self.best)

    def _destroy(self) -> list[int]:
        draw = self._random
        pool = sorted(self._left_out)
        if len(pool) > _TRIED_AGAIN:
            pool = draw.sample(pool, _TRIED_AGAIN)
        job, strings = draw.randrange(len(self._near)), self._strings()
        if len(self._families[job]) > 1 and draw.random() < _WITH_FAMILY:
            family = self._families[job]
            pool += self._take_jobs(draw.sample(family, min(len(family), _LARGEST_FAMILY)))
            strings //= 2
        pool += self._take_strings(job, strings)
        self._left_out.update(pool)
        return pool

    def _strings(self) -> int:
        most = 4.0 * _TAKEN / (1.0 + self._string) - 1.0
        return int(self._random.uniform(1.0, max(1.0, most) + 1.0))

    def _take_jobs(self, jobs: list[int]) -> list[int]:
        state, taken = self._state, []
        for node in (job + state.crew_count for job in jobs):
            crew = state.crew_of(node)
            if crew < state.crew_count:
                place = state.routes[crew].index(node)
                if place >= int(state.has_first[crew]):
                    taken += state.remove(crew, place, place + 1)
        return taken

    def _take_strings(self, around: int, strings: int) -> list[int]:
        state, draw = self._state, self._random
        touched, taken = set[int](), list[int]()
        for job in self._near[around]:
            if len(touched) >= strings:
                break
            node = job + state.crew_count
            crew = state.crew_of(node)
            if crew == state.crew_count or crew in touched:
                continue
            route, first = state.routes[crew], int(state.has_first[crew])
            place = route.index(node)
            if place < first:
                continue
            length = int(draw.uniform(1.0, min(len(route) - first, self._string) + 1.0))
            begin = draw.randint(max(first, place - length + 1), min(place, len(route) - length))
            taken += state.remove(crew, begin, begin + length)
            touched.add(crew)
        return taken

    def _repair(self, pool: list[int]) -> None:
        state = self._state
        self._order(pool)
        for node in pool:
            prices = state.prices(node)
            after = int(prices.argmin())
            while self._random.random() < _OVERLOOKED and np.isfinite(prices[after]):
                prices[after] = np.inf
                after = int(prices.argmin())
            if state.insert_at_best(node, prices):
                self._left_out.discard(node)

    def _order(self, pool: list[int]) -> None:
        draw, worth = self._random, self._worth
        way = draw.random()
        if way < _IN_ANY_ORDER:
            draw.shuffle(pool)
        elif way < _IN_ANY_ORDER + _BY_WORTH:
            pool.sort(key=lambda node: -worth[node] * draw.uniform(0.7, 1.4))
        elif way < _IN_ANY_ORDER + _BY_WORTH + _BY_WEIGHT:
            pool.sort(key=lambda node: -self._state.weights[node])
        else:
            pool.sort(key=lambda node: self._state.weights[node] - worth[node])


def _nearest_jobs(problem: PlanningProblem) -> list[list[int]]:
    both_ways: FloatArray = problem.between_jobs + problem.between_jobs.T
    nearest: list[list[int]] = np.argsort(both_ways, axis=1, kind="stable").tolist()
    return nearest


def _families(problem: PlanningProblem) -> list[list[int]]:
    """Return, of each job, itself and the jobs upstream and downstream of it."""
    families: list[list[int]] = [[job] for job in range(len(problem.jobs))]
    for job, upstream in enumerate(problem.upstream):
        for other in upstream.tolist():
            families[job].append(other)
            families[other].append(job)
    return families
