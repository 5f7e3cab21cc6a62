"""What a browser is told beside the words: which messages belong together, and where a tap leads.

The addresses are ours and without a host: the page that subscribed has it. They are good for what the links
of a mail are good for (dispatch/message_links.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from dispatch.message_links import LinkPurpose, link_token
from dispatch.message_rules import MessageRules
from dispatch.tables import NotificationRow
from dispatch.web_push import push_thread

_START = "/supply/mine"


def push_facts(row: NotificationRow, rules: MessageRules, words: Mapping[str, str]) -> dict[str, str]:
    """Return the thread, the language, where a tap leads, and the way to leave with its word."""
    facts = {
        "thread": push_thread(row.kind, row.outage_id or row.planned_outage_id or ""),
        "language": row.language,
        "open": _START,
    }
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
