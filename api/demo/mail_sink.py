"""The demo's mailbox: an SMTP server on this machine that accepts every message and sends none on.

Owns what was received; listens on 127.0.0.1 only. Keeps the last messages to show, and counts all.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from email import message_from_bytes, policy
from threading import Lock, Thread
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

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
        """Take a free port at once; mail is answered from entering on."""
        self._mailbox = _Mailbox()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="mail sink", daemon=True)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        self._in_loop(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._in_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """The address to deliver to, in the form that Apprise reads."""
        port = self._socket.getsockname()[1]
        return f"mailto://127.0.0.1:{port}?from=relight@example.org&mode=insecure"

    @property
    def count(self) -> int:
        """How many messages have come in so far."""
        return self._mailbox.count

    def last_messages(self) -> list[ReceivedMessage]:
        """Return the last messages, oldest first."""
        return self._mailbox.last_messages()

    def _connection(self) -> SMTP:
        return SMTP(self._mailbox, hostname="localhost", loop=self._loop)

    def _in_loop(self, work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start(self) -> None:
        self._server = await self._loop.create_server(self._connection, sock=self._socket)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Mailbox:
    """Counts what comes in and keeps the last of it as it came; a message is only read when it is shown."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = Lock()
        self._envelopes: deque[Envelope] = deque(maxlen=_SHOWN)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message; the name is aiosmtpd's."""
        with self._lock:
            self.count += 1
            self._envelopes.append(envelope)
        return "250 OK"

    def last_messages(self) -> list[ReceivedMessage]:
        with self._lock:
            envelopes = list(self._envelopes)
        return [_read(envelope) for envelope in envelopes]


def _read(envelope: Envelope) -> ReceivedMessage:
    message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
    body = message.get_body(("plain", "html"))
    return ReceivedMessage(
        to=", ".join(envelope.rcpt_tos),
        subject=str(message["subject"] or ""),
        text=str(body.get_content()).strip() if body is not None else "",
    )
