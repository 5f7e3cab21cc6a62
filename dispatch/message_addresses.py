"""What a customer typed as an address, made plain; or refused, so that no message goes to nowhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.webhooks import is_webhook

_LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_PHONE = re.compile(r"\+?[0-9 ()./-]+")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_USER = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


def plain_address(channel: Channel, typed: str, *, webhook_hosts: Collection[str]) -> str:
    """Return an address as its channel takes it; InvalidInput, naming the channel, where it is none.

    E-mail: ASCII, one @ and a domain. A phone: digits, with the + of its country where it was written, and no
    letter. WeCom: an id. Webhook: an https address at one of the hosts allowed.
    """
    written = unicodedata.normalize("NFKC", typed).strip()
    if channel is Channel.EMAIL:
        if len(written) > _LONGEST_EMAIL or not _EMAIL.fullmatch(written) or ".." in written:
            raise InvalidInput(field=channel, text="this is not an e-mail address")
        return written
    if channel is Channel.SMS:
        return _plain_phone(written)
    if channel is Channel.WECOM:
        if not _USER.fullmatch(written):
            raise InvalidInput(field=channel, text="this is not an id of WeCom or WeChat")
        return written
    if channel is Channel.WEB_PUSH:
        raise InvalidInput(field=channel, text="nobody types this: the browser itself subscribes")
    if not is_webhook(written, hosts=webhook_hosts):
        text = "this has to be an https address at a host that is allowed here, without a question mark"
        raise InvalidInput(field=channel, text=text)
    return written


def masked_address(address: str) -> str:
    """Return an address as its owner knows it and nobody else learns it: w…@example.org, …4567."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}…{at}{domain}" if at else f"…{address[-4:]}"


def _plain_phone(written: str) -> str:
    digits = "".join(sign for sign in written if "0" <= sign <= "9")
    if not _PHONE.fullmatch(written) or not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        raise InvalidInput(field=Channel.SMS, text="a phone number has digits only, 7 to 15 of them")
    return f"+{digits}" if written.startswith("+") else digits
