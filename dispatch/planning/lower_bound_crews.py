"""Crews in groups of like ones, so that what may follow a job is worked out once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.planning.problem import BoolArray, FloatArray, IntArray, PlanningProblem


@dataclass(frozen=True, slots=True)
class CrewGroup:
    """Crews, the jobs that one of them may do, and when the last of them goes home."""

    crews: tuple[int, ...]
    may_do: BoolArray
    until: float


def free_jobs(problem: PlanningProblem) -> BoolArray:
    """Return what each crew (rows) may do besides what is under way (columns)."""
    may = problem.may_do.copy()
    may[:, [job for job in problem.first_jobs if job is not None]] = False
    return may


def groups_of_crews(problem: PlanningProblem, *, most: int) -> tuple[CrewGroup, ...]:
    """Return at most so many groups; those are put together that lose least by it (what × until when)."""
    may = free_jobs(problem)
    alike: dict[tuple[bytes, float], CrewGroup] = {}
    for crew, until in enumerate(problem.available_until.tolist()):
        # One whose shift ends this minute may still do what takes no time.
        if until >= 0 and may[crew].any():
            key = (may[crew].tobytes(), until)
            others = alike[key].crews if key in alike else ()
            alike[key] = CrewGroup((*others, crew), may[crew], until)
    groups = list(alike.values())
    while len(groups) > most:
        one, other = _cheapest_pair(groups)
        both = CrewGroup(
            groups[one].crews + groups[other].crews,
            groups[one].may_do | groups[other].may_do,
            max(groups[one].until, groups[other].until),
        )
        groups = [group for number, group in enumerate(groups) if number not in (one, other)] + [both]
    return tuple(sorted(groups, key=lambda group: (-group.until, group.crews)))


def _cheapest_pair(groups: list[CrewGroup]) -> tuple[int, int]:
    jobs: FloatArray = np.array([group.may_do for group in groups], dtype=np.float64)
    until = np.array([group.until for group in groups])
    crews: IntArray = np.array([len(group.crews) for group in groups])
    counts = jobs.sum(axis=1)
    together = (counts[:, None] + counts[None, :] - jobs @ jobs.T) * np.maximum(
        until[:, None], until[None, :]
    )
    alone = counts * until
    lost = (together - alone[:, None]) * crews[:, None] + (together - alone[None, :]) * crews[None, :]
    lost[np.tril_indices(len(groups))] = np.inf
    one, other = np.unravel_index(int(lost.argmin()), lost.shape)
    return int(one), int(other)
