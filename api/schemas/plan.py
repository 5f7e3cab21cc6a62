"""Shapes of the plan for all open outages, of what is taken from it, and of what people order of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.hazards import Hazard
from api.schemas.outages import Outage
from api.schemas.shape import Answer, FreeText, Instant, Name, Order


class PlanFigures(Answer):
    """What the plan is worth, and `nearest_crew` for the same work: customer-minutes.

    `gap` is the share of itself by which what the plan minimises (`weighted_minutes`) could be less at most.
    """

    customer_minutes: float
    lower_bound: float
    weighted_minutes: float
    weighted_lower_bound: float
    gap: float
    nearest_crew: float
    baselines: dict[str, float]


class PlanStop(Answer):
    """One stop of a crew, in its order; `is_next` may be taken now.

    It is work on an outage (`kind` repair or assessment) or on a hazard (make_safe), the other id is null.
    `waits_for` are the outages upstream that must be over before its customers have supply; `restored_at` is
    null where one of those is in no plan. `waits_for_look`: nobody is sent before the look at it is done.
    `job_id` is set where a crew was sent already; with `takes_over_from` it is called back by taking this.
    """

    outage_id: str | None
    hazard_id: str | None
    kind: str
    crew_id: str
    number: int
    depart_at: Instant
    arrive_at: Instant
    start_at: Instant
    finish_at: Instant
    restored_at: Instant | None
    customers: int
    waits_for: list[str]
    job_id: str | None
    takes_over_from: str | None
    is_under_way: bool
    is_confirmed: bool
    waits_for_look: bool
    is_next: bool
    is_late: bool
    due_by: Instant | None


class UnplannedWork(Answer):
    """Work without a crew, and why: `because` and `values` for a face to say in its language."""

    outage_id: str | None
    hazard_id: str | None
    kind: str
    customers: int
    because: str
    values: dict[str, Any]
    text: str


class RunningPlan(Answer):
    """The plan in force; `version` goes back with what is taken from it."""

    version: int
    based_on: int
    made_at: Instant
    age_minutes: float
    travel_source: str
    figures: PlanFigures
    stops: list[PlanStop]
    unassigned: list[UnplannedWork]
    late: list[str]


class PlanOrder(Answer):
    """What a person ordered of every plan: `pin` (this crew) or `forbid` (not this one)."""

    id: str
    kind: str
    outage_id: str
    crew_id: str
    reason: str
    ordered_by: str
    ordered_at: Instant


class Plan(Answer):
    """The plan, where one is made (`is_on`) and there has been anything to plan; the orders in force."""

    is_on: bool
    plan: RunningPlan | None
    orders: list[PlanOrder]


class WantedStop(Order):
    """A stop as it was on screen: one of an outage or of a hazard, and which crew it calls back."""

    outage_id: Name | None = None
    hazard_id: Name | None = None
    crew_id: Name
    kind: Literal["repair", "assessment", "make_safe"] = "repair"
    takes_over_from: Name | None = None


class PlanAssignment(Order):
    """Send the crews of these stops; `version` is that of the plan they were seen in."""

    version: int
    stops: list[WantedStop] = Field(min_length=1, max_length=500)


class RefusedStop(Answer):
    """A stop that was not taken; `error` as in every error answer."""

    outage_id: str | None
    hazard_id: str | None
    crew_id: str
    kind: str
    error: dict[str, Any]


class PlanAssigned(Answer):
    """What became of several stops, each by itself."""

    taken: list[Outage]
    hazards: list[Hazard]
    refused: list[RefusedStop]


class NewPlanOrder(Order):
    """Pin an outage to a crew, or forbid it one."""

    kind: Literal["pin", "forbid"]
    outage_id: Name
    crew_id: Name
    reason: FreeText
