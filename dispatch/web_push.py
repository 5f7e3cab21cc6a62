"""Messages to a customer's phone by its browser's push service (RFC 8030), sealed and signed.

RULE 1: only hosts that the operator named are asked (dispatch/push_addresses.py), and no redirection is
followed.
RULE 2: a service that says 404 or 410 knows the subscription no more: it is gone, and nothing goes there
again.
RULE 3: what waits for a phone that is off gives way to the next message of the same outage (`Topic`); a
danger gives way to nothing but itself, and is urgent. What waited too long is not shown.
RULE 4: the message's number goes along, so that one sent twice is shown as one.
No endpoint, key or text reaches a log.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy

import requests

from dispatch.gateways import GatewayUnreachable, keep_silent
from dispatch.http_exchange import Exchange, listening
from dispatch.message_kinds import DANGERS, TOPIC_OF, MessageKind, Topic
from dispatch.outcomes import Outcome
from dispatch.push_addresses import PushAddress, is_push_endpoint
from dispatch.push_encryption import seal_anew
from dispatch.push_signature import PushKey

_TIMEOUTS_S = (4, 10)  # to connect, to answer
_TAKEN, _GONE = frozenset({200, 201, 202, 204}), frozenset({404, 410})
# Push services take 4096 bytes sealed; signs of three bytes each still fit.
_LONGEST_TITLE, _LONGEST_TEXT = 120, 700
# For how long a push service keeps what a phone that is off did not get yet.
_PROGRESS_KEPT, _OTHERS_KEPT = timedelta(hours=6), timedelta(hours=24)
_of_thread = threading.local()


@dataclass(frozen=True, slots=True)
class PushRoute:
    """How pushes leave: signed by `key`, with a `contact` for push services, to `hosts` and nowhere else.

    `real_now` tells the real time, by which push services check the signature, whatever the clock of a storm.
    """

    key: PushKey
    contact: str
    hosts: Collection[str]
    real_now: Callable[[], datetime] = field(repr=False)


def send_push(*, address: str, route: PushRoute, title: str, text: str, facts: Mapping[str, str]) -> Outcome:
    """Send one message, with `facts` for the browser; an address that is no longer allowed refuses.

    GatewayUnreachable when there is no connection to its push service at all.
    """
    to = PushAddress.kept(address)
    if not is_push_endpoint(to.endpoint, hosts=route.hosts):
        return Outcome.REFUSED
    said = {**facts, "title": _short(title, _LONGEST_TITLE), "text": _short(text, _LONGEST_TEXT)}
    content = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        **_wishes(MessageKind(facts["kind"])),
        "Topic": facts["thread"],
        "Authorization": route.key.authorization(
            endpoint=to.endpoint, contact=route.contact, real_now=route.real_now()
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }
    return _post(to.endpoint, seal_anew(content, receiver=to.key, secret=to.secret), headers)


def _wishes(kind: MessageKind) -> dict[str, str]:
    is_danger = kind in DANGERS
    # How an outage goes on is told anew later; a danger and the dates of planned work still hold tomorrow.
    kept = _OTHERS_KEPT if is_danger or TOPIC_OF.get(kind) is Topic.PLANNED else _PROGRESS_KEPT
    return {"TTL": f"{kept.total_seconds():.0f}", "Urgency": "high" if is_danger else "normal"}


def _post(endpoint: str, content: bytes, headers: Mapping[str, str]) -> Outcome:
    keep_silent()
    with listening() as heard:
        try:
            answer = _line().post(
                endpoint, data=content, headers=dict(headers), timeout=_TIMEOUTS_S, allow_redirects=False
            )
        except requests.RequestException:
            if heard and all(exchange is Exchange.NEVER_LEFT for exchange in heard):
                # Without its cause, which names the endpoint.
                raise GatewayUnreachable("The push service cannot be reached.") from None
            # What could not even be written as a request was not sent.
            return Outcome.UNCERTAIN if heard else Outcome.REFUSED
    if answer.status_code in _TAKEN:
        return Outcome.SENT
    if answer.status_code in _GONE:
        return Outcome.GONE
    return Outcome.UNCERTAIN if Exchange.UNCLEAR in heard else Outcome.REFUSED


def _line() -> requests.Session:
    """Return this thread's line: many phones have the same service, whose connection stays open."""
    line: requests.Session | None = getattr(_of_thread, "line", None)
    if line is None:
        line = _of_thread.line = requests.Session()
        line.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return line


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
