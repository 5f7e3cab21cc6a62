"""Replay: what was known at an instant of the past, in the shapes of the live desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.replay_answers import changes_answer, state_answer
from api.roles import Role, open_to
from api.schemas.changes import Position
from api.schemas.promises import PromiseClock
from api.schemas.replay import PastChanges, PastCurve, PastPromises, PastState
from api.schemas.shape import Instant, Name
from api.work import Database, reading
from dispatch.past_curve import past_curve
from dispatch.past_outage import past_area, past_promises
from dispatch.past_state import state_at

router = APIRouter(tags=["replay"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)

LONGEST_HOURS = 7 * 24


@router.get("/api/replay")
@_desk
def read_state(request: Request, engine: Database, at: Instant) -> PastState:
    """Read what was known at an instant; 422 in the future, before the first change, or too long ago.

    What was recorded later is not in it, whenever it happened.
    """
    with reading(engine) as work:
        past = state_at(work.session, at=at, now=work.now)
        return state_answer(work.session, past, networks=request.app.state.networks)


@router.get("/api/replay/changes")
@_desk
def read_changes(engine: Database, after: Position, until: Instant) -> PastChanges:
    """Read the changes after a position up to an instant, to go on from a state that was read."""
    with reading(engine) as work:
        return changes_answer(work.session, after=after, until=until, now=work.now)


@router.get("/api/replay/curve")
@_desk
def read_curve(engine: Database, hours: Annotated[float, Query(gt=0, le=LONGEST_HOURS)] = 24.0) -> PastCurve:
    """Read how many were out over the last hours, as was known at each moment."""
    with reading(engine) as work:
        return PastCurve.model_validate(past_curve(work.session, span=timedelta(hours=hours), now=work.now))


@router.get("/api/replay/outages/{outage_id}/area")
@_desk
def read_past_area(outage_id: Name, engine: Database, position: Position) -> dict[str, Any]:
    """Draw the area of those who were out after a change, as a GeoJSON feature; 404 if it was not known.

    On the network in force now; its geometry is null where no place is known.
    """
    with reading(engine) as work:
        area = past_area(work.session, outage_id=outage_id, position=position)
        return area or {"type": "Feature", "geometry": None, "properties": {"service_points": 0}}


@router.get("/api/replay/outages/{outage_id}/promises")
@_desk
def read_past_promises(outage_id: Name, engine: Database, at: Instant) -> PastPromises:
    """Read how the clocks of an outage's promises stood at an instant, by what was known then.

    To which outage a report belongs is as known now. 404 if the outage was not known.
    """
    with reading(engine) as work:
        clocks = past_promises(work.session, outage_id=outage_id, at=at, now=work.now)
        return PastPromises(at=at, clocks=[PromiseClock.model_validate(one) for one in clocks])
