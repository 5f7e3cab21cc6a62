"""Messages owed to affected customers: queued in the change's own transaction, exactly once each.

One row per customer, channel and change (a unique key), and a job per batch for the delivery worker
(dispatch/message_queue.py). Each channel has a queue of its own: what cannot leave by one does not stand in
the way of another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.channels import Channel
from dispatch.message_kinds import MessageKind, MessageStatus
from dispatch.message_queue import DELIVERY_TASK, About, delivery_queue, queue_messages
from dispatch.tables import MessageChannelRow, NotificationRow, OutageRow

__all__ = [
    "DELIVERY_TASK",
    "LANGUAGES",
    "MessageKind",
    "NotificationSummary",
    "delivery_queue",
    "notification_summary",
    "queue_notifications",
    "set_channels",
]

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class NotificationSummary:
    """How many messages are in which state."""

    held: int
    queued: int
    sending: int
    sent: int
    failed: int
    uncertain: int
    dropped: int
    by_channel: Mapping[str, Mapping[str, int]]


def set_channels(session: Session, *, channels: Collection[str]) -> None:
    """Note which channels have somewhere to send to; ValueError if one is no channel.

    Mail is always queued, and waits until it can leave. On another channel a message is queued only where
    that is there: nobody is to get a day's old messages on the phone once somebody sets it up. It stands in
    the database, told at the start by whoever puts the system together, so that all processes agree.
    """
    names = sorted({Channel(name) for name in channels})
    session.execute(delete(MessageChannelRow).where(MessageChannelRow.name.not_in(names)))
    for name in names:
        session.execute(insert(MessageChannelRow).values(name=name).on_conflict_do_nothing())


def queue_notifications(
    session: Session,
    *,
    outage: OutageRow,
    kind: MessageKind,
    change_position: int,
    now: datetime,
    back_at: datetime | None = None,
) -> int:
    """Queue one message to each customer of the outage on each channel that reaches it; return how many.

    Told are those still out; of a restoration those whose supply came back with it, and who are not out
    elsewhere. `back_at`: when that was, for a step; without it, when the outage was restored.
    """
    about = About(
        network_version=outage.network_version, outage_id=outage.id, back_at=back_at or outage.restored_at
    )
    return queue_messages(session, about=about, kind=kind, change_position=change_position, now=now)


def notification_summary(session: Session) -> NotificationSummary:
    """Count the messages by state, and by state for each channel that has any."""
    states = [str(status) for status in MessageStatus]
    by_channel: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(states, 0))
    query = select(NotificationRow.channel, NotificationRow.status, func.count()).group_by(
        NotificationRow.channel, NotificationRow.status
    )
    for channel, status, count in session.execute(query):
        by_channel[channel][status] = count
    total = {status: sum(counts[status] for counts in by_channel.values()) for status in states}
    return NotificationSummary(**total, by_channel=dict(by_channel))
