"""Photos: sent before the report that names them, and shown to those who may see the report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api.photo_files import MEDIA_TYPE, PhotoFiles, sent_digest
from api.roles import Identity, Role, open_to
from api.schemas.hazards import PhotoTaken
from api.work import Database, SignedIn, reading, receiving
from dispatch.errors import UnknownThing
from dispatch.photos import keep_photo, known_photo, photo_digest

router = APIRouter(tags=["photos"])

PHOTO_PATH = "/api/photos/{photo_id}"
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
@open_to(Role.CREW, Role.DISPATCHER, Role.SUPERVISOR)
async def take_photo(photo_id: PhotoId, request: Request, identity: SignedIn, engine: Database) -> PhotoTaken:
    """Take a photo under an id of the sender's own making: JPEG, PNG or WebP as the body, 12 MiB at most.

    It is made anew without position or other metadata. The same photo again is the same one.
    """
    content = await request.body()
    files: PhotoFiles = request.app.state.photos

    def keep() -> PhotoTaken:
        with receiving(engine) as work:
            digest = sent_digest(content)
            known = known_photo(work.session, id=photo_id, sent_digest=digest, now=work.now)
        if not known:
            photo = files.keep(content)
            with receiving(engine) as work:
                keep_photo(work.session, id=photo_id, photo=photo, sender=identity.name, now=work.now)
        return PhotoTaken(id=photo_id, status="duplicate" if known else "accepted")

    return await run_in_threadpool(keep)


@router.get(PHOTO_PATH, response_class=FileResponse)
@open_to(Role.CREW, Role.DISPATCHER, Role.SUPERVISOR)
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


def _crew(identity: Identity) -> str | None:
    return None if identity.is_desk else identity.crew_id or ""
