"""Shapes of a crew's jobs and of its reports from the field."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch import jobs as dispatch_jobs
from dispatch.hazard_kinds import HazardOutcome


class Job(Answer):
    """One crew's work on one outage or, to make safe, on one hazard, with the time of each step.

    `allowed_actions` are the steps that its crew may report next.
    """

    id: str
    kind: str
    outage_id: str | None
    hazard_id: str | None
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
    """A job with what its crew needs to know of its outage or hazard; no customer's name or phone.

    What is said of an outage is None where the job is to make a hazard without one safe.
    `version` is the outage's or the hazard's: of two answers about a job the one with the higher version is
    newer. `address` is the one nearest to the place, `address_distance_m` metres off.
    """

    version: int
    outage_status: str | None
    device: str | None
    device_kind: str | None
    phases: str | None
    lon: float | None
    lat: float | None
    address: str | None
    address_distance_m: float | None
    service_points_out: int | None
    customers_out: int | None
    hazards: list[str]
    started_at: Instant | None
    etr_at: Instant | None
    etr_source: str | None
    etr_earliest: Instant | None
    etr_latest: Instant | None
    hazard_kind: str | None
    hazard_level: int | None
    hazard_status: str | None
    make_safe_by: Instant | None
    waiting_authority: str | None
    waiting_since: Instant | None

    @classmethod
    def of(cls, crew_job: dispatch_jobs.CrewJob) -> CrewJob:
        """Lay a job and its outage or hazard side by side."""
        told: dict[str, Any] = dict.fromkeys(cls.model_fields)
        outage, hazard = crew_job.outage, crew_job.hazard
        if outage is not None:
            told |= {name: getattr(outage, name) for name in cls.model_fields if hasattr(outage, name)}
            told["outage_status"] = outage.status
        if hazard is not None:
            told |= {name: getattr(hazard, name) for name in _OF_HAZARD}
            told |= {"hazards": [hazard.kind], "started_at": hazard.raised_at}
            told |= {f"hazard_{name}": getattr(hazard, name) for name in ("kind", "level", "status")}
        told |= asdict(crew_job.job)
        told |= {"address": crew_job.address, "address_distance_m": crew_job.address_distance_m}
        return cls(**told)


_OF_HAZARD = (
    "version",
    "device",
    "lon",
    "lat",
    "make_safe_by",
    "waiting_authority",
    "waiting_since",
)


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
    phone_at: Instant | None = Field(
        default=None,
        description="What the phone's own clock showed; `occurred_at` is that, set right by Relight's.",
    )
    client_event_id: Name = Field(description="Made by the phone; the same id twice is one step.")
    finding: Finding | None = None
    etr_at: Instant | None = Field(default=None, description="When the crew itself expects supply back.")
    reason: FreeText | None = Field(default=None, description="Why the job is declined.")
    hazard_outcome: HazardOutcome | None = Field(
        default=None, description="What a crew sent to make safe found; needed with `finished`."
    )
