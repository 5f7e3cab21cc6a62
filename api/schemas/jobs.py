"""Shapes of a crew's jobs and of its reports from the field."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from pydantic import Field

from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch import jobs as dispatch_jobs


class Job(Answer):
    """One crew's work on one outage, with the time of each step.

    `allowed_actions` are the steps that its crew may report next.
    """

    id: str
    outage_id: str
    crew_id: str
    status: str
    travel_minutes: float
    travel_source: str
    assigned_at: Instant
    accepted_at: Instant | None
    en_route_at: Instant | None
    on_site_at: Instant | None
    working_at: Instant | None
    ended_at: Instant | None
    ended_because: str | None
    allowed_actions: list[str]


class CrewJob(Job):
    """A job with what its crew needs to know of the outage; no customer's name or phone.

    `version` is the outage's: of two answers about a job the one with the higher version is newer. `address`
    is the one nearest to the device, `address_distance_m` metres off.
    """

    version: int
    outage_status: str
    device: str
    device_kind: str
    phases: str
    lon: float | None
    lat: float | None
    address: str | None
    address_distance_m: float | None
    service_points_out: int
    customers_out: int
    hazards: list[str]
    started_at: Instant
    etr_at: Instant | None
    etr_source: str | None

    @classmethod
    def of(cls, crew_job: dispatch_jobs.CrewJob) -> CrewJob:
        """Lay a job and its outage side by side."""
        job, outage = asdict(crew_job.job), crew_job.outage
        from_outage = {name: getattr(outage, name) for name in cls.model_fields if hasattr(outage, name)}
        place = {"address": crew_job.address, "address_distance_m": crew_job.address_distance_m}
        return cls(**{**from_outage, **job, **place, "outage_status": outage.status})


class CrewJobs(Answer):
    """The open jobs of one crew, in the order it got them, and the position of the log they were read at."""

    position: int
    crew_id: str
    crew_name: str | None
    jobs: list[CrewJob]


class Finding(Order):
    """What the crew found at a device."""

    device: Name
    result: Literal["open", "closed", "damaged", "ok"]


class Progress(Order):
    """One step, as the crew's phone recorded it: it may arrive late, and more than once."""

    status: Literal["accepted", "en_route", "on_site", "working", "finished", "declined"]
    occurred_at: Instant
    client_event_id: Name = Field(description="Made by the phone; the same id twice is one step.")
    finding: Finding | None = None
    etr_at: Instant | None = Field(default=None, description="When the crew itself expects supply back.")
    reason: FreeText | None = Field(default=None, description="Why the job is declined.")
