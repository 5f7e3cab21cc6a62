"""Shapes of a call: who calls, and what to tell them; and of disconnections."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.evidence import RejectedLine
from api.schemas.shape import Answer, Instant, Name, Order


class CallLookUp(Order):
    """How the caller names the own supply; the first that is given counts."""

    service_point: Name | None = None
    account: Name | None = None
    meter: Name | None = None
    phone: Name | None = None
    address: Name | None = None


class CallAnswer(Answer):
    """What to tell about one service point: a code with values, and the words in both languages.

    `take_report`: whether a report should be sent in (`POST /api/evidence`). A danger is always reported.
    """

    service_point: str
    address: str | None
    code: Literal[
        "disconnected",
        "known_outage",
        "planned_outage",
        "planned_overrun",
        "meter_on",
        "only_this_house",
        "nothing_known",
    ]
    values: dict[str, Any]
    take_report: bool
    meter_asked: bool = Field(
        default=False, description="Whether the meter is being asked: look again shortly."
    )
    texts: dict[str, str] = Field(description="Language → what to say.")


class CallAnswers(Answer):
    """One answer for each supply that the caller may mean, at most 20, what is explained first."""

    answers: list[CallAnswer]


class CallMark(Answer):
    """One household that called: where it is, when it called last, how often, and what it told.

    `kind` is `hazard` where it told of a danger, `partial` where only some of its phases are gone. Without an
    `outage_id` its call waits to be explained.
    """

    service_point: str
    lon: float
    lat: float
    at: Instant
    calls: int
    kind: Literal["hazard", "out", "partial"]
    hazard: str | None
    outage_id: str | None


class CallMarks(Answer):
    """The households in sight that called last; `households` and `calls` are how many there are in sight.

    Looked at are the newest 10,000 calls that wait, and the newest 10,000 of the outage.
    """

    marks: list[CallMark]
    households: int
    calls: int


class DisconnectionsTaken(Answer):
    """What a list of disconnections came to."""

    disconnected: int
    reconnected: int
    unchanged: int
    evidence: int = Field(description="How many pieces of evidence are seen in another light now.")
    rejected: list[RejectedLine]


class Disconnection(Answer):
    """A service point that is disconnected on purpose."""

    service_point: str
    reason: Literal["arrears", "requested", "unsafe"]
    since: Instant


class Disconnections(Answer):
    """Open disconnections, newest first."""

    disconnections: list[Disconnection]
