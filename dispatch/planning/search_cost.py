"""The true cost of a plan (`schedule.cost`), fast, and weights that draw forward what others wait for."""

from __future__ import annotations

import numpy as np

from dispatch.planning.problem import FloatArray, IntArray, PlanningProblem
from dispatch.planning.schedule import DONE_WEIGHT, LATE_WEIGHT


class TrueCost:
    """`schedule.cost` of finish times in which a number beyond the horizon stands for "not assigned"."""

    def __init__(self, problem: PlanningProblem) -> None:
        self._weights = problem.weights
        self._customers = problem.customers
        self._horizon = problem.horizon
        self._due = np.flatnonzero(np.isfinite(problem.due_by))
        self._due_by = problem.due_by[self._due]
        # Jobs with others upstream, and one list of all of them with theirs, each group from its offset on.
        self._below: IntArray = np.array(
            [j for j, up in enumerate(problem.upstream) if len(up)], dtype=np.int64
        )
        groups = [np.array([job, *problem.upstream[job]], dtype=np.int64) for job in self._below]
        self._groups: IntArray = np.concatenate(groups) if groups else np.zeros(0, dtype=np.int64)
        sizes = [0, *(len(group) for group in groups[:-1])]
        self._offsets: IntArray = np.cumsum(sizes, dtype=np.int64)

    @property
    def has_upstream(self) -> bool:
        """Return whether any job waits for another."""
        return len(self._below) > 0

    def of(self, finish: FloatArray) -> float:
        """Return the cost."""
        done = np.where(finish > self._horizon, 2 * self._horizon, finish)
        late = np.maximum(0.0, done[self._due] - self._due_by).sum() if len(self._due) else 0.0
        return float(self._weights @ self._until_back(finish) + LATE_WEIGHT * late + DONE_WEIGHT * done.sum())

    def customer_minutes(self, finish: FloatArray) -> float:
        """Return the customer-minutes."""
        return float(self._customers @ self._until_back(finish))

    def _until_back(self, finish: FloatArray) -> FloatArray:
        back = np.minimum(finish, self._horizon)
        if len(self._below):
            restored = np.maximum.reduceat(finish[self._groups], self._offsets)
            back[self._below] = np.minimum(restored, self._horizon)
        return back

    def shared_weights(self, share: float) -> FloatArray:
        """Return weights in which this share of each job's is spread over it and all that is upstream of it.

        A job whose customers wait for others gains nothing alone; with shared weights all of them are drawn
        forward together.
        """
        weights: FloatArray = self._weights + DONE_WEIGHT
        if not len(self._below):
            return weights
        sizes = np.diff(self._offsets, append=len(self._groups))
        spread = share * self._weights[self._below]
        weights[self._below] -= spread
        np.add.at(weights, self._groups, np.repeat(spread / sizes, sizes))
        return weights
