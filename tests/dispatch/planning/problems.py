"""Planning problems for tests: drawn at random with every kind of rule in them, or said in a few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from dispatch.planning.problem import PlanningCrew, PlanningJob, PlanningProblem

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
SKILLS = ("line", "cable")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def crew(id: str, *, skills=("line",), start: float = 0, end: float = 480) -> PlanningCrew:
    return PlanningCrew(id, None, None, frozenset(skills), at(start), at(end))


def job(id: str, *, customers: float = 10, minutes: float = 60, skills=("line",), **more) -> PlanningJob:
    return PlanningJob(id, None, None, customers, minutes, frozenset(skills), **more)


def problem(crews, jobs, travel=None) -> PlanningProblem:
    """All ways are ten minutes long where `travel` says nothing."""
    count = len(crews) + len(jobs)
    matrix = np.full((count, count), 10.0) if travel is None else np.array(travel, dtype=float)
    return PlanningProblem(NOW, tuple(crews), tuple(jobs), matrix, "given")


def random_problem(seed: int, *, most_jobs: int = 8, most_crews: int = 4) -> PlanningProblem:
    """A problem in which any rule may bind: skill, shift, window, upstream, pin, work under way, island."""
    draw = np.random.default_rng(seed)
    crews = [_random_crew(draw, number) for number in range(draw.integers(1, most_crews + 1))]
    free = [one.id for one in crews]
    jobs: list[PlanningJob] = []
    for number in range(draw.integers(0, most_jobs + 1)):
        jobs.append(_random_job(draw, number, crews, jobs, free))
    count = len(crews) + len(jobs)
    travel = np.round(draw.uniform(0, 60, (count, count)), 1)
    if draw.random() < 0.3:
        travel[draw.random((count, count)) < 0.15] = np.inf
    return problem(crews, jobs, travel)


def _random_crew(draw: np.random.Generator, number: int) -> PlanningCrew:
    skills = [skill for skill in SKILLS if draw.random() < 0.7]
    start = float(draw.choice([-120, 0, 0, 45]))
    return crew(f"crew {number}", skills=skills, start=start, end=start + float(draw.choice([60, 240, 600])))


def _random_job(draw, number, crews, others, free) -> PlanningJob:
    def maybe(share: float) -> bool:
        return bool(draw.random() < share)

    def some_crew() -> str:
        return crews[draw.integers(len(crews))].id

    under_way = free.pop() if free and maybe(0.15) else None
    upstream = [one.id for one in others if maybe(0.15)]
    return job(
        f"job {number}",
        customers=float(draw.choice([0, 1, 7, 7, 40, 300])),
        minutes=float(draw.choice([0, 20, 45, 90, 240])),
        skills=[skill for skill in SKILLS if maybe(0.3)],
        after=tuple(upstream),
        not_before=at(float(draw.integers(-30, 200))) if maybe(0.2) else None,
        not_after=at(float(draw.integers(0, 300))) if maybe(0.2) else None,
        due_by=at(float(draw.integers(0, 300))) if maybe(0.2) else None,
        pinned_crew=some_crew() if maybe(0.15) else None,
        weight=float(draw.choice([0, 5, 500])) if maybe(0.15) else None,
        under_way=under_way,
        forbidden_crews=frozenset([some_crew()] if maybe(0.15) else []),
    )
