"""Reading outages: the list, one, its households, its history, the crews for it, and its area."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.roles import Role, open_to
from api.schemas.changes import Change, History
from api.schemas.outages import (
    Affected,
    AffectedServicePoint,
    Outage,
    Outages,
    RankedCrews,
)
from api.schemas.shape import Name
from api.work import Database, reading
from dispatch.change_log import latest_position
from dispatch.crew_ranking import rank_crews_for_outage
from dispatch.outages import (
    affected_service_points,
    area_of_outage,
    get_outage,
    list_outages,
    outage_history,
)
from dispatch.states import OutageStatus

router = APIRouter(tags=["outages"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)

# More ids than this make an address longer than proxies let through.
MOST_IDS = 500


@router.get("/api/outages")
@_desk
def read_outages(
    engine: Database,
    status: Annotated[list[OutageStatus] | None, Query()] = None,
    active: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
    id: Annotated[list[Name] | None, Query(max_length=MOST_IDS)] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Outages:
    """List outages, newest first: of given statuses, of given ids, not yet closed (`active`), or all."""
    with reading(engine) as work:
        found = list_outages(work.session, statuses=status or (), ids=id, active=active, limit=limit)
        return Outages(
            position=latest_position(work.session), outages=[Outage.model_validate(view) for view in found]
        )


@router.get("/api/outages/{outage_id}")
@_desk
def read_outage(outage_id: Name, engine: Database) -> Outage:
    """Read one outage."""
    with reading(engine) as work:
        return Outage.model_validate(get_outage(work.session, outage_id=outage_id))


@router.get("/api/outages/{outage_id}/affected")
@_desk
def read_affected(outage_id: Name, engine: Database) -> Affected:
    """List the households of an outage, to the service point."""
    with reading(engine) as work:
        found = affected_service_points(work.session, outage_id=outage_id)
        return Affected(
            outage_id=outage_id, service_points=[AffectedServicePoint.model_validate(one) for one in found]
        )


@router.get("/api/outages/{outage_id}/history")
@_desk
def read_history(outage_id: Name, engine: Database) -> History:
    """Read back every change of an outage, its jobs and its hazards, oldest first."""
    with reading(engine) as work:
        found = outage_history(work.session, outage_id=outage_id)
        return History(changes=[Change.model_validate(change) for change in found])


@router.get("/api/outages/{outage_id}/crews")
@_desk
def rank_crews(outage_id: Name, request: Request, engine: Database) -> RankedCrews:
    """Rank the crews for an outage by arrival on the road, with the reasons; the dispatcher decides."""
    with reading(engine) as work:
        found = rank_crews_for_outage(
            work.session, outage_id=outage_id, now=work.now, travel=request.app.state.travel
        )
        return RankedCrews.of(found)


@router.get("/api/outages/{outage_id}/area")
@_desk
def read_area(outage_id: Name, engine: Database) -> dict[str, Any]:
    """Draw the area of an outage as a GeoJSON feature; its geometry is null where no place is known."""
    with reading(engine) as work:
        area = area_of_outage(work.session, outage_id=outage_id)
        return area or {"type": "Feature", "geometry": None, "properties": {"service_points": 0}}
