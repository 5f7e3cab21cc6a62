"""Shapes of switching: steps, their previews, orders, tags, proposals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.changes import Change
from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch.step_checks import MOST_STEPS

Action = Literal["open", "close", "cut", "lay_jumper", "run_generator", "remove"]
Rating = Annotated[float, Field(gt=0, le=1_000_000)]


class StepOrder(Order):
    """Open or close a device, or place or remove something temporary, on some phases.

    `cut` parts the line section `device` at its end `node`; `lay_jumper` joins `node` and `to_node`;
    `run_generator` feeds `node`. Each has a `name` of its own, by which `remove` takes it away.
    """

    action: Action
    device: Name | None = None
    name: Name | None = None
    node: Name | None = None
    to_node: Name | None = None
    rated_a: Rating | None = Field(default=None, description="What a jumper carries, if known.")
    rated_kva: Rating | None = Field(default=None, description="What a generator gives, if known.")
    phases: Annotated[str, Field(pattern=r"^[ABCN]{1,4}$")] = "ABC"


Steps = Annotated[list[StepOrder], Field(max_length=MOST_STEPS)]


class NewSwitchingOrder(Order):
    """A draft: for an outage, a planned outage, or neither."""

    kind: Literal["planned", "emergency"]
    steps: Steps = Field(default_factory=list)
    outage_id: Name | None = None
    planned_outage_id: Name | None = None
    note: FreeText | None = None


class SwitchingOrderAction(Order):
    """An action on the order as the sender saw it; null acts on whatever it is now."""

    version: int | None


class SwitchingSteps(SwitchingOrderAction):
    """Other steps for a draft."""

    steps: Steps


class Cancellation(SwitchingOrderAction):
    """Cancel what is left, and why."""

    reason: FreeText


class Instruction(Order):
    """Who was told to carry the step out."""

    to: Name


class Execution(Order):
    """A step was carried out as it was seen in its preview."""

    seen: Name = Field(description="The `digest` of the preview that was looked at.")
    executed_at: Instant | None = Field(default=None, description="When it was; now, if not given.")
    reason: FreeText | None = Field(default=None, description="Why, where the step is flagged.")


class Rehearsal(Order):
    """Steps to try on a study copy of the live state."""

    steps: Annotated[Steps, Field(min_length=1)]


class SwitchingStep(Answer):
    """One step: what, who was told when, who did it when, and what it did."""

    number: int
    action: Action
    device: str | None
    name: str | None
    node: str | None
    to_node: str | None
    rated_a: float | None
    rated_kva: float | None
    phases: str
    status: Literal["waiting", "instructed", "executed"]
    instructed_by: str | None
    instructed_to: str | None
    instructed_at: Instant | None
    executed_by: str | None
    executed_at: Instant | None
    recorded_at: Instant | None
    effect: dict[str, Any] | None
    reason: str | None


class SwitchingOrder(Answer):
    """A switching order with its steps."""

    id: str
    version: int
    kind: Literal["planned", "emergency"]
    status: Literal["draft", "approved", "in_progress", "completed", "cancelled"]
    outage_id: str | None
    planned_outage_id: str | None
    drafted_by: str
    drafted_at: Instant
    approved_by: str | None
    approved_at: Instant | None
    ended_at: Instant | None
    note: str | None
    cancelled_because: str | None
    allowed_actions: list[str]
    steps: list[SwitchingStep]


class SwitchingOrders(Answer):
    """Switching orders, newest first."""

    orders: list[SwitchingOrder]


class NewTag(Order):
    """Hang a tag on a device."""

    device: Name
    kind: Literal["hold", "do_not_close"]
    note: FreeText | None = None


class Tag(Answer):
    """A tag on a device; nobody operates through it."""

    id: str
    device: str
    kind: Literal["hold", "do_not_close"]
    note: str | None
    placed_by: str
    placed_at: Instant
    removed_by: str | None
    removed_at: Instant | None


class Tags(Answer):
    """The tags that hang now."""

    tags: list[Tag]


class SwitchedDevice(Answer):
    """A device that was switched: the phases it has open now, since when, by which step; none: telemetry."""

    device: str
    open_phases: str
    since: Instant
    order_id: str | None
    step_number: int | None
    is_normal: bool


class TemporaryPlace(Answer):
    """A cut, jumper or generator that is there now, and by which step."""

    name: str
    action: Action
    device: str | None
    node: str
    to_node: str | None
    rated_a: float | None
    rated_kva: float | None
    phases: str
    since: Instant
    order_id: str
    step_number: int
    lon: float | None
    lat: float | None
    to_lon: float | None
    to_lat: float | None


class SwitchingState(Answer):
    """Where devices stand that were switched, what is temporary, and how many are out by the trace of it.

    `customers_supplied` have supply by jumpers or generators alone: supplied, not repaired.
    """

    switching_version: int
    devices: list[SwitchedDevice]
    temporary: list[TemporaryPlace]
    service_points_supplied: int
    customers_supplied: int
    service_points_out: int
    customers_out: int


class CriticalCustomer(Answer):
    """A service point with a priority that a step concerns; the most important first."""

    service_point: str
    priority: str
    account: str | None
    name: str | None


class Ring(Answer):
    """A ring that a step closes; a feeder is null where a way passes no breaker."""

    phases: str
    devices: list[str]
    sources: tuple[str, str]
    feeders: tuple[str | None, str | None]
    has_two_sources: bool
    service_points_fed_twice: int


class Overload(Answer):
    """A device that would carry more than its rating, in A or kVA."""

    device: str
    carried: float
    before: float
    rated: float
    unit: str


class NotChecked(Answer):
    """What could not be checked, on how many devices, and why."""

    reason: str
    devices: int


class StepPreview(Answer):
    """What a step would do. `flags` need a reason; with `tags` nobody may take it.

    `digest` names this preview: whoever executes the step says with it what they saw.
    """

    number: int
    action: Action
    device: str | None
    name: str | None
    node: str | None
    to_node: str | None
    rated_a: float | None
    rated_kva: float | None
    phases: str
    digest: str
    changes_nothing: bool
    service_points_lost: int
    customers_lost: int
    critical_lost: list[CriticalCustomer]
    service_points_gained: int
    customers_gained: int
    critical_gained: list[CriticalCustomer]
    rings: list[Ring]
    hazards: list[str] = Field(description="Ids of open hazards and faults that it would put under voltage.")
    overloads: list[Overload]
    not_checked: list[NotChecked]
    tags: list[Tag]
    flags: list[str]


class SwitchingPreview(Answer):
    """What steps would do one after the other, now; `changes`: since the order was prepared."""

    steps: list[StepPreview]
    changes: list[Change]


class PickedUpPart(Answer):
    """A part that a proposal feeds again, over the device closed, from a feeder."""

    close: str
    feeder: str | None
    customers: int


class Proposal(Answer):
    """One way to give supply back. `margin` is the least free share of a rating; null: unknown."""

    number: int
    steps: list[StepOrder]
    parts: list[PickedUpPart]
    service_points: int
    customers: int
    margin: float | None
    holds_ratings: bool
    overloads: list[Overload]
    not_checked: list[NotChecked]


class Proposals(Answer):
    """Ways to isolate the fault of an outage and feed others again, best first. A person executes."""

    outage_id: str
    faulted: list[str]
    isolating_steps: list[StepOrder]
    dead_service_points: int
    dead_customers: int
    is_exhaustive: bool
    refusal: str | None
    digest: str
    proposals: list[Proposal]


class TakenProposal(Order):
    """Draft an order of a proposal, as it was seen."""

    number: Annotated[int, Field(ge=1)]
    digest: Name = Field(description="The `digest` of the proposals that were looked at.")
    faulted: list[Name] = Field(default_factory=list, description="As they were asked for.")
