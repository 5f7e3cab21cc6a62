"""Shapes of evidence that was sent in. What may be sent is design §4.2, read by `dispatch.evidence_lines`."""

from __future__ import annotations

from typing import Literal

from api.schemas.shape import Answer


class EvidenceTaken(Answer):
    """One piece of evidence that is now kept, or was before."""

    id: str
    status: Literal["accepted", "duplicate"]


class RejectedLine(Answer):
    """One line of a batch that was not taken: its number (from 1), its id where it could be read, and why."""

    line: int
    id: str | None
    code: str
    reason: str


class BatchTaken(Answer):
    """What became of a batch. At most 10,000 rejected lines are listed; `rejected_count` counts them all."""

    accepted: int
    duplicates: int
    rejected_count: int
    rejected: list[RejectedLine]
