"""Shapes of questions to meters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.shape import Answer, Instant, Name, Order


class PingOrder(Order):
    """Which meters to ask, by their service points; `outage_id` where it is about one."""

    service_points: Annotated[list[Name], Field(min_length=1, max_length=200)]
    outage_id: Name | None = None


class PingsQueued(Answer):
    """The service points whose meters will be asked; the others have none, or were asked lately."""

    service_points: list[str]


class PingRequest(Answer):
    """One question: waiting, answered, unanswered, or lapsed. The answer is evidence as well."""

    id: int
    service_point: str
    meter: str
    reason: Literal["single_outage", "call", "dispatcher", "question", "restoration"]
    outage_id: str | None
    status: Literal["waiting", "answered", "unanswered", "lapsed"]
    result: Literal["on", "off", "unreachable", "unknown"] | None
    requested_at: Instant
    answered_at: Instant | None


class PingRequests(Answer):
    """Questions, newest first."""

    pings: list[PingRequest]
