"""How each source of evidence is doing: when it last spoke, how late it comes, how long it was silent.

RULE 1: a feed is a kind of evidence from one kind of source. The last `LOOKED_AT` messages of each kind are
    looked at, found by an index, so that the answer does not wait for a storm's half million of last gasps.
    A source that is not among them is not told.
RULE 2: delay is from when a message says it was made to when it came: the middle one, and the 95th of 100.
RULE 3: a feed is silent when it has said nothing for longer than `SILENT_TIMES` its longest gap, and for
    `SILENT_FROM` at least: a feed that speaks once an hour is not silent after ten minutes. Of fewer than
    `SILENT_KNOWN` messages nobody can tell how often a feed speaks.
RULE 4: a feed is late when the middle delay of what came within the last hour is over `LATE_FROM`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from sqlalchemy import text
from sqlalchemy.orm import Session

from dispatch.evidence_lines import KINDS

LOOKED_AT = 1_000
WITHIN = timedelta(hours=1)
SILENT_TIMES = 3
SILENT_FROM = timedelta(minutes=5)
SILENT_KNOWN = 20
LATE_FROM = timedelta(minutes=5)
# Messages of the past that say nothing of how a feed is now.
FORGOTTEN_AFTER = timedelta(days=7)


class FeedState(StrEnum):
    """In one word, how a feed is doing."""

    FLOWING = "flowing"
    LATE = "late"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed. Delays and gaps in seconds; `gap_s` is the silence now, `longest_gap_s` the longest before.

    `in_hour` counts at most LOOKED_AT of a kind, which then means "or more".
    """

    kind: str
    source: str
    state: FeedState
    last_at: datetime
    in_hour: int
    delay_s: float
    delay_p95_s: float
    gap_s: float
    longest_gap_s: float


@dataclass(frozen=True, slots=True)
class Message:
    """When one message was made, by its sender, and when it came."""

    at: datetime
    received_at: datetime


# Who a message came from, as feeds are told; a crew's or a dispatcher's own name is nobody's feed.
_SOURCES = frozenset({"meter_system", "customer", "agent", "dispatcher", "supervisor", "crew"})
_PUBLIC = "public"

_LAST = text("""
    SELECT wanted.kind, last.source, last.at, last.received_at
    FROM unnest(CAST(:kinds AS text[])) AS wanted (kind) CROSS JOIN LATERAL (
        SELECT source, COALESCE(told_at, at) AS at, received_at, sequence FROM evidence
        -- As pairs, not "kind = …": else a storm may be walked backwards for a kind that is rare.
        WHERE (evidence.kind, sequence) >= (wanted.kind, 0)
          AND (evidence.kind, sequence) <= (wanted.kind, 9223372036854775807)
        ORDER BY evidence.kind DESC, sequence DESC LIMIT :looked_at
    ) AS last
    ORDER BY last.sequence
""")


def feed_health(session: Session, *, now: datetime) -> list[Feed]:
    """Return every feed that has spoken within a week: what is silent first, then what is late."""
    messages: dict[tuple[str, str], list[Message]] = {}
    for row in session.execute(_LAST, {"kinds": list(KINDS), "looked_at": LOOKED_AT}):
        source = _source(row.kind, row.source)
        messages.setdefault((row.kind, source), []).append(Message(row.at, row.received_at))
    feeds = [feed_of(kind, source, own, now=now) for (kind, source), own in messages.items()]
    order = (FeedState.SILENT, FeedState.LATE, FeedState.FLOWING)
    return sorted(
        (feed for feed in feeds if feed.last_at > now - FORGOTTEN_AFTER),
        key=lambda feed: (order.index(feed.state), feed.kind, feed.source),
    )


def _source(kind: str, source: str) -> str:
    if kind == "crew_finding":
        return "crew"
    if source == _PUBLIC:
        return "customer"
    return source if source in _SOURCES else "desk"


def feed_of(kind: str, source: str, messages: Sequence[Message], *, now: datetime) -> Feed:
    """Return how a feed is doing by its last messages, at least one, in the order they came."""
    came = sorted(message.received_at for message in messages)
    recent = [message for message in messages if message.received_at > now - WITHIN]
    delays = sorted(_delay_s(message) for message in recent or messages[-1:])
    gap_s = max(0.0, (now - came[-1]).total_seconds())
    longest_gap_s = max(((later - sooner).total_seconds() for sooner, later in pairwise(came)), default=0.0)
    middle_s = median(delays)
    long_s = max(SILENT_FROM.total_seconds(), SILENT_TIMES * longest_gap_s)
    is_silent = len(came) >= SILENT_KNOWN and gap_s > long_s
    is_late = bool(recent) and middle_s > LATE_FROM.total_seconds()
    return Feed(
        kind=kind,
        source=source,
        state=FeedState.SILENT if is_silent else FeedState.LATE if is_late else FeedState.FLOWING,
        last_at=came[-1],
        in_hour=len(recent),
        delay_s=middle_s,
        delay_p95_s=delays[min(len(delays) - 1, int(0.95 * len(delays)))],
        gap_s=gap_s,
        longest_gap_s=longest_gap_s,
    )


def _delay_s(message: Message) -> float:
    return max(0.0, (message.received_at - message.at).total_seconds())
