"""A crew's jobs, and its reports from the field."""

from __future__ import annotations

from fastapi import APIRouter

from api.roles import Role, open_to
from api.schemas.jobs import CrewJob, CrewJobs, Progress
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch.jobs import Progress as ReportedStep
from dispatch.jobs import jobs_of_crew, report_progress

router = APIRouter(tags=["jobs"])


@router.get("/api/jobs/mine")
@open_to(Role.CREW)
def read_my_jobs(identity: SignedIn, engine: Database) -> CrewJobs:
    """List the jobs of the crew that asks."""
    with reading(engine) as work:
        found = jobs_of_crew(work.session, crew_id=identity.crew_id or "")
        return CrewJobs(jobs=[CrewJob.of(job) for job in found])


@router.post("/api/jobs/{job_id}/progress")
@open_to(Role.CREW)
def take_progress(job_id: Name, body: Progress, identity: SignedIn, engine: Database) -> CrewJob:
    """Report a step of a job; sent again after a lost answer, it is still one step."""
    with writing(engine) as work:
        view = report_progress(
            work.session,
            job_id=job_id,
            crew_id=identity.crew_id or "",
            progress=ReportedStep(**body.model_dump()),
            actor=identity.name,
            now=work.now,
        )
        return CrewJob.of(view)
