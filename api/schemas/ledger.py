"""Shapes of the ledger of interruptions and of its corrections."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.outages import OutageOrder
from api.schemas.shape import Answer, FreeText, Instant, Name


class LedgerRow(Answer):
    """One row of the ledger: a service point without supply in `[started_at, ended_at)`.

    In force while `replaced_by` is null; a row that names itself there was taken back with nothing in its
    place. `cause` is the row's own, or else that of its outage. `other_holds` are other outages that held
    phases of it at the same time.
    """

    id: int
    service_point: str
    started_at: Instant
    ended_at: Instant | None
    outage_id: str | None
    planned_outage_id: str | None
    switching_order_id: str | None
    kind: str
    cause: str | None
    phases: str
    phases_taken: str
    phase_share: float
    supplied_by: str | None
    other_holds: list[dict[str, Any]]
    customers: int
    feeder: str | None
    recorded_at: Instant
    recorded_by: str | None
    reason: str | None
    replaced_by: int | None


class LedgerRows(Answer):
    """Rows by number; `next_after` asks for those that follow, null at the end."""

    interruptions: list[LedgerRow]
    next_after: int | None


class Correction(OutageOrder):
    """Say what was otherwise than the ledger says, and why; for all of the outage where nobody is named."""

    service_points: list[Name] = Field(default=[], max_length=100_000)
    started_at: Instant | None = None
    ended_at: Instant | None = None
    cause: Name | None = None
    reason: FreeText


class Corrected(Answer):
    """What a correction came to; `position` is where the change log tells it."""

    service_points: int
    rows_written: int
    position: int
