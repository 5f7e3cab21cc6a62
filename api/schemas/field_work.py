"""Shapes of what a crew takes along, and of what it tells beside its steps: materials, supply at the job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.hazards import DamageReport
from api.schemas.jobs import CrewJob
from api.schemas.shape import Answer, Instant, Name, Order
from dispatch.material_tables import MaterialKind

Outcome = Literal["applied", "already_applied"]


class ReportedJob(CrewJob):
    """The job as it is now, and whether this report was taken now or had been taken before."""

    outcome: Outcome


class CarefulCustomer(Answer):
    """A supply that needs care: where, and why. No name and no telephone number."""

    service_point: str
    priority: str
    address: str | None
    customers: int
    lon: float | None
    lat: float | None


class NearTag(Answer):
    """A tag at or near the job."""

    id: str
    device: str
    kind: str
    note: str | None
    placed_at: Instant
    distance_m: float | None


class EarlierOutage(Answer):
    """An outage of the same device before this one."""

    outage_id: str
    started_at: Instant
    restored_at: Instant | None
    cause: str | None
    customers: int


class MaterialUsed(Answer):
    """How much of a kind a job used in all."""

    kind: str
    quantity: float


class JobPackage(Answer):
    """One job as a crew takes it along."""

    job_id: str
    careful: list[CarefulCustomer]
    tags: list[NearTag]
    damage: list[DamageReport]
    earlier: list[EarlierOutage]
    materials: list[MaterialUsed]


class JobPackages(Answer):
    """The packages of a crew's open jobs, and the time by Relight's clock that they are of."""

    made_at: Instant
    packages: list[JobPackage]


class MaterialItem(Order):
    """So much of a kind: metres or pieces as its name says, below 0 to set an earlier report right."""

    kind: MaterialKind
    quantity: float = Field(ge=-100_000, le=100_000)


class NewMaterials(Order):
    """What a crew used, as its phone recorded it: it may arrive late, and more than once."""

    items: Annotated[list[MaterialItem], Field(min_length=1, max_length=50)]
    occurred_at: Instant
    phone_at: Instant | None = Field(default=None, description="What the phone's own clock showed.")
    client_event_id: Name = Field(description="Made by the phone; the same id twice is one report.")


class JobMaterials(Answer):
    """What a job used in all, and whether this report was taken now or had been taken before."""

    job_id: str
    items: list[MaterialUsed]
    outcome: Outcome


class CheckedSupply(Answer):
    """One household at a job and what is known of its supply: back, still_out or unknown."""

    service_point: str
    address: str | None
    customers: int
    supply: str
    ping: str | None
    ping_result: str | None
    answered_at: Instant | None


class OnSiteCheck(Answer):
    """What is known of supply at a job; `asked` meters were asked by this very request."""

    job_id: str
    at: Instant
    asked: int
    households: list[CheckedSupply]
