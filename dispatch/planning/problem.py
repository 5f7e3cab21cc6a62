"""The problem: crews, jobs and the minutes between them, as one frozen value in arrays.

Times are minutes after `now`, a crew that began its shift long ago is available from 0. Rows and columns of
`travel_minutes` are crews in order, then jobs; infinite means that no way leads there.

RULE 1 (who may): a crew may do a job that needs no skill it lacks, unless another crew is pinned to the
    job or this one is forbidden.
RULE 2 (when): a job starts once its crew has arrived, not before `not_before` and not after `not_after`; the
    last repair of a crew finishes by `available_until`. The drive home is not counted.
RULE 3 (under way): what a crew is already doing or driving to is its first job, and stays so, whatever its
    skills, pins, forbidden crews and `not_after`.
RULE 3b (handed over): but a job under way that its crew cannot finish within its shift is not its own any
    longer: it is planned as if it were not under way, for the other crews only and without a pin to that
    crew. What was done until then is not counted on, and the crew is free for what it can still finish.
RULE 4 (restored): the customers of a job are back when it and all jobs in `after` are finished. `after` never
    delays the start of work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PlanningCrew:
    """A crew: where it stands (degrees, None where travel is given), what it can do, when it may work."""

    id: str
    lon: float | None
    lat: float | None
    skills: frozenset[str]
    available_from: datetime
    available_until: datetime


@dataclass(frozen=True, slots=True)
class PlanningJob:
    """A job, in the order reported; what is not in design §4.4 has a default that changes nothing.

    Args:
        customers: Those who wait for it; what `customer_minutes` counts.
        weight: What the plan minimises in place of `customers`, where some weigh more than others.
        not_after: The latest its work may begin, as a hard limit: access ends, or nobody is there later.
        due_by: A soft limit on its finish.
        under_way: The crew that is at it already, or driving there.
        forbidden_crews: Crews a person does not want there.
    """

    id: str
    lon: float | None
    lat: float | None
    customers: float
    repair_minutes: float
    skills: frozenset[str] = frozenset()
    after: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    due_by: datetime | None = None
    pinned_crew: str | None = None
    weight: float | None = None
    under_way: str | None = None
    forbidden_crews: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PlanningProblem:
    """All that a plan depends on; made by `planning_problem` or read by problem_file, which check it."""

    now: datetime
    crews: tuple[PlanningCrew, ...]
    jobs: tuple[PlanningJob, ...]
    travel_minutes: FloatArray = field(repr=False)
    travel_source: str

    @cached_property
    def available_from(self) -> FloatArray:
        """Return when each crew may set off."""
        return np.array([max(0.0, self.minutes(crew.available_from)) for crew in self.crews])

    @cached_property
    def available_until(self) -> FloatArray:
        """Return by when each crew's last repair must be finished."""
        return np.array([self.minutes(crew.available_until) for crew in self.crews])

    @cached_property
    def horizon(self) -> float:
        """Return the latest `available_until`; to it count those whom no plan restores."""
        return max(0.0, float(self.available_until.max(initial=0.0)))

    @cached_property
    def customers(self) -> FloatArray:
        """Return the customers of each job."""
        return np.array([job.customers for job in self.jobs], dtype=np.float64)

    @cached_property
    def weights(self) -> FloatArray:
        """Return what each job's restoration weighs in the plan."""
        return np.array(
            [job.customers if job.weight is None else job.weight for job in self.jobs], dtype=np.float64
        )

    @cached_property
    def repair_minutes(self) -> FloatArray:
        """Return how long each repair takes."""
        return np.array([job.repair_minutes for job in self.jobs], dtype=np.float64)

    @cached_property
    def not_before(self) -> FloatArray:
        """Return when each job may start at the earliest."""
        return np.array(
            [0.0 if job.not_before is None else max(0.0, self.minutes(job.not_before)) for job in self.jobs]
        )

    @cached_property
    def not_after(self) -> FloatArray:
        """Return when each job may start at the latest; infinite where nothing is said or it is under way."""
        return np.array(
            [
                np.inf if job.not_after is None or index in self._begun else self.minutes(job.not_after)
                for index, job in enumerate(self.jobs)
            ]
        )

    @cached_property
    def due_by(self) -> FloatArray:
        """Return when each job should be finished; infinite where nothing is promised."""
        return np.array([np.inf if job.due_by is None else self.minutes(job.due_by) for job in self.jobs])

    @cached_property
    def upstream(self) -> tuple[IntArray, ...]:
        """Return, of each job, the numbers of the jobs in its `after`."""
        number = {job.id: index for index, job in enumerate(self.jobs)}
        return tuple(np.array([number[id] for id in job.after], dtype=np.int64) for job in self.jobs)

    @cached_property
    def first_jobs(self) -> tuple[int | None, ...]:
        """Return the job each crew has under way, which stays its first (rules 3 and 3b)."""
        of_crew = {
            job.under_way: index
            for index, job in enumerate(self.jobs)
            if job.under_way is not None and index not in self.handed_over
        }
        return tuple(of_crew.get(crew.id) for crew in self.crews)

    @cached_property
    def _begun(self) -> frozenset[int]:
        return frozenset(job for job in self.first_jobs if job is not None)

    @cached_property
    def handed_over(self) -> frozenset[int]:
        """Return the jobs under way that another crew must take over (rule 3b)."""
        number = {crew.id: index for index, crew in enumerate(self.crews)}
        over = set[int]()
        for index, job in enumerate(self.jobs):
            if job.under_way is not None:
                crew = number.get(job.under_way)
                if crew is None or self.first_finish(crew, index) > self.available_until[crew]:
                    over.add(index)
        return frozenset(over)

    def first_finish(self, crew: int, job: int) -> float:
        """Return when a crew has finished a job that it goes to first; infinite if no way leads there."""
        arrive = self.available_from[crew] + self.from_crews[crew, job]
        return float(max(arrive, self.not_before[job]) + self.repair_minutes[job])

    @cached_property
    def may_do(self) -> BoolArray:
        """Return which crew (rows) may do which job (columns), by rules 1 and 3 and if a way leads there."""
        return self.allowed & np.isfinite(self.from_crews)

    @cached_property
    def allowed(self) -> BoolArray:
        """Return which crew (rows) may do which job (columns), wherever they are."""
        skills_of_crews = [crew.skills for crew in self.crews]
        number = {crew.id: index for index, crew in enumerate(self.crews)}
        skilled = {
            needed: np.array([needed <= skills for skills in skills_of_crews], dtype=np.bool_)
            for needed in {job.skills for job in self.jobs}
        }
        may = np.zeros((len(self.crews), len(self.jobs)), dtype=np.bool_)
        for column, job in enumerate(self.jobs):
            under_way = number.get(job.under_way) if job.under_way is not None else None
            if under_way is not None and column not in self.handed_over:
                may[under_way, column] = True
                continue
            allowed = skilled[job.skills].copy()
            allowed[[number[id] for id in job.forbidden_crews if id in number]] = False
            if job.pinned_crew is not None and job.pinned_crew != job.under_way:
                pinned = number.get(job.pinned_crew)
                allowed &= np.arange(len(self.crews)) == (-1 if pinned is None else pinned)
            if under_way is not None:
                allowed[under_way] = False
            may[:, column] = allowed
        return may

    @cached_property
    def from_crews(self) -> FloatArray:
        """Return the minutes from each crew (rows) to each job (columns)."""
        return np.ascontiguousarray(self.travel_minutes[: len(self.crews), len(self.crews) :])

    @cached_property
    def between_jobs(self) -> FloatArray:
        """Return the minutes from each job (rows) to each job (columns)."""
        return np.ascontiguousarray(self.travel_minutes[len(self.crews) :, len(self.crews) :])

    def minutes(self, at: datetime) -> float:
        """Return a time as minutes after `now`."""
        return (at - self.now).total_seconds() / 60

    def time(self, minutes: float) -> datetime:
        """Return minutes after `now` as a time."""
        return self.now + timedelta(minutes=float(minutes))
