"""The simple rules that plans are measured against, played event by event (design §4.4).

RULE 1: `nearest_crew` takes jobs in the order of report, `priority` by customers, most first.
RULE 2: whenever a crew is free, the first job in that order that a free crew may do, and can finish within
    its shift, is taken by the nearest such crew (by travel minutes, then the order of crews).
RULE 3: a job is there to be taken from its `not_before` on. A crew with a job under way begins with it.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from dispatch.planning.problem import PlanningProblem
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
        self._travel = [problem.from_crews[crew] for crew in range(len(problem.crews))]
        under_way = {job for job in problem.first_jobs if job is not None}
        self._waiting = [job for job in order if job not in under_way and problem.may_do[:, job].any()]
        self._free: set[int] = set()
        # (minute, crew) when a crew becomes free; (minute, −1) when a job may first be taken.
        self._events = [(float(problem.not_before[job]), -1) for job in self._waiting]
        for crew, first in enumerate(problem.first_jobs):
            free_at = float(problem.available_from[crew])
            if first is None:
                self._events.append((free_at, crew))
            else:
                self._send(crew, first, free_at)
        heapq.heapify(self._events)

    def to_the_end(self) -> Routes:
        """Return the routes once nothing more happens."""
        while self._events and self._waiting:
            minute = self._events[0][0]
            while self._events and self._events[0][0] == minute:
                _, crew = heapq.heappop(self._events)
                if crew >= 0:
                    self._free.add(crew)
            self._hand_out(minute)
        return tuple(tuple(route) for route in self._routes)

    def _hand_out(self, minute: float) -> None:
        for job in list(self._waiting):
            if not self._free:
                return
            nearest = self._nearest(job, minute) if self._problem.not_before[job] <= minute else None
            if nearest is not None:
                self._waiting.remove(job)
                self._free.remove(nearest)
                self._send(nearest, job, minute)

    def _send(self, crew: int, job: int, minute: float) -> None:
        self._routes[crew].append(job)
        heapq.heappush(self._events, (self._finish(crew, job, minute), crew))
        self._travel[crew] = self._problem.between_jobs[job]

    def _finish(self, crew: int, job: int, minute: float) -> float:
        start = max(minute + float(self._travel[crew][job]), float(self._problem.not_before[job]))
        return start + float(self._problem.repair_minutes[job])

    def _nearest(self, job: int, minute: float) -> int | None:
        """Return the free crew that is there first, of those that may do it and finish within their shift."""
        fitting = [
            crew
            for crew in sorted(self._free)
            if self._problem.may_do[crew, job]
            and self._finish(crew, job, minute) <= self._problem.available_until[crew]
        ]
        return min(fitting, key=lambda crew: (float(self._travel[crew][job]), crew), default=None)
