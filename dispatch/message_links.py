"""Links in messages: a row's number, signed. Nobody else can make one, and nothing personal stands in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum

_SIGNATURE_BYTES = 16
_LONGEST_NUMBER = 18


class LinkPurpose(StrEnum):
    """What a link is good for: also the part of its address before the token."""

    LEAVE = "stop"  # no more messages on this channel
    OPEN = "go"  # the page of the supply that the message is about


def link_token(key: bytes, *, purpose: LinkPurpose, number: int) -> str:
    """Return the token of a link about message `number`."""
    return f"{number}.{_signature(key, purpose, number)}"


def number_of_link(key: bytes, *, purpose: LinkPurpose, token: str) -> int | None:
    """Return the message that a token is about; None where we did not sign it for this."""
    written, _, signature = token.partition(".")
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER):
        return None
    expected = _signature(key, purpose, int(written))
    return int(written) if hmac.compare_digest(expected.encode(), signature.encode()) else None


def link(public_url: str, key: bytes, *, purpose: LinkPurpose, number: int) -> str:
    """Return the whole address of a link."""
    return f"{public_url.rstrip('/')}/supply/{purpose}/{link_token(key, purpose=purpose, number=number)}"


def _signature(key: bytes, purpose: LinkPurpose, number: int) -> str:
    digest = hmac.new(key, f"{purpose}:{number}".encode(), hashlib.sha256).digest()[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
