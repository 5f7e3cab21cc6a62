"""The life of a planned outage 计划停电: which action leads from which status to which. Pure.

request → study → approve → publish → notify → execute → close. Nobody takes `notify`: it comes by itself once
all that the rules of notices want before the work was queued. Nor does anybody take back what was switched.
"""

from __future__ import annotations

from enum import StrEnum

from dispatch.errors import IllegalTransition


class PlannedStatus(StrEnum):
    """How far a planned outage has come."""

    REQUESTED = "requested"
    STUDIED = "studied"  # whom it concerns is known
    APPROVED = "approved"
    PUBLISHED = "published"
    NOTIFIED = "notified"
    EXECUTING = "executing"
    ENDED = "ended"  # supply is back
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # before it was published
    CANCELLED = "cancelled"  # after it was


class PlannedAction(StrEnum):
    """What becomes of a planned outage; but for `notify`, also the last part of the address to do it."""

    AMEND = "amend"
    STUDY = "study"
    APPROVE = "approve"
    RETURN = "return"
    PUBLISH = "publish"
    MOVE = "times"
    NOTIFY = "notify"
    BEGIN = "begin"
    END = "end"
    CLOSE = "close"
    CANCEL = "cancel"


class PlannedWork(StrEnum):
    """Work planned long before 计划停电, or at short notice 临时停电: the rules of notices differ."""

    PLANNED = "planned"
    TEMPORARY = "temporary"


_BEFORE = {
    PlannedAction.AMEND: PlannedStatus.REQUESTED,
    PlannedAction.STUDY: PlannedStatus.STUDIED,
    # Other times are other work: it is studied and approved anew.
    PlannedAction.MOVE: PlannedStatus.REQUESTED,
    PlannedAction.CANCEL: PlannedStatus.WITHDRAWN,
}
_KNOWN = {
    PlannedAction.STUDY: None,
    PlannedAction.MOVE: None,
    PlannedAction.BEGIN: PlannedStatus.EXECUTING,
    PlannedAction.CANCEL: PlannedStatus.CANCELLED,
}
# None: the action is allowed and leaves the status as it is.
PLANNED_TRANSITIONS: dict[PlannedStatus, dict[PlannedAction, PlannedStatus | None]] = {
    PlannedStatus.REQUESTED: dict(_BEFORE),
    PlannedStatus.STUDIED: {**_BEFORE, PlannedAction.APPROVE: PlannedStatus.APPROVED},
    PlannedStatus.APPROVED: {
        PlannedAction.PUBLISH: PlannedStatus.PUBLISHED,
        PlannedAction.RETURN: PlannedStatus.REQUESTED,
        PlannedAction.MOVE: PlannedStatus.REQUESTED,
        PlannedAction.CANCEL: PlannedStatus.WITHDRAWN,
    },
    PlannedStatus.PUBLISHED: {**_KNOWN, PlannedAction.NOTIFY: PlannedStatus.NOTIFIED},
    PlannedStatus.NOTIFIED: dict(_KNOWN),
    PlannedStatus.EXECUTING: {
        PlannedAction.STUDY: None,
        PlannedAction.MOVE: None,
        PlannedAction.END: PlannedStatus.ENDED,
    },
    PlannedStatus.ENDED: {PlannedAction.CLOSE: PlannedStatus.CLOSED},
    PlannedStatus.CLOSED: {},
    PlannedStatus.WITHDRAWN: {},
    PlannedStatus.CANCELLED: {},
}
# What customers were, or are to be, told of; it explains missing supply.
KNOWN_STATUSES = (
    PlannedStatus.PUBLISHED,
    PlannedStatus.NOTIFIED,
    PlannedStatus.EXECUTING,
    PlannedStatus.ENDED,
    PlannedStatus.CLOSED,
)
# What is going to happen, or does: other work must fit beside it.
FIRM_STATUSES = (
    PlannedStatus.APPROVED,
    PlannedStatus.PUBLISHED,
    PlannedStatus.NOTIFIED,
    PlannedStatus.EXECUTING,
)
TOLD_STATUSES = (PlannedStatus.PUBLISHED, PlannedStatus.NOTIFIED, PlannedStatus.EXECUTING)
OVER_PLANNED_STATUSES = (PlannedStatus.CLOSED, PlannedStatus.WITHDRAWN, PlannedStatus.CANCELLED)


def allowed_planned_actions(status: PlannedStatus) -> tuple[PlannedAction, ...]:
    """Return what a person may do to a planned outage now."""
    return tuple(action for action in PLANNED_TRANSITIONS[status] if action is not PlannedAction.NOTIFY)


def planned_status_after(
    *, planned_outage_id: str, status: PlannedStatus, action: PlannedAction
) -> PlannedStatus:
    """Return the status after the action; IllegalTransition says what is allowed instead."""
    allowed = PLANNED_TRANSITIONS[status]
    if action not in allowed:
        raise IllegalTransition(
            subject=f"Planned outage {planned_outage_id}",
            status=status,
            attempted=action,
            allowed=[str(name) for name in allowed_planned_actions(status)],
        )
    return allowed[action] or status
