"""When everything happens once it is decided which crew does which jobs in which order, and what that costs.

A route is a tuple of job numbers, one per crew of the problem, in the order they are done. A crew sets off as
soon as it is free and waits at the place for `not_before`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.planning.problem import FloatArray, IntArray, PlanningProblem

Route = tuple[int, ...]
Routes = tuple[Route, ...]

# What else counts, far below any customer without supply: a promise broken is worth one customer's wait in
# ten, and between plans that restore all alike the one that is done sooner is taken, jobs without customers
# (a hazard made safe) included.
LATE_WEIGHT = 0.1
DONE_WEIGHT = 0.001


@dataclass(frozen=True, slots=True)
class Schedule:
    """Minutes after `now` per job; NaN where a job is not assigned (or, for `restored`, waits for one).

    `crew` is the number of the crew that does it, −1 where none.
    """

    crew: IntArray
    depart: FloatArray
    arrive: FloatArray
    start: FloatArray
    finish: FloatArray
    restored: FloatArray


def schedule(problem: PlanningProblem, routes: Sequence[Sequence[int]]) -> Schedule:
    """Return when each job is reached, started, finished, and its customers are back."""
    count = len(problem.jobs)
    depart, arrive, start, finish = (np.full(count, np.nan) for _ in range(4))
    crew_of = np.full(count, -1, dtype=np.int64)
    for crew, route in enumerate(routes):
        free_at, travel = float(problem.available_from[crew]), problem.from_crews[crew]
        for job in route:
            crew_of[job] = crew
            depart[job] = free_at
            arrive[job] = free_at + travel[job]
            start[job] = max(arrive[job], problem.not_before[job])
            finish[job] = free_at = start[job] + problem.repair_minutes[job]
            travel = problem.between_jobs[job]
    return Schedule(
        crew=crew_of,
        depart=depart,
        arrive=arrive,
        start=start,
        finish=finish,
        restored=restored(problem, finish),
    )


def restored(problem: PlanningProblem, finish: FloatArray) -> FloatArray:
    """Return when the customers of each job are back: when it and all upstream of it are finished."""
    back = finish.copy()
    for job, upstream in enumerate(problem.upstream):
        if len(upstream):
            back[job] = np.max(finish[upstream], initial=finish[job])
    return back


def customer_minutes(problem: PlanningProblem, finish: FloatArray) -> float:
    """Return Σ customers × minutes until they are back; to the horizon where they are not."""
    return _until_back(problem, problem.customers, finish)


def weighted_minutes(problem: PlanningProblem, finish: FloatArray) -> float:
    """Return Σ weight × minutes until they are back; to the horizon where they are not."""
    return _until_back(problem, problem.weights, finish)


def cost(problem: PlanningProblem, finish: FloatArray) -> float:
    """Return what the search minimises: weight × minutes until back, and little besides (see above)."""
    done = np.where(np.isnan(finish), 2 * problem.horizon, finish)
    late = np.maximum(0.0, done - problem.due_by)
    return (
        weighted_minutes(problem, finish) + LATE_WEIGHT * float(late.sum()) + DONE_WEIGHT * float(done.sum())
    )


def _until_back(problem: PlanningProblem, weights: FloatArray, finish: FloatArray) -> float:
    back = restored(problem, finish)
    return float(weights @ np.where(np.isnan(back), problem.horizon, back))


def is_kept(problem: PlanningProblem, routes: Sequence[Sequence[int]]) -> bool:
    """Return whether routes keep all rules: who may, each job at most once, shifts, first jobs."""
    done = [job for route in routes for job in route]
    if len(set(done)) != len(done):
        return False
    for crew, route in enumerate(routes):
        first = problem.first_jobs[crew]
        if first is not None and (not route or route[0] != first):
            return False
        if not all(problem.may_do[crew, job] for job in route):
            return False
    times = schedule(problem, routes)
    if (times.start > problem.not_after).any():
        return False
    return all(
        not route or times.finish[route[-1]] <= problem.available_until[crew]
        for crew, route in enumerate(routes)
    )
