"""Mail through Apprise's settings and SMTP connection, with what Apprise does not tell: each outcome.

RULE 1: a message carries the Message-ID that it is given, so that one sent again is known to be the same, and
names the first one of its thread, so that a mail program shows one outage's messages together.
RULE 2: what the server took is sent; what it answered no to is refused, and may be tried again;
where no answer came after the message began to leave, nobody knows, and it is uncertain.
RULE 3: after a broken connection the rest of the batch has not begun to leave, and stays as it was.
No address reaches a log.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

import apprise
from apprise.plugins.email.smtp import AppriseSMTPController

from dispatch.errors import DispatchError
from dispatch.outcomes import Outcome


class MailUnreachable(DispatchError):
    """The mail server cannot be reached, or its address in the settings is not one; nothing has left."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one address.

    `key` is its own for ever and makes its Message-ID; `follows` is that of the first one of its thread.
    `leave_link`: where a mail program may leave for its reader with one tap (RFC 8058).
    """

    key: str
    address: str
    subject: str
    body: str
    follows: str | None = None
    leave_link: str | None = None


class _Connection(AppriseSMTPController):
    """Apprise's connection, without its swallowing of what the server said."""

    _socket: smtplib.SMTP  # type: ignore[assignment]  # Apprise types it as it is before it connects

    def deliver(self, from_address: str, message: EmailMessage) -> Outcome:
        """Hand one message over; OSError or SMTPServerDisconnected when no answer came."""
        try:
            self._socket.send_message(message, from_addr=from_address)
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException:
            return Outcome.REFUSED
        return Outcome.SENT


def send_mails(*, mail_url: str, mails: Iterable[Mail], now: datetime) -> Iterator[tuple[Mail, Outcome]]:
    """Send each mail over one connection and yield its outcome; those not yielded have not left.

    MailUnreachable when the server cannot be reached at all.
    """
    plugin = _plugin(mail_url)
    connection = _connection(plugin)
    with ExitStack() as stack:
        try:
            stack.enter_context(connection)
        except (OSError, smtplib.SMTPException) as problem:
            name = type(problem).__name__
            raise MailUnreachable(f"The mail server cannot be reached ({name}).") from problem
        for mail in mails:
            try:
                yield mail, connection.deliver(plugin.from_addr[1], _message(plugin, mail, now))
            except (OSError, smtplib.SMTPServerDisconnected):
                yield mail, Outcome.UNCERTAIN
                return


def _plugin(mail_url: str) -> Any:
    """Let Apprise read its address: server, port, security, sign-in, sender."""
    plugin = apprise.Apprise.instantiate(mail_url, suppress_exceptions=True)
    if not plugin or not hasattr(plugin, "smtp_host"):
        raise MailUnreachable("The mail address in the settings is not one that Apprise can send mail to.")
    return plugin


def _connection(plugin: Any) -> _Connection:
    return _Connection(
        host=plugin.smtp_host,
        port=plugin.port,
        secure_mode=plugin.secure_mode,
        user=plugin.user,
        password=plugin.password,
        verify_certificate=plugin.verify_certificate,
        socket_connect_timeout=plugin.socket_connect_timeout,
    )


def _message(plugin: Any, mail: Mail, now: datetime) -> EmailMessage:
    sender, from_address = plugin.from_addr
    message = EmailMessage()
    message["Subject"] = mail.subject
    message["From"] = formataddr((sender or "", from_address))
    message["To"] = mail.address
    message["Date"] = format_datetime(now)
    domain = from_address.rpartition("@")[2]
    message["Message-ID"] = f"<{mail.key}@{domain}>"
    if mail.follows is not None:
        message["In-Reply-To"] = message["References"] = f"<{mail.follows}@{domain}>"
    if mail.leave_link is not None:
        message["List-Unsubscribe"] = f"<{mail.leave_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # So that holiday answers stay away (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message
