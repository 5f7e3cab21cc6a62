"""Which work the plan is about: from open outages, hazards and the jobs on them to what must be done. Pure.

RULE 1: an outage needs work when it is confirmed, or predicted and likelier than not; below that the desk has
    meters asked first.
RULE 2: one whose last crew has finished waits for the desk to say whether supply is back, and for no crew.
RULE 3: who was sent is left alone. Of several jobs of one crew one is under way: that at which it stands,
    else a hazard, else the one farthest on; the others stay its own and are done after it.
RULE 4: a crew that declined an outage is not planned for it again, unless a person pins it there.
RULE 5: an outage whose repair nobody can know is looked at first, as work of its own: its device guards a
    line, where the damage may lie anywhere, and nobody has been there. Whoever is sent to repair it looks
    himself. Its customers have supply when both are done, and nobody is sent to repair before the look.
RULE 6: a hazard that nobody has made safe is work of its own, with or without an outage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dispatch.etr import EtrSource
from dispatch.hazard_views import HazardView
from dispatch.outages import JobView, OutageView
from dispatch.planning_weights import hazard_weight, look_weight
from dispatch.ranking import LEAST_REMAINING_MINUTES
from dispatch.states import ENDED_JOB_STATUSES, HELD_OUTAGE_STATUSES, JobKind, JobStatus, OutageStatus
from gis.place import Place

REPAIR: Final = JobKind.REPAIR.value
ASSESSMENT: Final = JobKind.ASSESSMENT.value
MAKE_SAFE: Final = JobKind.MAKE_SAFE.value
# These open for damage anywhere on the line behind them: what the repair takes, only a look can tell.
LOOKED_AT_FIRST = frozenset({"breaker", "recloser", "sectionalizer", "overhead", "underground"})
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
    """One job of the plan: work of a kind on an outage or a hazard, with the crew that was sent, if any.

    `id` is the same before and after a crew is sent. `customers` wait for it; `weight` is what the plan
    minimises for them. `look` is the id of the work that must be done before this one begins.
    """

    id: str
    outage_id: str | None
    hazard_id: str | None
    kind: str
    place: Place | None
    customers: float
    weight: float
    forecast: WorkForecast
    reported_at: datetime
    is_confirmed: bool
    due_by: datetime | None = None
    after: tuple[str, ...] = ()
    look: str | None = None
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
    if active_jobs(outage.jobs):
        return True
    # Whoever only looked (an assessment) has mended nothing.
    ended = [job for job in outage.jobs if job.status != JobStatus.RECALLED and job.kind == REPAIR]
    last = max(ended, key=lambda job: (job.ended_at or job.assigned_at, job.id), default=None)
    return last is None or last.status != JobStatus.FINISHED


def needs_look(outage: OutageView, *, is_assessed: bool) -> bool:
    """Return whether somebody must look before the repair, or is looking, by rule 5."""
    active = {job.kind for job in active_jobs(outage.jobs)}
    if REPAIR in active:
        return False
    if ASSESSMENT in active:
        return True
    has_been_seen = is_assessed or any(job.status == JobStatus.FINISHED for job in outage.jobs)
    return outage.device_kind in LOOKED_AT_FIRST and not has_been_seen


def look_before(repair: PlannedWork) -> PlannedWork:
    """Return the look at an outage that comes before its repair; no skill is needed to look."""
    forecast = WorkForecast(minutes=ASSESSMENT_MINUTES, skills=frozenset(), source=ASSESSMENT)
    return replace(
        repair,
        id=work_id(str(repair.outage_id), ASSESSMENT),
        kind=ASSESSMENT,
        customers=0.0,
        weight=look_weight(repair.weight),
        forecast=forecast,
        due_by=None,
        after=(),
    )


def make_safe_work(hazard: HazardView) -> PlannedWork | None:
    """Return the work on a hazard, None where nobody has to go there any more, or is there (rule 6)."""
    is_safe = hazard.made_safe_at is not None
    if is_safe and not active_jobs(hazard.jobs):
        return None
    skills = frozenset(str(one) for one in hazard.skills)
    return PlannedWork(
        id=hazard.id,
        outage_id=None,
        hazard_id=hazard.id,
        kind=MAKE_SAFE,
        place=hazard.place,
        customers=0.0,
        weight=0.0 if is_safe else hazard_weight(hazard.level),
        forecast=WorkForecast(minutes=hazard.make_safe_minutes, skills=skills, source=MAKE_SAFE),
        reported_at=hazard.raised_at,
        is_confirmed=True,
        due_by=hazard.make_safe_by,
        forbidden_crews=declined_by(hazard.jobs),
    )


def active_jobs(jobs: Iterable[JobView]) -> list[JobView]:
    """Return the jobs that have not ended, the one that its crew does first in front."""
    return sorted((job for job in jobs if job.status not in ENDED_JOB_STATUSES), key=_how_far)


def work_id(outage_id: str, kind: str) -> str:
    """Return the id of the one job of a kind on an outage."""
    return outage_id if kind == REPAIR else f"{outage_id}/{kind}"


def declined_by(jobs: Iterable[JobView]) -> frozenset[str]:
    """Return the crews that declined one of these jobs when they were last sent there."""
    last = {job.crew_id: job.status for job in sorted(jobs, key=lambda job: (job.assigned_at, job.id))}
    return frozenset(crew for crew, status in last.items() if status == JobStatus.DECLINED)


def with_crews(works: Sequence[PlannedWork], jobs: Mapping[str, Iterable[JobView]]) -> list[PlannedWork]:
    """Give the work to the crews that were sent to it, by rule 3; a second crew's job is one of its own.

    `jobs` are those of each outage and hazard, by its id.
    """
    planned = {(_subject(work), work.kind) for work in works}
    given: list[PlannedWork] = []
    for work in works:
        active = active_jobs(jobs.get(_subject(work), ()))
        own = [job for job in active if job.kind == work.kind]
        given.append(replace(work, job=own[0], pinned_crew=own[0].crew_id) if own else work)
        given += [_also_there(work, job) for job in own[1:]]
        if work.kind == REPAIR:
            others = [job for job in active if (_subject(work), job.kind) not in planned]
            given += [_also_there(work, job) for job in others]
    return _under_way(given)


def _also_there(work: PlannedWork, job: JobView) -> PlannedWork:
    """Return what a crew does that is there besides: it is busy, and restores nobody a second time."""
    kind_id = work.id if job.kind == work.kind else work_id(_subject(work), job.kind)
    minutes = ASSESSMENT_MINUTES if job.kind == ASSESSMENT else work.forecast.minutes
    return replace(
        work,
        id=f"{kind_id}+{job.id}",
        kind=job.kind,
        customers=0.0,
        weight=0.0,
        forecast=replace(work.forecast, minutes=minutes),
        look=None,
        job=job,
        pinned_crew=job.crew_id,
    )


def _subject(work: PlannedWork) -> str:
    return work.hazard_id or work.outage_id or work.id


def _under_way(works: Sequence[PlannedWork]) -> list[PlannedWork]:
    of_crew: dict[str, list[PlannedWork]] = defaultdict(list)
    for work in works:
        if work.job is not None:
            of_crew[work.job.crew_id].append(work)
    first = {min(own, key=lambda one: _how_far(one.job)).id for own in of_crew.values()}
    return [replace(work, is_under_way=True) if work.id in first else work for work in works]


def _how_far(job: JobView | None) -> tuple[bool, bool, int, datetime, str]:
    if job is None:
        raise ValueError("work without a job is not under way")
    is_there = job.status in AT_THE_DEVICE
    is_hazard = job.kind == MAKE_SAFE
    return not is_there, not is_hazard, _FARTHEST_FIRST.index(JobStatus(job.status)), job.assigned_at, job.id


def remaining_minutes(work: PlannedWork, outage: OutageView | None, now: datetime) -> float:
    """Return how long the work takes still: a crew's own word first, else the forecast less what is done."""
    job = work.job
    if job is None or job.status not in AT_THE_DEVICE or job.on_site_at is None:
        return work.forecast.minutes
    if outage is not None and work.kind == REPAIR and outage.etr_source == EtrSource.CREW:
        promised_at = outage.etr_at
        if promised_at is not None and promised_at > now:
            return (promised_at - now).total_seconds() / 60
    done = (now - job.on_site_at).total_seconds() / 60
    return max(LEAST_REMAINING_MINUTES, work.forecast.minutes - done)


def crew_of(works: Iterable[PlannedWork]) -> dict[str, PlannedWork]:
    """Return what each crew has under way."""
    return {work.job.crew_id: work for work in works if work.is_under_way and work.job is not None}


def forbidden(outage: OutageView, *, ordered: Collection[str], pinned: str | None) -> frozenset[str]:
    """Return the crews that may not be planned for an outage: forbidden by a person, or having declined."""
    return frozenset(ordered) | (declined_by(outage.jobs) - {pinned})
