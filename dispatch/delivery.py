"""Delivering queued messages, one batch at a time: what became of each.

RULE 1: a message is marked `sending` and committed before it leaves, so that a crash in the middle shows.
Mails are marked a batch at a time, all others one by one.
RULE 2: a message whose outcome is unknown (found in `sending` by the next try, or without an answer that
tells) is `uncertain`. It is mailed again under the same Message-ID, for a second mail does less harm than
none, and told to a webhook or a browser again under the same number; a text message is not sent again.
RULE 3: what is refused stays queued for another try, and is `failed` after the last one; at once where the
address is gone for good, which is then forgotten.
RULE 4: after an uncertain outcome the rest of the batch for the same gateway or host waits for the next try:
the line is not to be trusted. So does the rest for a host that cannot be reached.
RULE 5: what nobody needs any more is dropped before it leaves (dispatch/delivery_batch.py).
No address, number, name or text reaches a log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from dispatch.channels import AT_MANY_HOSTS, Channel
from dispatch.chat_messages import send_chat
from dispatch.delivery_batch import MAXIMUM_ATTEMPTS, SENT_AGAIN, Delivery, Message, begin_try
from dispatch.errors import DispatchError
from dispatch.gateways import GatewayUnreachable
from dispatch.mail import Mail, send_mails
from dispatch.message_kinds import MessageStatus, WhyUnsent
from dispatch.outcomes import Outcome
from dispatch.push_addresses import PushAddress
from dispatch.push_choice import end_push
from dispatch.sms import send_sms
from dispatch.tables import NotificationRow
from dispatch.web_push import send_push
from dispatch.webhooks import send_webhook

__all__ = ["MAXIMUM_ATTEMPTS", "Delivery", "DeliveryFailed", "deliver_notifications"]

_AFTER = {
    Outcome.SENT: MessageStatus.SENT,
    Outcome.REFUSED: MessageStatus.QUEUED,
    Outcome.UNCERTAIN: MessageStatus.UNCERTAIN,
    Outcome.GONE: MessageStatus.FAILED,
}


class DeliveryFailed(DispatchError):
    """Not all of a batch was taken; the queue tries again later."""


def deliver_notifications(
    engine: Engine, *, notification_ids: Sequence[int], delivery: Delivery, now: datetime
) -> int:
    """Send one batch, which is of one channel; return how many were sent.

    DeliveryFailed, MailUnreachable and GatewayUnreachable ask for another try.
    """
    channel = _channel(engine, notification_ids)
    if channel not in delivery.channels():
        return 0
    if channel is Channel.EMAIL:
        return _send_mails(engine, notification_ids, delivery, now)
    return _send_one_by_one(engine, notification_ids, delivery, channel, now)


def _channel(engine: Engine, ids: Sequence[int]) -> Channel | None:
    with Session(engine) as session:
        found = session.scalar(select(NotificationRow.channel).where(NotificationRow.id.in_(ids)).limit(1))
    return Channel(found) if found is not None else None


def _send_mails(engine: Engine, ids: Sequence[int], delivery: Delivery, now: datetime) -> int:
    messages = begin_try(engine, ids, delivery, Channel.EMAIL, now)
    if not messages:
        return 0
    mails = {_mail(one): one.number for one in messages}
    outcomes: dict[int, Outcome] = {}

    def in_turn() -> Iterator[Mail]:
        for mail in mails:
            delivery.take_turn(Channel.EMAIL)
            yield mail

    try:
        for mail, outcome in send_mails(mail_url=delivery.mail_url or "", mails=in_turn(), now=now):
            outcomes[mails[mail]] = outcome
    finally:
        # What has not left waits as before.
        unsent = {number: Outcome.REFUSED for number in mails.values() if number not in outcomes}
        _settle(engine, {**outcomes, **unsent}, now)
        _give_up(engine, ids)
    return _sent(outcomes, of=len(mails), by="mail server")


def _mail(message: Message) -> Mail:
    return Mail(
        key=message.key,
        address=message.address,
        subject=message.subject,
        body=message.body,
        follows=message.follows,
        leave_link=message.leave_link,
    )


def _send_one_by_one(
    engine: Engine, ids: Sequence[int], delivery: Delivery, channel: Channel, now: datetime
) -> int:
    messages = begin_try(engine, ids, delivery, channel, now)
    outcomes: dict[int, Outcome] = {}
    not_now: set[str] = set()
    try:
        for message in messages:
            host = _host(message, channel)
            if host in not_now:
                continue
            delivery.take_turn(channel)
            _mark_sending(engine, message.number)
            try:
                outcome = _hand_over(message, delivery, channel)
            except GatewayUnreachable:
                _settle(engine, {message.number: Outcome.REFUSED}, now)
                if channel not in AT_MANY_HOSTS:
                    raise
                not_now.add(host)
                continue
            outcomes[message.number] = outcome
            _settle(engine, {message.number: outcome}, now)
            if outcome is Outcome.GONE:
                _forget(engine, message)
            elif outcome is Outcome.UNCERTAIN:
                not_now.add(host)
    finally:
        _give_up(engine, ids)
    # These ask for no other try, but what waits behind them does.
    ended = [Outcome.GONE] if channel in SENT_AGAIN else [Outcome.GONE, Outcome.UNCERTAIN]
    done = sum(outcome in ended for outcome in outcomes.values())
    return _sent(outcomes, of=len(messages) - done, by=f"gateway for {channel}")


def _host(message: Message, channel: Channel) -> str:
    """Return the host that a message goes to, where each has its own; else there is one gateway for all."""
    if channel not in AT_MANY_HOSTS:
        return ""
    is_push = channel is Channel.WEB_PUSH
    return urlsplit(PushAddress.kept(message.address).endpoint if is_push else message.address).netloc


def _forget(engine: Engine, message: Message) -> None:
    with Session(engine) as session, session.begin():
        end_push(session, number=message.number, address=message.address)


def _hand_over(message: Message, delivery: Delivery, channel: Channel) -> Outcome:
    if channel is Channel.SMS:
        return send_sms(sms_url=delivery.sms_url or "", phone=message.address, text=message.body)
    if channel is Channel.WECOM:
        return send_chat(wecom_url=delivery.wecom_url or "", user=message.address, text=message.body)
    if channel is Channel.WEB_PUSH and delivery.push is not None:
        return send_push(
            address=message.address,
            route=delivery.push,
            title=message.subject,
            text=message.body,
            facts=message.facts,
        )
    return send_webhook(
        address=message.address,
        hosts=delivery.webhook_hosts,
        subject=message.subject,
        text=message.body,
        facts=message.facts,
    )


def send_one(message: Message, *, delivery: Delivery, channel: Channel, now: datetime) -> Outcome:
    """Send one message by itself; MailUnreachable or GatewayUnreachable without any connection."""
    if channel is not Channel.EMAIL:
        return _hand_over(message, delivery, channel)
    sent = send_mails(mail_url=delivery.mail_url or "", mails=[_mail(message)], now=now)
    return next((outcome for _, outcome in sent), Outcome.UNCERTAIN)


def _mark_sending(engine: Engine, number: int) -> None:
    """Mark one that is about to leave; what may have left before stays uncertain."""
    waits = NotificationRow.status == MessageStatus.QUEUED
    mark = update(NotificationRow).where(NotificationRow.id == number, waits)
    with Session(engine) as session, session.begin():
        session.execute(mark.values(status=MessageStatus.SENDING))


def _settle(engine: Engine, outcomes: Mapping[int, Outcome], now: datetime) -> None:
    """Write down what became of each."""
    numbers: dict[Outcome, list[int]] = {}
    for number, outcome in outcomes.items():
        numbers.setdefault(outcome, []).append(number)
    facts: Mapping[Outcome, dict[str, Any]] = {
        Outcome.SENT: {"sent_at": now},
        Outcome.GONE: {"because": WhyUnsent.GONE},
    }
    with Session(engine) as session, session.begin():
        for outcome, those in numbers.items():
            settle = update(NotificationRow).where(NotificationRow.id.in_(those))
            if outcome is Outcome.REFUSED:
                # One that was uncertain before stays so: an earlier try may have reached the customer.
                settle = settle.where(NotificationRow.status == MessageStatus.SENDING)
            session.execute(settle.values(status=_AFTER[outcome], **facts.get(outcome, {})))


def _give_up(engine: Engine, ids: Collection[int]) -> None:
    """Mark as failed what still waits after its last try."""
    last = NotificationRow.attempts >= MAXIMUM_ATTEMPTS
    with Session(engine) as session, session.begin():
        session.execute(
            update(NotificationRow)
            .where(NotificationRow.id.in_(ids), NotificationRow.status == MessageStatus.QUEUED, last)
            .values(status=MessageStatus.FAILED, because=WhyUnsent.REFUSED)
        )


def _sent(outcomes: Mapping[int, Outcome], *, of: int, by: str) -> int:
    sent = list(outcomes.values()).count(Outcome.SENT)
    if sent < of:
        raise DeliveryFailed(f"{of - sent} of {of} messages were not taken by the {by}.")
    return sent
