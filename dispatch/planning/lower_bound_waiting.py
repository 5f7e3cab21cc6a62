"""What precedence and a plan say to the lower bound: on which finish a weight lies, and first prices."""

from __future__ import annotations

import numpy as np

from dispatch.planning.problem import FloatArray, PlanningProblem
from dispatch.planning.schedule import Routes, schedule

# Of a weight, what lies on all finishes alike; the rest lies on the one that the plan waits for.
_ALIKE = 0.1
# Times at which a crew's minute is valued, and what part of the price so found is a good one to begin with.
_TIMES, _BELOW_THE_BEST = 97, 0.9


def shared_weights(problem: PlanningProblem, weights: FloatArray, routes: Routes) -> FloatArray:
    """Return what lies on each job's finish once each weight is laid on its own and those upstream.

    What is unassigned counts as finished at the horizon, as in `restored`. The sum stays the same.
    """
    finish = _finish(problem, routes)
    shared = weights.copy()
    for job, upstream in enumerate(problem.upstream):
        if len(upstream):
            waits_for = np.array([job, *upstream], dtype=np.int64)
            last = waits_for[np.argmax(finish[waits_for])]
            shared[job] -= weights[job]
            np.add.at(shared, waits_for, weights[job] * _ALIKE / len(waits_for))
            shared[last] += weights[job] * (1.0 - _ALIKE)
    return np.maximum(shared, 0.0)


def prices_from_plan(problem: PlanningProblem, weights: FloatArray, routes: Routes) -> FloatArray:
    """Return what each job costs the plan: its own waiting and that of those it delays on its route."""
    finish = _finish(problem, routes)
    prices = weights * finish
    for crew, route in enumerate(routes):
        behind = 0.0
        for place in range(len(route) - 1, -1, -1):
            job = route[place]
            way = problem.between_jobs[route[place - 1]] if place else problem.from_crews[crew]
            delay = way[job] + problem.repair_minutes[job]
            if place + 1 < len(route):
                onward = route[place + 1]
                detour = problem.between_jobs[job, onward] - way[onward]
                delay += detour if np.isfinite(detour) else 0.0
            prices[job] += max(0.0, float(delay)) * behind
            behind += float(weights[job])
    return prices


def prices_from_crews(problem: PlanningProblem, weights: FloatArray, routes: Routes) -> FloatArray:
    """Return what each job would cost the plan at its best time, in the hands of a crew like any other.

    A minute of a crew is worth the weight that still waits for it, in the mean of those that may do the job.
    These prices differ less from crew to crew than `prices_from_plan`, which pays with many crews.
    """
    finish, times = _finish(problem, routes), np.linspace(0.0, problem.horizon, _TIMES)
    waiting = np.zeros((len(problem.crews), _TIMES))
    for crew, route in enumerate(routes):
        on_it = np.array(route, dtype=np.int64)
        waiting[crew] = weights[on_it] @ (times < finish[on_it, None])
    is_there = (times >= problem.available_from[:, None]).astype(np.float64)
    may = problem.may_do.T.astype(np.float64)
    how_many = may @ is_there
    a_minute = np.divide(
        may @ (waiting * is_there), how_many, out=np.full_like(how_many, np.inf), where=how_many > 0
    )
    takes = problem.repair_minutes + _nearest_ways(problem)
    prices = weights[:, None] * times + np.maximum(takes, 1e-9)[:, None] * a_minute
    prices[times < (problem.not_before + problem.repair_minutes)[:, None]] = np.inf
    best = np.where(np.isfinite(prices), prices, np.inf).min(axis=1, initial=np.inf)
    return _BELOW_THE_BEST * np.where(np.isfinite(best), best, weights * problem.horizon)


def _nearest_ways(problem: PlanningProblem) -> FloatArray:
    """Return the mean of the three shortest ways into each job; the horizon where there is none."""
    ways = np.where(np.isfinite(problem.between_jobs), problem.between_jobs, problem.horizon)
    np.fill_diagonal(ways, problem.horizon)
    nearest: FloatArray = np.sort(ways, axis=0)[:3].mean(axis=0)
    return nearest


def until_earliest(problem: PlanningProblem, weights: FloatArray) -> float:
    """Return Σ weight × the earliest that anybody could have finished, each job for itself.

    A crew comes to a job from where it stands or from any other job.
    """
    if not len(problem.jobs):
        return 0.0
    earliest = np.full(len(problem.jobs), problem.horizon)
    from_jobs = np.where(np.eye(len(problem.jobs), dtype=np.bool_), np.inf, problem.between_jobs).min(axis=0)
    for crew, first in enumerate(problem.first_jobs):
        begin = problem.available_from[crew]
        way = np.minimum(problem.from_crews[crew], from_jobs)
        finish = np.maximum(begin + way, problem.not_before) + problem.repair_minutes
        if first is not None:
            finish[first] = problem.first_finish(crew, first)
        earliest = np.where(problem.may_do[crew], np.minimum(earliest, finish), earliest)
    back = earliest.copy()
    for job, upstream in enumerate(problem.upstream):
        if len(upstream):
            back[job] = max(float(earliest[job]), float(earliest[upstream].max()))
    return float(weights @ np.minimum(back, problem.horizon))


def _finish(problem: PlanningProblem, routes: Routes) -> FloatArray:
    finish = schedule(problem, routes).finish
    return np.where(np.isnan(finish), problem.horizon, finish)
