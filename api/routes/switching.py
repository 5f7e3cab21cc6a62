"""Switching: orders with their steps, previews on a study copy, tags, where devices stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.roles import Role, open_to
from api.schemas.shape import Name
from api.schemas.switching import (
    Cancellation,
    Execution,
    Instruction,
    NewSwitchingOrder,
    NewTag,
    Rehearsal,
    SwitchingOrder,
    SwitchingOrderAction,
    SwitchingOrders,
    SwitchingPreview,
    SwitchingState,
    SwitchingSteps,
    Tag,
    Tags,
)
from api.switching_answers import preview_answer, state_answer, steps_of
from api.work import Database, SignedIn, reading, writing
from dispatch import switching_orders, switching_steps
from dispatch.states import SwitchingKind
from dispatch.step_checks import checked_steps
from dispatch.switch_tags import hanging_tags, place_tag, remove_tag

router = APIRouter(tags=["switching"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)
_desk_and_crew = open_to(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW)


@router.get("/api/switching/state")
@_desk
def read_state(request: Request, engine: Database) -> SwitchingState:
    """Say where devices stand that were switched, and how many are out by the trace of this state."""
    with reading(engine) as work:
        return state_answer(work.session, networks=request.app.state.networks)


@router.post("/api/switching/rehearse")
@_desk
def rehearse(body: Rehearsal, request: Request, engine: Database) -> SwitchingPreview:
    """Try steps on a study copy of the live state; nothing changes."""
    with reading(engine) as work:
        networks = request.app.state.networks
        steps = checked_steps(networks.in_force(work.session), steps_of(body.steps))
        effects = switching_steps.rehearse_steps(work.session, steps=steps, networks=networks)
        return preview_answer(work.session, list(enumerate(effects, start=1)), networks=networks)


@router.get("/api/switching-orders")
@_desk_and_crew
def read_orders(
    engine: Database,
    outage_id: Annotated[Name | None, Query()] = None,
    active: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> SwitchingOrders:
    """List switching orders, newest first: of one outage or of all, those not over (`active`) or all."""
    with reading(engine) as work:
        found = switching_orders.list_orders(work.session, outage_id=outage_id, open_only=active)
        return SwitchingOrders(orders=[SwitchingOrder.model_validate(one) for one in found])


@router.post("/api/switching-orders", status_code=201)
@_desk
def draft(body: NewSwitchingOrder, request: Request, identity: SignedIn, engine: Database) -> SwitchingOrder:
    """Draft a switching order; its steps are rehearsed on the state of now."""
    with writing(engine) as work:
        view = switching_orders.draft_order(
            work.session,
            kind=SwitchingKind(body.kind),
            steps=steps_of(body.steps),
            outage_id=body.outage_id,
            planned_outage_id=body.planned_outage_id,
            note=body.note,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return SwitchingOrder.model_validate(view)


@router.get("/api/switching-orders/{order_id}")
@_desk_and_crew
def read_order(order_id: Name, engine: Database) -> SwitchingOrder:
    """Read one switching order with its steps."""
    with reading(engine) as work:
        return SwitchingOrder.model_validate(switching_orders.get_order(work.session, order_id=order_id))


@router.get("/api/switching-orders/{order_id}/preview")
@_desk
def preview(order_id: Name, request: Request, engine: Database) -> SwitchingPreview:
    """Rehearse what is left of an order, step by step; `changes` is what differs since it was prepared."""
    with reading(engine) as work:
        networks = request.app.state.networks
        found = switching_steps.preview_order(work.session, order_id=order_id, networks=networks)
        return preview_answer(work.session, found.steps, networks=networks, changes=found.changes)


@router.post("/api/switching-orders/{order_id}/steps")
@_desk
def set_steps(
    order_id: Name, body: SwitchingSteps, request: Request, identity: SignedIn, engine: Database
) -> SwitchingOrder:
    """Give a draft other steps."""
    with writing(engine) as work:
        view = switching_orders.set_steps(
            work.session,
            order_id=order_id,
            version=body.version,
            steps=steps_of(body.steps),
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return SwitchingOrder.model_validate(view)


@router.post("/api/switching-orders/{order_id}/approve")
@_desk
def approve(
    order_id: Name, body: SwitchingOrderAction, request: Request, identity: SignedIn, engine: Database
) -> SwitchingOrder:
    """Approve an order; a planned one is approved by another person than who drafted it."""
    with writing(engine) as work:
        view = switching_orders.approve_order(
            work.session,
            order_id=order_id,
            version=body.version,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return SwitchingOrder.model_validate(view)


@router.post("/api/switching-orders/{order_id}/return")
@_desk
def give_back(
    order_id: Name, body: SwitchingOrderAction, identity: SignedIn, engine: Database
) -> SwitchingOrder:
    """Make a draft of an approved order again."""
    with writing(engine) as work:
        view = switching_orders.return_order(
            work.session, order_id=order_id, version=body.version, actor=identity.name, now=work.now
        )
        return SwitchingOrder.model_validate(view)


@router.post("/api/switching-orders/{order_id}/cancel")
@_desk
def cancel(order_id: Name, body: Cancellation, identity: SignedIn, engine: Database) -> SwitchingOrder:
    """Cancel what of an order is not executed yet."""
    with writing(engine) as work:
        view = switching_orders.cancel_order(
            work.session,
            order_id=order_id,
            version=body.version,
            reason=body.reason,
            actor=identity.name,
            now=work.now,
        )
        return SwitchingOrder.model_validate(view)


@router.post("/api/switching-orders/{order_id}/steps/{number}/instruct")
@_desk
def instruct(
    order_id: Name, number: int, body: Instruction, identity: SignedIn, engine: Database
) -> SwitchingOrder:
    """Note that somebody was told to carry out a step."""
    with writing(engine) as work:
        view = switching_steps.instruct_step(
            work.session, order_id=order_id, number=number, to=body.to, actor=identity.name, now=work.now
        )
        return SwitchingOrder.model_validate(view)


@router.post("/api/switching-orders/{order_id}/steps/{number}/execute")
@_desk
def execute(  # noqa: PLR0917 - FastAPI gives them by name
    order_id: Name, number: int, body: Execution, request: Request, identity: SignedIn, engine: Database
) -> SwitchingOrder:
    """Execute a step as it was seen: the device moves, and customers count as out or back from then on."""
    with writing(engine) as work:
        view = switching_steps.execute_step(
            work.session,
            order_id=order_id,
            number=number,
            seen=body.seen,
            executed_at=body.executed_at,
            reason=body.reason,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return SwitchingOrder.model_validate(view)


@router.get("/api/tags")
@_desk_and_crew
def read_tags(engine: Database) -> Tags:
    """List the tags that hang now."""
    with reading(engine) as work:
        return Tags(tags=[Tag.model_validate(one) for one in hanging_tags(work.session)])


@router.post("/api/tags", status_code=201)
@_desk
def place(body: NewTag, request: Request, identity: SignedIn, engine: Database) -> Tag:
    """Hang a tag on a device: nobody operates through it."""
    with writing(engine) as work:
        view = place_tag(
            work.session,
            device=body.device,
            kind=body.kind,
            note=body.note,
            traced=request.app.state.networks.in_force(work.session),
            actor=identity.name,
            now=work.now,
        )
        return Tag.model_validate(view)


@router.post("/api/tags/{tag_id}/remove")
@_desk
def remove(tag_id: Name, identity: SignedIn, engine: Database) -> Tag:
    """Remove a tag: whoever placed it, or a supervisor."""
    with writing(engine) as work:
        view = remove_tag(
            work.session,
            tag_id=tag_id,
            is_supervisor=Role.SUPERVISOR in identity.roles,
            actor=identity.name,
            now=work.now,
        )
        return Tag.model_validate(view)
