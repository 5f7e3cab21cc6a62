"""One message through one Apprise service, with what Apprise does not tell: what became of it.

RULE 1: what the service took is sent; what it answered no to is refused, and may be tried again.
RULE 2: where the answer is lost, or tells nothing, nobody knows: it is uncertain. So is a no from a service
that does not speak HTTP, for there is nothing to tell the cases apart by.
RULE 3: without a connection nothing has left.
No address reaches a log: Apprise writes them into its own, which is therefore shut.
"""

from __future__ import annotations

import logging
from typing import Any

import apprise

from dispatch.errors import DispatchError
from dispatch.http_exchange import Exchange, listening
from dispatch.outcomes import Outcome


class GatewayUnreachable(DispatchError):
    """A gateway cannot be reached, or its address in the settings is not one; nothing has left."""


def keep_silent() -> None:
    """Shut the logs of the libraries that would write addresses into them."""
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def service_at(address: str) -> Any:
    """Let Apprise read an address; None where it cannot."""
    keep_silent()
    return apprise.Apprise.instantiate(address, suppress_exceptions=True)


def hand_over(service: Any, *, text: str, subject: str = "") -> Outcome:
    """Hand one message to a service; GatewayUnreachable when there is no connection to it at all."""
    with listening() as heard:
        is_taken = bool(service.notify(body=text, title=subject))
    if is_taken:
        return Outcome.SENT
    if heard and all(exchange is Exchange.NEVER_LEFT for exchange in heard):
        raise GatewayUnreachable("The gateway cannot be reached.")
    is_plain = bool(heard) and Exchange.UNCLEAR not in heard
    return Outcome.REFUSED if is_plain else Outcome.UNCERTAIN
