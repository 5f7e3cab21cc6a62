"""Shapes of figures over all outages."""

from __future__ import annotations

from api.schemas.shape import Answer


class Reliability(Answer):
    """SAIDI, SAIFI and customer-minutes of everything recorded so far (IEEE 1366, sustained)."""

    customers_served: int
    customers_interrupted: int
    customer_minutes: float
    saidi_minutes: float
    saifi: float


class NotificationSummary(Answer):
    """How many messages are in which state, in all and on each channel (`email`, `sms`)."""

    queued: int
    sending: int
    sent: int
    failed: int
    uncertain: int
    by_channel: dict[str, dict[str, int]]
