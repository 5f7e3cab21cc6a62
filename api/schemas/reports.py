"""Shapes of figures over all outages."""

from __future__ import annotations

from api.schemas.shape import Answer


class NotificationSummary(Answer):
    """How many messages are in which state, in all and on each channel (`email`, `sms`, …)."""

    held: int
    queued: int
    sending: int
    sent: int
    failed: int
    uncertain: int
    dropped: int
    by_channel: dict[str, dict[str, int]]
