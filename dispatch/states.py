"""The life of an outage, a job and a switching order: which action leads from which status to which. Pure.

Job progress is never an outage status. "Restored" is about supply, "closed" about paperwork (design §7).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeVar

from dispatch.errors import IllegalTransition

Status = TypeVar("Status", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class OutageStatus(StrEnum):
    """What we believe about an outage, and how far its repair has come for its customers."""

    PREDICTED = "predicted"
    CONFIRMED = "confirmed"
    PARTIALLY_RESTORED = "partially_restored"
    RESTORED = "restored"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    MERGED = "merged"


class OutageAction(StrEnum):
    """What a person may do to an outage; also the last part of the address at which it is done."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    ASSIGN = "assign"
    REASSIGN = "reassign"
    RECALL = "recall"
    SET_ETR = "etr"
    RESTORE = "restore"
    CLOSE = "close"
    REOPEN = "reopen"
    CHANGE_DEVICE = "device"
    SPLIT = "split"
    MERGE = "merge"


class JobKind(StrEnum):
    """What a crew is sent for."""

    REPAIR = "repair"
    ASSESSMENT = "assessment"  # look what is broken (勘查), before anyone knows what the repair takes
    MAKE_SAFE = "make_safe"  # take the danger away (排险); on a hazard, which may have no outage


class JobStatus(StrEnum):
    """How far one crew's work on one outage has come."""

    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    WORKING = "working"
    FINISHED = "finished"
    DECLINED = "declined"
    RECALLED = "recalled"


class SwitchingKind(StrEnum):
    """Why it is switched: work that was planned, or a fault that nobody planned."""

    PLANNED = "planned"
    EMERGENCY = "emergency"


