"""Routes held in arrays, so that all places where a job could go are priced at once.

A node is a crew (0…) or a job (after the crews). "After node u" is a place for a job: at the head of a route
after its crew, or behind a job. Everything that the price of a place depends on is kept per node:

    free      when the crew leaves u
    arrival   when it reaches the next node as things are (at the end of a route: `free`)
    behind    Σ weights of the jobs after u, which an insertion delays
    slack     by how much the next node may be reached later and all after it still begin in time and be done
              within the shift; waiting for `not_before` gives slack (forward time slack, Savelsbergh 1992)

RULE 1: the price of job v after u is weight(v) × finish(v) + delay × behind(u). Without `not_before` behind u
    and without `after` this is exact; else it is an estimate, and the search weighs what it did by the true
    cost.
RULE 2: a place is open if the crew may do the job and the delay is within the slack, up to rounding; `insert`
    looks at the times themselves, and refuses what does not fit.
RULE 3: where a detour is shorter than the way itself, taking a job off can make a route later. A crew that is
    not done by the end of its shift any longer, or begins a job too late, is in `overrun`; such routes are no
    plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dispatch.planning.problem import FloatArray, IntArray, PlanningProblem
from dispatch.planning.schedule import Routes

# Minutes; beyond every horizon (the calendar ends before), and small enough that sums stay exact enough.
NEVER = 1e13
_NO_WAY = 1e10
_ROUNDING = 1e-7
_FREE, _ARRIVAL, _BEHIND, _SLACK = range(4)


class Snapshot(NamedTuple):
    """All that a step may change."""

    numbers: FloatArray
    links: IntArray
    routes: list[list[int]]
    overrun: set[int]


class SearchState:
    """Routes of nodes, changed in place."""

    def __init__(
        self,
        problem: PlanningProblem,
        routes: Routes,
        weights: FloatArray,
        *,
        change_prices: FloatArray | None = None,
    ) -> None:
        self.crew_count, self.job_count = len(problem.crews), len(problem.jobs)
        self.node_count = nodes = self.crew_count + self.job_count
        self._to, self._from = _matrices(problem)
        self._rows: list[list[float]] = self._from.tolist()
        idle = [0.0] * self.crew_count
        self._repair: list[float] = idle + problem.repair_minutes.tolist()
        self._not_before: list[float] = idle + problem.not_before.tolist()
        self._not_after: list[float] = [np.inf] * self.crew_count + problem.not_after.tolist()
        self._available_from: list[float] = problem.available_from.tolist()
        self._available_until: list[float] = problem.available_until.tolist()
        # Crews in columns, and one more that means unassigned: nobody may.
        self._may = np.concatenate([problem.may_do.T, np.zeros((self.job_count, 1), np.bool_)], axis=1)
        self._change_prices = change_prices
        self._job_numbers = np.arange(self.job_count)
        self._horizon = problem.horizon
        self.has_first = [first is not None for first in problem.first_jobs]
        self.weights: list[float] = idle + weights.tolist()
        self._numbers = np.zeros((4, nodes))
        self._numbers[_FREE], self._numbers[_SLACK] = NEVER, -1.0
        # The next node (past the last: none), and the crew (past the last: unassigned).
        self._links = np.full((2, nodes), nodes, dtype=np.int64)
        self._links[1] = self.crew_count
        self.overrun: set[int] = set()
        self.routes = [[job + self.crew_count for job in route] for route in routes]
        for crew in range(self.crew_count):
            self.refresh(crew)

    def refresh(self, crew: int) -> None:
        """Work the numbers of a crew's route out again."""
        route, rows, not_before, repair = self.routes[crew], self._rows, self._not_before, self._repair
        not_after = self._not_after
        node, now = crew, self._available_from[crew]
        free, arrivals, waits, spares = [now], [], [], []
        for job in route:
            arrival = now + rows[node][job]
            start = max(arrival, not_before[job])
            now = start + repair[job]
            free.append(now)
            arrivals.append(arrival)
            waits.append(start - arrival)
            spares.append(not_after[job] - start)
            node = job
        arrivals.append(now)
        behind, slack = [0.0], [self._available_until[crew] - now]
        weight_sum, slack_left = 0.0, slack[0]
        for place in range(len(route) - 1, -1, -1):
            weight_sum += self.weights[route[place]]
            slack_left = min(slack_left, spares[place]) + waits[place]
            behind.append(weight_sum)
            slack.append(slack_left)
        # A crew whose shift is over has no slack either, but no job to be late with.
        if route and (slack[0] < 0.0 or min(spares) < 0.0):
            self.overrun.add(crew)
        else:
            self.overrun.discard(crew)
        nodes = [crew, *route]
        self._numbers[:, nodes] = (free, arrivals, behind[::-1], slack[::-1])
        self._links[0, nodes] = [*route, self.node_count]
        self._links[1, nodes] = crew
        if self.has_first[crew]:
            self._numbers[_SLACK, crew] = -np.inf

    def reweigh(self, weights: FloatArray) -> None:
        """Price jobs by other weights from now on."""
        self.weights[self.crew_count :] = weights.tolist()
        for crew in range(self.crew_count):
            self.refresh(crew)

    def prices(self, node: int) -> FloatArray:
        """Return the price of this job after every node; infinite where it may not go."""
        numbers, job = self._numbers, node - self.crew_count
        finish = np.maximum(numbers[_FREE] + self._to[node], self._not_before[node])
        is_open = finish <= self._not_after[node]
        finish += self._repair[node]
        delay = finish + self._from[node][self._links[0]]
        delay -= numbers[_ARRIVAL]
        is_open &= delay <= numbers[_SLACK] + _ROUNDING
        is_open &= self._may[job][self._links[1]]
        price: FloatArray = np.maximum(delay, 0.0, out=delay)
        price *= numbers[_BEHIND]
        finish *= self.weights[node]
        price += finish
        if self._change_prices is not None:
            price += self._change_prices[job][self._links[1]]
        price[~is_open] = np.inf
        return price

    def price_of_leaving_out(self, node: int) -> float:
        """Return what it costs that nobody does a job."""
        price = self.weights[node] * self._horizon
        if self._change_prices is not None:
            price += float(self._change_prices[node - self.crew_count, -1])
        return price

    def changed_price(self) -> float:
        """Return what it costs that jobs are with other crews than in the plan in force."""
        if self._change_prices is None:
            return 0.0
        crews = self._links[1, self.crew_count :]
        return float(self._change_prices[self._job_numbers, crews].sum())

    def insert(self, node: int, *, after: int) -> bool:
        """Put a job behind a node; if the crew is then not done within its shift, leave it and say so."""
        crew = self.crew_of(after)
        route = self.routes[crew]
        place = 0 if after == crew else route.index(after) + 1
        self.routes[crew] = [*route[:place], node, *route[place:]]
        self.refresh(crew)
        if crew not in self.overrun:
            return True
        self.remove(crew, place, place + 1)
        return False

    def insert_at_best(self, node: int, prices: FloatArray) -> bool:
        """Put a job where it costs least, if it fits anywhere and that is worth it; `prices` are used up."""
        while prices[after := int(prices.argmin())] < self.price_of_leaving_out(node):
            if self.insert(node, after=after):
                return True
            prices[after] = np.inf
        return False

    def remove(self, crew: int, first: int, last: int) -> list[int]:
        """Take the jobs from place `first` to before `last` out of a route, and return them."""
        route = self.routes[crew]
        taken = route[first:last]
        self.routes[crew] = route[:first] + route[last:]
        self._numbers[_FREE, taken], self._numbers[_SLACK, taken] = NEVER, -1.0
        self._links[1, taken] = self.crew_count
        self.refresh(crew)
        return taken

    def crew_of(self, node: int) -> int:
        """Return the crew whose route a node is on; the number of crews where it is on none."""
        return int(self._links[1, node])

    def finish(self) -> FloatArray:
        """Return when each job is finished; NEVER where it is not assigned."""
        return self._numbers[_FREE, self.crew_count :]

    def snapshot(self) -> Snapshot:
        """Return what `go_back` needs."""
        return Snapshot(self._numbers.copy(), self._links.copy(), list(self.routes), set(self.overrun))

    def go_back(self, snapshot: Snapshot) -> None:
        """Undo everything since the snapshot, which is used up."""
        self._numbers, self._links, self.routes, self.overrun = snapshot

    def as_routes(self) -> Routes:
        """Return the routes as tuples of job numbers."""
        return tuple(tuple(node - self.crew_count for node in route) for route in self.routes)

    def unassigned(self, jobs: Sequence[int]) -> list[int]:
        """Return the nodes of those of these jobs that are on no route."""
        nodes = (job + self.crew_count for job in jobs)
        return [node for node in nodes if self.crew_of(node) == self.crew_count]


def _matrices(problem: PlanningProblem) -> tuple[FloatArray, FloatArray]:
    """Return the minutes to each node from all (rows: to), and from each node to all and to nowhere."""
    count, crews = len(problem.travel_minutes), len(problem.crews)
    leaving = np.zeros((count, count + 1))
    leaving[:, :count] = np.where(np.isfinite(problem.travel_minutes), problem.travel_minutes, _NO_WAY)
    leaving[:, :crews] = _NO_WAY
    return np.ascontiguousarray(leaving[:, :count].T), leaving
