"""Shapes of restoration times: what was said of one outage, which lapse, and how good they were."""

from __future__ import annotations

from pydantic import Field

from api.schemas.shape import Answer, Instant


class EtrVersion(Answer):
    """One word of a tier: a time with its window, or none where it was taken back."""

    number: int
    tier: str
    source: str
    at: Instant | None
    earliest: Instant | None
    latest: Instant | None
    said_at: Instant
    said_by: str
    because: str
    is_published: bool
    is_told: bool
    is_standing: bool
    replaced_at: Instant | None
    replaced_because: str | None
    error_minutes: float | None = Field(description="Restored − said; positive: supply came back later.")
    is_inside: bool | None


class OutageEtr(Answer):
    """What is published of an outage's restoration, and every word, newest first.

    `overridden` is the crew's standing word where a dispatcher's is published instead.
    """

    outage_id: str
    version: int
    at: Instant | None
    source: str | None
    earliest: Instant | None
    latest: Instant | None
    warn_at: Instant | None
    lapsing_at: Instant | None
    overridden: EtrVersion | None
    versions: list[EtrVersion]


class LapsingEtr(Answer):
    """An outage whose published time is about to lapse or has, and what the engine proposes."""

    outage_id: str
    version: int
    device: str
    customers_out: int
    etr_at: Instant
    etr_source: str | None
    warn_at: Instant
    has_lapsed: bool
    proposed_at: Instant
    proposed_source: str


class LapsingEtrs(Answer):
    """Those whose time lapses, the earliest first."""

    outages: list[LapsingEtr]


class EtrFigures(Answer):
    """How good the words of a tier were; `device_kind` None: about all kinds of devices."""

    tier: str
    device_kind: str | None
    words: int
    median_error_minutes: float = Field(description="With its sign; positive: too late.")
    median_size_minutes: float = Field(description="Without its sign.")
    inside_share: float = Field(description="The share of restorations inside the window.")
    median_horizon_minutes: float = Field(description="How far ahead the words were said.")


class EtrScores(Answer):
    """How good the words about outages were that were closed within `days`."""

    days: float
    figures: list[EtrFigures]
