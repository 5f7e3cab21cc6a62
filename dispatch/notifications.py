"""Messages owed to affected customers: queued in the change's own transaction, exactly once each.

One row per customer, channel and change (a unique key), and one job per batch for the delivery worker. Job
arguments hold row ids only: no address and no name stands in the queue or in a log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import procrastinate
import procrastinate.types
from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.tables import InterruptionRow, NotificationRow, OutageRow
from gis.tables import CustomerRow, ServicePointRow

DELIVERY_TASK = "deliver_notifications"
DELIVERY_QUEUE = "notifications"
BATCH_SIZE = 200
E_MAIL = "email"
LANGUAGES = ("en", "zh")


class MessageKind(StrEnum):
    """What a message is about; its words are `message.<kind>.subject` and `.body` in the vocabulary."""

    CONFIRMED = "confirmed"
    CREW_ASSIGNED = "crew_assigned"
    CREW_EN_ROUTE = "crew_en_route"
    CREW_ON_SITE = "crew_on_site"
    ETR_CHANGED = "etr_changed"
    RESTORED = "restored"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class NotificationSummary:
    """How many messages are in which state."""

    queued: int
    sending: int
    sent: int
    failed: int
    uncertain: int


def queue_notifications(
    session: Session, *, outage: OutageRow, kind: MessageKind, change_position: int, now: datetime
) -> int:
    """Queue one message to each customer of the outage who has an e-mail address; return how many."""
    language = case((func.lower(CustomerRow.language).like("zh%"), "zh"), else_="en")
    recipients = (
        select(
            CustomerRow.account,
            literal(E_MAIL),
            literal(change_position),
            literal(outage.id),
            literal(str(kind)),
            language,
            literal(now),
        )
        .select_from(InterruptionRow)
        .join(
            ServicePointRow,
            and_(
                ServicePointRow.network_version == outage.network_version,
                ServicePointRow.id == InterruptionRow.service_point,
            ),
        )
        .join(
            CustomerRow,
            and_(
                CustomerRow.network_version == ServicePointRow.network_version,
                CustomerRow.account == ServicePointRow.account,
            ),
        )
        .where(
            InterruptionRow.outage_id == outage.id,
            CustomerRow.email.is_not(None),
            _concerned(outage, kind),
        )
        .distinct()
    )
    columns = ["account", "channel", "change_position", "outage_id", "kind", "language", "queued_at"]
    statement = insert(NotificationRow).from_select(columns, recipients).on_conflict_do_nothing()
    queued = session.execute(statement.returning(NotificationRow.id, NotificationRow.language)).all()
    _defer(session, queued)
    return len(queued)


def _concerned(outage: OutageRow, kind: MessageKind) -> ColumnElement[bool]:
    """Those still out; for a restoration those whose supply came back with it."""
    if kind is MessageKind.RESTORED:
        return InterruptionRow.ended_at == outage.restored_at
    return InterruptionRow.ended_at.is_(None)


def _defer(session: Session, queued: Sequence[tuple[int, str]]) -> None:
    """Defer one job per batch of one language on the change's own connection: both commit, or neither."""
    by_language: dict[str, list[int]] = defaultdict(list)
    for id, language in sorted(queued):
        by_language[language].append(id)
    connection = session.connection().connection.driver_connection
    task = _queue.configure_task(DELIVERY_TASK, queue=DELIVERY_QUEUE, connection=connection)
    for ids in by_language.values():
        for start in range(0, len(ids), BATCH_SIZE):
            batch: list[procrastinate.types.JSONValue] = [*ids[start : start + BATCH_SIZE]]
            task.defer(notification_ids=batch)


def notification_summary(session: Session) -> NotificationSummary:
    """Count the messages by state."""
    query = select(NotificationRow.status, func.count()).group_by(NotificationRow.status)
    counts = dict(session.execute(query).all())
    return NotificationSummary(
        queued=counts.get("queued", 0),
        sending=counts.get("sending", 0),
        sent=counts.get("sent", 0),
        failed=counts.get("failed", 0),
        uncertain=counts.get("uncertain", 0),
    )


# Never opened: every job is deferred on a connection that the caller gives.
_queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
