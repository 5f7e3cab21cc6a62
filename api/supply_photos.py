"""A customer's photo: read from the report's form, and kept with the call that the report became.

RULE 1: the report comes first. A photo that is too large, or is none, never keeps a report back: it is taken,
and the page says what became of the photo.
RULE 2: what is too large is read to its end and let go, so that the fields beside it arrive.
RULE 3: photos are few: each one counts as a report does where reports are counted (api/throttle.py).
A name of the file, its position and all else that it carries are gone (api/photo_files.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request

from api.photo_files import LARGEST_PHOTO_BYTES, PhotoFiles, PhotoRefusedError, sent_digest
from api.throttle import take_turn
from api.work import receiving
from dispatch.errors import Conflict
from dispatch.photos import keep_photo_of_call

# A report with a photo of forty megabytes is still a report.
LARGEST_REPORT_BYTES = 64 * 1024 * 1024
# As a person reads it.
LARGEST_PHOTO_MEGABYTES = LARGEST_PHOTO_BYTES // 1_000_000
_FIELD = "photo"
_LARGEST_FIELD_BYTES = 16 * 1024
_MOST_FIELDS = 20
# Who sent it, as it is kept: never an account.
_SENDER = "customer's page"


class PhotoFate(StrEnum):
    """What became of a photo; `customer.done.photo.<fate>` says it."""

    KEPT = "kept"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """The photo of a form; without `content` it was too large."""

    content: bytes | None


def has_photo_form(request: Request) -> bool:
    """Return whether a form is of the kind that may have a photo in it."""
    return request.headers.get("content-type", "").startswith("multipart/form-data")


async def read_photo_form(request: Request) -> tuple[dict[str, str], SentPhoto | None]:
    """Return the fields of a form and its photo, None where none was chosen; HTTPException if unreadable."""
    form = await request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD_BYTES)
    try:
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        sent = form.get(_FIELD)
        if not isinstance(sent, UploadFile) or not sent.size:
            return fields, None
        return fields, SentPhoto(await sent.read() if sent.size <= LARGEST_PHOTO_BYTES else None)
    finally:
        await form.close()


def keep_photo_of_report(
    engine: Engine, files: PhotoFiles, *, sent: SentPhoto, evidence_id: str, address: str, real_now: datetime
) -> PhotoFate:
    """Keep the photo of a report that was taken as `evidence_id`; return what became of it.

    `address` is where the request comes from, and `real_now` the real time: they hold back a flood of photos.
    """
    if sent.content is None:
        return PhotoFate.TOO_LARGE
    with Session(engine) as session, session.begin():
        if not take_turn(session, address=address, now=real_now):
            return PhotoFate.TOO_MANY
    try:
        photo = files.keep(sent.content)
    except PhotoRefusedError:
        return PhotoFate.UNREADABLE
    id = f"{evidence_id}-{sent_digest(sent.content)[:16]}"
    try:
        with receiving(engine) as work:
            keep_photo_of_call(
                work.session, id=id, photo=photo, evidence_id=evidence_id, sender=_SENDER, now=work.now
            )
    except Conflict:
        return PhotoFate.TOO_MANY
    return PhotoFate.KEPT
