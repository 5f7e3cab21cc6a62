"""Shapes of what people change about an outage: its device, its parts, whether it is over, who was asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.outages import OutageOrder
from api.schemas.shape import Answer, FreeText, Instant, Name

HappenedAt = Annotated[
    Instant | None, Field(default=None, description="When it happened; now, if it is not told.")
]


class DeviceChange(OutageOrder):
    """It is this device; `phases` are those that are open, all that it has if they are not told."""

    device: Name
    phases: Annotated[str | None, Field(default=None, pattern=r"^A?B?C?$", min_length=1)]
    occurred_at: HappenedAt


class Split(OutageOrder):
    """Those behind a device, or only some of them, are out by that one; `jobs` are crews that go along."""

    device: Name
    phases: Annotated[str | None, Field(default=None, pattern=r"^A?B?C?$", min_length=1)]
    service_points: Annotated[list[Name] | None, Field(default=None, min_length=1, max_length=5_000)]
    jobs: Annotated[list[Name], Field(default_factory=list, max_length=50)]
    occurred_at: HappenedAt


class Merge(OutageOrder):
    """The two are one: `into` is the one that stays, as seen at `into_version`."""

    into: Name
    into_version: int | None = None
    occurred_at: HappenedAt


class Reopening(OutageOrder):
    """It is out again, since `occurred_at`."""

    reason: FreeText
    occurred_at: HappenedAt


class CallBackOrder(OutageOrder):
    """What somebody said who was called back, at `occurred_at`."""

    service_point: Name
    outcome: Literal["supply_is_back", "still_out", "no_answer"]
    occurred_at: HappenedAt


class CallBack(Answer):
    """One call: what was said, when, and who entered it when."""

    outcome: Literal["supply_is_back", "still_out", "no_answer"]
    spoken_at: Instant
    recorded_at: Instant
    recorded_by: str


class LastPing(Answer):
    """The last question to a meter about the outage."""

    status: Literal["waiting", "answered", "unanswered", "lapsed"]
    result: Literal["on", "off", "unreachable", "unknown"] | None
    requested_at: Instant
    answered_at: Instant | None


class ToVerify(Answer):
    """One household to ask, and what is known of its supply since it is said to be back.

    `nested_outage` is another open outage that holds it now.
    """

    service_point: str
    customers: int
    why: Literal["called_back", "priority", "asked_for", "reported", "spread"]
    supply: Literal["back", "still_out", "unknown"]
    account: str | None
    address: str | None
    name: str | None
    phone: str | None
    ping: LastPing | None
    call_back: CallBack | None
    nested_outage: str | None


class Verification(Answer):
    """Whom to ask whether supply is back, in the order to ask them."""

    outage_id: str
    to_verify: list[ToVerify]
