"""Why a job is on no crew's route, in clear words with a code, and who could take it if something changed.

RULE 1: the first of these that is true is told: nobody is there; the pin cannot be kept; nobody has the
    skills; all who have them are forbidden; no way leads there; nobody can be there before it is too late, or
    no shift is long enough, even for a crew that goes there at once; else every crew that could is busy.
RULE 2: of the crews whose shift is too short, the one that lacks the fewest minutes is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from dispatch.planning.problem import IntArray, PlanningProblem

NO_CREWS = "no_crews"
PINNED_CREW_UNKNOWN = "pinned_crew_unknown"
PINNED_CREW_FORBIDDEN = "pinned_crew_forbidden"
PINNED_CREW_LACKS_SKILLS = "pinned_crew_lacks_skills"
NO_CREW_WITH_SKILLS = "no_crew_with_skills"
ALL_CREWS_FORBIDDEN = "all_crews_forbidden"
NO_OTHER_CREW = "no_other_crew"
NO_WAY = "no_way"
TOO_LATE = "too_late"
SHIFT_TOO_SHORT = "shift_too_short"
CREWS_BUSY = "crews_busy"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as `code` with its facts for programs, and as a sentence."""

    code: str
    text: str
    crew: str | None = None
    skills: tuple[str, ...] = ()
    missing_minutes: int | None = None


def why_unassigned(problem: PlanningProblem, job: int) -> Reason:
    """Return why no crew does a job."""
    if not problem.crews:
        return Reason(NO_CREWS, "there are no crews")
    asked = problem.jobs[job]
    pinned = (
        None if job in problem.handed_over and asked.pinned_crew == asked.under_way else asked.pinned_crew
    )
    allowed = np.flatnonzero(problem.allowed[:, job])
    if not len(allowed):
        return _nobody_may(problem, job, pinned)
    reachable = allowed[np.isfinite(problem.from_crews[allowed, job])]
    only = f"crew {pinned}, which is pinned to it," if pinned is not None else "any crew that may do it"
    if not len(reachable):
        return Reason(NO_WAY, f"no way leads there for {only.rstrip(',')}", crew=pinned)
    return _no_time(problem, job, reachable)


def _nobody_may(problem: PlanningProblem, job: int, pinned: str | None) -> Reason:
    asked = problem.jobs[job]
    skills = tuple(sorted(asked.skills))
    skilled = [crew for crew in problem.crews if asked.skills <= crew.skills]
    if pinned is not None:
        crew = next((crew for crew in problem.crews if crew.id == pinned), None)
        told = f"it is pinned to crew {pinned}, which"
        if crew is None:
            return Reason(PINNED_CREW_UNKNOWN, f"{told} is not there", crew=pinned)
        if lacking := tuple(sorted(asked.skills - crew.skills)):
            text = f"{told} lacks {_named('skill', lacking)}"
            return Reason(PINNED_CREW_LACKS_SKILLS, text, crew=pinned, skills=lacking)
        return Reason(PINNED_CREW_FORBIDDEN, f"{told} is forbidden there", crew=pinned)
    if not skilled:
        text = f"no crew has {_named('skill', skills)}"
        return Reason(NO_CREW_WITH_SKILLS, text, skills=skills)
    able = f"with {_named('skill', skills)} " if skills else ""
    if all(crew.id in asked.forbidden_crews for crew in skilled):
        return Reason(ALL_CREWS_FORBIDDEN, f"every crew {able}is forbidden there", skills=skills)
    told = f"crew {asked.under_way} is at it but its shift ends before it is finished"
    text = f"{told}, and there is no other crew {able}to take over"
    return Reason(NO_OTHER_CREW, text, crew=asked.under_way, skills=skills)


def _no_time(problem: PlanningProblem, job: int, crews: IntArray) -> Reason:
    finish = np.array([_earliest_finish(problem, int(crew), job) for crew in crews])
    missing = finish - problem.available_until[crews]
    best = int(np.argmin(missing))
    if not np.isfinite(missing[best]):
        return Reason(NO_WAY, "no way leads there after the job that is under way")
    start = finish - problem.repair_minutes[job]
    if start.min() > problem.not_after[job]:
        first = int(np.argmin(start))
        crew, minutes = problem.crews[int(crews[first])].id, ceil(start[first] - problem.not_after[job])
        text = f"work there may not begin so late: crew {crew} comes first, {minutes} minutes too late"
        return Reason(TOO_LATE, text, crew=crew, missing_minutes=minutes)
    if missing[best] > 0:
        crew, minutes = problem.crews[int(crews[best])].id, ceil(missing[best])
        text = f"no shift is long enough: crew {crew} comes closest and lacks {minutes} minutes"
        return Reason(SHIFT_TOO_SHORT, text, crew=crew, missing_minutes=minutes)
    if np.isfinite(problem.not_after[job]):
        return Reason(CREWS_BUSY, "every crew that could do it is busy until it is too late to begin")
    return Reason(CREWS_BUSY, "every crew that could do it is busy until the end of its shift")


def _earliest_finish(problem: PlanningProblem, crew: int, job: int) -> float:
    """Return when a crew is done with a job that it goes to at once, or after what it has under way."""
    first = problem.first_jobs[crew]
    if first is None or first == job:
        return problem.first_finish(crew, job)
    arrive = problem.first_finish(crew, first) + problem.between_jobs[first, job]
    return float(max(arrive, problem.not_before[job]) + problem.repair_minutes[job])


def _named(kind: str, names: tuple[str, ...]) -> str:
    return f"the {kind if len(names) == 1 else kind + 's'} {' and '.join(names)}"
