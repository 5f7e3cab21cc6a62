"""Replay: what was known at an instant of the past, in the shapes of the live desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.replay_answers import changes_answer, state_answer
from api.roles import Role, open_to
from api.schemas.changes import Position
from api.schemas.replay import PastChanges, PastCurve, PastState
from api.schemas.shape import Instant
from api.work import Database, reading
from dispatch.past_curve import past_curve
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
