"""The plan of design §4.4: who does what when, what nobody does and why, and how good it is.

RULE 1: the plan is never worse than a simple rule: the search starts from the better of the two, keeps only
    what costs less, and of that only what has no more customer-minutes. Only where a plan in force is kept
    (`keep`) may it be, by no more than the changes that it spares would have to earn.
RULE 2: `customer_minutes` and the bound beside it count customers; `weighted_minutes` and its bound count
    weights, which is what the search minimises where some customers weigh more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import numpy as np

from dispatch.planning.engine import improve
from dispatch.planning.lower_bound import lower_bound
from dispatch.planning.lower_bound_waiting import until_earliest
from dispatch.planning.problem import PlanningProblem
from dispatch.planning.reasons import Reason, why_unassigned
from dispatch.planning.replanning import DEFAULT_CHANGE_MINUTES, Changes, InForce, changed_jobs
from dispatch.planning.rules import simple_plans
from dispatch.planning.schedule import Routes, cost, customer_minutes, is_kept, schedule, weighted_minutes

# Sums of the same minutes in another order differ by less.
_SAME = 1e-9
# The bound is looked for so long at most where the plan is made by the clock.
_BOUND_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class PlanStop:
    """One job on a crew's way; `restored` is None while what is upstream of it is on nobody's way."""

    crew: str
    job: str
    depart: datetime
    arrive: datetime
    start: datetime
    finish: datetime
    restored: datetime | None


@dataclass(frozen=True, slots=True)
class UnassignedJob:
    """A job nobody does, and why."""

    job: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A job under way that another crew must take over; `to_crew` is None if none can."""

    job: str
    from_crew: str
    to_crew: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan; `routes` are its stops as numbers.

    `changed` are the jobs whose crew differs from the plan in force, where that was not forced.
    """

    stops: tuple[PlanStop, ...]
    unassigned: tuple[UnassignedJob, ...]
    late: tuple[str, ...]
    customer_minutes: float
    lower_bound: float
    weighted_minutes: float
    weighted_lower_bound: float
    baselines: Mapping[str, float]
    travel_source: str
    handed_over: tuple[HandedOver, ...]
    changed: tuple[str, ...]
    routes: Routes

    @property
    def gap(self) -> float:
        """Return by what share of itself the plan can be better at most: (minutes − bound) / minutes."""
        if self.customer_minutes <= 0:
            return 0.0
        return (self.customer_minutes - self.lower_bound) / self.customer_minutes


def make_plan(
    problem: PlanningProblem,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    start: Routes | None = None,
    keep: InForce | None = None,
    change_minutes: float = DEFAULT_CHANGE_MINUTES,
    on_better: Callable[[Routes], None] | None = None,
    stopwatch: Callable[[], float] = monotonic,
    bound_seconds: float = _BOUND_SECONDS,
) -> Plan:
    """Return the best plan found within the limit.

    Args:
        problem: What to plan.
        seconds: For the search; working out the bound comes on top.
        iterations: Steps of the search; with no `seconds` the answer depends on the seed alone.
        seed: What chance draws from.
        start: Routes to start from as well; passed over if they break a rule.
        keep: The plan in force, whose assignments are changed only where that earns enough.
        change_minutes: What a changed assignment must earn, in weighted customer-minutes (replanning).
        on_better: Told the routes of each plan better than all before, for those who watch.
        stopwatch: What measures the seconds.
        bound_seconds: For the bound where the plan is made by the clock; 0 for a rough one at once.
    """
    simple, baselines = _simple_plans(problem)
    changes = Changes.from_plan(problem, keep, change_minutes) if keep is not None else None
    most = min(baselines.values()) * (1 + _SAME) if changes is None else np.inf
    routes = improve(
        problem,
        start=_best_start(problem, [*simple.values(), *([] if start is None else [start])], most, changes),
        seed=seed,
        seconds=seconds,
        iterations=iterations,
        time=stopwatch,
        most_customer_minutes=most,
        changes=changes,
        on_better=on_better,
    )
    return plan_of(
        problem,
        routes,
        baselines=baselines,
        keep=keep,
        timed_by=None if seconds is None else stopwatch,
        bound_seconds=bound_seconds,
    )


def _simple_plans(problem: PlanningProblem) -> tuple[dict[str, Routes], dict[str, float]]:
    """Return the plans of the simple rules, and their customer-minutes."""
    plans = simple_plans(problem)
    return plans, {name: _customer_minutes(problem, routes) for name, routes in plans.items()}


def _best_start(
    problem: PlanningProblem, offered: list[Routes], most: float, changes: Changes | None
) -> Routes:
    """Return the cheapest of what is offered, and of the plan in force, that keeps the rules."""
    starts = [routes for routes in offered if is_kept(problem, routes)]
    if changes is not None:
        starts.append(changes.carried_over)
    return min(
        (routes for routes in starts if _customer_minutes(problem, routes) <= most),
        key=lambda routes: _cost(problem, routes, changes),
    )


def plan_of(
    problem: PlanningProblem,
    routes: Routes,
    *,
    baselines: Mapping[str, float],
    keep: InForce | None = None,
    timed_by: Callable[[], float] | None = None,
    bound_seconds: float = _BOUND_SECONDS,
) -> Plan:
    """Return routes as a plan, with the bound that no plan can beat.

    `timed_by` is a stopwatch that ends the look for a better bound after `bound_seconds`.
    """
    times = schedule(problem, routes)
    bound, weighted_bound = _bounds(problem, routes, timed_by, bound_seconds)
    minutes = customer_minutes(problem, times.finish)
    return Plan(
        stops=_stops(problem, routes),
        unassigned=tuple(
            UnassignedJob(job.id, why_unassigned(problem, number))
            for number, job in enumerate(problem.jobs)
            if times.crew[number] < 0
        ),
        late=tuple(
            job.id
            for number, job in enumerate(problem.jobs)
            if job.due_by is not None and times.finish[number] > problem.due_by[number]
        ),
        customer_minutes=minutes,
        lower_bound=bound,
        weighted_minutes=weighted_minutes(problem, times.finish),
        weighted_lower_bound=weighted_bound,
        baselines=dict(baselines),
        travel_source=problem.travel_source,
        handed_over=_handed_over(problem, times.crew.tolist()),
        changed=tuple(problem.jobs[job].id for job in changed_jobs(problem, keep or {}, routes)),
        routes=routes,
    )


def with_bound(
    problem: PlanningProblem, plan: Plan, *, seconds: float, stopwatch: Callable[[], float]
) -> Plan:
    """Return a plan that was made with a rough bound, with one that was looked for."""
    bound, weighted_bound = _bounds(problem, plan.routes, stopwatch, seconds)
    return replace(plan, lower_bound=bound, weighted_lower_bound=weighted_bound)


def _bounds(
    problem: PlanningProblem, routes: Routes, timed_by: Callable[[], float] | None, seconds: float
) -> tuple[float, float]:
    """Return the bounds of customer-minutes and of weighted minutes."""
    if timed_by is not None and seconds <= 0:
        # As if each job had the crew that is there first: low, and there at once.
        return until_earliest(problem, problem.customers), until_earliest(problem, problem.weights)
    patience = None if timed_by is None else seconds
    bound = lower_bound(problem, start=routes, seconds=patience, stopwatch=timed_by)
    if np.array_equal(problem.weights, problem.customers):
        return bound, bound
    return bound, lower_bound(by_weight(problem), start=routes, seconds=patience, stopwatch=timed_by)


def by_weight(problem: PlanningProblem) -> PlanningProblem:
    """Return the problem in which each job has as many customers as it weighs."""
    jobs = zip(problem.jobs, problem.weights.tolist(), strict=True)
    return replace(problem, jobs=tuple(replace(job, customers=weight) for job, weight in jobs))


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as design §4.4 has it, and what docs/formats/plan.md adds."""
    return {
        "stops": [
            {
                "crew": stop.crew,
                "job": stop.job,
                "depart": _text(stop.depart),
                "arrive": _text(stop.arrive),
                "start": _text(stop.start),
                "finish": _text(stop.finish),
                "restored": None if stop.restored is None else _text(stop.restored),
            }
            for stop in plan.stops
        ],
        "unassigned": [
            {"job": one.job, "why": one.reason.text, "code": one.reason.code} for one in plan.unassigned
        ],
        "late": list(plan.late),
        "customer_minutes": plan.customer_minutes,
        "lower_bound": plan.lower_bound,
        "baselines": dict(plan.baselines),
        "weighted_minutes": plan.weighted_minutes,
        "weighted_lower_bound": plan.weighted_lower_bound,
        "travel_source": plan.travel_source,
        "handed_over": [
            {"job": one.job, "from_crew": one.from_crew, "to_crew": one.to_crew} for one in plan.handed_over
        ],
    }


