"""Photos: sent before the report that names them, and shown to those who may see the report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from api.photo_files import LARGEST_PHOTO_BYTES, MEDIA_TYPE, PhotoFiles, PhotoRefusedError, sent_digest
from api.photo_parts import PhotoParts
from api.roles import Identity, Role, open_to
from api.schemas.hazards import PhotographedCall, PhotographedCalls, PhotoPart, PhotoTaken
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, receiving
from dispatch.errors import Conflict, UnknownThing
from dispatch.outages import get_outage
from dispatch.photos import is_kept, keep_photo, known_photo, photo_digest, photographed_calls

router = APIRouter(tags=["photos"])

PHOTO_PATH = "/api/photos/{photo_id}"
PARTS_PATH = f"{PHOTO_PATH}/parts"
# Made by the sender, so that a photo sent again after a lost answer is one photo.
PhotoId = Annotated[str, Path(min_length=8, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


@router.put(
    PHOTO_PATH,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
@open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)
async def take_photo(photo_id: PhotoId, request: Request, identity: SignedIn, engine: Database) -> PhotoTaken:
    """Take a photo under an id of the sender's own making: JPEG, PNG or WebP as the body, 12 MiB at most.

    It is made anew without position or other metadata. The same photo again is the same one.
    """
    content = await request.body()
    files: PhotoFiles = request.app.state.photos
    return await run_in_threadpool(_keep, engine, files, photo_id, content, identity.name)


def _keep(engine: Engine, files: PhotoFiles, photo_id: str, content: bytes, sender: str) -> PhotoTaken:
    with receiving(engine) as work:
        digest = sent_digest(content)
        known = known_photo(work.session, id=photo_id, sent_digest=digest, now=work.now)
    if not known:
        photo = files.keep(content)
        with receiving(engine) as work:
            keep_photo(work.session, id=photo_id, photo=photo, sender=sender, now=work.now)
    return PhotoTaken(id=photo_id, status="duplicate" if known else "accepted")


@router.get(PARTS_PATH)
@open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)
def read_parts(photo_id: PhotoId, request: Request, identity: SignedIn, engine: Database) -> PhotoPart:
    """Tell how much of the sender's own photo has arrived, so that it is sent on from there."""
    with receiving(engine) as work:
        kept = is_kept(work.session, id=photo_id, sender=identity.name, now=work.now)
    received = _parts(request).received(sender=identity.name, id=photo_id)
    return PhotoPart(id=photo_id, status="duplicate" if kept else "partial", received=received)


@router.put(
    PARTS_PATH,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
@open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)
async def take_part(
    photo_id: PhotoId,
    request: Request,
    identity: SignedIn,
    engine: Database,
    *,
    begins_at: Annotated[int, Query(ge=0, le=LARGEST_PHOTO_BYTES)],
    whole: Annotated[int, Query(ge=1, le=LARGEST_PHOTO_BYTES)],
) -> PhotoPart:
    """Take a part of a photo, up to 1 MiB: over a weak line a cut then costs one part.

    With the last part the photo is kept as by the other way. `received` says from where to go on.
    """
    content = await request.body()

    def keep() -> PhotoPart:
        sender, parts = identity.name, _parts(request)
        with receiving(engine) as work:
            if is_kept(work.session, id=photo_id, sender=sender, now=work.now):
                return PhotoPart(id=photo_id, status="duplicate", received=whole)
        photo = parts.add(sender=sender, id=photo_id, begins_at=begins_at, whole=whole, part=content)
        if photo is None:
            received = parts.received(sender=sender, id=photo_id)
            return PhotoPart(id=photo_id, status="partial", received=received)
        try:
            taken = _keep(engine, request.app.state.photos, photo_id, photo, sender)
        except (PhotoRefusedError, Conflict):
            # However often it is sent, nothing comes of these parts.
            parts.forget(sender=sender, id=photo_id)
            raise
        parts.forget(sender=sender, id=photo_id)
        return PhotoPart(id=photo_id, status=taken.status, received=whole)

    return await run_in_threadpool(keep)


def _parts(request: Request) -> PhotoParts:
    files: PhotoFiles = request.app.state.photos
    return PhotoParts(files.parts_folder)


@router.get(PHOTO_PATH, response_class=FileResponse)
@open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)
def show_photo(photo_id: PhotoId, request: Request, identity: SignedIn, engine: Database) -> FileResponse:
    """Show a photo; a crew sees its own and those of its jobs."""
    files: PhotoFiles = request.app.state.photos
    with reading(engine) as work:
        digest = photo_digest(work.session, id=photo_id, crew_id=_crew(identity), sender=identity.name)
    path = files.path(digest)
    if not path.is_file():
        raise UnknownThing(kind="photo file", id=photo_id)
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=MEDIA_TYPE, headers=headers)


@router.get("/api/outages/{outage_id}/photographed-calls")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_photographed_calls(outage_id: Name, engine: Database) -> PhotographedCalls:
    """List the customers' calls of an outage that came with photos, newest first."""
    with reading(engine) as work:
        get_outage(work.session, outage_id=outage_id)
        found = photographed_calls(work.session, outage_id=outage_id)
        return PhotographedCalls(calls=[PhotographedCall.model_validate(one) for one in found])


def _crew(identity: Identity) -> str | None:
    return None if identity.is_desk else identity.crew_id or ""
