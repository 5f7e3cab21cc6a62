"""The errors of dispatch, named by the fact; `api/errors.py` alone knows their HTTP statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatch.change_log import Change


class Because(StrEnum):
    """Why an order was not taken, as a code with values that a face says in its reader's language."""

    CREW_IS_ON_IT = "crew_is_on_it"
    CREWS_AT_WORK = "crews_at_work"
    PLACE_UNKNOWN = "place_unknown"
    ETR_IS_PAST = "etr_is_past"
    RESTORED_IN_FUTURE = "restored_in_future"
    RESTORED_BEFORE_START = "restored_before_start"
    NOTHING_TO_CORRECT = "nothing_to_correct"
    NOT_IN_LEDGER = "not_in_ledger"
    NOT_ITS_SERVICE_POINT = "not_its_service_point"
    NOT_RESTORED_YET = "not_restored_yet"
    ENDS_BEFORE_START = "ends_before_start"
    PLANNED_ENDS_BEFORE_START = "planned_ends_before_start"
    INTERRUPTIONS_OVERLAP = "interruptions_overlap"
    REASON_MISSING = "reason_missing"
    HAPPENED_IN_FUTURE = "happened_in_future"
    ORDERED_ALREADY = "ordered_already"
    ORDER_WITHDRAWN = "order_withdrawn"
    CLOSURE_IS_PAST = "closure_is_past"
    CLOSURE_WAS_LIFTED = "closure_was_lifted"
    SHAPE_CROSSES_ITSELF = "shape_crosses_itself"
    CREW_WAS_SENT = "crew_was_sent"
    OUTSIDE_GUEST_AREA = "outside_guest_area"
    GUEST_LEAVE_IS_OVER = "guest_leave_is_over"
    GUEST_LEAVE_TOO_LONG = "guest_leave_too_long"
    FEEDER_UNKNOWN = "feeder_unknown"
    NO_PLAN = "no_plan"
    ORDERED_OTHERWISE = "ordered_otherwise"
    HAZARD_CHANGED = "hazard_changed"
    HAZARD_OUTCOME_MISSING = "hazard_outcome_missing"
    HAZARD_IS_CLOSED = "hazard_is_closed"
    DEVICE_TAGGED = "device_tagged"
    TAG_WAS_REMOVED = "tag_was_removed"
    TAG_OF_ANOTHER = "tag_of_another"
    OWN_ORDER = "own_order"
    STEP_OUT_OF_TURN = "step_out_of_turn"
    STEP_WAS_EXECUTED = "step_was_executed"
    STEP_CHANGES_NOTHING = "step_changes_nothing"
    STEPS_MISSING = "steps_missing"
    TEMPORARY_NAME_TAKEN = "temporary_name_taken"
    TEMPORARY_NOT_PLACED = "temporary_not_placed"
    TEMPORARY_FIELD_MISSING = "temporary_field_missing"
    NAME_OF_DEVICE = "name_of_device"
    NOT_A_LINE_SECTION = "not_a_line_section"
    CUT_NOT_AT_END = "cut_not_at_end"
    JUMPER_HAS_ONE_END = "jumper_has_one_end"
    PHASES_NOT_AT_NODE = "phases_not_at_node"
    SWITCHED_OFF = "switched_off"
    WAS_SWITCHED_FOR = "was_switched_for"
    PROPOSALS_CHANGED = "proposals_changed"
    OUTAGE_NOT_CONFIRMED = "outage_not_confirmed"
    EXECUTED_IN_FUTURE = "executed_in_future"
    EXECUTED_BEFORE_LAST = "executed_before_last"
    OWN_REQUEST = "own_request"
    NOBODY_NAMED = "nobody_named"
    STUDY_IS_OLD = "study_is_old"
    STARTS_IN_PAST = "starts_in_past"
    ENDS_IN_PAST = "ends_in_past"
    PLANNED_TOO_LONG = "planned_too_long"
    LOCAL_TIME_SKIPPED = "local_time_skipped"
    LOCAL_TIME_TWICE = "local_time_twice"
    BEGUN_ALREADY = "begun_already"
    BEGINS_TOO_EARLY = "begins_too_early"
    SWITCHED_BY_ORDER = "switched_by_order"
    STILL_WITHOUT_SUPPLY = "still_without_supply"
    HAPPENED_BEFORE_START = "happened_before_start"
    DEVICE_IS_THE_SAME = "device_is_the_same"
    DEVICE_OF_ANOTHER_OUTAGE = "device_of_another_outage"
    DEVICE_CLOSED_SINCE = "device_closed_since"
    DEVICE_SWITCHED_FOR = "device_switched_for"
    PHASES_NOT_OF_DEVICE = "phases_not_of_device"
    NOBODY_BEHIND_DEVICE = "nobody_behind_device"
    NOT_BEHIND_DEVICE = "not_behind_device"
    SPLIT_TAKES_ALL = "split_takes_all"
    JOB_NOT_OF_OUTAGE = "job_not_of_outage"
    MERGED_WITH_ITSELF = "merged_with_itself"
    MERGED_INTO_PREDICTION = "merged_into_prediction"
    NOT_THE_SAME_FAULT = "not_the_same_fault"
    REOPENED_TOO_LATE = "reopened_too_late"
    REOPENED_BEFORE_RESTORED = "reopened_before_restored"
    RESTORED_BEFORE_REOPENED = "restored_before_reopened"
    STILL_OUT_REPORTED = "still_out_reported"
    DANGER_OUTAGE_IS_OVER = "danger_outage_is_over"
    DANGER_TOLD_ALREADY = "danger_told_already"
    INCIDENT_IS_CLOSED = "incident_is_closed"
    INCIDENT_HAS_OUTAGES = "incident_has_outages"
    OF_ANOTHER_INCIDENT = "of_another_incident"
    NOT_OF_INCIDENT = "not_of_incident"
    INSTANT_IN_FUTURE = "instant_in_future"
    INSTANT_TOO_LONG_AGO = "instant_too_long_ago"
    INSTANT_BEFORE_FIRST_CHANGE = "instant_before_first_change"
    PROMISES_PAUSED = "promises_paused"
    PROMISES_NOT_PAUSED = "promises_not_paused"
    PROMISES_ARE_OVER = "promises_are_over"


