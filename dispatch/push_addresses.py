"""Where a web push goes: what one browser gave out, checked, and kept as the address of its channel.

RULE 1: only hosts that the operator named are asked: an endpoint comes from a browser, and the control room's
machine must not be sent round its own network by one that somebody made up.
RULE 2: what stands in it opens a way to a customer's phone: it is personal data, and in no log.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.push_encryption import SECRET_BYTES, bytes_of, public_key, written_bytes

_LONGEST_ENDPOINT = 1000
_LONGEST_KEY = 200
_THIS_MACHINE = ("127.0.0.1", "localhost")
_ANY_NAME = "*."
# By so much of its end a browser knows its own endpoint; nobody can send by it.
_ENDING = 32


@dataclass(frozen=True, slots=True)
class PushAddress:
    """One browser's subscription: where to post, its public key, and the secret that both sides know."""

    endpoint: str
    key: bytes
    secret: bytes

    @classmethod
    def kept(cls, address: str) -> Self:
        """Return what `text` kept."""
        found = json.loads(address)
        return cls(found["endpoint"], bytes_of(found["p256dh"]), bytes_of(found["auth"]))

    @classmethod
    def read(cls, *, endpoint: str, p256dh: str, auth: str, hosts: Collection[str]) -> Self:
        """Return what a browser gave out; InvalidInput for `web_push` where it will not do."""
        if not is_push_endpoint(endpoint, hosts=hosts):
            text = "the endpoint has to be an https address at a host that is allowed here"
            raise InvalidInput(field=Channel.WEB_PUSH, text=text)
        key, secret = _read_key(p256dh), _read_secret(auth)
        if key is None or secret is None:
            text = "the keys have to be those of a browser's subscription"
            raise InvalidInput(field=Channel.WEB_PUSH, text=text)
        return cls(endpoint, key, secret)

    @property
    def text(self) -> str:
        """What is kept as the address of the channel."""
        parts = {
            "endpoint": self.endpoint,
            "p256dh": written_bytes(self.key),
            "auth": written_bytes(self.secret),
        }
        return json.dumps(parts, separators=(",", ":"))

    @property
    def ending(self) -> str:
        """The end of the endpoint, by which a browser knows its own."""
        return self.endpoint[-_ENDING:]


def _read_key(written: str) -> bytes | None:
    try:
        key = bytes_of(written[: _LONGEST_KEY + 1])
        public_key(key)
    except ValueError:
        return None
    return key


def _read_secret(written: str) -> bytes | None:
    try:
        secret = bytes_of(written[: _LONGEST_KEY + 1])
    except ValueError:
        return None
    return secret if len(secret) == SECRET_BYTES else None


def is_push_endpoint(endpoint: str, *, hosts: Collection[str]) -> bool:
    """Return whether a push may be posted there: https, at one of `hosts`.

    Hosts are as addresses write them, `name` or `name:port`; `*.name` is every name below one. Plain HTTP
    will do on this machine only.
    """
    if len(endpoint) > _LONGEST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        return False
    try:
        parts = urlsplit(endpoint)
        _ = parts.port
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    is_plain = not parts.fragment and not set("@\\ ") & set(parts.netloc) and "\\" not in endpoint
    return is_safe and is_plain and " " not in endpoint and _is_allowed(parts.netloc, hosts)


def _is_allowed(place: str, hosts: Collection[str]) -> bool:
    named = place.casefold()
    for host in (one.casefold() for one in hosts):
        below = host.removeprefix(_ANY_NAME)
        if named == host or (below != host and len(named) > len(below) + 1 and named.endswith(f".{below}")):
            return True
    return False
