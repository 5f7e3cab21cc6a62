"""Shapes of how the system itself is doing."""

from __future__ import annotations

from typing import Literal

from api.schemas.shape import Answer, Instant


class Health(Answer):
    """Whether Relight works: its database, its workers, its messages, and the network in force."""

    status: Literal["ok", "degraded"]
    database: Literal["ok", "away"]
    worker: Literal["running", "silent"]
    messages: Literal["delivering", "silent", "no_channel"]
    network_version: int | None
    now: Instant
    text: str


class ClockAnswer(Answer):
    """The time by Relight's clock, and how fast it runs (1 = real time)."""

    now: Instant
    speed: float
