"""What the page about messages says of notifications on this phone, where the operator offers them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api.channel_settings import ChannelSettings
from dispatch.push_choice import read_push


@dataclass(frozen=True, slots=True)
class PushBox:
    """The public key, whether a browser is told, the end of its address, and whether one ended by itself."""

    key: str
    is_on: bool
    ending: str
    has_ended: bool


def push_box(session: Session, *, account: str, messages: ChannelSettings) -> PushBox | None:
    """Return what is said to an account; None where the channel is not there."""
    key = messages.push_key()
    if key is None:
        return None
    chosen = read_push(session, account=account)
    return PushBox(
        key=key.public_text,
        is_on=chosen.is_on,
        ending=chosen.ending or "",
        has_ended=chosen.has_ended,
    )
