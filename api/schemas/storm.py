"""Shapes of the storm view: the curve, and how each feed of evidence is doing."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.shape import Answer, Instant


class CurvePoint(Answer):
    """How many customers are out at a moment."""

    at: Instant
    customers: int


class RestorationCurve(Answer):
    """Customers out by the ledger, and from now on by what was promised.

    `unpromised` are out now and no time that still holds was promised; `predicted` are behind outages that
    nobody has confirmed yet, beside the curve.
    """

    since: Instant
    until: Instant
    past: list[CurvePoint]
    future: list[CurvePoint]
    now_out: int
    peak: CurvePoint
    customer_minutes: float
    unpromised: int
    predicted: int
    outages_predicted: int


class Feed(Answer):
    """One kind of evidence from one source; delays and gaps in seconds."""

    kind: str
    source: str
    state: Literal["flowing", "late", "silent"]
    last_at: Instant
    in_hour: int = Field(description="Messages within the last hour; counted up to 1,000 of a kind.")
    delay_s: float = Field(description="The middle one of the last hour, from made to received.")
    delay_p95_s: float
    gap_s: float = Field(description="The silence now.")
    longest_gap_s: float = Field(description="The longest silence before it.")


class Storm(Answer):
    """What the storm view shows beside what the desk knows live."""

    at: Instant
    curve: RestorationCurve
    feeds: list[Feed]
