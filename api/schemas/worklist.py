"""Shapes of the work list: what outages are grouped by, and one action on several of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from api.schemas.outages import Outage
from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch.promise_document import PauseReason

# What is sent in one request is done before a page gives up waiting for it.
MOST_AT_ONCE = 100


class ListedOutage(Answer):
    """Where an outage that is not over stands: its feeder and district (null: not known), who is critical."""

    outage_id: str
    feeder: str | None
    district: str | None
    critical_service_points: int
    critical_customers: int


class Worklist(Answer):
    """All outages that are not over."""

    outages: list[ListedOutage]


class ChosenOutage(Order):
    """One of the outages chosen, as the sender saw it; null acts on whatever it is now."""

    outage_id: Name
    version: int | None


def _each_once(chosen: list[ChosenOutage]) -> list[ChosenOutage]:
    ids = [one.outage_id for one in chosen]
    if len(set(ids)) < len(ids):
        raise ValueError("an outage is named twice; name each once")
    return chosen


Chosen = Annotated[
    list[ChosenOutage], Field(min_length=1, max_length=MOST_AT_ONCE), AfterValidator(_each_once)
]


class _ForSeveral(Order):
    outages: Chosen


class ConfirmSeveral(_ForSeveral):
    """Each is confirmed."""

    action: Literal["confirm"]


class DismissSeveral(_ForSeveral):
    """None of them is an outage, and why."""

    action: Literal["dismiss"]
    reason: FreeText


class AssignSeveral(_ForSeveral):
    """One crew goes to all of them, one after the other as they are named here."""

    action: Literal["assign"]
    crew_id: Name
    kind: Literal["repair", "assessment"] = "repair"


class EtrForSeveral(_ForSeveral):
    """Supply is expected back at one time for all of them."""

    action: Literal["etr"]
    etr_at: Instant


class PauseSeveral(_ForSeveral):
    """Their promise clocks pause, for one reason."""

    action: Literal["pause"]
    reason: PauseReason
    note: FreeText | None = None


class ResumeSeveral(_ForSeveral):
    """Their promise clocks go on."""

    action: Literal["resume"]


ActionOnSeveral = Annotated[
    ConfirmSeveral | DismissSeveral | AssignSeveral | EtrForSeveral | PauseSeveral | ResumeSeveral,
    Field(discriminator="action"),
]


class Outcome(Answer):
    """What became of one of them: done whole, or not at all and why (an error as everywhere).

    `outage` is how it stands now, done or not; null where there is none of this id, or nothing answered.
    """

    outage_id: str
    is_done: bool
    error: dict[str, Any] | None
    outage: Outage | None


class Outcomes(Answer):
    """One outcome for each outage named, in the order they were named in."""

    outcomes: list[Outcome]
