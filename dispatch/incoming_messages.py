"""What a customer answered to a message: still out, a danger, no more of these; and which supply is meant.

RULE 1: whoever answers from a number is the account that was last written to on it; else the one account
whose number it is. A number of several accounts that none was written to is nobody's.
RULE 2: an answer is read by its words, not by a model: the few that people are told, and those that they use
anyway. What is not understood is said to be so, and a person reads it at the gateway.
RULE 3: "no more" counts only where it is all that is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from dispatch.channels import Channel
from dispatch.errors import NoActiveNetwork
from dispatch.message_tables import MessageSubscriptionRow
from dispatch.tables import AffectedRow, NotificationRow
from gis.network_versions import active_network_version
from gis.phone_digits import phone_digits
from gis.places import service_points_of_account
from gis.tables import CustomerRow

# An answer that comes later than this is about something else.
_ANSWERED_WITHIN = timedelta(days=3)
_FEWEST_DIGITS = 7
_ACCOUNTS_LOOKED_AT = 20


class Said(StrEnum):
    """What an answer says."""

    STILL_OUT = "still_out"
    DANGER = "danger"
    NO_MORE = "no_more"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answered: an account, and the service points that its last message was about."""

    account: str
    service_points: tuple[str, ...]


_DANGER = re.compile(
    r"\b(wire|line|cable)s?\s+(is\s+|are\s+)?down\b|\bfallen (wire|line)|\bsparks?\b|\bfire\b|\bburning\b"
    r"|电线.{0,3}(掉|断|落)|断线|冒火|着火|起火|火花",
    re.IGNORECASE,
)
_FIRE = re.compile(r"\bfire\b|\bburning\b|冒火|着火|起火", re.IGNORECASE)
_STILL_OUT = re.compile(
    r"\bstill (out|off|no|without|dark)\b|\bno (power|electricity|light)\b|\bout\b|\bnot back\b"
    r"|\bwithout (power|electricity)|\b(power|electricity) is (out|off)\b"
    r"|没电|无电|没有电|停电|未来电|没来电|未恢复|没恢复|还没",
    re.IGNORECASE,
)
_NO_MORE = re.compile(r"(stop|stopall|unsubscribe|cancel|end|quit|td|t|退订|取消|停止)", re.IGNORECASE)


def read_answer(text: str) -> Said:
    """Return what an answer says; danger before all else."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if _NO_MORE.fullmatch(plain.strip(" .!。！")):
        return Said.NO_MORE
    if _DANGER.search(plain):
        return Said.DANGER
    return Said.STILL_OUT if _STILL_OUT.search(plain) else Said.NOT_UNDERSTOOD


def danger_of(text: str) -> str:
    """Return which danger an answer tells of, as a trouble call names it."""
    return "fire" if _FIRE.search(unicodedata.normalize("NFKC", text)) else "wire_down"


def who_answers(session: Session, *, sender: str, channel: Channel, now: datetime) -> Answerer | None:
    """Return who answers from a number or id, or None where that is nobody, or nobody can tell."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    accounts = _accounts(session, sender=sender, channel=channel, network_version=network_version)
    last = session.execute(
        select(NotificationRow.account, NotificationRow.outage_id)
        .where(
            NotificationRow.account.in_(accounts),
            NotificationRow.channel == channel,
            NotificationRow.queued_at > now - _ANSWERED_WITHIN,
            NotificationRow.sent_at.is_not(None),
        )
        .order_by(NotificationRow.sent_at.desc(), NotificationRow.id.desc())
        .limit(1)
    ).first()
    if last is None and len(accounts) != 1:
        return None
    account = last.account if last is not None else accounts[0]
    own = service_points_of_account(session, network_version=network_version, account=account)
    told = _held_by(session, outage_id=last.outage_id, own=own) if last is not None else []
    return Answerer(account=account, service_points=tuple(told or own))


def _accounts(session: Session, *, sender: str, channel: Channel, network_version: int) -> list[str]:
    """Return the accounts that a number or id belongs to: their own choice, and what is on file."""
    if channel is not Channel.SMS:
        chosen = select(MessageSubscriptionRow.account).where(
            MessageSubscriptionRow.channel == channel, MessageSubscriptionRow.address == sender
        )
        return sorted(session.scalars(chosen.limit(_ACCOUNTS_LOOKED_AT)))
    digits = phone_digits(sender)
    if digits is None or len(digits) < _FEWEST_DIGITS:
        return []
    plain = func.ltrim(func.regexp_replace(MessageSubscriptionRow.address, r"\D", "", "g"), "0")
    chosen = select(MessageSubscriptionRow.account).where(
        MessageSubscriptionRow.channel == channel, plain == digits
    )
    # On file a number often stands without its country: its end is looked for as well.
    national = digits[-_FEWEST_DIGITS - 3 :]
    on_file = select(CustomerRow.account).where(
        CustomerRow.network_version == network_version,
        or_(
            CustomerRow.phone_digits == digits,
            func.reverse(CustomerRow.phone_digits).like(f"{national[::-1]}%"),
        ),
    )
    found = {*session.scalars(chosen), *session.scalars(on_file.limit(_ACCOUNTS_LOOKED_AT))}
    return sorted(found)


def _held_by(session: Session, *, outage_id: str | None, own: Sequence[str]) -> list[str]:
    """Return those of an account's service points that an outage holds or held."""
    query = select(AffectedRow.service_point).where(
        AffectedRow.outage_id == outage_id, AffectedRow.service_point.in_(own)
    )
    return sorted(session.scalars(query)) if outage_id is not None else []
