"""Messages to a customer's own program: JSON over HTTPS, at hosts that the operator allows.

RULE 1: only hosts that the operator named are asked. A control room's machine must not be sent round its own
network by an address that a customer typed.
RULE 2: no redirection is followed, for the same reason.
RULE 3: the message's number goes along, so that one sent twice is known to be the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import quote, urlsplit

from dispatch.gateways import hand_over, service_at
from dispatch.outcomes import Outcome

_SERVICES = {"https": "jsons", "http": "json"}
_THIS_MACHINE = ("127.0.0.1", "localhost")
_ANSWER_WITHIN_S = 10
_LONGEST = 500


def is_webhook(address: str, *, hosts: Collection[str]) -> bool:
    """Return whether an address may be a customer's webhook: https, at one of `hosts`, and a path at most.

    Hosts are as addresses write them: `name`, or `name:port`. Plain HTTP will do on this machine only.
    """
    if len(address) > _LONGEST or not address.isascii() or not address.isprintable() or "\\" in address:
        return False
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    # Apprise would take a query for orders to itself, and a name before the host for a sign-in.
    is_plain = not parts.query and not parts.fragment and "@" not in parts.netloc and " " not in address
    return is_safe and is_plain and parts.netloc.casefold() in {host.casefold() for host in hosts}


def send_webhook(
    *, address: str, hosts: Collection[str], subject: str, text: str, facts: Mapping[str, str]
) -> Outcome:
    """Send one message with some facts as fields of their own; an address that is no longer allowed refuses.

    GatewayUnreachable when there is no connection to it at all.
    """
    if not is_webhook(address, hosts=hosts):
        return Outcome.REFUSED
    parts = urlsplit(address)
    fields = "&".join(f":{name}={quote(value, safe='')}" for name, value in facts.items())
    orders = f"redirect=no&cto=4&rto={_ANSWER_WITHIN_S}&{fields}"
    service = service_at(f"{_SERVICES[parts.scheme]}://{parts.netloc}{parts.path or '/'}?{orders}")
    return hand_over(service, subject=subject, text=text) if service is not None else Outcome.REFUSED
