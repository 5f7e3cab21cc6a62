"""Sending the code that confirms an address: once, and nothing of it into a log.

RULE 1: it is marked as sent before it leaves. What a killed worker left under way is not sent again: whoever
waits for it asks for another.
RULE 2: only without any connection is it tried again; what the channel refuses is said on the customer's
page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dispatch.address_confirmations import CODE_LASTS
from dispatch.channels import Channel
from dispatch.delivery import send_one
from dispatch.delivery_batch import Delivery, Message
from dispatch.gateways import GatewayUnreachable
from dispatch.mail import MailUnreachable
from dispatch.message_tables import AddressConfirmationRow
from dispatch.message_words import is_short
from dispatch.outcomes import Outcome
from dispatch.subscriptions import language_of


def deliver_code(engine: Engine, *, confirmation_id: int, delivery: Delivery, now: datetime) -> bool:
    """Send one code; return whether it left. MailUnreachable and GatewayUnreachable ask for another try.

    `now` is the real time.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        row = session.get(AddressConfirmationRow, confirmation_id, with_for_update=True)
        if row is None or row.sent_at is not None or row.ended_at is not None:
            return False
        if row.asked_at <= now - CODE_LASTS or Channel(row.channel) not in delivery.channels():
            return False
        language = language_of(session, account=row.account)
        row.sent_at = now
    message = _message(row, delivery.texts[language])
    channel = Channel(row.channel)
    try:
        delivery.take_turn(channel)
        outcome = send_one(message, delivery=delivery, channel=channel, now=now)
    except (MailUnreachable, GatewayUnreachable):
        _note(engine, confirmation_id, sent_at=None)
        raise
    _note(engine, confirmation_id, sent_at=now, was_refused=outcome is Outcome.REFUSED)
    return outcome is Outcome.SENT


def _note(engine: Engine, number: int, *, sent_at: datetime | None, was_refused: bool = False) -> None:
    with Session(engine) as session, session.begin():
        row = session.get(AddressConfirmationRow, number)
        if row is not None:
            row.sent_at, row.was_refused = sent_at, was_refused


def _message(row: AddressConfirmationRow, words: Mapping[str, str]) -> Message:
    values = {"code": row.code, "minutes": round(CODE_LASTS.total_seconds() / 60)}
    part = "sms" if is_short(row.channel) else "body"
    key = f"relight.code.{row.id}.{row.asked_at:%Y%m%d%H%M%S%f}"
    return Message(
        number=row.id,
        address=row.address,
        subject="" if part == "sms" else words["message.code.subject"].format_map(values),
        body=words[f"message.code.{part}"].format_map(values),
        key=key,
        follows=None,
        leave_link=None,
        facts={"id": key, "kind": "confirm_address", "code": row.code},
    )
