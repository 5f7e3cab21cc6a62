"""Planning again when something has changed, with as few changed assignments as the gain justifies.

RULE 1 (what a change is): a job that the plan in force gives to a crew, and a new plan to another crew or to
    none. A job nobody had, another order on the same route, and other times are no changes.
RULE 2 (what is forced): where the crew in force may no longer do the job (it declined, it is gone, a person
    pinned or forbade, its shift changed), any other crew will do as well: nothing is counted.
RULE 3 (what a change must earn): `change_minutes` weighted customer-minutes each. The search minimises
    `schedule.cost` + change_minutes × changes, starting from the plan in force carried over; so the plan it
    returns has earned that much for all its changes together, against having made none.
RULE 4 (carried over): each crew keeps its jobs in their order, what it has under way first; a job that its
    crew may no longer do, or can no longer finish within its shift, and new jobs go, by weight per minute of
    repair, each to the place where it costs least.

The default of 300 customer-minutes is ten minutes sooner for 30 customers, or five for 60. A change costs a
dispatcher about a minute and a crew a call, a turn on the road and some trust in the plan; a change that
gives a small outage a minute is not worth that, and one that gives a feeder a minute (500 customers) is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.planning.problem import FloatArray, PlanningProblem
from dispatch.planning.schedule import DONE_WEIGHT, Routes
from dispatch.planning.search_state import SearchState

DEFAULT_CHANGE_MINUTES = 300.0

# The plan in force: the ids of each crew's jobs, in their order. Ids that no longer exist are passed over.
InForce = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Changes:
    """What it costs to give a job (rows) to a crew (columns, the last: none), and the plan carried over."""

    prices: FloatArray
    carried_over: Routes

    @classmethod
    def from_plan(cls, problem: PlanningProblem, in_force: InForce, change_minutes: float) -> Changes:
        """Return what changing this plan costs."""
        prices = np.zeros((len(problem.jobs), len(problem.crews) + 1))
        for job, crew in _kept(problem, in_force):
            prices[job] = change_minutes
            prices[job, crew] = 0.0
        return cls(prices=prices, carried_over=_carried_over(problem, in_force))

    def price(self, routes: Routes) -> float:
        """Return what the changes of a plan cost."""
        crew_of = np.full(len(self.prices), -1, dtype=np.int64)
        for crew, route in enumerate(routes):
            crew_of[list(route)] = crew
        return float(self.prices[np.arange(len(crew_of)), crew_of].sum())


def changed_jobs(problem: PlanningProblem, in_force: InForce, routes: Routes) -> tuple[int, ...]:
    """Return the jobs whose assignment differs without need (rules 1 and 2), in the order of the problem."""
    crew_of = {job: crew for crew, route in enumerate(routes) for job in route}
    return tuple(sorted(job for job, crew in _kept(problem, in_force) if crew_of.get(job) != crew))


def _kept(problem: PlanningProblem, in_force: InForce) -> Iterator[tuple[int, int]]:
    """Yield each job of the plan in force that its crew may still do, with the crew, in the crew's order."""
    jobs = {job.id: number for number, job in enumerate(problem.jobs)}
    seen = set[int]()
    for crew, one in enumerate(problem.crews):
        for id in in_force.get(one.id, ()):
            job = jobs.get(id)
            if job is not None and job not in seen and problem.may_do[crew, job]:
                seen.add(job)
                yield job, crew


def _carried_over(problem: PlanningProblem, in_force: InForce) -> Routes:
    queues: list[list[int]] = [[] for _ in problem.crews]
    for job, crew in _kept(problem, in_force):
        if job != problem.first_jobs[crew]:
            queues[crew].append(job)
    routes = tuple(_within_shift(problem, crew, queue) for crew, queue in enumerate(queues))
    return with_the_rest(problem, routes)


def _within_shift(problem: PlanningProblem, crew: int, queue: Sequence[int]) -> tuple[int, ...]:
    """Return the jobs a crew can still finish within its shift, in this order, passing over the others."""
    route: list[int] = []
    now, travel = float(problem.available_from[crew]), problem.from_crews[crew]
    first = problem.first_jobs[crew]
    for job in ([] if first is None else [first]) + list(queue):
        start = max(now + float(travel[job]), float(problem.not_before[job]))
        finish = start + float(problem.repair_minutes[job])
        if start <= problem.not_after[job] and finish <= problem.available_until[crew]:
            route.append(job)
            now, travel = finish, problem.between_jobs[job]
    return tuple(route)


def with_the_rest(problem: PlanningProblem, routes: Routes) -> Routes:
    """Return routes with every other job put in where it costs least, if that is worth it (rule 4)."""
    weights = problem.weights + DONE_WEIGHT
    state = SearchState(problem, routes, weights)
    doable = np.flatnonzero(problem.may_do.any(axis=0))
    worth = weights / (problem.repair_minutes + 1.0)
    by_worth = doable[np.argsort(-worth[doable], kind="stable")].tolist()
    for node in state.unassigned(by_worth):
        state.insert_at_best(node, state.prices(node))
    return state.as_routes()
