"""How the system itself is doing, and what time it is by its clock."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.health import examine
from api.roles import open_to_anyone_signed_in, open_to_everybody
from api.schemas.health import ClockAnswer, Health
from api.work import Database, reading
from dispatch.clock import read_clock

router = APIRouter(tags=["system"])


@router.get("/api/health")
@open_to_everybody
def health(request: Request, response: Response, engine: Database) -> Health:
    """Say whether Relight works, and what is wrong where it does not; 503 while the database is away."""
    found = examine(
        engine,
        channels=request.app.state.channels,
        asks_meters=request.app.state.pings is not None,
        plans=request.app.state.plans,
        real_now=datetime.now(UTC),
    )
    response.headers["Cache-Control"] = "no-store"
    if found.database == "away":
        response.status_code = 503
    return found


@router.get("/api/clock")
@open_to_anyone_signed_in
def clock(engine: Database) -> ClockAnswer:
    """Say what time it is by Relight's clock, and how fast it runs."""
    with reading(engine) as work:
        running = read_clock(work.session)
        return ClockAnswer(now=work.now, speed=running.speed if running else 1.0)
