"""Shapes of the worklist of repeats."""

from __future__ import annotations

from api.schemas.shape import Answer, FreeText, Instant, Order
from dispatch.repeat_tables import RepeatState
from dispatch.repeats.rules import RepeatKind, RepeatLevel


class RepeatAlert(Answer):
    """Something that is out or trips again and again, and how far a person has come with it.

    `subject` is a device; for customers the transformer they hang on, or their service point without one.
    """

    id: int
    kind: RepeatKind
    subject: str
    level: RepeatLevel
    times: int
    first_at: Instant
    last_at: Instant
    service_points: int
    customers: int
    rules_version: str
    found_at: Instant
    state: RepeatState
    acted_by: str | None
    acted_at: Instant | None
    note: str | None


class RepeatAlerts(Answer):
    """The worklist, worst first."""

    repeats: list[RepeatAlert]


class RepeatNote(Order):
    """What a person says about it; needed to close it."""

    note: FreeText | None = None
