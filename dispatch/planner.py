"""The background planner: when to plan anew, when to improve what is in force, and when to let it be.

RULE 1: when the problem differs from the one that the plan answers, it is planned anew at once; what is
    in force is kept where a change does not earn its minimum (planning.replanning).
RULE 2: while nothing differs, the plan is improved within a bounded share of one processor, since time passes
    and crews move. What is found is put in force if any assignment or order changed, or the plan is old.
RULE 3: a search is short where there is little to search.
Nothing here writes: what is found is handed out, to be put in force in a short transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.planning.plan import Plan, make_plan
from dispatch.planning_input import RunningProblem
from dispatch.running_plan import RunningPlan

# Times in a plan are at most so much older, in real seconds, than the plan's last look.
REFRESH_EVERY_S = 30.0
_LEAST_SECONDS = 0.3
_SECONDS_PER_JOB = 0.05


@dataclass(frozen=True, slots=True)
class PlannerRules:
    """How plans are made: docs/settings.md, RELIGHT_PLANNING_…."""

    seconds: float
    processor_share: float
    change_minutes: float

    def seconds_for(self, jobs: int) -> float:
        """Return how long to search with so many jobs."""
        return min(self.seconds, _LEAST_SECONDS + _SECONDS_PER_JOB * jobs)


@dataclass
class Planner:
    """Decides what to do at each look; `stopwatch` tells real seconds. Keeps nothing that may not be lost."""

    rules: PlannerRules
    stopwatch: Callable[[], float]
    seed: int = 0
    _rest_until: float = field(default=float("-inf"), init=False)
    _put_in_force_at: float = field(default=float("-inf"), init=False)

    @property
    def rests(self) -> bool:
        """Return whether the share of the processor is used up for now."""
        return self.stopwatch() < self._rest_until

    def better_plan(
        self, running: RunningProblem, in_force: RunningPlan | None, *, on_better: Callable[[], None]
    ) -> Plan | None:
        """Return the plan to put in force now, None where the one in force may stay.

        `on_better` is called now and then while it searches.
        """
        differs = in_force is None or in_force.digest != running.digest
        if not differs and self.rests:
            return None
        begin = self.stopwatch()
        plan = self._search(running, in_force, on_better)
        end = self.stopwatch()
        self._rest_until = end + (end - begin) * (1 / self.rules.processor_share - 1)
        if not differs and in_force is not None and not self._is_news(plan, in_force, end):
            return None
        self._put_in_force_at = end
        return plan

    def _search(
        self, running: RunningProblem, in_force: RunningPlan | None, on_better: Callable[[], None]
    ) -> Plan:
        self.seed += 1
        return make_plan(
            running.problem,
            seconds=self.rules.seconds_for(len(running.problem.jobs)),
            seed=self.seed,
            keep=in_force.assignments if in_force is not None else None,
            change_minutes=self.rules.change_minutes,
            on_better=lambda _routes: on_better(),
            stopwatch=self.stopwatch,
        )

    def _is_news(self, plan: Plan, in_force: RunningPlan, now_s: float) -> bool:
        found: dict[str, list[str]] = {}
        for stop in plan.stops:
            found.setdefault(stop.crew, []).append(stop.job)
        if found != in_force.assignments:
            return True
        return bool(plan.stops) and now_s - self._put_in_force_at >= REFRESH_EVERY_S
