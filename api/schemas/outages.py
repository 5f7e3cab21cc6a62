"""Shapes of outages and of what a dispatcher does with them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.jobs import Job
from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch.crew_ranking import RankingAt


class Candidate(Answer):
    """A device that may be the open one, with its probability; `equivalent` put the same households out."""

    device: str
    phases: str
    probability: float
    equivalent: list[str]


class Reason(Answer):
    """A reason: `code` and `values` for a face to say in its language, `text` in English."""

    code: str
    values: dict[str, Any]
    text: str


class Outage(Answer):
    """One outage. `version` goes back with every action, so that nobody acts on an old picture.

    `allowed_actions` are what may be done to it now: each is the end of the address at which it is done.
    """

    id: str
    version: int
    network_version: int
    status: str
    device: str
    device_kind: str
    phases: str
    probability: float
    candidates: list[Candidate]
    reasons: list[Reason]
    service_points_out: int
    customers_out: int
    reports_out: int
    reports_on: int
    hazards: list[str]
    started_at: Instant
    predicted_at: Instant
    confirmed_at: Instant | None
    restored_at: Instant | None
    closed_at: Instant | None
    etr_at: Instant | None
    etr_source: str | None
    etr_earliest: Instant | None
    etr_latest: Instant | None
    etr_warn_at: Instant | None
    etr_lapsing_at: Instant | None
    cause: str | None
    dismissed_because: str | None
    merged_into: str | None
    split_from: str | None
    device_told_at: Instant | None
    reopened_at: Instant | None
    incident_id: str | None
    failed_equipment: str | None
    failed_device: str | None
    note: str | None
    lon: float | None
    lat: float | None
    allowed_actions: list[str]
    jobs: list[Job]


class Outages(Answer):
    """Outages, newest first, and the position of the change log they were read at."""

    position: int
    outages: list[Outage]


class AffectedServicePoint(Answer):
    """One household of an outage: without supply, or part of it, in [`from`, `to`)."""

    id: str
    customers: int
    account: str | None
    address: str | None
    priority: str | None
    phases_lost: str
    is_partly_out: bool
    started_at: Instant = Field(serialization_alias="from")
    ended_at: Instant | None = Field(serialization_alias="to")


class Affected(Answer):
    """Every household of an outage (分析到户)."""

    outage_id: str
    service_points: list[AffectedServicePoint]


class RankedCrew(Answer):
    """One crew as a proposal for an outage or a hazard; rank 1 is the first fitting one to arrive.

    `arrival_at` is after the jobs it has, `arrival_if_sent_now_at` if it drops those of `would_drop`. Both
    and `travel_minutes` are null where no road leads there. `distance_m` is not the way by road: it is the
    straight line, 1.3 times that where `travel_source` is `straight_line`.
    """

    crew_id: str
    name: str
    rank: int
    fitting: bool
    arrival_at: Instant | None
    arrival_if_sent_now_at: Instant | None
    travel_minutes: float | None
    distance_m: float
    travel_source: str
    missing_skills: list[str]
    shift_minutes_left: float
    jobs_ahead: int
    would_drop: list[str]
    position_age_minutes: float
    reason: str
    reasons: list[Reason]


class RankedCrews(Answer):
    """Crews for one outage or hazard, best first, and why the first is not the nearest, where it is not.

    `position` is that of the log: who sends a crew names it as `seen`, and is stopped if somebody else sent
    the crew elsewhere since.
    """

    position: int
    travel_source: str
    why_not_nearest: Reason | None
    crews: list[RankedCrew]

    @staticmethod
    def of(found: RankingAt) -> RankedCrews:
        """Return a ranking as it is told."""
        why_not = found.ranking.why_not_nearest
        return RankedCrews(
            position=found.position,
            travel_source=found.source,
            why_not_nearest=Reason.model_validate(why_not) if why_not else None,
            crews=[RankedCrew.model_validate(crew) for crew in found.ranking.crews],
        )


class OutageOrder(Order):
    """An action on the outage as the sender saw it; null acts on whatever it is now."""

    version: int | None


class Confirmation(OutageOrder):
    """The device is open, known since `occurred_at`; now, if it is not told."""

    occurred_at: Instant | None = None


class Dismissal(OutageOrder):
    """Why this is no outage."""

    reason: FreeText
    occurred_at: Instant | None = None


class Assignment(OutageOrder):
    """Send a crew, to repair or to look what is broken."""

    crew_id: Name
    seen: int | None = Field(default=None, description="The position of the ranking it was chosen from.")
    kind: Literal["repair", "assessment"] = "repair"


class Reassignment(OutageOrder):
    """Give a job to another crew."""

    job_id: Name
    crew_id: Name
    seen: int | None = Field(default=None, description="The position of the ranking it was chosen from.")


class Recall(OutageOrder):
    """Call a crew back."""

    job_id: Name
    reason: FreeText | None = None


class EtrOrder(OutageOrder):
    """Say when supply is expected back."""

    etr_at: Instant


class Restoration(OutageOrder):
    """Supply is back, now or at a time already past."""

    restored_at: Instant | None = None


class Closing(OutageOrder):
    """Finish the paperwork: the cause, and what failed. `failed_device`: its own, if none is told."""

    cause: Name
    failed_equipment: Name | None = None
    failed_device: Name | None = None
    note: FreeText | None = None
    occurred_at: Instant | None = None
