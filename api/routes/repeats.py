"""Repeats: customers who are out again and again, feeders and switches that trip repeatedly."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.roles import Role, open_to
from api.schemas.repeats import RepeatAlert, RepeatAlerts, RepeatNote
from api.work import Database, SignedIn, reading, writing
from dispatch.repeat_tables import RepeatState
from dispatch.repeats.worklist import close_repeat, list_repeats, look_at_repeat

router = APIRouter(tags=["repeats"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)

_Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/api/repeats")
@_desk
def read_repeats(
    engine: Database,
    state: Annotated[list[RepeatState] | None, Query(description="Not closed where none is named.")] = None,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 500,
) -> RepeatAlerts:
    """List what repeats, the worst first."""
    with reading(engine) as work:
        found = list_repeats(work.session, states=state or (), limit=limit)
        return RepeatAlerts(repeats=[RepeatAlert.model_validate(one) for one in found])


@router.post("/api/repeats/{repeat_id}/look-at")
@_desk
def look_at(repeat_id: _Id, body: RepeatNote, identity: SignedIn, engine: Database) -> RepeatAlert:
    """Take it in hand."""
    with writing(engine) as work:
        alert = look_at_repeat(
            work.session, repeat_id=repeat_id, note=body.note, actor=identity.name, now=work.now
        )
        return RepeatAlert.model_validate(alert)


@router.post("/api/repeats/{repeat_id}/close")
@_desk
def close(repeat_id: _Id, body: RepeatNote, identity: SignedIn, engine: Database) -> RepeatAlert:
    """Close it with what was done; it comes back as a new one when it happens again."""
    with writing(engine) as work:
        alert = close_repeat(
            work.session, repeat_id=repeat_id, note=body.note, actor=identity.name, now=work.now
        )
        return RepeatAlert.model_validate(alert)
