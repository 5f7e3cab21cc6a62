"""The least that each crew's route can cost when jobs have prices: a walk back through time in cells.

A node is a job within a group of crews. `later[node, cell]` is the least cost of all that follows when the
node's job is finished at the start of the cell, never above 0 (go home); `coming[node, cell]` is the cost of
finishing the job then, less its price, and of all that follows.

RULE 1: for a way from job a to job b, finishing at F = max(t + travel + repair, not_before + repair) costs
    weight × F − price and what follows F. What follows is counted from the start of F's cell: it is never
    cheaper to go on later. Nothing follows after the group's `until`.
RULE 2: the ways to the nearest jobs are taken as they are. All others into a job count as long as the
    shortest of them, so that they can be looked at once for all jobs that they come from.
RULE 3: a way must take a cell at least. Jobs that can be reached and repaired faster are taken out: they
    cost what they cost at the earliest, take no crew's time, and may be passed on the way (lengths of ways
    are then those through them where that is shorter).
RULE 4: a price above weight × `until` would earn after `until`, so prices must not be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatch.planning.lower_bound_crews import CrewGroup, free_jobs
from dispatch.planning.problem import BoolArray, FloatArray, IntArray, PlanningProblem

_Numbers = npt.NDArray[np.floating]

# So much later than its end a shift may be: times that were rounded on the way.
_TOLERANCE = 1e-6
_NO_WAY = 1e30


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely it is counted; what is not exact only serves to find prices."""

    cells: int
    neighbours: int
    groups: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Jobs of all groups in one row, the longest `until` first; ways as steps in cells, and what is over."""

    jobs: IntArray
    group_starts: IntArray
    group_of: IntArray
    cells: IntArray
    near: IntArray
    steps: IntArray
    over: FloatArray
    far_steps: IntArray
    far_over: FloatArray
    first_finish: FloatArray
    first_cell: IntArray
    has_not_before: IntArray


class CrewRoutes:
    """All crews' least costs, for any prices."""

    def __init__(
        self,
        problem: PlanningProblem,
        groups: Sequence[CrewGroup],
        weights: FloatArray,
        *,
        until: float,
        grain: Grain,
    ) -> None:
        self._problem, self._weights, self._grain = problem, weights, grain
        self._cell = _cell_minutes(until, grain.cells)
        self._begin = problem.available_from.copy()
        self._way = problem.from_crews.copy()
        self._between = problem.between_jobs.copy()
        np.fill_diagonal(self._between, np.inf)
        self._is_priced: BoolArray = np.asarray(free_jobs(problem).any(axis=0))
        self._fixed = float(weights[~self._is_priced].sum()) * problem.horizon
        for crew, first in enumerate(problem.first_jobs):
            if first is not None:
                self._begin[crew] = problem.first_finish(crew, first)
                self._way[crew] = problem.between_jobs[first]
                self._fixed += float(weights[first]) * (self._begin[crew] - problem.horizon)
        if grain.is_exact:
            self._take_out_quick_jobs()
        left = [(group, np.flatnonzero(group.may_do & self._is_priced)) for group in groups]
        self._groups = [(group, jobs) for group, jobs in left if len(jobs)]
        self._number = np.float64 if grain.is_exact else np.float32
        if self._groups:
            self._until = until
            self._nodes = self._make_nodes()
            self._ends = self._make_ends()

    def cheapest(self, prices: FloatArray) -> tuple[float, FloatArray]:
        """Return the bound under these prices, and how often each job is done by the cheapest routes."""
        done = np.where(self._is_priced, 0.0, 1.0)
        bound = self._fixed + float(prices[self._is_priced].sum())
        if not self._groups:
            return bound, done
        nodes = self._nodes
        price, weight = prices[nodes.jobs], self._weights[nodes.jobs]
        walk = _Walk(nodes, price, weight, cell=self._cell, number=self._number)
        for crew_count, finish, cell, is_open, first_node in self._ends:
            on = slice(first_node, first_node + finish.shape[1])
            cost = weight[on] * finish - price[on] + walk.later[np.arange(on.start, on.stop), cell]
            cost[~is_open] = np.inf
            choice = cost.argmin(axis=1)
            least = cost[np.arange(crew_count), choice]
            bound += float(np.minimum(least, 0.0).sum())
            goes = least < 0
            walk.follow(choice[goes] + first_node, cell[np.arange(crew_count), choice][goes], done)
        return bound, done

    def _take_out_quick_jobs(self) -> None:
        problem = self._problem
        while True:
            into = self._between[self._is_priced].min(axis=0, initial=np.inf)
            is_quick = self._is_priced & (into + problem.repair_minutes < self._cell)
            if not is_quick.any():
                return
            for job in np.flatnonzero(is_quick).tolist():
                onward = self._between[job] + problem.repair_minutes[job]
                onward[job] = np.inf
                self._way = np.minimum(self._way, self._way[:, job, None] + onward)
                self._between = np.minimum(self._between, self._between[:, job, None] + onward)
                np.fill_diagonal(self._between, np.inf)
                self._is_priced[job] = False
            self._count_at_earliest(np.flatnonzero(is_quick))

    def _count_at_earliest(self, jobs: IntArray) -> None:
        """Count each of these jobs at the earliest that anybody could have finished it."""
        problem = self._problem
        ways = np.minimum(self._way[:, jobs], self._between[:, jobs].min(axis=0, initial=np.inf))
        finish = (
            np.maximum(self._begin[:, None] + ways, problem.not_before[jobs]) + problem.repair_minutes[jobs]
        )
        finish[~free_jobs(problem)[:, jobs]] = np.inf
        earliest = np.minimum(finish.min(axis=0), problem.horizon)
        self._fixed += float(self._weights[jobs] @ earliest)

    def _make_nodes(self) -> _Nodes:
        parts = [self._ways_within(group, jobs) for group, jobs in self._groups]
        counts = np.array([len(jobs) for _, jobs in self._groups])
        starts = np.cumsum(counts) - counts
        width = max(near.shape[1] for near, _, _, _ in parts)
        jobs = np.concatenate([jobs for _, jobs in self._groups])
        near = np.zeros((len(jobs), width), dtype=np.int64)
        legs = np.full((len(jobs), width), np.inf)
        far = np.concatenate([far for _, _, far, _ in parts])
        cells = np.concatenate(
            [np.full(count, cells) for count, (_, _, _, cells) in zip(counts, parts, strict=True)]
        )
        for start, (to, minutes, _, _) in zip(starts.tolist(), parts, strict=True):
            near[start : start + len(to), : to.shape[1]] = to + start
            legs[start : start + len(to), : to.shape[1]] = minutes
        first_finish = self._problem.not_before[jobs] + self._problem.repair_minutes[jobs]
        waits = self._problem.not_before[jobs] > 0
        steps, over = self._in_cells(legs)
        far_steps, far_over = self._in_cells(far)
        return _Nodes(
            jobs=jobs,
            group_starts=starts,
            group_of=np.repeat(np.arange(len(counts)), counts),
            cells=cells,
            near=near,
            steps=steps,
            # Where the job may wait, what is over may be waited away.
            over=np.where(waits[near], 0.0, over),
            far_steps=far_steps,
            far_over=np.where(waits, 0.0, far_over),
            first_finish=first_finish,
            first_cell=np.where(waits, first_finish // self._cell, 0).astype(np.int64),
            has_not_before=np.flatnonzero(waits),
        )

    def _ways_within(self, group: CrewGroup, jobs: IntArray) -> tuple[IntArray, FloatArray, FloatArray, int]:
        """Return of some jobs the nearest of each (places in `jobs`) and the minutes to be through with them.

        And the minutes into each job by all ways that are left, and in how many cells the group may finish.
        """
        ways = self._between[np.ix_(jobs, jobs)]
        count = min(self._grain.neighbours, len(jobs))
        near = np.argsort(ways, axis=1, kind="stable")[:, :count]
        minutes = np.take_along_axis(ways, near, axis=1)
        others = ways.copy()
        np.put_along_axis(others, near, np.inf, axis=1)
        repair = self._problem.repair_minutes[jobs]
        until = min(group.until, self._until) + _TOLERANCE
        return near, minutes + repair[near], others.min(axis=0) + repair, int(until // self._cell) + 1

    def _in_cells(self, minutes: FloatArray) -> tuple[IntArray, FloatArray]:
        beyond = int(self._until // self._cell) + 2
        known = np.where(np.isfinite(minutes), minutes, 0.0)
        whole = np.minimum(known // self._cell, beyond)
        over = known - whole * self._cell
        steps = np.where(np.isfinite(minutes), np.maximum(whole, 1), beyond).astype(np.int64)
        return steps, np.where(np.isfinite(minutes), over, 0.0)

    def _make_ends(self) -> list[tuple[int, FloatArray, IntArray, BoolArray, int]]:
        """Return of each group: crews, when each would finish each job as its first, the cell, if it may."""
        problem, ends, start = self._problem, [], 0
        may = free_jobs(problem)
        for group, jobs in self._groups:
            crews = np.array(group.crews, dtype=np.int64)
            arrive = self._begin[crews, None] + self._way[np.ix_(crews, jobs)]
            finish = np.maximum(arrive, problem.not_before[jobs]) + problem.repair_minutes[jobs]
            until = np.minimum(problem.available_until[crews], self._until)[:, None] + _TOLERANCE
            is_open = may[np.ix_(crews, jobs)] & (finish <= until)
            finish = np.where(is_open, finish, 0.0)
            ends.append((len(crews), finish, (finish // self._cell).astype(np.int64), is_open, start))
            start += len(jobs)
        return ends


class _Walk:
    """From the last cell back to the first; then forward along the cheapest."""

    def __init__(
        self, nodes: _Nodes, price: FloatArray, weight: FloatArray, *, cell: float, number: type[np.floating]
    ) -> None:
        self._nodes, count, cells = nodes, len(nodes.jobs), int(nodes.cells[0])
        width = cells + int(max(nodes.steps.max(initial=1), nodes.far_steps.max(initial=1))) + 1
        self.later: _Numbers = np.zeros((count, cells), dtype=number)
        self._coming: _Numbers = np.full((count, width), _NO_WAY, dtype=number)
        self._to = nodes.near * width + nodes.steps
        self._over = (weight[nodes.near] * nodes.over).astype(number)
        self._far_to = np.arange(count) * width + nodes.far_steps
        self._far_over = (weight * nodes.far_over).astype(number)
        self._has_far = bool((nodes.far_steps < cells).any())
        at_the_start = weight * (np.arange(cells)[:, None] * cell) - price
        active = np.searchsorted(-nodes.cells, -np.arange(cells), side="left")
        place, cost = np.empty_like(self._to), np.empty(self._to.shape, dtype=number)
        flat = self._coming.ravel()
        for now in range(cells - 1, -1, -1):
            on = int(active[now])
            np.add(self._to[:on], now, out=place[:on])
            flat.take(place[:on], out=cost[:on], mode="clip")
            cost[:on] += self._over[:on]
            least = cost[:on].min(axis=1)
            if self._has_far:
                np.minimum(least, self._far(flat, now, on), out=least)
            np.minimum(least, 0.0, out=least)
            self.later[:on, now] = least
            self._coming[:on, now] = least + at_the_start[now, :on]
            self._wait(weight, price, now)

    def _wait(self, weight: FloatArray, price: FloatArray, now: int) -> None:
        """Have what comes before `not_before` finish when it can at the earliest."""
        nodes = self._nodes
        waiting = nodes.has_not_before[now < nodes.first_cell[nodes.has_not_before]]
        if len(waiting):
            cell = nodes.first_cell[waiting]
            in_time = cell < nodes.cells[waiting]
            follows = self.later[waiting, np.minimum(cell, self.later.shape[1] - 1)]
            cost = weight[waiting] * nodes.first_finish[waiting] - price[waiting] + follows
            self._coming[waiting, now] = np.where(in_time, cost, _NO_WAY)

    def _far(self, flat: _Numbers, now: int, on: int) -> _Numbers:
        """Return the least over all ways that are not to the nearest, of each node, but not to itself."""
        starts = self._nodes.group_starts[self._nodes.group_starts < on]
        group_of = self._nodes.group_of[:on]
        cost = flat.take(self._far_to[:on] + now, mode="clip") + self._far_over[:on]
        least: _Numbers = np.minimum.reduceat(cost, starts)[group_of]
        is_least = cost == least
        is_only = is_least & (np.add.reduceat(is_least.astype(np.int64), starts)[group_of] == 1)
        second = np.minimum.reduceat(np.where(is_least, _NO_WAY, cost), starts)[group_of]
        return np.where(is_only, second, least)

    def follow(self, node: IntArray, cell: IntArray, done: FloatArray) -> None:
        """Count each job that the cheapest routes from here do."""
        nodes, flat = self._nodes, self._coming.ravel()
        while len(node):
            np.add.at(done, nodes.jobs[node], 1.0)
            goes = self.later[node, cell] < 0
            node, cell = node[goes], cell[goes]
            if not len(node):
                return
            cost = flat.take(self._to[node] + cell[:, None], mode="clip") + self._over[node]
            choice = cost.argmin(axis=1)
            rows = np.arange(len(node))
            following, step = nodes.near[node, choice], nodes.steps[node, choice]
            if self._has_far:
                is_far = self.later[node, cell] < cost[rows, choice]
                for row in np.flatnonzero(is_far).tolist():
                    following[row] = self._far_choice(int(node[row]), int(cell[row]))
                    step[row] = nodes.far_steps[following[row]]
            node, cell = following, np.maximum(cell + step, nodes.first_cell[following])
            inside = cell < nodes.cells[node]
            node, cell = node[inside], cell[inside]

    def _far_choice(self, node: int, now: int) -> int:
        same = np.flatnonzero(self._nodes.group_of == self._nodes.group_of[node])
        cost = self._coming.ravel().take(self._far_to[same] + now, mode="clip") + self._far_over[same]
        cost[same == node] = _NO_WAY
        return int(same[cost.argmin()])


def _cell_minutes(until: float, cells: int) -> float:
    """Return the smallest power of two of minutes of which so many cells reach `until`."""
    return float(2.0 ** np.ceil(np.log2(max(until, 1.0) / cells)))
