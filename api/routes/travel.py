"""Roads that are closed for now, and the ways of crews."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.roles import Role, open_to
from api.schemas.shape import Name
from api.schemas.travel import DriveRoute, NewRoadClosure, RoadClosure, RoadClosures
from api.work import Database, SignedIn, reading, writing
from dispatch import drive_routes, road_closures
from gis.place import Place
from gis.roads.road_versions import road_version_in_force

router = APIRouter(tags=["roads"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)

_Lon = Annotated[float | None, Query(ge=-180, le=180)]
_Lat = Annotated[float | None, Query(ge=-90, le=90)]


@router.get("/api/road-closures")
@open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)
def read_closures(engine: Database) -> RoadClosures:
    """List the closed roads and areas in force; crews see them too, since they drive there."""
    with reading(engine) as work:
        found = road_closures.closures_in_force(work.session, now=work.now)
        return RoadClosures(
            roads_known=road_version_in_force(work.session) is not None,
            closures=[RoadClosure.model_validate(one) for one in found],
        )


@router.post("/api/road-closures", status_code=201)
@_desk
def close_roads(body: NewRoadClosure, identity: SignedIn, engine: Database) -> RoadClosure:
    """Close roads: the very next travel time, ranking and plan count it."""
    with writing(engine) as work:
        view = road_closures.close_roads(
            work.session,
            geometry=body.geometry.model_dump(),
            reason=body.reason,
            note=body.note,
            until=body.until,
            actor=identity.name,
            now=work.now,
        )
        return RoadClosure.model_validate(view)


@router.post("/api/road-closures/{closure_id}/lift")
@_desk
def open_roads(closure_id: Name, identity: SignedIn, engine: Database) -> RoadClosure:
    """Lift a closure: crews drive there again."""
    with writing(engine) as work:
        view = road_closures.open_roads(
            work.session, closure_id=closure_id, actor=identity.name, now=work.now
        )
        return RoadClosure.model_validate(view)


@router.get("/api/outages/{outage_id}/crews/{crew_id}/route")
@_desk
def read_route(outage_id: Name, crew_id: Name, request: Request, engine: Database) -> DriveRoute:
    """Draw the way of a crew from where it is to an outage, with the steps to read."""
    with reading(engine) as work:
        found = drive_routes.route_to_outage(
            work.session,
            outage_id=outage_id,
            crew_id=crew_id,
            travel=request.app.state.travel,
            now=work.now,
        )
        return DriveRoute.of(found)


@router.get("/api/jobs/{job_id}/route")
@open_to(Role.CREW, Role.GUEST_CREW)
def read_own_route(
    *,
    job_id: Name,
    request: Request,
    identity: SignedIn,
    engine: Database,
    lon: _Lon = None,
    lat: _Lat = None,
) -> DriveRoute:
    """Draw the way of the crew that asks to its own job, from `lon`, `lat` (WGS 84) or its last position."""
    origin = Place(lon=lon, lat=lat) if lon is not None and lat is not None else None
    with reading(engine) as work:
        found = drive_routes.route_of_job(
            work.session,
            job_id=job_id,
            crew_id=identity.crew_id or "",
            travel=request.app.state.travel,
            now=work.now,
            origin=origin,
        )
        return DriveRoute.of(found)
