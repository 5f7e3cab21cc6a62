"""Promises of service: their clocks, pauses, breaches, and the classes of areas."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Response
from sqlalchemy.orm import Session

from api.breaches_csv import breaches_csv
from api.roles import Role, open_to
from api.schemas.promises import (
    AreaClasses,
    Breach,
    Breaches,
    FeederArea,
    OpenPromises,
    OutagePromises,
    PauseOrder,
    PromiseRules,
    ResumeOrder,
)
from api.schemas.shape import Instant, Name
from api.work import Database, SignedIn, reading, writing
from dispatch.promise_breaches import list_breaches
from dispatch.promise_pauses import pause_promises, resume_promises
from dispatch.promise_rules_store import rules_in_force
from dispatch.promises import open_promises, promises_of_outage
from gis.area_classes import (
    area_polygons,
    feeder_classes,
    polygons_of_geojson,
    replace_area_polygons,
    set_feeder_class,
)

router = APIRouter(tags=["promises"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/promises")
@_desk
def read_open_promises(engine: Database) -> OpenPromises:
    """List the promises about all outages that are not over, as they stand now."""
    with reading(engine) as work:
        found = open_promises(work.session, now=work.now)
        return OpenPromises(outages=[OutagePromises.model_validate(one) for one in found])


@router.get("/api/promises/rules")
@_desk
def read_rules(engine: Database) -> PromiseRules:
    """Read the rules that new clocks run by."""
    with reading(engine) as work:
        rules = rules_in_force(work.session).rules
        return PromiseRules(version=rules.version, document=dict(rules.document))


@router.get("/api/promises/breaches", response_model=Breaches)
@_desk
def read_breaches(
    engine: Database,
    since: Annotated[Instant | None, Query(description="Due at or after this time.")] = None,
    before: Annotated[Instant | None, Query(description="Due before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
) -> Breaches | Response:
    """List broken promises with what proves them, newest first; `format=csv` for a file."""
    with reading(engine) as work:
        found = list_breaches(work.session, now=work.now, since=since, before=before, limit=limit)
    if format == "csv":
        named = {"Content-Disposition": 'attachment; filename="breaches.csv"'}
        return Response(breaches_csv(found), media_type="text/csv; charset=utf-8", headers=named)
    return Breaches(breaches=[Breach.model_validate(one) for one in found])


@router.get("/api/promises/areas")
@_desk
def read_areas(engine: Database) -> AreaClasses:
    """Read what was said of the classes of areas."""
    with reading(engine) as work:
        return _areas(work.session)


@router.post("/api/promises/areas/feeders")
@open_to(Role.SUPERVISOR)
def set_feeder(body: FeederArea, engine: Database) -> AreaClasses:
    """Say in what kind of area a feeder lies; outages that are open keep theirs."""
    with writing(engine) as work:
        set_feeder_class(work.session, feeder=body.feeder, area_class=body.area_class, now=work.now)
        return _areas(work.session)


@router.post("/api/promises/areas/polygons")
@open_to(Role.SUPERVISOR)
def replace_polygons(body: Annotated[dict[str, Any], Body()], engine: Database) -> AreaClasses:
    """Put these polygons (GeoJSON, WGS 84, each with `area_class`) in the place of all there were."""
    polygons = polygons_of_geojson(body)
    with writing(engine) as work:
        replace_area_polygons(work.session, polygons=polygons, now=work.now)
        return _areas(work.session)


@router.get("/api/outages/{outage_id}/promises")
@_desk
def read_promises(outage_id: Name, engine: Database) -> OutagePromises:
    """Read the promises about one outage, as they stand now, with what proves them."""
    with reading(engine) as work:
        return OutagePromises.model_validate(
            promises_of_outage(work.session, outage_id=outage_id, now=work.now)
        )


@router.post("/api/outages/{outage_id}/promises/pause")
@_desk
def pause(outage_id: Name, body: PauseOrder, identity: SignedIn, engine: Database) -> OutagePromises:
    """Pause the clocks of an outage, with the reason."""
    with writing(engine) as work:
        found = pause_promises(
            work.session, outage_id=outage_id, **body.model_dump(), actor=identity.name, now=work.now
        )
        return OutagePromises.model_validate(found)


@router.post("/api/outages/{outage_id}/promises/resume")
@_desk
def resume(outage_id: Name, body: ResumeOrder, identity: SignedIn, engine: Database) -> OutagePromises:
    """Let the clocks of an outage go on."""
    with writing(engine) as work:
        found = resume_promises(
            work.session, outage_id=outage_id, **body.model_dump(), actor=identity.name, now=work.now
        )
        return OutagePromises.model_validate(found)


def _areas(session: Session) -> AreaClasses:
    feeders = {feeder: str(one) for feeder, one in feeder_classes(session).items()}
    return AreaClasses(feeders=feeders, polygons=area_polygons(session))
