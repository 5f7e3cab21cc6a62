"""Shapes of hazards, of damage reports, and of what is done about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas.jobs import Job
from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch.damage_kinds import DamageKind
from dispatch.hazard_kinds import Authority, HazardKind, HazardOutcome
from dispatch.skills import Skill

PhotoIds = Annotated[list[Name], Field(max_length=12)]


class PhotoTaken(Answer):
    """A photo that is kept: new, or received before."""

    id: str
    status: Literal["accepted", "duplicate"]


class PhotoPart(Answer):
    """How much of a photo has arrived, in bytes; `partial` until it is whole."""

    id: str
    status: Literal["partial", "accepted", "duplicate"]
    received: int


class Clock(Answer):
    """A clock that runs: what for, since when, until when, and from when on time is short."""

    stage: Literal["acknowledge", "attend", "relieve", "make_safe"]
    since: Instant
    due_at: Instant
    warns_at: Instant


class HazardReport(Answer):
    """One report of a hazard, in the caller's own words."""

    evidence_id: str
    kind: str
    at: Instant
    source: str
    service_point: str | None
    text: str | None
    photos: list[str]


class PhotographedCall(Answer):
    """A customer's call with photos, in their own words; `hazard` is the danger that they told of."""

    evidence_id: str
    at: Instant
    source: str
    service_point: str | None
    hazard: str | None
    text: str | None
    photos: list[str]


class PhotographedCalls(Answer):
    """The calls of an outage that came with photos, newest first."""

    calls: list[PhotographedCall]


class Hazard(Answer):
    """A danger to people; `missing` are codes of what closing it lacks, empty where it may be closed."""

    id: str
    version: int
    kind: str
    level: int
    status: str
    service_point: str | None
    device: str | None
    outage_id: str | None
    lon: float | None
    lat: float | None
    reports: int
    raised_at: Instant
    last_reported_at: Instant
    acknowledge_by: Instant
    attend_by: Instant
    make_safe_by: Instant
    relieve_by: Instant | None
    acknowledged_at: Instant | None
    attended_at: Instant | None
    made_safe_at: Instant | None
    closed_at: Instant | None
    waiting_authority: str | None
    waiting_since: Instant | None
    relieved_at: Instant | None
    outcome: str | None
    found_by: str | None
    found_at: Instant | None
    note: str | None
    skills: list[str]
    make_safe_minutes: float
    clocks: list[Clock]
    missing: list[str]
    photos: list[str]
    jobs: list[Job]


class HazardWithReports(Answer):
    """One hazard, and what was said of it."""

    hazard: Hazard
    reports: list[HazardReport]


class Hazards(Answer):
    """Hazards, the worst first."""

    hazards: list[Hazard]


class NewHazard(Order):
    """A danger that somebody tells of: at a service point, a device, or a point."""

    kind: HazardKind
    client_event_id: Name
    service_point: Name | None = None
    device: Name | None = None
    lon: float | None = None
    lat: float | None = None
    crs: Name = "wgs84"
    note: FreeText | None = None


class LevelOrder(Order):
    """How bad it is: 1 imminent danger, 2 danger, 3 nuisance."""

    level: Literal[1, 2, 3]


class Waiting(Order):
    """Who stands guard there, and since when (now, if not said)."""

    authority: Authority
    since: Instant | None = None


class Relief(Order):
    """When those who waited were relieved (now, if not said)."""

    at: Instant | None = None
    client_event_id: Name | None = Field(
        default=None, description="Made by a phone; the same id twice is one report."
    )


class HazardCrew(Order):
    """Send a crew to make it safe."""

    crew_id: Name


class HazardRecall(Order):
    """Call a crew back."""

    job_id: Name
    reason: FreeText | None = None


class HazardFinding(Order):
    """What somebody found there: who saw it, and when."""

    outcome: HazardOutcome
    found_by: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    found_at: Instant


class HazardPhotos(Order):
    """Photos that show the place, sent before."""

    photos: Annotated[PhotoIds, Field(min_length=1)]


class HazardClosing(Order):
    """Close it; what is missing is named in the refusal."""

    note: FreeText | None = None


class DamageItem(Order):
    """So many parts of a kind are broken."""

    kind: DamageKind
    count: int = Field(ge=1, le=1000)


class NewDamageReport(Order):
    """What somebody who looked found; `replaces` is the report that it corrects."""

    items: list[DamageItem] = Field(default=[], max_length=50)
    skills: list[Skill] = Field(default=[], max_length=20)
    repair_minutes: float = Field(gt=0, le=20160, description="At the place, without the drive.")
    is_access_blocked: bool = False
    access: FreeText | None = Field(default=None, description="How to get there, or what blocks the way.")
    note: FreeText | None = None
    photos: PhotoIds = Field(default=[])
    occurred_at: Instant
    phone_at: Instant | None = Field(default=None, description="What the phone's own clock showed.")
    client_event_id: Name = Field(description="Made by the sender; the same id twice is one report.")
    replaces: Name | None = None


class DamageItemFound(Answer):
    """So many parts of a kind are broken."""

    kind: str
    count: int


class DamageReport(Answer):
    """A damage report as it is kept; `replaced_by` is the correction that counts in its place."""

    id: str
    outage_id: str
    job_id: str | None
    reported_by: str
    occurred_at: Instant
    received_at: Instant
    items: list[DamageItemFound]
    skills: list[str]
    repair_minutes: float
    is_access_blocked: bool
    access: str | None
    note: str | None
    photos: list[str]
    replaces: str | None
    replaced_by: str | None


class RepairForecast(Answer):
    """What the repair takes: `source` is device_kind (usual figures) or assessed."""

    minutes: float
    skills: list[str]
    source: Literal["device_kind", "assessed"]
    assessed_at: Instant | None


class DamageReports(Answer):
    """All reports on an outage, corrected ones too, and the forecast that follows from those in force."""

    reports: list[DamageReport]
    forecast: RepairForecast
