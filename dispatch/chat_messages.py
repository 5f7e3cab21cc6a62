"""Messages to WeCom or WeChat, through the operator's gateway or the customer's own group robot."""

from __future__ import annotations

from urllib.parse import quote

from dispatch.channels import USER_PLACEHOLDER
from dispatch.gateways import GatewayUnreachable, hand_over, service_at
from dispatch.outcomes import Outcome

_EXAMPLE_USER = "ExampleUser"


def check_wecom_url(wecom_url: str) -> None:
    """Raise GatewayUnreachable when an address template is none that Apprise can send to."""
    if service_at(wecom_url.replace(USER_PLACEHOLDER, _EXAMPLE_USER)) is None:
        raise GatewayUnreachable(
            "The address for WeCom in the settings is not one that Apprise can send to, with "
            f"{USER_PLACEHOLDER} where the customer's id goes."
        )


def send_chat(*, wecom_url: str, user: str, text: str) -> Outcome:
    """Send one message; GatewayUnreachable when there is no connection to the gateway at all.

    `wecom_url` is an Apprise address with `{user}` where the customer's id goes.
    """
    service = service_at(wecom_url.replace(USER_PLACEHOLDER, quote(user, safe="")))
    return hand_over(service, text=text) if service is not None else Outcome.REFUSED
