"""The storm view: customers out over time, what was promised, and how each feed is doing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.roles import Role, open_to
from api.schemas.storm import Storm
from api.storm_watch import StormWatch

router = APIRouter(tags=["outages"])

LONGEST_HOURS = 31 * 24


@router.get("/api/storm")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_storm(
    request: Request,
    hours: Annotated[
        float | None,
        Query(gt=0, le=LONGEST_HOURS, description="Since what is open now began, where not given."),
    ] = None,
) -> Storm:
    """Give the curve of customers out and the health of each feed, at most two seconds old."""
    watch: StormWatch = request.app.state.storm
    return Storm.model_validate(watch.look(hours=hours))
