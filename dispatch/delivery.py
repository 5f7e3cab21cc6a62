"""Delivering queued messages, one batch at a time.

RULE 1: a batch is marked `sending` and committed before anything leaves, so that a crash in the middle shows.
RULE 2: a message whose outcome is unknown (found in `sending` by the next try, or cut off by a broken
connection) is `uncertain`, and mailed again under the same Message-ID: a second does less harm than none.
RULE 3: what the server refuses stays queued for another try, and is `failed` after the last one.
No address, name or text reaches a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Engine, and_, select, update
from sqlalchemy.orm import Session

from dispatch.errors import DispatchError
from dispatch.mail import Mail, Outcome, send_mails
from dispatch.tables import NotificationRow, OutageRow
from gis.tables import CustomerRow

MAXIMUM_ATTEMPTS = 5
_UNFINISHED = ("queued", "sending", "uncertain")
_AFTER = {Outcome.SENT: "sent", Outcome.REFUSED: "queued", Outcome.UNCERTAIN: "uncertain"}

Texts = Mapping[str, Mapping[str, str]]


class DeliveryFailed(DispatchError):
    """Not all of a batch was taken; the queue tries again later."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where messages go and how they are worded: an Apprise mail address, texts by language, a time zone."""

    mail_url: str
    texts: Texts
    time_zone: tzinfo


def deliver_notifications(
    engine: Engine, *, notification_ids: Sequence[int], delivery: Delivery, now: datetime
) -> int:
    """Send one batch; return how many were sent. DeliveryFailed or MailUnreachable ask for another try."""
    mails = _take(engine, notification_ids, delivery)
    if not mails:
        return 0
    outcomes: dict[int, str] = {}
    try:
        for mail, outcome in send_mails(mail_url=delivery.mail_url, mails=mails, now=now):
            outcomes[mail.number] = _AFTER[outcome]
    finally:
        _settle(engine, [mail.number for mail in mails], outcomes, now)
    sent = list(outcomes.values()).count("sent")
    if sent < len(mails):
        raise DeliveryFailed(
            f"{len(mails) - sent} of {len(mails)} messages were not taken by the mail server."
        )
    return sent


def _take(engine: Engine, notification_ids: Sequence[int], delivery: Delivery) -> list[Mail]:
    """Mark the unfinished ones as under way, and word them."""
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
            .where(NotificationRow.attempts < MAXIMUM_ATTEMPTS)
            .order_by(NotificationRow.id)
            .with_for_update(of=NotificationRow)
        )
        mails = []
        for row, outage, email in session.execute(query):
            if email is None:
                row.status = "failed"
                continue
            row.status = "sending" if row.status == "queued" else "uncertain"
            row.attempts += 1
            mails.append(_mail(row, outage, email, delivery))
        return mails


def _mail(row: NotificationRow, outage: OutageRow, email: str, delivery: Delivery) -> Mail:
    texts = delivery.texts[row.language]
    values = {
        "outage": outage.id,
        "started": _told_time(outage.started_at, delivery.time_zone),
        "etr": _told_time(outage.etr_at, delivery.time_zone) or texts["message.etr_unknown"],
        "restored": _told_time(outage.restored_at, delivery.time_zone),
    }
    return Mail(
        number=row.id,
        address=email,
        subject=texts[f"message.{row.kind}.subject"].format_map(values),
        body=texts[f"message.{row.kind}.body"].format_map(values),
    )


def _told_time(at: datetime | None, time_zone: tzinfo) -> str:
    return at.astimezone(time_zone).strftime("%Y-%m-%d %H:%M") if at is not None else ""


def _settle(engine: Engine, ids: Sequence[int], outcomes: Mapping[int, str], now: datetime) -> None:
    """Write down what became of each; what has not left waits as before."""
    by_status: dict[str, list[int]] = {}
    for id in ids:
        by_status.setdefault(outcomes.get(id, "queued"), []).append(id)
    with Session(engine) as session, session.begin():
        for status, numbers in by_status.items():
            settle = update(NotificationRow).where(NotificationRow.id.in_(numbers)).values(status=status)
            if status == "queued":
                # One that was uncertain before stays so: an earlier try may have reached the customer.
                settle = settle.where(NotificationRow.status == "sending")
            session.execute(settle.values(sent_at=now) if status == "sent" else settle)
        last = NotificationRow.attempts >= MAXIMUM_ATTEMPTS
        session.execute(
            update(NotificationRow)
            .where(NotificationRow.id.in_(ids), NotificationRow.status == "queued", last)
            .values(status="failed")
        )
