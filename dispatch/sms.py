"""Text messages through any Apprise service that reaches a phone, one customer at a time.

What became of each is told as dispatch/gateways.py has it. No phone number reaches a log.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dispatch.channels import PLACEHOLDER
from dispatch.gateways import GatewayUnreachable, hand_over, service_at
from dispatch.outcomes import Outcome

_EXAMPLE_PHONE = "+15550100000"


class SmsUnreachable(GatewayUnreachable):
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
    try:
        return hand_over(service, text=text)
    except GatewayUnreachable as away:
        raise SmsUnreachable("The gateway for text messages cannot be reached.") from away


def _service(sms_url: str, phone: str) -> Any:
    """Let Apprise read the address of one phone; None where it cannot."""
    return service_at(sms_url.replace(PLACEHOLDER, quote(_plain(phone), safe="")))


def _plain(phone: str) -> str:
    """Return a number as gateways take it: digits, and the plus of the country where one was written."""
    digits = "".join(sign for sign in phone if sign.isascii() and sign.isdigit())
    return f"+{digits}" if phone.strip().startswith("+") else digits