def _stops(problem: PlanningProblem, routes: Routes) -> tuple[PlanStop, ...]:
    times = schedule(problem, routes)
    stops = []
    for crew, route in enumerate(routes):
        for job in route:
            back = times.restored[job]
            stops.append(
                PlanStop(
                    crew=problem.crews[crew].id,
                    job=problem.jobs[job].id,
                    depart=problem.time(times.depart[job]),
                    arrive=problem.time(times.arrive[job]),
                    start=problem.time(times.start[job]),
                    finish=problem.time(times.finish[job]),
                    restored=None if np.isnan(back) else problem.time(back),
                )
            )
    return tuple(stops)


def _handed_over(problem: PlanningProblem, crew_of: list[int]) -> tuple[HandedOver, ...]:
    over = []
    for number in sorted(problem.handed_over):
        job, crew = problem.jobs[number], crew_of[number]
        to_crew = problem.crews[crew].id if crew >= 0 else None
        over.append(HandedOver(job.id, str(job.under_way), to_crew))
    return tuple(over)


def _customer_minutes(problem: PlanningProblem, routes: Routes) -> float:
    return customer_minutes(problem, schedule(problem, routes).finish)


def _cost(problem: PlanningProblem, routes: Routes, changes: Changes | None) -> float:
    base = cost(problem, schedule(problem, routes).finish)
    return base if changes is None else base + changes.price(routes)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
