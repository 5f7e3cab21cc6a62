"""The simple rules that plans are measured against, played event by event (design §4.4).

RULE 1: `nearest_crew` takes jobs in the order of report, `priority` by customers, most first.
RULE 2: whenever a crew is free, the first job in that order that a free crew may do, can begin in time, and
    can finish within its shift, is taken by the nearest such crew (by travel minutes, then the order of
    crews).
RULE 3: a job is there to be taken from its `not_before` on: nobody sets off for it sooner, nor stands there
    waiting, which would make the rules worse than they need be. A crew with a job under way begins with it.

A crew that stays free found no job it could finish, and later it would finish later still. So only new pairs
are looked at: crews that have just become free with all that waits, and idle crews with jobs that are new.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from dispatch.planning.problem import BoolArray, FloatArray, IntArray, PlanningProblem
from dispatch.planning.schedule import Routes

NEAREST_CREW = "nearest_crew"
PRIORITY = "priority"


def simple_plans(problem: PlanningProblem) -> dict[str, Routes]:
    """Return the routes of each simple rule."""
    by_customers = np.argsort(-problem.customers, kind="stable").tolist()
    return {
        NEAREST_CREW: in_order(problem, range(len(problem.jobs))),
        PRIORITY: in_order(problem, by_customers),
    }


def in_order(problem: PlanningProblem, order: Sequence[int]) -> Routes:
    """Return the routes when free crews take the jobs in this order."""
    return _Play(problem, order).to_the_end()


class _Play:
    """Where every crew is, what waits, and what happens next."""

    def __init__(self, problem: PlanningProblem, order: Sequence[int]) -> None:
        self._problem = problem
        self._routes: list[list[int]] = [[] for _ in problem.crews]
        self._travel: FloatArray = problem.from_crews.copy()
        under_way = {job for job in problem.first_jobs if job is not None}
        can_be_done = set(np.flatnonzero(problem.may_do.any(axis=0)).tolist()) - under_way
        waiting = [job for job in order if job in can_be_done]
        # In the order of the rule; a job that is taken stays, and is no longer `open`.
        self._jobs: IntArray = np.array(waiting, dtype=np.int64)
        self._open: BoolArray = np.zeros(len(waiting), dtype=np.bool_)
        self._not_before: FloatArray = problem.not_before[self._jobs]
        self._not_after: FloatArray = problem.not_after[self._jobs]
        self._repair: FloatArray = problem.repair_minutes[self._jobs]
        self._may: BoolArray = np.ascontiguousarray(problem.may_do[:, self._jobs])
        self._left = len(waiting)
        self._idle: set[int] = set()
        # (minute, crew) when a crew becomes free; (minute, −1) when a job may first be taken.
        self._events = [(minute, -1) for minute in sorted(set(self._not_before.tolist()))]
        for crew, first in enumerate(problem.first_jobs):
            free_at = float(problem.available_from[crew])
            if first is None:
                self._events.append((free_at, crew))
            else:
                self._send(crew, first, free_at)
        heapq.heapify(self._events)

    def to_the_end(self) -> Routes:
        """Return the routes once nothing more happens."""
        while self._events and self._left:
            minute, freed, jobs_are_new = self._events[0][0], list[int](), False
            while self._events and self._events[0][0] == minute:
                _, crew = heapq.heappop(self._events)
                if crew >= 0:
                    freed.append(crew)
                else:
                    jobs_are_new = True
            self._hand_out(minute, freed=freed, jobs_are_new=jobs_are_new)
        return tuple(tuple(route) for route in self._routes)

    def _hand_out(self, minute: float, *, freed: list[int], jobs_are_new: bool) -> None:
        if jobs_are_new:
            self._open |= self._not_before == minute
        self._idle.update(freed)
        crews = np.array(sorted(self._idle if jobs_are_new else freed), dtype=np.int64)
        fits = self._fitting(crews, minute)
        looking = int(fits.any(axis=1).sum())
        for place in np.flatnonzero(fits.any(axis=0)).tolist():
            if not looking:
                return
            rows = np.flatnonzero(fits[:, place])
            if len(rows):
                job = int(self._jobs[place])
                row = int(rows[np.argmin(self._travel[crews[rows], job])])
                crew = int(crews[row])
                fits[row] = False
                looking -= 1
                self._open[place] = False
                self._left -= 1
                self._idle.remove(crew)
                self._send(crew, job, minute)

    def _fitting(self, crews: IntArray, minute: float) -> BoolArray:
        """Return which crews (rows) may take which open jobs now (columns) and finish within their shift."""
        fits = np.zeros((len(crews), len(self._jobs)), dtype=np.bool_)
        open_jobs = np.flatnonzero(self._open)
        start = np.maximum(
            minute + self._travel[np.ix_(crews, self._jobs[open_jobs])], self._not_before[open_jobs]
        )
        in_time = start + self._repair[open_jobs] <= self._problem.available_until[crews, None]
        in_time &= start <= self._not_after[open_jobs]
        fits[:, open_jobs] = in_time & self._may[np.ix_(crews, open_jobs)]
        return fits

    def _send(self, crew: int, job: int, minute: float) -> None:
        problem = self._problem
        self._routes[crew].append(job)
        start = max(minute + float(self._travel[crew, job]), float(problem.not_before[job]))
        heapq.heappush(self._events, (start + float(problem.repair_minutes[job]), crew))
        self._travel[crew] = problem.between_jobs[job]
