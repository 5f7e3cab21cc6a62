"""Small random planning problems (JSON of design §4.4) in which every rule may bind, drawn from a seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
_SKILLS = ("line", "cable")


def random_problem(
    seed: int, *, most_jobs: int = 12, most_crews: int = 4, with_after: bool = True
) -> dict[str, Any]:
    """Return a problem; one in fifty has no crew, half are in whole minutes, so that times coincide."""
    draw = np.random.default_rng(seed)
    crew_count = 0 if draw.random() < 1 / 50 else int(draw.integers(1, most_crews + 1))
    digits = int(draw.integers(0, 2)) * 2
    crews = [_crew(draw, number, digits) for number in range(crew_count)]
    jobs: list[dict[str, Any]] = []
    for number in range(int(draw.integers(0, most_jobs + 1))):
        jobs.append(_job(draw, number, crews, jobs, digits))
        if not with_after:
            jobs[-1]["after"] = []
    count = len(crews) + len(jobs)
    minutes = np.round(draw.uniform(0, float(draw.choice([0, 2, 30, 80])), (count, count)), digits)
    cut_off = draw.random((count, count)) < (0.1 if draw.random() < 1 / 4 else 0.0)
    travel = [
        [None if cut_off[row, column] else float(minutes[row, column]) for column in range(count)]
        for row in range(count)
    ]
    return {"now": _text(0), "crews": crews, "jobs": jobs, "travel_minutes": travel}


def _crew(draw: np.random.Generator, number: int, digits: int) -> dict[str, Any]:
    begin = round(float(draw.uniform(-90, 90)), digits)
    return {
        "id": f"K{number}",
        "skills": [skill for skill in _SKILLS if draw.random() < 2 / 3],
        "available_from": _text(begin),
        "available_until": _text(round(begin + float(draw.choice([0, 60, 240, 480])), digits)),
    }


def _job(
    draw: np.random.Generator,
    number: int,
    crews: list[dict[str, Any]],
    others: list[dict[str, Any]],
    digits: int,
) -> dict[str, Any]:
    def some_crew() -> str:
        return str(crews[int(draw.integers(len(crews)))]["id"])

    job: dict[str, Any] = {
        "id": f"J{number}",
        "customers": int(draw.choice([0, 1, 8, 8, 40, 900])),
        "repair_minutes": round(
            float(draw.choice([0, 3, 20, 60, 100])) * float(draw.uniform(0.5, 2)), digits
        ),
        "skills": [skill for skill in _SKILLS if draw.random() < 1 / 4],
        "after": [other["id"] for other in others if draw.random() < 1 / 8],
    }
    opens = 0.0
    if draw.random() < 1 / 5:
        opens = round(float(draw.uniform(-20, 200)), digits)
        job["not_before"] = _text(opens)
    if draw.random() < 1 / 6:
        job["not_after"] = _text(round(opens + float(draw.uniform(0, 200)), digits))
    if draw.random() < 1 / 5:
        job["due_by"] = _text(round(float(draw.uniform(0, 300)), digits))
    if crews and draw.random() < 1 / 8:
        job["pinned_crew"] = some_crew()
    if crews and draw.random() < 1 / 8:
        job["forbidden_crews"] = [some_crew()]
    if crews and draw.random() < 1 / 8:
        crew = some_crew()
        if all(other.get("under_way") != crew for other in others):
            job["under_way"] = crew
    return job


def _text(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
