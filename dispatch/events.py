"""The names of the events in the change log; `docs/events.md` tells each, and a test keeps the two agreed."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """A change, in dotted past tense: its subject, then what happened."""

    OUTAGE_PREDICTED = "outage.predicted"
    OUTAGE_PREDICTION_CHANGED = "outage.prediction_changed"
    OUTAGE_DEVICE_CHANGED = "outage.device_changed"
    OUTAGE_WITHDRAWN = "outage.withdrawn"
    OUTAGE_MERGED = "outage.merged"
    OUTAGE_HAZARD_REPORTED = "outage.hazard_reported"
    OUTAGE_CONFIRMED = "outage.confirmed"
    OUTAGE_DISMISSED = "outage.dismissed"
    OUTAGE_ETR_CHANGED = "outage.etr_changed"
    OUTAGE_ETR_LAPSING = "outage.etr_lapsing"
    OUTAGE_SWITCHED = "outage.switched"
    OUTAGE_PARTIALLY_RESTORED = "outage.partially_restored"
    OUTAGE_RESTORED = "outage.restored"
    OUTAGE_CLOSED = "outage.closed"
    OUTAGE_REOPENED = "outage.reopened"
    OUTAGE_DEVICE_TOLD = "outage.device_told"
    OUTAGE_SPLIT = "outage.split"
    OUTAGE_SPLIT_OFF = "outage.split_off"
    OUTAGE_TOOK_OVER = "outage.took_over"
    OUTAGE_DANGER_TOLD = "outage.danger_told"
    OUTAGE_CALLED_BACK = "outage.called_back"
    OUTAGE_INTERRUPTIONS_CORRECTED = "outage.interruptions_corrected"
    JOB_ASSIGNED = "job.assigned"
    JOB_ACCEPTED = "job.accepted"
    JOB_EN_ROUTE = "job.en_route"
    JOB_ON_SITE = "job.on_site"
    JOB_WORKING = "job.working"
    JOB_FINISHED = "job.finished"
    JOB_ETR_SAID = "job.etr_said"
    JOB_DECLINED = "job.declined"
    JOB_RECALLED = "job.recalled"
    JOB_MOVED = "job.moved"
    HAZARD_RAISED = "hazard.raised"
    HAZARD_REPORTED_AGAIN = "hazard.reported_again"
    HAZARD_OUTAGE_KNOWN = "hazard.outage_known"
    HAZARD_ACKNOWLEDGED = "hazard.acknowledged"
    HAZARD_LEVEL_CHANGED = "hazard.level_changed"
    HAZARD_AUTHORITY_WAITS = "hazard.authority_waits"
    HAZARD_AUTHORITY_RELIEVED = "hazard.authority_relieved"
    HAZARD_ATTENDED = "hazard.attended"
    HAZARD_MADE_SAFE = "hazard.made_safe"
    HAZARD_CLOSED = "hazard.closed"
    HAZARD_WARNED = "hazard.warned"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_OUTAGE_ADDED = "incident.outage_added"
    INCIDENT_OUTAGE_REMOVED = "incident.outage_removed"
    INCIDENT_CLOSED = "incident.closed"
    DAMAGE_REPORTED = "damage.reported"
    MATERIALS_REPORTED = "materials.reported"
    PHOTO_ADDED = "photo.added"
    CREW_ADDED = "crew.added"
    CREW_MOVED = "crew.moved"
    CREW_CHANGED = "crew.changed"
    CREW_MEMBERS_CHANGED = "crew.members_changed"
    CREW_SHIFTS_CHANGED = "crew.shifts_changed"
    CREW_OFF_DUTY = "crew.off_duty"
    CREW_ON_DUTY = "crew.on_duty"
    CREW_POSITION_DOUBTED = "crew.position_doubted"
    DUTY_RULES_CHANGED = "duty_rules.changed"
    NETWORK_ACTIVATED = "network.activated"
    DISCONNECTIONS_IMPORTED = "disconnections.imported"
    PLANNED_OUTAGE_REQUESTED = "planned_outage.requested"
    PLANNED_OUTAGE_AMENDED = "planned_outage.amended"
    PLANNED_OUTAGE_STUDIED = "planned_outage.studied"
    PLANNED_OUTAGE_APPROVED = "planned_outage.approved"
    PLANNED_OUTAGE_RETURNED = "planned_outage.returned"
    PLANNED_OUTAGE_PUBLISHED = "planned_outage.published"
    PLANNED_OUTAGE_ANNOUNCED = "planned_outage.announced"
    PLANNED_OUTAGE_NOTICE_QUEUED = "planned_outage.notice_queued"
    PLANNED_OUTAGE_NOTICE_MISSED = "planned_outage.notice_missed"
    PLANNED_OUTAGE_NOTIFIED = "planned_outage.notified"
    PLANNED_OUTAGE_MOVED = "planned_outage.moved"
    PLANNED_OUTAGE_BEGUN = "planned_outage.begun"
    PLANNED_OUTAGE_OVERRAN = "planned_outage.overran"
    PLANNED_OUTAGE_ENDED = "planned_outage.ended"
    PLANNED_OUTAGE_CLOSED = "planned_outage.closed"
    PLANNED_OUTAGE_CANCELLED = "planned_outage.cancelled"
    PLANNED_OUTAGE_RULES_CHANGED = "planned_outage.rules_changed"
    PLAN_IMPROVED = "plan.improved"
    PLAN_CREW_PINNED = "plan.crew_pinned"
    PLAN_CREW_FORBIDDEN = "plan.crew_forbidden"
    PLAN_ORDER_WITHDRAWN = "plan.order_withdrawn"
    PROMISE_WARNED = "promise.warned"
    PROMISE_BREACHED = "promise.breached"
    PROMISE_BREACH_WITHDRAWN = "promise.breach_withdrawn"
    PROMISE_KEPT = "promise.kept"
    PROMISE_PAUSED = "promise.paused"
    PROMISE_RESUMED = "promise.resumed"
    PROMISE_ARRIVAL_QUESTIONED = "promise.arrival_questioned"
    PROMISE_RULES_CHANGED = "promise.rules_changed"
    SWITCH_POSITION_TOLD = "switch.position_told"
    SWITCHING_DRAFTED = "switching.drafted"
    SWITCHING_STEPS_SET = "switching.steps_set"
    SWITCHING_APPROVED = "switching.approved"
    SWITCHING_RETURNED = "switching.returned"
    SWITCHING_INSTRUCTED = "switching.instructed"
    SWITCHING_EXECUTED = "switching.executed"
    SWITCHING_COMPLETED = "switching.completed"
    SWITCHING_CANCELLED = "switching.cancelled"
    TAG_PLACED = "tag.placed"
    TAG_REMOVED = "tag.removed"
    REPEAT_FOUND = "repeat.found"
    REPEAT_CHANGED = "repeat.changed"
    REPEAT_LOOKED_AT = "repeat.looked_at"
    REPEAT_CLOSED = "repeat.closed"
    ROAD_CLOSED = "road.closed"
    ROAD_OPENED = "road.opened"
    CONFLICT_FOUND = "conflict.found"
    CONFLICT_CHANGED = "conflict.changed"
    CONFLICT_CLEARED = "conflict.cleared"


# The engine refines its own beliefs all the time; a person who acts need not be stopped for that.
NOT_DECISIVE = frozenset(
    {
        Event.OUTAGE_PREDICTION_CHANGED,
        Event.OUTAGE_ETR_CHANGED,
        Event.OUTAGE_ETR_LAPSING,
        Event.OUTAGE_HAZARD_REPORTED,
        Event.MATERIALS_REPORTED,
        Event.PROMISE_WARNED,
        Event.PROMISE_BREACHED,
        Event.PROMISE_BREACH_WITHDRAWN,
        Event.PROMISE_KEPT,
        Event.PROMISE_PAUSED,
        Event.PROMISE_RESUMED,
        Event.PROMISE_ARRIVAL_QUESTIONED,
    }
)
