"""Text messages through any Apprise service that reaches a phone, one customer at a time.

RULE 1: what the gateway took is sent; what it answered no to is refused, and may be tried again.
RULE 2: where the answer is lost, or tells nothing, nobody knows: it is uncertain. So is a no from a service
that does not speak HTTP, for there is nothing to tell the cases apart by.
RULE 3: without a connection nothing has left.
No phone number reaches a log: Apprise writes numbers into its own, which is therefore shut.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

import apprise

from dispatch.channels import PLACEHOLDER
from dispatch.errors import DispatchError
from dispatch.http_exchange import Exchange, listening
from dispatch.outcomes import Outcome

_EXAMPLE_PHONE = "+15550100000"


class SmsUnreachable(DispatchError):
    """The gateway cannot be reached, or its address in the settings is not one; nothing has left."""


def check_sms_url(sms_url: str) -> None:
    """Raise SmsUnreachable when an address template is none that Apprise can send to."""
    if _service(sms_url, _EXAMPLE_PHONE) is None:
        raise SmsUnreachable(
            "The address for text messages in the settings is not one that Apprise can send to, with "
            f"{PLACEHOLDER} where the number goes."
        )


def send_sms(*, sms_url: str, phone: str, text: str) -> Outcome:
    """Send one text message; SmsUnreachable when there is no connection to the gateway at all.

    `sms_url` is an Apprise address with `{phone}` where the number goes.
    """
    service = _service(sms_url, phone)
    if service is None:
        return Outcome.REFUSED  # the template is in order (`check_sms_url`), so the number is not
    with listening() as heard:
        is_taken = bool(service.notify(body=text))
    if is_taken:
        return Outcome.SENT
    if heard and all(exchange is Exchange.NEVER_LEFT for exchange in heard):
        raise SmsUnreachable("The gateway for text messages cannot be reached.")
    is_plain = bool(heard) and Exchange.UNCLEAR not in heard
    return Outcome.REFUSED if is_plain else Outcome.UNCERTAIN


def _service(sms_url: str, phone: str) -> Any:
    """Let Apprise read the address of one phone; None where it cannot."""
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    number = quote(_plain(phone), safe="")
    return apprise.Apprise.instantiate(sms_url.replace(PLACEHOLDER, number), suppress_exceptions=True)


def _plain(phone: str) -> str:
    """Return a number as gateways take it: digits, and the plus of the country where one was written."""
    digits = "".join(sign for sign in phone if sign.isascii() and sign.isdigit())
    return f"+{digits}" if phone.strip().startswith("+") else digits
