"""What a browser is told beside the words: which messages belong together, and where a tap leads.

The addresses are ours and without a host: the page that subscribed has it. They are good for what the links
of a mail are good for (dispatch/message_links.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from dispatch.message_kinds import DANGERS
from dispatch.message_links import LinkPurpose, link_token
from dispatch.message_rules import MessageRules
from dispatch.push_encryption import written_bytes
from dispatch.tables import NotificationRow

_START = "/supply/mine"
_THREAD_BYTES = 24  # 32 signs in base64: as many as the header `Topic` may have


def push_facts(row: NotificationRow, rules: MessageRules, words: Mapping[str, str]) -> dict[str, str]:
    """Return the thread, the language, where a tap leads, and the way to leave with its word."""
    facts = {"thread": _thread(row, rules.link_key or b""), "language": row.language, "open": _START}
    if rules.link_key is None:
        return facts
    ways = {
        purpose: f"/supply/{purpose}/{link_token(rules.link_key, purpose=purpose, number=row.id)}"
        for purpose in LinkPurpose
    }
    return {
        **facts,
        "open": ways[LinkPurpose.OPEN],
        "stop": ways[LinkPurpose.LEAVE],
        "stop_word": words["message.push.stop"],
    }


def _thread(row: NotificationRow, key: bytes) -> str:
    """Return what names a customer's messages about one outage; a danger is a thread of its own.

    Push services see it; without the key nobody knows of whom or what it is, or which phones share an outage.
    """
    about = [row.account, row.outage_id or row.planned_outage_id or ""]
    if row.kind in DANGERS:
        about.append(row.kind)
    digest = hmac.new(key, "\n".join(about).encode(), hashlib.sha256).digest()
    return written_bytes(digest[:_THREAD_BYTES])
