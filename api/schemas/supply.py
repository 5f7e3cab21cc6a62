"""Shapes of what a customer may know of their own supply."""

from __future__ import annotations

from pydantic import Field

from api.schemas.shape import Answer, Instant


class SupplyHistoryEntry(Answer):
    """One thing that happened, by event name."""

    at: Instant
    name: str
    etr_at: Instant | None


class CustomerOutage(Answer):
    """The outage behind an interruption, as far as it is a customer's business."""

    outage_id: str
    status: str
    since: Instant
    restored_at: Instant | None
    etr_at: Instant | None
    etr_source: str | None
    etr_earliest: Instant | None
    etr_latest: Instant | None
    etr_has_lapsed: bool = Field(description="The time that was given has passed; none is given.")
    crew_status: str | None
    history: list[SupplyHistoryEntry]


class SuppliedPoint(Answer):
    """One service point of the customer: supplied or not, and what is known why."""

    service_point: str = Field(serialization_alias="id")
    supplied: bool
    reported_at: Instant | None
    outage: CustomerOutage | None


class Supply(Answer):
    """The supply of every service point of an account."""

    account: str
    service_points: list[SuppliedPoint]
