"""The plan for all open outages: look at it, take from it, and say what it must keep to."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request

from api.errors import error_fields
from api.roles import Role, open_to
from api.schemas.hazards import Hazard
from api.schemas.outages import Outage
from api.schemas.plan import (
    NewPlanOrder,
    Plan,
    PlanAssigned,
    PlanAssignment,
    PlanFigures,
    PlanOrder,
    PlanStop,
    RefusedStop,
    RunningPlan,
    UnplannedWork,
)
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch import plan_assignments, plan_orders, running_plan

router = APIRouter(tags=["plan"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/plan")
@_desk
def read_plan(request: Request, engine: Database) -> Plan:
    """Say who would go where when, what that is worth, and what has no crew and why."""
    with reading(engine) as work:
        plan = running_plan.plan_in_force(work.session)
        return Plan(
            is_on=request.app.state.plans,
            plan=_answer(plan, work.now) if plan is not None else None,
            orders=[PlanOrder.model_validate(one) for one in plan_orders.orders_in_force(work.session)],
        )


@router.post("/api/plan/assign")
@_desk
def assign_from_plan(
    body: PlanAssignment, request: Request, identity: SignedIn, engine: Database
) -> PlanAssigned:
    """Send the crews of some stops, each by itself; what is refused says why. A single one is an error."""
    with writing(engine) as work:
        done = plan_assignments.take_stops(
            work.session,
            version=body.version,
            stops=[plan_assignments.WantedStop(**one.model_dump()) for one in body.stops],
            actor=identity.name,
            now=work.now,
            travel=request.app.state.travel,
        )
        if done.refused and len(body.stops) == 1:
            raise done.refused[0].error
        return PlanAssigned(
            taken=[Outage.model_validate(view) for view in done.taken],
            hazards=[Hazard.model_validate(view) for view in done.hazards],
            refused=[
                RefusedStop(
                    outage_id=one.stop.outage_id,
                    hazard_id=one.stop.hazard_id,
                    crew_id=one.stop.crew_id,
                    kind=one.stop.kind,
                    error=error_fields(one.error),
                )
                for one in done.refused
            ],
        )


@router.post("/api/plan/orders", status_code=201)
@_desk
def order_of_plan(body: NewPlanOrder, identity: SignedIn, engine: Database) -> PlanOrder:
    """Pin an outage to a crew, or forbid it one, in every plan from now on."""
    with writing(engine) as work:
        view = plan_orders.order_of_plan(
            work.session,
            kind=body.kind,
            outage_id=body.outage_id,
            crew_id=body.crew_id,
            reason=body.reason,
            actor=identity.name,
            now=work.now,
        )
        return PlanOrder.model_validate(view)


@router.post("/api/plan/orders/{order_id}/withdraw")
@_desk
def withdraw_order(order_id: Name, identity: SignedIn, engine: Database) -> PlanOrder:
    """Take such an order back."""
    with writing(engine) as work:
        view = plan_orders.withdraw_order(work.session, order_id=order_id, actor=identity.name, now=work.now)
        return PlanOrder.model_validate(view)


def _answer(plan: running_plan.RunningPlan, now: datetime) -> RunningPlan:
    return RunningPlan(
        version=plan.version,
        based_on=plan.based_on,
        made_at=plan.made_at,
        age_minutes=round(max(0.0, (now - plan.made_at).total_seconds() / 60), 1),
        travel_source=plan.travel_source,
        figures=PlanFigures.model_validate(plan.figures),
        stops=[PlanStop.model_validate(stop) for stop in plan.stops],
        unassigned=[UnplannedWork.model_validate(one) for one in plan.unassigned],
        late=sorted({stop.outage_id or stop.hazard_id or "" for stop in plan.stops if stop.is_late}),
    )
