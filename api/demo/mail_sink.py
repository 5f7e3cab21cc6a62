"""The demo's mailbox: an SMTP server on this machine that accepts every message and sends none on.

Owns what was received; listens on 127.0.0.1 only. Keeps the last messages to show, and counts all.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from threading import Lock
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.demo.errors import DemoError

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """One message as its reader would see it."""

    to: str
    subject: str
    text: str


class MailSink:
    """A local SMTP server with a mailbox; use it as a context manager."""

    def __init__(self) -> None:
        """Take a free port when entered."""
        self._mailbox = _Mailbox()
        self._controller = Controller(self._mailbox, hostname="127.0.0.1", port=0)

    def __enter__(self) -> Self:
        """Start to listen."""
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop to listen."""
        self._controller.stop()

    @property
    def url(self) -> str:
        """The address to deliver to, in the form that Apprise reads."""
        server = self._controller.server
        if not isinstance(server, asyncio.Server):
            raise DemoError("The demo's mailbox is not open.")
        port = server.sockets[0].getsockname()[1]
        return f"mailto://127.0.0.1:{port}?from=relight@example.org&mode=insecure"

    @property
    def count(self) -> int:
        """How many messages have come in so far."""
        return self._mailbox.count

    def last_messages(self) -> list[ReceivedMessage]:
        """Return the last messages, oldest first."""
        return self._mailbox.last_messages()


class _Mailbox:
    def __init__(self) -> None:
        self.count = 0
        self._lock = Lock()
        self._messages: deque[ReceivedMessage] = deque(maxlen=_SHOWN)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message; the name is aiosmtpd's."""
        message = message_from_bytes(_as_bytes(envelope.content), policy=policy.default)
        body = message.get_body(("plain", "html"))
        received = ReceivedMessage(
            to=", ".join(envelope.rcpt_tos),
            subject=str(message["subject"] or ""),
            text=str(body.get_content()).strip() if body is not None else "",
        )
        with self._lock:
            self.count += 1
            self._messages.append(received)
        return "250 OK"

    def last_messages(self) -> list[ReceivedMessage]:
        with self._lock:
            return list(self._messages)


def _as_bytes(content: bytes | str | None) -> bytes:
    if content is None:
        return b""
    return content if isinstance(content, bytes) else content.encode()
