"""What messages are about, what of that a customer may choose, and what becomes of a message."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is about; `message.<kind>.subject`, `.body` and `.sms` in the vocabulary word it."""

    CONFIRMED = "confirmed"
    CREW_ASSIGNED = "crew_assigned"
    CREW_EN_ROUTE = "crew_en_route"
    CREW_ON_SITE = "crew_on_site"
    ETR_CHANGED = "etr_changed"
    RESTORED = "restored"
    DISMISSED = "dismissed"
    PLANNED_ANNOUNCED = "planned_announced"
    PLANNED_REMINDER = "planned_reminder"
    PLANNED_MOVED = "planned_moved"
    PLANNED_NOT_CONCERNED = "planned_not_concerned"
    PLANNED_CANCELLED = "planned_cancelled"
    PLANNED_OVERDUE = "planned_overdue"
    PLANNED_ENDED = "planned_ended"
    DANGER_WIRE_DOWN = "danger_wire_down"
    DANGER_KEEP_AWAY = "danger_keep_away"


class Topic(StrEnum):
    """What a customer may want to hear of, or not."""

    OUTAGES = "outages"
    PROGRESS = "progress"
    PLANNED = "planned"


class MessageStatus(StrEnum):
    """How far one message has come. `held`: until quiet hours end; `dropped`: nobody needs it any more."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"


class WhyUnsent(StrEnum):
    """Why a message was dropped or failed."""

    # Dropped.
    OVER = "over"  # the outage is over, or the customer's supply is back
    NEVER_TOLD = "never_told"  # the customer did not hear of it, so there is nothing to take back
    SUPERSEDED = "superseded"  # another message of the same outage says as much
    LEFT = "left"  # the customer wants no more on this channel
    # Failed.
    NO_ADDRESS = "no_address"
    REFUSED = "refused"  # after the last try
    GONE = "gone"  # the push service knows the customer's browser no more


# A person's word of warning: no topic that anybody could do without, and no quiet hours.
DANGERS = frozenset({MessageKind.DANGER_WIRE_DOWN, MessageKind.DANGER_KEEP_AWAY})
TOPIC_OF: Mapping[MessageKind, Topic] = {
    MessageKind.CONFIRMED: Topic.OUTAGES,
    MessageKind.ETR_CHANGED: Topic.OUTAGES,
    MessageKind.RESTORED: Topic.OUTAGES,
    MessageKind.DISMISSED: Topic.OUTAGES,
    MessageKind.CREW_ASSIGNED: Topic.PROGRESS,
    MessageKind.CREW_EN_ROUTE: Topic.PROGRESS,
    MessageKind.CREW_ON_SITE: Topic.PROGRESS,
    **{kind: Topic.PLANNED for kind in MessageKind if kind.startswith("planned_")},
}
# What is no use to a customer whose supply is back, or whose outage was none.
ABOUT_WHAT_LASTS = frozenset(
    {
        MessageKind.CONFIRMED,
        MessageKind.CREW_ASSIGNED,
        MessageKind.CREW_EN_ROUTE,
        MessageKind.CREW_ON_SITE,
        MessageKind.ETR_CHANGED,
    }
)
# What only says how it goes on: the next one says it better.
ABOUT_PROGRESS = ABOUT_WHAT_LASTS - {MessageKind.CONFIRMED}
# What ends a story that the customer has heard the beginning of.
ENDINGS = frozenset({MessageKind.RESTORED, MessageKind.DISMISSED})
