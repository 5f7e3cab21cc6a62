"""Which work the plan is about: from open outages and the jobs on them to what must be done. Pure.

RULE 1: an outage needs work when it is confirmed, or predicted and likelier than not; below that the desk has
    meters asked first.
RULE 2: one whose last crew has finished waits for the desk to say whether supply is back, and for no crew.
RULE 3: who was sent is left alone. Of several jobs of one crew the one farthest on is under way, the others
    stay its own and are done after it.
RULE 4: a crew that declined an outage is not planned for it again, unless a person pins it there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dispatch.etr import EtrSource
from dispatch.outages import JobView, OutageView
from dispatch.ranking import LEAST_REMAINING_MINUTES
from dispatch.states import ENDED_JOB_STATUSES, HELD_OUTAGE_STATUSES, JobStatus, OutageStatus
from gis.place import Place

REPAIR: Final = "repair"
# A crew that only looks, until it says more.
ASSESSMENT_MINUTES = 30.0
AT_THE_DEVICE = (JobStatus.ON_SITE, JobStatus.WORKING)
_FARTHEST_FIRST = (
    JobStatus.WORKING,
    JobStatus.ON_SITE,
    JobStatus.EN_ROUTE,
    JobStatus.ACCEPTED,
    JobStatus.ASSIGNED,
)


# A prediction below this is for the desk to look at, not for a crew to drive to.
LIKELY_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class WorkForecast:
    """How long work takes (minutes) and what it needs, with where the figure comes from."""

    minutes: float
    skills: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """One job of the plan: work of a kind on an outage, with the crew that has it where one was sent.

    `id` is the same before and after a crew is sent. `customers` wait for it; `weight` is what the plan
    minimises for them.
    """

    id: str
    outage_id: str
    kind: str
    place: Place | None
    customers: float
    weight: float
    forecast: WorkForecast
    reported_at: datetime
    is_confirmed: bool
    due_by: datetime | None = None
    after: tuple[str, ...] = ()
    job: JobView | None = None
    is_under_way: bool = False
    pinned_crew: str | None = None
    forbidden_crews: frozenset[str] = frozenset()


def needs_work(outage: OutageView) -> bool:
    """Return whether a crew must go to an outage, or is at it, by rules 1 and 2."""
    if outage.status == OutageStatus.PREDICTED:
        return outage.probability >= LIKELY_ENOUGH
    if outage.status not in HELD_OUTAGE_STATUSES:
        return False
    if active_jobs(outage):
        return True
    # Whoever only looked (an assessment) has mended nothing.
    ended = [job for job in outage.jobs if job.status != JobStatus.RECALLED and _kind(job) == REPAIR]
    last = max(ended, key=lambda job: (job.ended_at or job.assigned_at, job.id), default=None)
    return last is None or last.status != JobStatus.FINISHED


def active_jobs(outage: OutageView) -> list[JobView]:
    """Return the jobs on an outage that have not ended, the one farthest on first."""
    active = [job for job in outage.jobs if job.status not in ENDED_JOB_STATUSES]
    return sorted(active, key=_how_far)


def work_id(outage_id: str, kind: str) -> str:
    """Return the id of the one job of a kind on an outage."""
    return outage_id if kind == REPAIR else f"{outage_id}/{kind}"


def declined_by(outage: OutageView) -> frozenset[str]:
    """Return the crews that declined this outage since they were last sent there."""
    last = {job.crew_id: job.status for job in sorted(outage.jobs, key=lambda job: (job.assigned_at, job.id))}
    return frozenset(crew for crew, status in last.items() if status == JobStatus.DECLINED)


def with_crews(works: Iterable[PlannedWork], outages: Mapping[str, OutageView]) -> list[PlannedWork]:
    """Give the work to the crews that were sent to it, by rule 3; a second crew's job is one of its own."""
    given: list[PlannedWork] = []
    for work in works:
        jobs = [job for job in active_jobs(outages[work.outage_id]) if _kind(job) == work.kind]
        others = [job for job in active_jobs(outages[work.outage_id]) if _kind(job) != work.kind]
        if not jobs:
            given.append(work)
        given += [
            replace(
                work,
                id=f"{work_id(work.outage_id, _kind(job))}+{job.id}",
                kind=_kind(job),
                customers=0.0,
                weight=0.0,
                forecast=replace(work.forecast, minutes=ASSESSMENT_MINUTES),
                job=job,
                pinned_crew=job.crew_id,
            )
            for job in others
        ]
        for number, job in enumerate(jobs):
            if number == 0:
                given.append(replace(work, job=job, pinned_crew=job.crew_id))
            else:
                own = f"{work.id}+{job.id}"
                given.append(
                    replace(work, id=own, customers=0.0, weight=0.0, job=job, pinned_crew=job.crew_id)
                )
    return _under_way(given)


def _kind(job: JobView) -> str:
    return str(getattr(job, "kind", REPAIR))


def _under_way(works: Sequence[PlannedWork]) -> list[PlannedWork]:
    of_crew: dict[str, list[PlannedWork]] = defaultdict(list)
    for work in works:
        if work.job is not None:
            of_crew[work.job.crew_id].append(work)
    first = {min(own, key=lambda one: _how_far(one.job)).id for own in of_crew.values()}
    return [replace(work, is_under_way=True) if work.id in first else work for work in works]


def _how_far(job: JobView | None) -> tuple[int, datetime, str]:
    if job is None:
        raise ValueError("work without a job is not under way")
    return _FARTHEST_FIRST.index(JobStatus(job.status)), job.assigned_at, job.id


def remaining_minutes(work: PlannedWork, outage: OutageView, now: datetime) -> float:
    """Return how long the work takes still: a crew's own word first, else the forecast less what is done."""
    job = work.job
    if job is None or job.status not in AT_THE_DEVICE or job.on_site_at is None:
        return work.forecast.minutes
    if outage.etr_source == EtrSource.CREW and outage.etr_at is not None and outage.etr_at > now:
        return (outage.etr_at - now).total_seconds() / 60
    done = (now - job.on_site_at).total_seconds() / 60
    return max(LEAST_REMAINING_MINUTES, work.forecast.minutes - done)


def crew_of(works: Iterable[PlannedWork]) -> dict[str, PlannedWork]:
    """Return what each crew has under way."""
    return {work.job.crew_id: work for work in works if work.is_under_way and work.job is not None}


def forbidden(outage: OutageView, *, ordered: Collection[str], pinned: str | None) -> frozenset[str]:
    """Return the crews that may not be planned for an outage: forbidden by a person, or having declined."""
    return frozenset(ordered) | (declined_by(outage) - {pinned})
