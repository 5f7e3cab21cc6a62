"""The best plan for what is changed and what it costs, by trying every plan: the twin of re-planning."""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.planning.problem import PlanningProblem
from dispatch.planning.schedule import Routes, cost, is_kept, schedule


def all_plans(problem: PlanningProblem) -> Iterator[Routes]:
    """Every way to give jobs to crews in an order; a handful of jobs at most."""
    plans = [tuple(() for _ in problem.crews)]
    for job in range(len(problem.jobs)):
        plans += [
            tuple(
                (*route[:place], job, *route[place:]) if one == crew else route
                for one, route in enumerate(plan)
            )
            for plan in plans
            for crew in range(len(plan))
            if problem.may_do[crew, job]
            for place in range(len(plan[crew]) + 1)
        ]
    return (plan for plan in plans if is_kept(problem, plan))


def changes(problem: PlanningProblem, in_force: dict[str, list[str]], routes: Routes) -> int:
    """Jobs that have another crew, or none, though theirs may still do them."""
    crew_now = {problem.jobs[job].id: crew for crew, route in enumerate(routes) for job in route}
    count, seen = 0, set()
    for crew, one in enumerate(problem.crews):
        for id in in_force.get(one.id, []):
            known = [number for number, job in enumerate(problem.jobs) if job.id == id]
            if known and id not in seen and problem.may_do[crew, known[0]]:
                seen.add(id)
                count += crew_now.get(id) != crew
    return count


def least(problem: PlanningProblem, in_force: dict[str, list[str]], change_minutes: float) -> float:
    """What the best plan costs, with its changes."""
    return min(
        cost(problem, schedule(problem, plan).finish) + change_minutes * changes(problem, in_force, plan)
        for plan in all_plans(problem)
    )
