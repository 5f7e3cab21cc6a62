"""The crew roster, and where crews are."""

from __future__ import annotations

from fastapi import APIRouter

from api.roles import Role, open_to
from api.schemas.crews import Crew, Crews, NewCrew, Position
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch.crews import add_crew, list_crews, report_position
from dispatch.errors import NotYours

router = APIRouter(tags=["crews"])


@router.get("/api/crews")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_crews(engine: Database) -> Crews:
    """List the crews with their shift, skills, last position and open jobs."""
    with reading(engine) as work:
        return Crews(crews=[Crew.model_validate(view) for view in list_crews(work.session)])


@router.post("/api/crews", status_code=201)
@open_to(Role.SUPERVISOR)
def add_to_roster(body: NewCrew, identity: SignedIn, engine: Database) -> Crew:
    """Add a crew to the roster."""
    with writing(engine) as work:
        view = add_crew(
            work.session,
            id=body.id,
            name=body.name,
            skills=body.skills,
            shift_start=body.shift_start,
            shift_end=body.shift_end,
            lon=body.lon,
            lat=body.lat,
            crs=body.crs,
            actor=identity.name,
            now=work.now,
        )
        return Crew.model_validate(view)


@router.post("/api/crews/{crew_id}/position")
@open_to(Role.CREW, Role.DISPATCHER, Role.SUPERVISOR)
def take_position(crew_id: Name, body: Position, identity: SignedIn, engine: Database) -> Crew:
    """Say where a crew is; a crew says it of itself only."""
    if not identity.is_desk and identity.crew_id != crew_id:
        raise NotYours("A crew reports its own position only.")
    with writing(engine) as work:
        view = report_position(
            work.session,
            crew_id=crew_id,
            lon=body.lon,
            lat=body.lat,
            crs=body.crs,
            at=body.at,
            actor=identity.name,
            now=work.now,
        )
        return Crew.model_validate(view)
