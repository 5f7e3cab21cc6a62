"""What the requests of an Apprise service came to.

Apprise itself says yes or no, and a no may mean either that the gateway declined or that its answer was lost;
a text message may be sent again only in the first case.

Owns the one place where the library `requests`, which Apprise's services speak through, is listened to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from ssl import SSLCertVerificationError
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, SSLError

# The gateway, or a proxy before it, failed at what it had begun: nobody knows how far it came.
_UNCLEAR_STATUSES = frozenset({408, 500, 502, 504})


class Exchange(Enum):
    """What one request came to."""

    ANSWERED = "answered"  # a plain yes or no
    NEVER_LEFT = "never_left"  # no connection, so nothing was sent
    UNCLEAR = "unclear"  # begun, without an answer that tells


_heard: ContextVar[list[Exchange] | None] = ContextVar("heard", default=None)


@contextmanager
def listening() -> Iterator[list[Exchange]]:
    """Give the list of what the requests made inside come to, in order, in this thread alone."""
    heard: list[Exchange] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def _never_left(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", error.args[0]) if error.args else None
    if isinstance(reason, SSLError):
        reason = reason.args[0] if reason.args else None
    return isinstance(reason, ConnectTimeoutError | SSLCertVerificationError)


_send = requests.Session.send


def _listened_send(
    self: requests.Session, request: requests.PreparedRequest, **how: Any
) -> requests.Response:
    heard = _heard.get()
    if heard is None:
        return _send(self, request, **how)
    try:
        response = _send(self, request, **how)
    except requests.RequestException as error:
        heard.append(Exchange.NEVER_LEFT if _never_left(error) else Exchange.UNCLEAR)
        raise
    is_unclear = response.status_code in _UNCLEAR_STATUSES
    heard.append(Exchange.UNCLEAR if is_unclear else Exchange.ANSWERED)
    return response


requests.Session.send = _listened_send  # type: ignore[method-assign]