class SwitchingStatus(StrEnum):
    """How far a switching order (倒闸操作票) has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class SwitchingAction(StrEnum):
    """What a person may do to a switching order; also the last part of the address at which it is done."""

    SET_STEPS = "steps"
    APPROVE = "approve"
    RETURN = "return"  # back to a draft, to be changed
    INSTRUCT = "instruct"
    EXECUTE = "execute"
    CANCEL = "cancel"


class StepStatus(StrEnum):
    """How far one step of a switching order has come: told to somebody, then done."""

    WAITING = "waiting"
    INSTRUCTED = "instructed"
    EXECUTED = "executed"


OPEN_OUTAGE_STATUSES = (OutageStatus.PREDICTED, OutageStatus.CONFIRMED, OutageStatus.PARTIALLY_RESTORED)
OVER_OUTAGE_STATUSES = (OutageStatus.CLOSED, OutageStatus.DISMISSED, OutageStatus.MERGED)
HELD_OUTAGE_STATUSES = (OutageStatus.CONFIRMED, OutageStatus.PARTIALLY_RESTORED)
ENDED_JOB_STATUSES = (JobStatus.FINISHED, JobStatus.DECLINED, JobStatus.RECALLED)
ACTIVE_JOB_STATUSES = tuple(status for status in JobStatus if status not in ENDED_JOB_STATUSES)

_UNDER_REPAIR = {
    OutageAction.ASSIGN: None,
    OutageAction.REASSIGN: None,
    OutageAction.RECALL: None,
    OutageAction.SET_ETR: None,
    OutageAction.RESTORE: OutageStatus.RESTORED,
    OutageAction.DISMISS: OutageStatus.DISMISSED,
    OutageAction.CHANGE_DEVICE: None,
    OutageAction.SPLIT: None,
    OutageAction.MERGE: OutageStatus.MERGED,
}
# None: the action is allowed and leaves the status as it is.
OUTAGE_TRANSITIONS: dict[OutageStatus, dict[OutageAction, OutageStatus | None]] = {
    OutageStatus.PREDICTED: {
        OutageAction.CONFIRM: OutageStatus.CONFIRMED,
        OutageAction.DISMISS: OutageStatus.DISMISSED,
        OutageAction.SET_ETR: None,
        # Who says which device it is has confirmed that something is out.
        OutageAction.CHANGE_DEVICE: OutageStatus.CONFIRMED,
        OutageAction.MERGE: OutageStatus.MERGED,
    },
    OutageStatus.CONFIRMED: dict(_UNDER_REPAIR),
    OutageStatus.PARTIALLY_RESTORED: dict(_UNDER_REPAIR),
    # A crew still standing there when supply is back can be called away.
    OutageStatus.RESTORED: {
        OutageAction.CLOSE: OutageStatus.CLOSED,
        OutageAction.RECALL: None,
        OutageAction.REOPEN: OutageStatus.CONFIRMED,
    },
    # For a while only (dispatch/outage_reopening.py).
    OutageStatus.CLOSED: {OutageAction.REOPEN: OutageStatus.CONFIRMED},
    OutageStatus.DISMISSED: {},
    OutageStatus.MERGED: {},
}

# What a crew reports from the phone; recalling is the dispatcher's. A crew that finds nothing to repair
# finishes from on_site.
JOB_TRANSITIONS: dict[JobStatus, tuple[JobStatus, ...]] = {
    JobStatus.ASSIGNED: (JobStatus.ACCEPTED, JobStatus.DECLINED),
    JobStatus.ACCEPTED: (JobStatus.EN_ROUTE, JobStatus.DECLINED),
    JobStatus.EN_ROUTE: (JobStatus.ON_SITE,),
    JobStatus.ON_SITE: (JobStatus.WORKING, JobStatus.FINISHED),
    JobStatus.WORKING: (JobStatus.FINISHED,),
    JobStatus.FINISHED: (),
    JobStatus.DECLINED: (),
    JobStatus.RECALLED: (),
}

# Cancelling undoes nothing: what was switched stays so, and is returned by an order of its own.
SWITCHING_TRANSITIONS: dict[SwitchingStatus, dict[SwitchingAction, SwitchingStatus | None]] = {
    SwitchingStatus.DRAFT: {
        SwitchingAction.SET_STEPS: None,
        SwitchingAction.APPROVE: SwitchingStatus.APPROVED,
        SwitchingAction.CANCEL: SwitchingStatus.CANCELLED,
    },
    SwitchingStatus.APPROVED: {
        SwitchingAction.RETURN: SwitchingStatus.DRAFT,
        SwitchingAction.INSTRUCT: SwitchingStatus.IN_PROGRESS,
        SwitchingAction.EXECUTE: SwitchingStatus.IN_PROGRESS,
        SwitchingAction.CANCEL: SwitchingStatus.CANCELLED,
    },
    # With its last step executed it is completed, by itself.
    SwitchingStatus.IN_PROGRESS: {
        SwitchingAction.INSTRUCT: None,
        SwitchingAction.EXECUTE: None,
        SwitchingAction.CANCEL: SwitchingStatus.CANCELLED,
    },
    SwitchingStatus.COMPLETED: {},
    SwitchingStatus.CANCELLED: {},
}
OVER_SWITCHING_STATUSES = (SwitchingStatus.COMPLETED, SwitchingStatus.CANCELLED)


# What cannot be done while a crew is on the outage, and what only then.
_WITHOUT_CREWS = frozenset({OutageAction.DISMISS, OutageAction.CLOSE})
_WITH_CREWS = frozenset({OutageAction.REASSIGN, OutageAction.RECALL})


def allowed_outage_actions(*, status: OutageStatus, has_crew: bool) -> tuple[OutageAction, ...]:
    """Return what a person may do to an outage now; `has_crew`: a job on it has not ended."""
    ruled_out = _WITHOUT_CREWS if has_crew else _WITH_CREWS
    return tuple(action for action in OUTAGE_TRANSITIONS[status] if action not in ruled_out)


def outage_status_after(*, outage_id: str, status: OutageStatus, action: OutageAction) -> OutageStatus:
    """Return the status after the action; IllegalTransition says what is allowed instead."""
    return status_after(OUTAGE_TRANSITIONS, subject=f"Outage {outage_id}", status=status, action=action)


def job_status_after(*, job_id: str, status: JobStatus, reported: JobStatus) -> JobStatus:
    """Return the reported status if a crew may report it now; IllegalTransition otherwise."""
    _refuse_unless_allowed(f"Job {job_id}", status, reported, JOB_TRANSITIONS[status])
    return reported


def switching_status_after(
    *, order_id: str, status: SwitchingStatus, action: SwitchingAction
) -> SwitchingStatus:
    """Return the status after the action; IllegalTransition says what is allowed instead."""
    subject = f"Switching order {order_id}"
    return status_after(SWITCHING_TRANSITIONS, subject=subject, status=status, action=action)


def status_after(
    transitions: Mapping[Status, Mapping[Action, Status | None]],
    *,
    subject: str,
    status: Status,
    action: Action,
) -> Status:
    """Return the status after an action by a table of transitions; None there leaves the status as it is."""
    allowed = transitions[status]
    _refuse_unless_allowed(subject, status, action, allowed)
    return allowed[action] or status


def _refuse_unless_allowed(
    subject: str, status: StrEnum, attempted: StrEnum, allowed: Collection[StrEnum]
) -> None:
    if attempted not in allowed:
        raise IllegalTransition(
            subject=subject, status=status, attempted=attempted, allowed=[str(name) for name in allowed]
        )
