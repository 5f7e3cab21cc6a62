"""A crew's jobs, and its reports from the field."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from sse_starlette import EventSourceResponse

from api.change_stream import HEARTBEAT_S, resumed_position
from api.crew_stream import CrewWatch, read_crew_jobs
from api.roles import Role, open_to
from api.schemas.changes import Position
from api.schemas.field_work import ReportedJob
from api.schemas.jobs import CrewJob, CrewJobs, Progress
from api.schemas.shape import Name
from api.work import Database, SignedIn, writing
from dispatch.jobs import Progress as ReportedStep
from dispatch.jobs import take_progress as take_step

router = APIRouter(tags=["jobs"])


@router.get("/api/jobs/mine")
@open_to(Role.CREW, Role.GUEST_CREW)
def read_my_jobs(identity: SignedIn, engine: Database) -> CrewJobs:
    """List the jobs of the crew that asks."""
    return read_crew_jobs(engine, crew_id=identity.crew_id or "")


@router.get("/api/jobs/mine/stream", response_class=EventSourceResponse)
@open_to(Role.CREW, Role.GUEST_CREW)
async def stream_my_jobs(
    request: Request,
    identity: SignedIn,
    after: Position | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Stream the jobs of the crew that listens, whenever they change after Last-Event-ID, else `after`.

    An event `jobs` holds them all, as /api/jobs/mine does; its id is the position. Without one they are told
    at once. `road_closures` says that other roads are closed than before: ask for /api/road-closures.
    `reload` says that the position asked for is not of this database, or too old: ask for the jobs. A stream
    ends after ten minutes: come back.
    """
    crews: CrewWatch = request.app.state.crews
    crews.watch.places.check()
    events = crews.events(identity=identity, after=resumed_position(last_event_id, after=after))
    return EventSourceResponse(events, ping=HEARTBEAT_S, headers={"Cache-Control": "no-store"})


@router.post("/api/jobs/{job_id}/progress")
@open_to(Role.CREW, Role.GUEST_CREW)
def take_progress(job_id: Name, body: Progress, identity: SignedIn, engine: Database) -> ReportedJob:
    """Report a step of a job; sent again after a lost answer, it is still one step, and `outcome` says so."""
    with writing(engine) as work:
        reported = take_step(
            work.session,
            job_id=job_id,
            crew_id=identity.crew_id or "",
            progress=ReportedStep(**body.model_dump()),
            actor=identity.name,
            now=work.now,
        )
        job = CrewJob.of(reported.crew_job)
        return ReportedJob(**job.model_dump(), outcome="applied" if reported.is_new else "already_applied")
