"""Delivering queued messages, one batch at a time: which may go out now, and what became of each.

RULE 1: a message is marked `sending` and committed before it leaves, so that a crash in the middle shows.
Mails are marked a batch at a time, text messages one by one.
RULE 2: a message whose outcome is unknown (found in `sending` by the next try, or without an answer that
tells) is `uncertain`. It is mailed again under the same Message-ID, for a second mail does less harm than
none; a text message is not sent again.
RULE 3: what is refused stays queued for another try, and is `failed` after the last one.
RULE 4: after an uncertain outcome the rest of the batch waits for the next try: the line is not to be
trusted.
No address, number, name or text reaches a log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Engine, and_, func, select, update
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow
from dispatch.channels import Channel
from dispatch.errors import DispatchError
from dispatch.mail import Mail, send_mails
from dispatch.message_words import Texts, subject_and_body
from dispatch.outcomes import Outcome
from dispatch.sms import SmsUnreachable, send_sms
from dispatch.tables import ChangeLogRow, NotificationRow, OutageRow
from gis.network_versions import active_network_version
from gis.tables import CustomerRow

MAXIMUM_ATTEMPTS = 5
_AFTER = {Outcome.SENT: "sent", Outcome.REFUSED: "queued", Outcome.UNCERTAIN: "uncertain"}
_UNFINISHED = {Channel.EMAIL: ("queued", "sending", "uncertain"), Channel.SMS: ("queued", "sending")}


class DeliveryFailed(DispatchError):
    """Not all of a batch was taken; the queue tries again later."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where messages go and how they are worded: an address for each channel, texts by language, a time zone.

    `mail_url` is an Apprise mail address, `sms_url` one with `{phone}` in it; None where there is none.
    """

    texts: Texts
    time_zone: tzinfo
    mail_url: str | None = None
    sms_url: str | None = None


@dataclass(frozen=True, slots=True)
class _Message:
    """One message under way; `address` is where its channel reaches the customer."""

    number: int
    address: str
    subject: str
    body: str


def deliver_notifications(
    engine: Engine, *, notification_ids: Sequence[int], delivery: Delivery, now: datetime
) -> int:
    """Send one batch, which is of one channel; return how many were sent.

    DeliveryFailed, MailUnreachable and SmsUnreachable ask for another try.
    """
    channel = _channel(engine, notification_ids)
    if channel is Channel.EMAIL and delivery.mail_url is not None:
        return _send_mails(engine, notification_ids, delivery, delivery.mail_url, now)
    if channel is Channel.SMS and delivery.sms_url is not None:
        return _send_texts(engine, notification_ids, delivery, delivery.sms_url, now)
    return 0


def _channel(engine: Engine, ids: Sequence[int]) -> Channel | None:
    with Session(engine) as session:
        found = session.scalar(select(NotificationRow.channel).where(NotificationRow.id.in_(ids)).limit(1))
    return Channel(found) if found is not None else None


def _send_mails(engine: Engine, ids: Sequence[int], delivery: Delivery, mail_url: str, now: datetime) -> int:
    messages = _begin(engine, ids, delivery, Channel.EMAIL, now)
    if not messages:
        return 0
    mails = [Mail(one.number, one.address, one.subject, one.body) for one in messages]
    outcomes: dict[int, Outcome] = {}
    try:
        for mail, outcome in send_mails(mail_url=mail_url, mails=mails, now=now):
            outcomes[mail.number] = outcome
    finally:
        # What has not left waits as before.
        unsent = {mail.number: Outcome.REFUSED for mail in mails if mail.number not in outcomes}
        _settle(engine, {**outcomes, **unsent}, now)
        _give_up(engine, ids)
    return _sent(outcomes, of=len(mails), by="mail server")


def _send_texts(engine: Engine, ids: Sequence[int], delivery: Delivery, sms_url: str, now: datetime) -> int:
    messages = _begin(engine, ids, delivery, Channel.SMS, now)
    outcomes: dict[int, Outcome] = {}
    try:
        for message in messages:
            _mark_sending(engine, message.number)
            try:
                outcome = send_sms(sms_url=sms_url, phone=message.address, text=message.body)
            except SmsUnreachable:
                _settle(engine, {message.number: Outcome.REFUSED}, now)
                raise
            outcomes[message.number] = outcome
            _settle(engine, {message.number: outcome}, now)
            if outcome is Outcome.UNCERTAIN:
                break
    finally:
        _give_up(engine, ids)
    # An uncertain one asks for no other try, but what waits behind it does.
    uncertain = list(outcomes.values()).count(Outcome.UNCERTAIN)
    return _sent(outcomes, of=len(messages) - uncertain, by="gateway for text messages")


def _begin(
    engine: Engine, ids: Sequence[int], delivery: Delivery, channel: Channel, now: datetime
) -> list[_Message]:
    """Begin a try of those not finished: count it, mark mails as under way, and word them."""
    address = CustomerRow.email if channel is Channel.EMAIL else CustomerRow.phone
    with Session(engine, expire_on_commit=False) as session, session.begin():
        # Planned work is told long before: the network may have been renewed since; the one in force counts.
        network_version = func.coalesce(OutageRow.network_version, active_network_version(session))
        query = (
            select(NotificationRow, OutageRow, PlannedOutageRow, ChangeLogRow.data, address)
            .outerjoin(OutageRow, OutageRow.id == NotificationRow.outage_id)
            .outerjoin(PlannedOutageRow, PlannedOutageRow.id == NotificationRow.planned_outage_id)
            .join(ChangeLogRow, ChangeLogRow.position == NotificationRow.change_position)
            .outerjoin(
                CustomerRow,
                and_(
                    CustomerRow.network_version == network_version,
                    CustomerRow.account == NotificationRow.account,
                ),
            )
            .where(NotificationRow.id.in_(ids), NotificationRow.status.in_(_UNFINISHED[channel]))
            .where(NotificationRow.attempts < MAXIMUM_ATTEMPTS)
            .order_by(NotificationRow.id)
            .with_for_update(of=NotificationRow)
        )
        messages = []
        for row, outage, planned, change, reached_at in session.execute(query):
            if reached_at is None:
                row.status = "failed"
                continue
            if channel is Channel.SMS and row.status == "sending":
                row.status = "uncertain"
                continue
            if channel is Channel.EMAIL:
                row.status = "sending" if row.status == "queued" else "uncertain"
            row.attempts += 1
            subject, body = subject_and_body(
                row,
                outage or planned,
                change=change,
                texts=delivery.texts,
                time_zone=delivery.time_zone,
                now=now,
            )
            messages.append(_Message(number=row.id, address=reached_at, subject=subject, body=body))
        return messages


def _mark_sending(engine: Engine, number: int) -> None:
    with Session(engine) as session, session.begin():
        session.execute(update(NotificationRow).where(NotificationRow.id == number).values(status="sending"))


def _settle(engine: Engine, outcomes: Mapping[int, Outcome], now: datetime) -> None:
    """Write down what became of each."""
    by_status: dict[str, list[int]] = {}
    for number, outcome in outcomes.items():
        by_status.setdefault(_AFTER[outcome], []).append(number)
    with Session(engine) as session, session.begin():
        for status, numbers in by_status.items():
            settle = update(NotificationRow).where(NotificationRow.id.in_(numbers)).values(status=status)
            if status == "queued":
                # One that was uncertain before stays so: an earlier try may have reached the customer.
                settle = settle.where(NotificationRow.status == "sending")
            session.execute(settle.values(sent_at=now) if status == "sent" else settle)


def _give_up(engine: Engine, ids: Collection[int]) -> None:
    """Mark as failed what still waits after its last try."""
    last = NotificationRow.attempts >= MAXIMUM_ATTEMPTS
    with Session(engine) as session, session.begin():
        session.execute(
            update(NotificationRow)
            .where(NotificationRow.id.in_(ids), NotificationRow.status == "queued", last)
            .values(status="failed")
        )


def _sent(outcomes: Mapping[int, Outcome], *, of: int, by: str) -> int:
    sent = list(outcomes.values()).count(Outcome.SENT)
    if sent < of:
        raise DeliveryFailed(f"{of - sent} of {of} messages were not taken by the {by}.")
    return sent
