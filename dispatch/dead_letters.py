"""Messages as the desk sees them: where each stands, and those that a person has to look after.

A dead letter is one that failed after its last try, or whose outcome nobody knows. No address is among what
is told: the account says whose it is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dispatch.message_kinds import MessageStatus
from dispatch.message_queue import queue_again
from dispatch.tables import NotificationRow

DEAD = (MessageStatus.FAILED, MessageStatus.UNCERTAIN)
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class MessageState:
    """One message: about what, to whom, on which channel, and what became of it."""

    id: int
    account: str
    channel: str
    kind: str
    outage_id: str | None
    planned_outage_id: str | None
    language: str
    status: str
    because: str | None
    attempts: int
    queued_at: datetime
    not_before: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageList:
    """Messages, newest first, and how many there are in all."""

    messages: tuple[MessageState, ...]
    count: int


def list_messages(
    session: Session,
    *,
    statuses: Collection[str] = (),
    outage_id: str | None = None,
    channel: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> MessageList:
    """Return messages by status, outage and channel, newest first, those before a number if it is given."""
    wanted: list[ColumnElement[bool]] = []
    if statuses:
        wanted.append(NotificationRow.status.in_(list(statuses)))
    if outage_id is not None:
        wanted.append(NotificationRow.outage_id == outage_id)
    if channel is not None:
        wanted.append(NotificationRow.channel == channel)
    count = session.scalar(select(func.count()).select_from(NotificationRow).where(*wanted))
    if before is not None:
        wanted.append(NotificationRow.id < before)
    query = select(NotificationRow).where(*wanted).order_by(NotificationRow.id.desc()).limit(limit)
    return MessageList(messages=tuple(_state(row) for row in session.scalars(query)), count=count or 0)


def send_again(session: Session, *, ids: Collection[int] | None) -> int:
    """Queue dead letters once more, all that failed where `ids` is None; return how many.

    A mail keeps its Message-ID. What nobody knows about is sent again only when it is named: its reader may
    have it already.
    """
    if ids is None:
        ids = session.scalars(
            select(NotificationRow.id).where(NotificationRow.status == MessageStatus.FAILED)
        ).all()
    return queue_again(session, ids=ids)


def _state(row: NotificationRow) -> MessageState:
    return MessageState(
        id=row.id,
        account=row.account,
        channel=row.channel,
        kind=row.kind,
        outage_id=row.outage_id,
        planned_outage_id=row.planned_outage_id,
        language=row.language,
        status=row.status,
        because=row.because,
        attempts=row.attempts,
        queued_at=row.queued_at,
        not_before=row.not_before,
        sent_at=row.sent_at,
    )
