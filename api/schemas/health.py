"""Shapes of how the system itself is doing."""

from __future__ import annotations

from typing import Literal

from api.schemas.shape import Answer, Instant
from api.worker_locks import WorkerState

MetersState = Literal["asking", "stuck", "silent", "no_system"]
PlannerState = Literal["planning", "stuck", "silent", "off"]
MessagesState = Literal["delivering", "stuck", "silent", "no_channel"]


class Health(Answer):
    """Whether Relight works: database, workers, messages, meters, planner, network in force.

    A worker is `stuck` when it holds its place but has not gone round for a minute.
    """

    status: Literal["ok", "degraded"]
    database: Literal["ok", "away"]
    worker: WorkerState
    messages: MessagesState
    meters: MetersState
    planner: PlannerState
    network_version: int | None
    now: Instant
    text: str


class ClockAnswer(Answer):
    """The time by Relight's clock, and how fast it runs (1 = real time)."""

    now: Instant
    speed: float
