"""Planned outages 计划停电: entered, moved, called off, listed."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.roles import Role, open_to
from api.schemas.calls import NewPlannedOutage, PlannedOutage, PlannedOutages, PlannedOutageTimes
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch.planned_outages import (
    announce_planned_outage,
    cancel_planned_outage,
    list_planned_outages,
    move_planned_outage,
)

router = APIRouter(tags=["calls"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/planned-outages")
@open_to(Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
def read_planned_outages(engine: Database) -> PlannedOutages:
    """List planned outages to come, under way, or over for less than a day."""
    with reading(engine) as work:
        found = list_planned_outages(work.session, now=work.now)
        return PlannedOutages(planned_outages=[PlannedOutage.model_validate(one) for one in found])


@router.post("/api/planned-outages", status_code=201)
@_desk
def announce(body: NewPlannedOutage, request: Request, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Enter a planned outage of all that a device feeds, or of single service points."""
    with writing(engine) as work:
        view = announce_planned_outage(
            work.session,
            device=body.device,
            service_points=body.service_points,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
            text=body.text,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post("/api/planned-outages/{planned_outage_id}/times")
@_desk
def move(
    planned_outage_id: Name, body: PlannedOutageTimes, identity: SignedIn, engine: Database
) -> PlannedOutage:
    """Put a planned outage to other times: later, longer, or over already."""
    with writing(engine) as work:
        view = move_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post("/api/planned-outages/{planned_outage_id}/cancel")
@_desk
def cancel(planned_outage_id: Name, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Call a planned outage off."""
    with writing(engine) as work:
        view = cancel_planned_outage(
            work.session, planned_outage_id=planned_outage_id, actor=identity.name, now=work.now
        )
        return PlannedOutage.model_validate(view)
