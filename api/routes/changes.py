"""The change log: a page of it, the live stream, and the snapshot it continues."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic_core import to_json
from sse_starlette import EventSourceResponse

from api.change_stream import HEARTBEAT_S, change_events, resumed_position
from api.roles import Role, open_to
from api.schemas.changes import Change, Changes, FirstView, Interruptions, Position, Snapshot
from api.work import Database, SignedIn, reading
from dispatch.change_log import changes_after, latest_position
from dispatch.first_view import first_view
from dispatch.snapshot import interruptions, snapshot

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


@router.get("/api/snapshot", response_model=Snapshot)
@_desk
def read_snapshot(engine: Database) -> Response:
    """Read the present state with its position; the changes after it continue it.

    Outages that are not over are all there, with their jobs and households; of those closed, dismissed or
    merged the ones that changed within the last 24 hours (`/api/outages` lists older ones).
    """
    with reading(engine) as work:
        return _plain(snapshot(work.session, now=work.now))


@router.get("/api/snapshot/first-view", response_model=FirstView)
@_desk
def read_first_view(engine: Database) -> Response:
    """Read the snapshot without its households, with what a page shows of each outage at first sight."""
    with reading(engine) as work:
        found = first_view(work.session, now=work.now)
        places = {id: {"lon": place.lon, "lat": place.lat} for id, place in found.places.items()}
        shelves = {name: shelf for name, shelf in found.snapshot.items() if name != "interruptions"}
        return _plain({**shelves, "places": places, "reported_hazards": found.reported_hazards})


@router.get("/api/snapshot/interruptions", response_model=Interruptions)
@_desk
def read_interruptions(engine: Database) -> Response:
    """Read the households of the snapshot's outages with a position of their own."""
    with reading(engine) as work:
        position = latest_position(work.session)
        return _plain({"position": position, "interruptions": interruptions(work.session, now=work.now)})


def _plain(told: dict[str, Any]) -> Response:
    """Answer with what is plain JSON already: a storm's megabytes are not looked through once more."""
    return Response(to_json(told), media_type="application/json")
