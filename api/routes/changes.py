"""The change log: a page of it, the live stream, and the snapshot it continues."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse

from api.change_stream import HEARTBEAT_S, change_events, resumed_position
from api.roles import Role, open_to
from api.schemas.changes import Change, Changes, Position, Snapshot
from api.work import Database, SignedIn, reading
from dispatch.change_log import changes_after
from dispatch.snapshot import snapshot

router = APIRouter(tags=["changes"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/changes")
@_desk
def read_changes(
    engine: Database, after: Position = 0, limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000
) -> Changes:
    """Read the changes after a position, oldest first."""
    with reading(engine) as work:
        found = changes_after(work.session, position=after, limit=limit)
        position = found[-1].position if found else after
        return Changes(position=position, changes=[Change.model_validate(change) for change in found])


@router.get("/api/changes/stream", response_class=EventSourceResponse)
@_desk
async def stream_changes(
    request: Request,
    identity: SignedIn,
    engine: Database,
    after: Position | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Stream changes as they are recorded, after Last-Event-ID, else `after`, else from now on.

    Each message is one change, its id the position. `position` greets a stream that starts from now; `reload`
    says that the position asked for is not of this database. A stream ends after ten minutes: come back.
    """
    places = request.app.state.streams
    places.check()
    events = change_events(
        engine,
        signal=request.app.state.changes,
        places=places,
        token_digest=identity.token_digest,
        after=resumed_position(last_event_id, after=after),
    )
    return EventSourceResponse(events, ping=HEARTBEAT_S, headers={"Cache-Control": "no-store"})


@router.get("/api/snapshot")
@_desk
def read_snapshot(engine: Database) -> Snapshot:
    """Read the present state with its position; the changes after it continue it.

    Outages that are not over are all there, with their jobs and households; of those closed, dismissed or
    merged the ones that changed within the last 24 hours (`/api/outages` lists older ones).
    """
    with reading(engine) as work:
        return Snapshot.model_validate(snapshot(work.session, now=work.now))