class DispatchError(Exception):
    """Something dispatch could not do, in words a person can act on."""


class UnknownThing(DispatchError):
    """An id that names nothing."""

    def __init__(self, *, kind: str, id: str) -> None:
        """Name the kind of thing and the id that was asked for."""
        self.kind = kind
        self.id = id
        super().__init__(f"There is no {kind} with the id {id!r}.")


class IllegalTransition(DispatchError):
    """An action that the present status does not allow."""

    def __init__(self, *, subject: str, status: str, attempted: str, allowed: Sequence[str]) -> None:
        """Name what was tried, the status that forbids it, and what is allowed instead."""
        self.subject = subject
        self.status = status
        self.attempted = attempted
        self.allowed = tuple(allowed)
        way_out = (
            f"Allowed now: {', '.join(self.allowed)}." if self.allowed else "Nothing more can be done to it."
        )
        super().__init__(f"{subject} is {status}: {attempted!r} is not allowed. {way_out}")


class StaleVersion(DispatchError):
    """Someone else acted first; carries what they changed."""

    def __init__(self, *, outage_id: str, seen_version: int, version: int, changes: Sequence[Change]) -> None:
        """Carry the changes recorded after the version the caller had seen."""
        self.outage_id = outage_id
        self.seen_version = seen_version
        self.version = version
        self.changes = tuple(changes)
        what = "; ".join(f"{change.name} by {change.actor}" for change in self.changes) or "a newer version"
        super().__init__(
            f"{outage_id} has changed since you looked (version {seen_version}, now {version}): {what}. "
            "Look at it again and decide anew."
        )


