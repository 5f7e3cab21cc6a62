"""Shapes of the crew roster."""

from __future__ import annotations

from pydantic import Field

from api.schemas.jobs import Job
from api.schemas.shape import Answer, Instant, Name, Order


class NewCrew(Order):
    """A crew for the roster, with the place it starts from."""

    id: Name
    name: Name
    skills: list[Name] = Field(max_length=50)
    shift_start: Instant
    shift_end: Instant
    lon: float
    lat: float
    crs: Name = "wgs84"


class Position(Order):
    """Where a crew is, in the coordinate system its phone speaks."""

    lon: float
    lat: float
    crs: Name = "wgs84"
    at: Instant


class Crew(Answer):
    """A crew on the roster: what it can do, when it works, where it last said it was, and its open jobs."""

    id: str
    name: str
    skills: list[str]
    shift_start: Instant
    shift_end: Instant
    lon: float
    lat: float
    position_at: Instant
    jobs: list[Job]


class Crews(Answer):
    """The roster."""

    crews: list[Crew]
