"""What plans of storms are judged by: one plan measured, and the rows of many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.plan_checker import breaches
from benchmarks.report import Row
from dispatch.planning.plan import make_plan, plan_as_json
from dispatch.planning.problem import PlanningProblem
from dispatch.planning.problem_file import problem_from_json

BELOW_NEAREST = 35.0
BELOW_PRIORITY = 4.0
GAP = 15.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A plan made and checked."""

    problem: PlanningProblem
    customer_minutes: float
    lower_bound: float
    nearest_crew: float
    priority: float
    seconds: float
    stops: int
    unassigned: int
    breaches: tuple[str, ...]

    @property
    def gap(self) -> float:
        """Return by how many per cent the plan can be better at most."""
        return _below(self.lower_bound, self.customer_minutes)

    @property
    def below_nearest(self) -> float:
        """Return how many per cent fewer customer-minutes than nearest crew."""
        return _below(self.customer_minutes, self.nearest_crew)

    @property
    def below_priority(self) -> float:
        """Return how many per cent fewer customer-minutes than priority."""
        return _below(self.customer_minutes, self.priority)


def measured(
    given: Mapping[str, Any],
    *,
    seconds: float | None = None,
    steps: int | None = None,
    baselines: bool = True,
) -> Measured:
    """Plan a problem, with the bound, and have the plan checked; `seconds` are those of the search alone."""
    problem = problem_from_json(given)
    begun = perf_counter()
    plan = make_plan(problem, seconds=seconds, iterations=steps)
    taken = perf_counter() - begun
    return Measured(
        problem=problem,
        customer_minutes=plan.customer_minutes,
        lower_bound=plan.lower_bound,
        nearest_crew=plan.baselines["nearest_crew"],
        priority=plan.baselines["priority"],
        seconds=taken,
        stops=len(plan.stops),
        unassigned=len(plan.unassigned),
        breaches=tuple(breaches(given, plan_as_json(plan), baselines=baselines)),
    )


def storm_rows(case: str, plans: Sequence[Measured], *, most_seconds: float | None) -> Iterator[Row]:
    """Yield the rows of some storms: reductions and gap in the median and the worst, time, breaches."""
    for metric, target, values in (
        ("customer-minutes below nearest_crew", BELOW_NEAREST, [plan.below_nearest for plan in plans]),
        ("customer-minutes below priority", BELOW_PRIORITY, [plan.below_priority for plan in plans]),
    ):
        yield Row(case, f"{metric}: median", float(np.median(values)), "%", target=target)
        yield Row(case, f"{metric}: worst", min(values), "%", target=0.0)
    gaps = [plan.gap for plan in plans]
    yield Row(case, "gap to the lower bound: median", float(np.median(gaps)), "%", target=GAP, at_most=True)
    yield Row(case, "gap to the lower bound: worst", max(gaps), "%")
    seconds = max(plan.seconds for plan in plans)
    yield Row(case, "a plan and its bound: worst", seconds, "s", target=most_seconds, at_most=True)
    yield violations(case, plans)


def violations(case: str, plans: Sequence[Measured]) -> Row:
    """Return how many plans break a rule."""
    count = sum(bool(plan.breaches) for plan in plans)
    return Row(case, f"plans that break a rule, of {len(plans):,}", count, "", target=0.0, at_most=True)


def _below(value: float, of: float) -> float:
    return 100.0 * (1.0 - value / of) if of > 0 else 0.0
