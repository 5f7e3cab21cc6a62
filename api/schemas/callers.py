"""Shapes of the caller's view: a household at one look, and a call that is taken."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from api.schemas.calls import CallAnswer
from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch.hazard_kinds import HazardKind


class PathDevice(Answer):
    """A device between source and household; the last one is the household's own service."""

    id: str
    kind: str
    phases: str
    name: str | None
    is_switched_open: bool
    outage_id: str | None


class HouseholdCall(Answer):
    """A call about this household within a day."""

    at: Instant
    hazard: str | None
    are_neighbours_out: bool
    is_call_back_wanted: bool


class PastInterruption(Answer):
    """A time without supply by the ledger; `ended_at` is null while it lasts."""

    started_at: Instant
    ended_at: Instant | None
    kind: str
    cause: str | None
    outage_id: str | None
    planned_outage_id: str | None


class ComingOutage(Answer):
    """Published work that will switch this household off."""

    planned_outage_id: str
    starts_at: Instant
    ends_at: Instant


class HouseholdHistory(Answer):
    """What happened here, the newest first; counts and minutes are those of a year."""

    calls_today: int = Field(description="Within 24 hours; counted up to 100.")
    calls: list[HouseholdCall]
    interruptions: list[PastInterruption]
    interruptions_in_year: int
    minutes_in_year: float


class CallerHousehold(Answer):
    """Everything for one call; name and phone are personal data.

    `path` leads from the source to the household; `is_path_normal` says that as things are switched now
    nothing feeds it. In `answer.texts` stands what to say, the time of restoration with its window and
    where it comes from included.
    """

    service_point: str
    address: str | None
    account: str | None
    meter: str | None
    customers: int
    phases: str
    priority: str | None
    name: str | None
    phone: str | None
    language: str | None
    lon: float | None
    lat: float | None
    path: list[PathDevice]
    is_path_normal: bool
    answer: CallAnswer
    is_supplied: bool
    outage_id: str | None
    etr_at: Instant | None
    etr_earliest: Instant | None
    etr_latest: Instant | None
    etr_source: str | None
    history: HouseholdHistory
    coming: list[ComingOutage]


class CallToTake(Order):
    """What a caller said, about a household or, where none was found, at a point on the map (WGS 84).

    `id` is made by the page: sent again, it is the same call.
    """

    id: Name
    at: Instant
    service_point: Name | None = None
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    hazard: HazardKind | None = None
    text: FreeText | None = None
    are_neighbours_out: bool = False
    is_call_back_wanted: bool = False

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.service_point is None and (self.lon is None or self.lat is None):
            raise ValueError("name a service_point, or lon and lat")
        return self


class CallTaken(Answer):
    """A call that was taken, and whose it is; `meters_asked` counts the household's and its neighbours'."""

    id: str
    service_point: str | None
    is_new: bool
    meters_asked: int
