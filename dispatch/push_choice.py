"""Whether a customer's phone is told by web push: chosen there by one tap, left by one, ended by its browser.

RULE 1: one browser for each account, as on every channel there is one address; the next takes its place.
RULE 2: nobody types such an address, and no code goes there: a browser gives it out only after its owner said
yes, and only to our own page.
RULE 3: a subscription that the push service knows no more is removed; its customer has not left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from dispatch.channels import Channel
from dispatch.message_kinds import WhyUnsent
from dispatch.message_tables import MessageSubscriptionRow
from dispatch.push_addresses import PushAddress
from dispatch.subscriptions import keep_channel
from dispatch.tables import NotificationRow


@dataclass(frozen=True, slots=True)
class PushChoice:
    """Whether a browser is told, by which end of its endpoint it knows itself, and whether one has ended."""

    is_on: bool
    ending: str | None
    has_ended: bool


def read_push(session: Session, *, account: str) -> PushChoice:
    """Return whether a browser of an account is told."""
    row = session.get(MessageSubscriptionRow, (account, str(Channel.WEB_PUSH)))
    if row is not None and row.left_at is None and row.address is not None:
        return PushChoice(is_on=True, ending=PushAddress.kept(row.address).ending, has_ended=False)
    was_gone = exists().where(
        NotificationRow.account == account,
        NotificationRow.channel == Channel.WEB_PUSH,
        NotificationRow.because == WhyUnsent.GONE,
    )
    has_ended = row is None and bool(session.scalar(select(was_gone)))
    return PushChoice(is_on=False, ending=None, has_ended=has_ended)


def subscribe_push(session: Session, *, account: str, address: PushAddress, now: datetime) -> None:
    """Tell an account by this browser from now on."""
    keep_channel(session, account, Channel.WEB_PUSH, address=address.text, left_at=None, now=now)


def end_push(session: Session, *, number: int, address: str) -> None:
    """Forget an address that a message could not reach any more, unless another has taken its place."""
    whose = select(NotificationRow.account).where(NotificationRow.id == number).scalar_subquery()
    session.execute(
        delete(MessageSubscriptionRow).where(
            MessageSubscriptionRow.account == whose,
            MessageSubscriptionRow.channel == Channel.WEB_PUSH,
            MessageSubscriptionRow.address == address,
        )
    )
