"""The engine: from a start to the best plan it finds within so many seconds or steps."""

from __future__ import annotations

from collections.abc import Callable

from dispatch.planning.problem import PlanningProblem
from dispatch.planning.replanning import Changes
from dispatch.planning.rules import simple_plans
from dispatch.planning.schedule import Routes, cost, customer_minutes, schedule
from dispatch.planning.search import Limit, Search

# Of customer-minutes; sums of floats in another order differ by less.
_SAME = 1e-9


def improve(
    problem: PlanningProblem,
    *,
    start: Routes,
    seed: int,
    seconds: float | None = None,
    iterations: int | None = None,
    time: Callable[[], float] | None = None,
    most_customer_minutes: float | None = None,
    changes: Changes | None = None,
    on_better: Callable[[Routes], None] | None = None,
) -> Routes:
    """Return a plan that costs no more than `start` (`schedule.cost`), which keeps all rules.

    Args:
        problem: What to plan.
        start: Where the search begins.
        seed: What chance draws from.
        seconds: Stop then, by `time` (as time.monotonic), which is needed with it.
        time: A stopwatch in seconds.
        iterations: Stop after so many steps; the answer then depends on the seed alone.
        most_customer_minutes: Plans with more customer-minutes are not kept; by default any may be.
        changes: What it costs to change a plan in force, on top of `schedule.cost`.
        on_better: Told every plan that is better than all before.
    """
    limit = _limit(seconds, iterations, time)
    most = float("inf") if most_customer_minutes is None else most_customer_minutes * (1 + _SAME)
    search = Search(
        problem,
        start=start,
        seed=seed,
        changes=changes,
        most_customer_minutes=most,
        on_better=on_better,
    )
    return search.run(limit)


def best_simple_plan(problem: PlanningProblem) -> Routes:
    """Return the plan of the simple rule with the fewest customer-minutes, then the lowest cost."""

    def measures(routes: Routes) -> tuple[float, float]:
        finish = schedule(problem, routes).finish
        return customer_minutes(problem, finish), cost(problem, finish)

    return min(simple_plans(problem).values(), key=measures)


def _limit(seconds: float | None, iterations: int | None, time: Callable[[], float] | None) -> Limit:
    if seconds is not None and time is not None:
        begin = time()

        def done(step: int) -> float:
            by_time = (time() - begin) / seconds if seconds > 0 else 1.0
            return max(by_time, step / iterations) if iterations else by_time

        return Limit(done)
    if iterations is None:
        msg = "a search needs a limit: seconds with the time, or iterations"
        raise ValueError(msg)
    return Limit(lambda step: step / iterations if iterations else 1.0)
