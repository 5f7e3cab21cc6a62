"""Shapes of planned outages 计划停电: what is asked for, and how one stands with its versions and notices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NaiveDatetime

from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch.planned_states import PlannedStatus, PlannedWork

Version = Annotated[int | None, Field(description="The version that was seen; null: whatever it is.")]


class LocalTime(Order):
    """A time as clocks show it, refused where they skip it, or show it twice and `which` does not say."""

    local: NaiveDatetime
    zone: Name | None = Field(default=None, description="Such as Europe/Berlin; else RELIGHT_TIME_ZONE.")
    which: Literal["earlier", "later"] | None = None


Moment = Annotated[Instant | LocalTime, Field(description="With a zone, or as clocks of a zone show it.")]


class NewPlannedOutage(Order):
    """Supply that will be switched off on purpose: by a device, or for service points."""

    work: PlannedWork = PlannedWork.PLANNED
    device: Name | None = None
    service_points: Annotated[list[Name], Field(default_factory=list, max_length=100_000)]
    starts_at: Moment
    ends_at: Moment
    text: FreeText = Field(description="What is said to customers, as it stands.")


class PlannedRequest(NewPlannedOutage):
    """The same as a request; without device and service points its switching order will say whom."""

    crew_id: Name | None = None


class Amendment(Order):
    """Another crew (null: none), or other words for customers (null: as they are)."""

    version: Version = None
    crew_id: Name | None = None
    text: FreeText | None = None


class Study(Order):
    """On which state its switching is rehearsed."""

    version: Version = None
    basis: Literal["normal", "current"] = "normal"


class Approval(Order):
    """`override_reason`: why soft conflicts are passed over."""

    version: Version = None
    override_reason: FreeText | None = None


class Seen(Order):
    """An action without more to say."""

    version: Version = None


class Because(Order):
    """An action with its reason."""

    version: Version = None
    reason: FreeText


class Happened(Order):
    """When it happened; absent: now."""

    version: Version = None
    at: Instant | None = None


class PlannedOutageTimes(Order):
    """Other times for a planned outage; what is absent stays."""

    version: Version = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class PlannedOutage(Answer):
    """A planned outage as it stands."""

    id: str
    version: int
    status: PlannedStatus
    work: PlannedWork
    device: str | None
    crew_id: str | None
    starts_at: Instant
    ends_at: Instant
    duration_minutes: int = Field(description="Real minutes, also where clocks change meanwhile.")
    text: str
    requested_by: str
    requested_at: Instant
    approved_by: str | None = Field(description="Null where it was announced at once, approved elsewhere.")
    approved_at: Instant | None
    overridden_because: str | None
    reason: str | None
    published_at: Instant | None
    begun_at: Instant | None
    ended_at: Instant | None
    overrun_at: Instant | None = Field(description="Since when it was seen not to be over by its end.")
    closed_at: Instant | None
    cancelled_at: Instant | None
    service_points: int
    customers: int
    version_number: int = Field(description="The last version of whom it concerns; 0: not known yet.")
    study_is_old: bool
    orders: list[str]
    notices: int
    breaches: int
    calls_after_end: int = Field(description="Calls out of it since its end, while it overruns.")
    allowed_actions: list[str]


class PlannedOutages(Answer):
    """Planned outages to come, under way, not closed, or over for less than a day."""

    planned_outages: list[PlannedOutage]


class PlannedVersion(Answer):
    """Whom it concerned by one version; `steps` as order, number, action, device, phases."""

    number: int
    recorded_at: Instant
    recorded_by: str
    source: Literal["switching", "device", "service_points"]
    basis: Literal["normal", "current"]
    steps: list[list[str | int]]
    network_version: int
    customers: int
    service_points: list[str]
    added: list[str]
    removed: list[str]


class PlannedVersions(Answer):
    """Every version, oldest first."""

    versions: list[PlannedVersion]


class PlannedConflict(Answer):
    """A conflict. Hard ones nobody passes over; remarks hinder nothing."""

    code: str
    is_hard: bool
    is_remark: bool
    values: dict[str, Any]
    text: str


class PlannedConflicts(Answer):
    """What it conflicts with now, hard ones first."""

    conflicts: list[PlannedConflict]


class PlannedNotice(Answer):
    """One notice with its proof; `rule` is null where it was told because something changed."""

    id: int
    rule: str | None
    kind: str
    starts_at: Instant
    due_at: Instant | None
    queued_at: Instant | None
    breach: Literal["queued_late", "missed", "not_delivered"] | None
    version_number: int
    rules_version: str
    service_points: int
    unreached: list[str] = Field(description="Service points of which nobody could be written to.")
    messages: dict[str, int]
    first_sent_at: Instant | None
    last_sent_at: Instant | None


class PlannedNotices(Answer):
    """The notices about one planned outage, oldest first."""

    notices: list[PlannedNotice]


class NoticeMessage(Answer):
    """One message: to whom, and what became of it."""

    account: str
    channel: str
    status: str
    attempts: int
    queued_at: Instant
    sent_at: Instant | None


class NoticeMessages(Answer):
    """Every message of a notice."""

    messages: list[NoticeMessage]


class PlannedChange(Answer):
    """One change: what, old and new in `data.values`, by whom, when it happened and when it was recorded."""

    position: int
    name: str
    actor: str
    occurred_at: Instant
    recorded_at: Instant
    data: dict[str, Any]


class PlannedChanges(Answer):
    """Everything that became of a planned outage, oldest first (变更轨迹)."""

    changes: list[PlannedChange]


class PlannedRules(Answer):
    """The rules in force."""

    version: str
    document: dict[str, Any]
