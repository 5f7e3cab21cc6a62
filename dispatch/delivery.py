"""Delivering queued messages through Apprise, one batch at a time.

RULE 1: a batch is marked `sending` and committed before anything leaves, so that a crash in the middle shows.
RULE 2: rows found in `sending` at the start of a try were under way when it broke off: they become
`uncertain`, and are mailed again, since a second mail does less harm than none.
RULE 3: what the mail server refuses stays queued for another try, and is `failed` after the last one.
No address, name or text reaches a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import quote

import apprise
from sqlalchemy import Engine, and_, select, update
from sqlalchemy.orm import Session

from dispatch.errors import DispatchError
from dispatch.tables import NotificationRow, OutageRow
from gis.tables import CustomerRow

MAXIMUM_ATTEMPTS = 5
_UNFINISHED = ("queued", "sending", "uncertain")

Texts = Mapping[str, Mapping[str, str]]


class DeliveryFailed(DispatchError):
    """The mail server did not take a batch; the queue tries again later."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where messages go and how they are worded: an Apprise mail address, texts by language, a time zone."""

    mail_url: str
    texts: Texts
    time_zone: tzinfo


@dataclass(frozen=True, slots=True)
class _Batch:
    ids: tuple[int, ...]
    addresses: tuple[str, ...]
    subject: str
    body: str


def deliver_notifications(
    engine: Engine, *, notification_ids: Sequence[int], delivery: Delivery, now: datetime
) -> int:
    """Send one batch; return how many were sent. DeliveryFailed asks the queue for another try."""
    batches = _take(engine, notification_ids, delivery)
    for batch in batches:
        if not _send(batch, delivery.mail_url):
            _give_back(engine, [id for one in batches for id in one.ids])
            raise DeliveryFailed(f"The mail server did not take a batch of {len(batch.ids)} messages.")
        _mark(engine, batch.ids, status="sent", sent_at=now)
    return sum(len(batch.ids) for batch in batches)


def _take(engine: Engine, notification_ids: Sequence[int], delivery: Delivery) -> list[_Batch]:
    """Mark the unfinished ones as sending, and word them: one batch per outage, kind and language."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        query = (
            select(NotificationRow, OutageRow, CustomerRow.email)
            .join(OutageRow, OutageRow.id == NotificationRow.outage_id)
            .join(
                CustomerRow,
                and_(
                    CustomerRow.network_version == OutageRow.network_version,
                    CustomerRow.account == NotificationRow.account,
                ),
            )
            .where(NotificationRow.id.in_(notification_ids), NotificationRow.status.in_(_UNFINISHED))
            .order_by(NotificationRow.id)
            .with_for_update(of=NotificationRow)
        )
        groups: dict[tuple[str, str, str], list[tuple[NotificationRow, OutageRow, str]]] = {}
        for row, outage, email in session.execute(query):
            if email is None:
                row.status = "failed"
                continue
            row.status = "uncertain" if row.status != "queued" else "sending"
            row.attempts += 1
            groups.setdefault((outage.id, row.kind, row.language), []).append((row, outage, email))
        return [_batch(group, delivery) for group in groups.values()]


def _batch(group: Sequence[tuple[NotificationRow, OutageRow, str]], delivery: Delivery) -> _Batch:
    row, outage, _ = group[0]
    texts = delivery.texts[row.language]
    values = {
        "outage": outage.id,
        "started": _told_time(outage.started_at, delivery.time_zone),
        "etr": _told_time(outage.etr_at, delivery.time_zone) or texts["message.etr_unknown"],
        "restored": _told_time(outage.restored_at, delivery.time_zone),
    }
    return _Batch(
        ids=tuple(one.id for one, _, _ in group),
        addresses=tuple(email for _, _, email in group),
        subject=texts[f"message.{row.kind}.subject"].format_map(values),
        body=texts[f"message.{row.kind}.body"].format_map(values),
    )


def _told_time(at: datetime | None, time_zone: tzinfo) -> str:
    return at.astimezone(time_zone).strftime("%Y-%m-%d %H:%M") if at is not None else ""


def _send(batch: _Batch, mail_url: str) -> bool:
    """Send one message to each address, each its own mail, over one connection."""
    separator = "&" if "?" in mail_url else "?"
    targets = ",".join(quote(address, safe="@") for address in batch.addresses)
    plugin = apprise.Apprise.instantiate(f"{mail_url}{separator}to={targets}", suppress_exceptions=True)
    if not plugin:
        raise DeliveryFailed("The mail address of the settings is not one that Apprise understands.")
    return bool(plugin.notify(title=batch.subject, body=batch.body))


def _give_back(engine: Engine, ids: Sequence[int]) -> None:
    with Session(engine) as session, session.begin():
        waiting = NotificationRow.id.in_(ids) & NotificationRow.status.in_(_UNFINISHED)
        last = NotificationRow.attempts >= MAXIMUM_ATTEMPTS
        session.execute(update(NotificationRow).where(waiting, last).values(status="failed"))
        session.execute(
            update(NotificationRow)
            .where(waiting, NotificationRow.status == "sending")
            .values(status="queued")
        )


def _mark(engine: Engine, ids: Sequence[int], *, status: str, sent_at: datetime) -> None:
    with Session(engine) as session, session.begin():
        session.execute(
            update(NotificationRow).where(NotificationRow.id.in_(ids)).values(status=status, sent_at=sent_at)
        )
