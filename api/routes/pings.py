"""Questions to meters: is there supply? Asked by a dispatcher, and how far they have come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.errors import NoMeterSystemError
from api.roles import Role, open_to
from api.schemas.pings import PingOrder, PingRequest, PingRequests, PingsQueued
from api.schemas.shape import Name
from api.work import Database, reading, receiving
from dispatch.meter_requests import PingRules, list_ping_requests, request_pings
from dispatch.outages import get_outage
from dispatch.pings import PingReason

router = APIRouter(tags=["calls"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.post("/api/pings")
@_desk
def ask_meters(body: PingOrder, request: Request, engine: Database) -> PingsQueued:
    """Ask the meters of up to 200 service points. The answers come as evidence, later."""
    rules: PingRules | None = request.app.state.pings
    if rules is None:
        raise NoMeterSystemError
    with receiving(engine) as work:
        if body.outage_id is not None:
            get_outage(work.session, outage_id=body.outage_id)
        asked = request_pings(
            work.session,
            service_points=body.service_points,
            reason=PingReason.DISPATCHER,
            rules=rules,
            now=work.now,
            outage_id=body.outage_id,
        )
    return PingsQueued(service_points=sorted(asked))


@router.get("/api/pings")
@_desk
def read_pings(
    engine: Database,
    outage: Name | None = None,
    service_point: Annotated[list[Name] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> PingRequests:
    """List questions to meters, newest first."""
    with reading(engine) as work:
        found = list_ping_requests(
            work.session, outage_id=outage, service_points=service_point or (), limit=limit
        )
        return PingRequests(pings=[PingRequest.model_validate(one) for one in found])
