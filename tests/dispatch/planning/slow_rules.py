"""The simple rules as they are said, one job and one crew at a time: the slow twin of planning.rules."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.planning.problem import PlanningProblem
from dispatch.planning.schedule import Routes


def in_order_slowly(problem: PlanningProblem, order: Sequence[int]) -> Routes:
    """At each moment at which a crew becomes free or a job may be taken, every pair is looked at."""
    routes: list[list[int]] = [[] for _ in problem.crews]
    free_at = [float(minute) for minute in problem.available_from]
    travel = list(problem.from_crews)

    def finish(crew: int, job: int, minute: float) -> float:
        start = max(minute + float(travel[crew][job]), float(problem.not_before[job]))
        return start + float(problem.repair_minutes[job])

    def send(crew: int, job: int, minute: float) -> None:
        routes[crew].append(job)
        free_at[crew] = finish(crew, job, minute)
        travel[crew] = problem.between_jobs[job]

    for crew, first in enumerate(problem.first_jobs):
        if first is not None:
            send(crew, first, free_at[crew])
    waiting = [job for job in order if job not in set(problem.first_jobs)]
    moments = {*free_at, *(float(problem.not_before[job]) for job in waiting)}
    while moments:
        minute = min(moments)
        moments.remove(minute)
        for job in list(waiting):
            fitting = [
                crew
                for crew in range(len(routes))
                if free_at[crew] <= minute
                and problem.not_before[job] <= minute
                and problem.may_do[crew, job]
                and finish(crew, job, minute) <= problem.available_until[crew]
                and max(minute + float(travel[crew][job]), float(problem.not_before[job]))
                <= problem.not_after[job]
            ]
            if fitting:
                nearest = min(fitting, key=lambda crew: (float(travel[crew][job]), crew))
                waiting.remove(job)
                send(nearest, job, minute)
                moments.add(free_at[nearest])
    return tuple(tuple(route) for route in routes)