class StalePlan(DispatchError):
    """What was taken from a plan is planned no more; carries what the plan says now, and what happened."""

    def __init__(
        self,
        *,
        outage_id: str | None,
        crew_id: str,
        planned_crew: str | None,
        seen_version: int,
        version: int,
        changes: Sequence[Change],
        hazard_id: str | None = None,
    ) -> None:
        """Name the stop that was wanted, the crew planned for its outage or hazard now, and the changes."""
        self.outage_id = outage_id
        self.hazard_id = hazard_id
        self.crew_id = crew_id
        self.planned_crew = planned_crew
        self.seen_version = seen_version
        self.version = version
        self.changes = tuple(changes)
        said = f"crew {planned_crew}" if planned_crew else "nobody anew"
        what = "; ".join(f"{change.name} by {change.actor}" for change in self.changes)
        super().__init__(
            f"The plan has changed since you looked (version {seen_version}, now {version}): it now sends "
            f"{said} to {outage_id or hazard_id}, not {crew_id}. {what or 'A better plan was found'}. "
            "Look at it again and decide anew."
        )


class StaleSwitching(DispatchError):
    """A step would now do something else than was seen; carries what was switched or believed since."""

    def __init__(
        self, *, order_id: str, number: int, seen: str, preview: str, changes: Sequence[Change]
    ) -> None:
        """Name the step, the digest of the preview that was seen, the one of now, and the changes since."""
        self.order_id = order_id
        self.number = number
        self.seen = seen
        self.preview = preview
        self.changes = tuple(changes)
        what = "; ".join(f"{change.name} {change.subject} by {change.actor}" for change in self.changes)
        super().__init__(
            f"Step {number} of {order_id} was not executed: it would now do something else than you saw. "
            f"Since then: {what or 'another state of the network'}. Look at its preview again."
        )


class ReasonNeeded(DispatchError):
    """A step is flagged: it may be executed, with a reason that a person gives. `flags` are codes."""

    def __init__(self, *, order_id: str, number: int, flags: Sequence[str]) -> None:
        """Name the step and everything that is flagged about it."""
        self.order_id = order_id
        self.number = number
        self.flags = list(flags)
        named = ", ".join(flag.replace("_", " ") for flag in flags)
        super().__init__(
            f"Step {number} of {order_id} is flagged ({named}). Give a reason to execute it all the same."
        )


class PlannedConflicts(DispatchError):
    """A planned outage that does not fit beside others, or into its days; carries every conflict."""

    def __init__(self, *, planned_outage_id: str, conflicts: Sequence[Mapping[str, object]]) -> None:
        """Name it and what it conflicts with; each of `conflicts` has code, is_hard, values, text."""
        self.planned_outage_id = planned_outage_id
        self.conflicts = [dict(one) for one in conflicts]
        said = " ".join(str(one["text"]) for one in self.conflicts)
        is_hard = any(one["is_hard"] for one in self.conflicts)
        way_out = "Change it first." if is_hard else "Give a reason to approve it all the same."
        super().__init__(f"{planned_outage_id} conflicts with other things. {said} {way_out}")


class InvalidInput(DispatchError):
    """A value that cannot be taken, with the field it stands in."""

    def __init__(
        self,
        *,
        field: str,
        text: str,
        because: Because | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Name the field and say what it would have to be; `because` and `values` say it to a face."""
        self.field = field
        self.because = because
        self.values = dict(values or {})
        super().__init__(f"{field}: {text}")


class NotYours(DispatchError):
    """A crew or customer reached for what belongs to another."""


class Conflict(DispatchError):
    """Two facts that cannot both stand, such as a crew already sent to this outage."""

    def __init__(
        self, text: str, *, because: Because | None = None, values: Mapping[str, object] | None = None
    ) -> None:
        """Say which facts, and what to do; `because` and `values` say it to a face."""
        self.because = because
        self.values = dict(values or {})
        super().__init__(text)


class EvidenceMissing(DispatchError):
    """A hazard that cannot be closed yet: `missing` are codes of what is lacking, all of it."""

    def __init__(self, *, hazard_id: str, missing: Sequence[str]) -> None:
        """Name the hazard and everything it lacks."""
        self.hazard_id = hazard_id
        self.missing = list(missing)
        lacking = ", ".join(code.replace("_", " ") for code in missing)
        super().__init__(f"Hazard {hazard_id} cannot be closed without evidence; still missing: {lacking}.")


class NoActiveNetwork(DispatchError):
    """Nothing can be attached or traced before a network version is in force."""

    def __init__(self) -> None:
        """Say what to do about it."""
        super().__init__(
            "No network is in force yet. Import one with `relight network import` and put it in force "
            "with `relight network activate`."
        )
