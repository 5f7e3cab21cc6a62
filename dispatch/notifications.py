"""Messages owed to affected customers: queued in the change's own transaction, exactly once each.

One row per customer, channel and change (a unique key), and one job per batch for the delivery worker. A
batch is of one change, one channel and one language, and each channel has a queue of its own: what cannot
leave by one does not stand in the way of another. Job arguments hold row ids only: no address, no number and
no name stands in the queue or in a log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import procrastinate
import procrastinate.types
from sqlalchemy import ColumnElement, and_, case, delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from dispatch.channels import Channel
from dispatch.tables import AffectedRow, MessageChannelRow, NotificationRow, OutageRow
from gis.tables import CustomerRow, ServicePointRow

DELIVERY_TASK = "deliver_notifications"
BATCH_SIZE = 200
LANGUAGES = ("en", "zh")
_STATES = ("queued", "sending", "sent", "failed", "uncertain")
# The language that a customer is written to in.
LANGUAGE = case((func.lower(CustomerRow.language).like("zh%"), "zh"), else_="en")


class MessageKind(StrEnum):
    """What a message is about; `message.<kind>.subject`, `.body` and `.sms` in the vocabulary word it."""

    CONFIRMED = "confirmed"
    CREW_ASSIGNED = "crew_assigned"
    CREW_EN_ROUTE = "crew_en_route"
    CREW_ON_SITE = "crew_on_site"
    ETR_CHANGED = "etr_changed"
    RESTORED = "restored"
    DISMISSED = "dismissed"
    PLANNED_ANNOUNCED = "planned_announced"
    PLANNED_REMINDER = "planned_reminder"
    PLANNED_MOVED = "planned_moved"
    PLANNED_NOT_CONCERNED = "planned_not_concerned"
    PLANNED_CANCELLED = "planned_cancelled"
    PLANNED_OVERDUE = "planned_overdue"
    PLANNED_ENDED = "planned_ended"


@dataclass(frozen=True, slots=True)
class NotificationSummary:
    """How many messages are in which state."""

    queued: int
    sending: int
    sent: int
    failed: int
    uncertain: int
    by_channel: Mapping[str, Mapping[str, int]]


def set_channels(session: Session, *, channels: Collection[str]) -> None:
    """Note which channels have somewhere to send to; ValueError if one is no channel.

    Mail is always queued, and waits until it can leave. A text message is queued only where its channel is
    there: nobody is to get a day's old messages on the phone once somebody sets it up. It stands in the
    database, told at the start by whoever puts the system together, so that all processes agree.
    """
    names = sorted({Channel(name) for name in channels})
    session.execute(delete(MessageChannelRow).where(MessageChannelRow.name.not_in(names)))
    for name in names:
        session.execute(insert(MessageChannelRow).values(name=name).on_conflict_do_nothing())


def delivery_queue(channel: str) -> str:
    """Return the name of the queue in which the batches of a channel wait."""
    return f"notifications_{channel}"


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

    `back_at`: to tell those whose supply came back then, by a step; without it, when the outage was restored.
    """
    back_at = back_at or outage.restored_at
    return sum(
        _queue_on(
            session,
            channel,
            outage=outage,
            kind=kind,
            change_position=change_position,
            now=now,
            back_at=back_at,
        )
        for channel in Channel
    )


def _queue_on(
    session: Session,
    channel: Channel,
    *,
    outage: OutageRow,
    kind: MessageKind,
    change_position: int,
    now: datetime,
    back_at: datetime | None,
) -> int:
    recipients = (
        select(
            CustomerRow.account,
            literal(str(channel)),
            literal(change_position),
            literal(outage.id),
            literal(str(kind)),
            LANGUAGE,
            literal(now),
        )
        .select_from(AffectedRow)
        .join(
            ServicePointRow,
            and_(
                ServicePointRow.network_version == outage.network_version,
                ServicePointRow.id == AffectedRow.service_point,
            ),
        )
        .join(
            CustomerRow,
            and_(
                CustomerRow.network_version == ServicePointRow.network_version,
                CustomerRow.account == ServicePointRow.account,
            ),
        )
        .where(AffectedRow.outage_id == outage.id, reached_by(channel), _concerned(back_at, kind))
        .distinct()
    )
    columns = ["account", "channel", "change_position", "outage_id", "kind", "language", "queued_at"]
    statement = insert(NotificationRow).from_select(columns, recipients).on_conflict_do_nothing()
    queued = session.execute(statement.returning(NotificationRow.id, NotificationRow.language)).all()
    defer_batches(session, channel, queued)
    return len(queued)


def reached_by(channel: Channel) -> ColumnElement[bool]:
    """Return the condition on a customer whom a channel reaches."""
    if channel is Channel.EMAIL:
        return CustomerRow.email.is_not(None)
    is_there = exists().where(MessageChannelRow.name == str(channel))
    return and_(CustomerRow.phone_digits.is_not(None), is_there)


def _concerned(back_at: datetime | None, kind: MessageKind) -> ColumnElement[bool]:
    """Those still out; for a restoration those whose supply came back with it, and is not out elsewhere."""
    if kind is MessageKind.RESTORED:
        still_out = aliased(AffectedRow)
        elsewhere = exists().where(
            still_out.service_point == AffectedRow.service_point, still_out.ended_at.is_(None)
        )
        return and_(AffectedRow.ended_at == back_at, ~elsewhere)
    return AffectedRow.ended_at.is_(None)


def defer_batches(session: Session, channel: Channel, queued: Sequence[tuple[int, str]]) -> None:
    """Defer one job per batch of one language on the change's own connection: both commit, or neither."""
    by_language: dict[str, list[int]] = defaultdict(list)
    for id, language in sorted(queued):
        by_language[language].append(id)
    connection = session.connection().connection.driver_connection
    task = _queue.configure_task(DELIVERY_TASK, queue=delivery_queue(channel), connection=connection)
    for ids in by_language.values():
        for start in range(0, len(ids), BATCH_SIZE):
            batch: list[procrastinate.types.JSONValue] = [*ids[start : start + BATCH_SIZE]]
            task.defer(notification_ids=batch)


def notification_summary(session: Session) -> NotificationSummary:
    """Count the messages by state, and by state for each channel that has any."""
    by_channel: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_STATES, 0))
    query = select(NotificationRow.channel, NotificationRow.status, func.count()).group_by(
        NotificationRow.channel, NotificationRow.status
    )
    for channel, status, count in session.execute(query):
        by_channel[channel][status] = count
    total = {status: sum(counts[status] for counts in by_channel.values()) for status in _STATES}
    return NotificationSummary(**total, by_channel=dict(by_channel))


# Never opened: every job is deferred on a connection that the caller gives.
_queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
