"""Whether a message still says something, at the moment when it would leave: pure rules.

RULE 1: what tells of an outage leaves only while it lasts for this customer; of planned work, only before
that is over.
RULE 2: who did not hear of an outage, since that message was too late, is not told that it is over either.
RULE 3: a danger is told for as long as the outage lasts, also to those who have supply again: a wire that is
down is live then.
RULE 4: what only says how it goes on gives way to a later message of the same outage, and to its first one
where that still waits: each is worded when it leaves, so the first one says the newest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dispatch.message_kinds import ABOUT_PROGRESS, ABOUT_WHAT_LASTS, DANGERS, ENDINGS, MessageKind, WhyUnsent


@dataclass(frozen=True, slots=True)
class Thread:
    """What else a customer was told, or is to be told, of the same outage on the same channel.

    `was_told`: something left, or may have. `was_spared`: an earlier one was dropped, or waits.
    `first_waits`: the first message of all is about to leave. `is_followed`: a later one is, or left.
    """

    was_told: bool = False
    was_spared: bool = False
    first_waits: bool = False
    is_followed: bool = False


@dataclass(frozen=True, slots=True)
class PlannedTimes:
    """When planned work starts and ends, and when it was over or called off."""

    starts_at: datetime
    ends_at: datetime
    over_at: datetime | None
    is_cancelled: bool


def why_drop(kind: MessageKind, *, is_open: bool, lasts: bool, thread: Thread) -> WhyUnsent | None:
    """Return why a message about an outage says nothing any more.

    `is_open`: the outage lasts; `lasts`: it does for this customer, who is still out.
    """
    if kind in DANGERS:
        return None if is_open else WhyUnsent.OVER
    if kind in ABOUT_WHAT_LASTS and not lasts:
        return WhyUnsent.OVER
    if kind in ENDINGS and thread.was_spared and not thread.was_told:
        return WhyUnsent.NEVER_TOLD
    if kind in ABOUT_PROGRESS and (thread.is_followed or thread.first_waits):
        return WhyUnsent.SUPERSEDED
    return None


def why_drop_planned(kind: MessageKind, *, times: PlannedTimes, now: datetime) -> WhyUnsent | None:
    """Return why a message about planned work says nothing any more."""
    is_over = times.over_at is not None or times.is_cancelled
    too_late = {
        MessageKind.PLANNED_ANNOUNCED: is_over or now >= times.ends_at,
        MessageKind.PLANNED_REMINDER: is_over or now >= times.starts_at,
        MessageKind.PLANNED_MOVED: is_over or now >= times.ends_at,
        MessageKind.PLANNED_OVERDUE: is_over,
    }
    return WhyUnsent.OVER if too_late.get(kind, False) else None
