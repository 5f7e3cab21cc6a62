"""The least customer-minutes of a small problem, by looking at every way to do it: slow and obviously right.

Two twins: `optimum_by_routes` tries every order of every choice of jobs for every crew and counts the whole
plan as design §4.4 says; `optimum_by_subsets` keeps, for each crew and set of jobs, the least Σ customers ×
finish by dynamic programming (Held and Karp), and joins the crews set by set. It needs that nothing waits
for anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from dispatch.planning.problem import PlanningProblem


def optimum_by_routes(problem: PlanningProblem) -> float:
    """Return the least customer-minutes over all plans that keep the rules."""
    every = [list(_routes_of(problem, crew)) for crew in range(len(problem.crews))]
    best = math.inf

    def choose(crew: int, taken: frozenset[int], finish: dict[int, float]) -> None:
        nonlocal best
        if crew == len(every):
            best = min(best, _customer_minutes(problem, finish))
            return
        for jobs, times in every[crew]:
            if not taken & jobs:
                choose(crew + 1, taken | jobs, finish | times)

    choose(0, frozenset(), {})
    return best


def optimum_by_subsets(problem: PlanningProblem) -> float:
    """Return the same where no job is after another."""
    if any(len(upstream) for upstream in problem.upstream):
        msg = "jobs wait for one another: use optimum_by_routes"
        raise ValueError(msg)
    count = len(problem.jobs)
    customers, horizon = problem.customers.tolist(), problem.horizon
    undone = [
        sum(customers[j] * horizon for j in range(count) if bits >> j & 1) for bits in range(1 << count)
    ]
    best = [math.inf] * (1 << count)
    best[0] = 0.0
    for crew in range(len(problem.crews)):
        own = _least_by_set(problem, crew)
        joined = [math.inf] * (1 << count)
        for done, so_far in enumerate(best):
            if so_far == math.inf:
                continue
            for bits, cost in own.items():
                if not bits & done and so_far + cost < joined[done | bits]:
                    joined[done | bits] = so_far + cost
        best = joined
    everything = (1 << count) - 1
    return float(min(cost + undone[everything & ~done] for done, cost in enumerate(best)))


def _routes_of(problem: PlanningProblem, crew: int) -> Iterator[tuple[frozenset[int], dict[int, float]]]:
    """Yield every route of a crew that keeps the rules, as its jobs and when each is finished."""

    def extend(last: int | None, free_at: float, times: dict[int, float]) -> Iterator[dict[int, float]]:
        if times or problem.first_jobs[crew] is None:
            yield times
        for job in _next_jobs(problem, crew, last):
            if job not in times and (finish := _finish(problem, crew, last, job, free_at)) is not None:
                yield from extend(job, finish, {**times, job: finish})

    for times in extend(None, float(problem.available_from[crew]), {}):
        yield frozenset(times), times


def _next_jobs(problem: PlanningProblem, crew: int, last: int | None) -> list[int]:
    first = problem.first_jobs[crew]
    if last is None and first is not None:
        return [first]
    return [job for job in range(len(problem.jobs)) if problem.may_do[crew, job]]


def _finish(problem: PlanningProblem, crew: int, last: int | None, job: int, free_at: float) -> float | None:
    way = problem.from_crews[crew, job] if last is None else problem.between_jobs[last, job]
    start = max(free_at + float(way), float(problem.not_before[job]))
    finish = start + float(problem.repair_minutes[job])
    is_in_time = start <= problem.not_after[job] and finish <= problem.available_until[crew]
    return finish if is_in_time else None


def _least_by_set(problem: PlanningProblem, crew: int) -> dict[int, float]:
    """Return for each set of jobs (bits) the least Σ customers × finish of a route that does just these.

    Of two ways to do the same jobs with the same last one, one may be earlier and the other cheaper, so all
    that are not beaten in both are kept.
    """
    fronts: dict[tuple[int, int], list[tuple[float, float]]] = {}
    first = problem.first_jobs[crew]
    least = {} if first is not None else {0: 0.0}

    def put(bits: int, job: int, finish: float, cost: float) -> None:
        front = fronts.setdefault((bits, job), [])
        if not any(time <= finish and other <= cost for time, other in front):
            front[:] = [one for one in front if not (finish <= one[0] and cost <= one[1])] + [(finish, cost)]

    for job in _next_jobs(problem, crew, None):
        finish = _finish(problem, crew, None, job, float(problem.available_from[crew]))
        if finish is not None:
            put(1 << job, job, finish, float(problem.customers[job]) * finish)
    for size in range(1, len(problem.jobs) + 1):
        for (bits, last), front in [one for one in fronts.items() if one[0][0].bit_count() == size]:
            for free_at, cost in front:
                least[bits] = min(least.get(bits, math.inf), cost)
                for job in _next_jobs(problem, crew, last):
                    finish = None if bits >> job & 1 else _finish(problem, crew, last, job, free_at)
                    if finish is not None:
                        put(bits | 1 << job, job, finish, cost + float(problem.customers[job]) * finish)
    return least


def _customer_minutes(problem: PlanningProblem, finish: dict[int, float]) -> float:
    total = 0.0
    for number, job in enumerate(problem.jobs):
        waits_for = [number, *problem.upstream[number].tolist()]
        back = max(finish.get(one, problem.horizon) for one in waits_for)
        total += job.customers * back
    return total
