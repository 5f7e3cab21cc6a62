"""The background planner: when to plan anew, when to improve what is in force, and when to let it be.

RULE 1: when the problem differs from the one that the plan answers, it is planned anew at once; what is
    in force is kept where a change does not earn its minimum (planning.replanning).
RULE 2: while nothing differs, the plan is improved within a bounded share of one processor, since time passes
    and crews move. What is found is put in force if any assignment or order changed, or the plan is old.
RULE 3: a search is short where there is little to search, and is cut short when the picture that it was made
    from is out of date: what it has found by then holds until the next one, which follows at once.
RULE 4: a plan for another problem is handed out before its bound is looked for; the bound follows, unless the
    picture is out of date by then. The bound counts against the share of the processor like a search.
Nothing here writes: what is found is handed out, to be put in force in a short transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.planning.plan import Plan, make_plan, with_bound
from dispatch.planning_input import RunningProblem
from dispatch.running_plan import RunningPlan

# Times in a plan are at most so much older, in real seconds, than the plan's last look.
REFRESH_EVERY_S = 30.0
_LEAST_SECONDS = 0.3
_SECONDS_PER_JOB = 0.05
# A search that is out of date has at least so much of its time: in a storm something changes all the time.
_LEAST_SHARE = 0.2
# Looking whether a search is out of date costs a question to the database.
_ASK_EVERY_S = 0.4
# Customers and weights have a bound each.
_BOUNDS = 2


class OutOfDateError(Exception):
    """What the bound is looked for has changed meanwhile."""


@dataclass(frozen=True, slots=True)
class PlannerRules:
    """How plans are made: docs/settings.md, RELIGHT_PLANNING_…."""

    seconds: float
    processor_share: float
    change_minutes: float
    bound_seconds: float = 2.0

    def seconds_for(self, jobs: int) -> float:
        """Return how long to search with so many jobs."""
        return min(self.seconds, _LEAST_SECONDS + _SECONDS_PER_JOB * jobs)


@dataclass
class _Asking:
    """Asks now and then whether the picture is out of date; once it is, it stays so."""

    stopwatch: Callable[[], float]
    is_out_of_date: Callable[[], bool]
    _told: bool = False
    _ask_at: float = float("-inf")

    def is_told(self) -> bool:
        """Return whether it was out of date when last asked."""
        now = self.stopwatch()
        if not self._told and now >= self._ask_at:
            self._told = self.is_out_of_date()
            self._ask_at = now + _ASK_EVERY_S
        return self._told


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
        self, running: RunningProblem, in_force: RunningPlan | None, *, is_out_of_date: Callable[[], bool]
    ) -> Plan | None:
        """Return the plan to put in force now, None where the one in force may stay.

        `is_out_of_date` is asked now and then while it searches; what it raises ends the search. A plan for
        another problem comes with a rough bound: `bounded` follows.
        """
        differs = in_force is None or in_force.digest != running.digest
        if not differs and (self.rests or not running.problem.jobs):
            return None
        begin = self.stopwatch()
        plan = self._search(running, in_force, is_out_of_date)
        if not differs:
            plan = self._with_bound(running, plan, is_out_of_date) or plan
        end = self.stopwatch()
        self._rest_from(end, took=end - begin)
        if not differs and in_force is not None and not self._is_news(plan, in_force, end):
            return None
        self._put_in_force_at = end
        return plan

    def bounded(
        self, running: RunningProblem, plan: Plan, *, is_out_of_date: Callable[[], bool]
    ) -> Plan | None:
        """Return the plan with a bound that was looked for, None where the picture is out of date by now."""
        if not plan.stops:
            return None
        begin = self.stopwatch()
        found = self._with_bound(running, plan, is_out_of_date)
        end = self.stopwatch()
        # The rest after the search is still to come: the bound was looked for within it.
        self._rest_from(max(end, self._rest_until + end - begin), took=end - begin)
        return found

    def _rest_from(self, at: float, *, took: float) -> None:
        self._rest_until = at + took * (1 / self.rules.processor_share - 1)

    def _with_bound(
        self, running: RunningProblem, plan: Plan, is_out_of_date: Callable[[], bool]
    ) -> Plan | None:
        asking = _Asking(self.stopwatch, is_out_of_date)

        def time() -> float:
            if asking.is_told():
                raise OutOfDateError
            return self.stopwatch()

        try:
            if asking.is_told():
                return None
            return with_bound(
                running.problem, plan, seconds=self.rules.bound_seconds / _BOUNDS, stopwatch=time
            )
        except OutOfDateError:
            return None

    def _search(
        self, running: RunningProblem, in_force: RunningPlan | None, is_out_of_date: Callable[[], bool]
    ) -> Plan:
        self.seed += 1
        seconds = self.rules.seconds_for(len(running.problem.jobs))
        asking = _Asking(self.stopwatch, is_out_of_date)
        begin = self.stopwatch()

        def time() -> float:
            now = self.stopwatch()
            told = asking.is_told()
            return float("inf") if told and now - begin >= _LEAST_SHARE * seconds else now

        return make_plan(
            running.problem,
            seconds=seconds,
            seed=self.seed,
            # Kept or not: a danger made safe first may cost more customer-minutes than a simple rule has.
            keep=in_force.assignments if in_force is not None else {},
            change_minutes=self.rules.change_minutes,
            stopwatch=time,
            bound_seconds=0.0,
        )

    def _is_news(self, plan: Plan, in_force: RunningPlan, now_s: float) -> bool:
        found: dict[str, list[str]] = {}
        for stop in plan.stops:
            found.setdefault(stop.crew, []).append(stop.job)
        if found != in_force.assignments:
            return True
        return bool(plan.stops) and now_s - self._put_in_force_at >= REFRESH_EVERY_S
