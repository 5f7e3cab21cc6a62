"""The rows of photos: sent first, then named by the report they belong to, all of them or none.

The files themselves are kept by api/photo_files.py under the name of their digest; a row is written only once
its file is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.errors import Conflict, InvalidInput, NotYours, UnknownThing
from dispatch.hazard_tables import DamageReportRow, PhotoRow
from dispatch.tables import JobRow

MOST_PHOTOS = 12


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo as its file is kept: digest of the file and of what was sent, size in bytes and pixels."""

    digest: str
    sent_digest: str
    size_bytes: int
    width_px: int
    height_px: int


def known_photo(session: Session, *, id: str, sent_digest: str, now: datetime) -> bool:
    """Return whether this photo was received before; Conflict if the id was used for another one.

    Sent again, it waits for its report anew (dispatch/tidying.py removes those that no report names).
    """
    row = session.get(PhotoRow, id, with_for_update=True)
    if row is None:
        return False
    if row.sent_digest != sent_digest:
        raise Conflict(f"The photo id {id!r} was used for another photo before; the first stands.")
    row.received_at = max(row.received_at, now)
    return True


def is_kept(session: Session, *, id: str, sender: str, now: datetime) -> bool:
    """Return whether a sender's photo of this id is kept; asked for, it waits for its report anew."""
    row = session.get(PhotoRow, id, with_for_update=True)
    if row is None or row.sent_by != sender:
        return False
    row.received_at = max(row.received_at, now)
    return True


def keep_photo(session: Session, *, id: str, photo: KeptPhoto, sender: str, now: datetime) -> None:
    """Keep the row of a photo whose file is written; the same photo again changes nothing."""
    if known_photo(session, id=id, sent_digest=photo.sent_digest, now=now):
        return
    session.add(
        PhotoRow(
            id=id,
            digest=photo.digest,
            sent_digest=photo.sent_digest,
            size_bytes=photo.size_bytes,
            width_px=photo.width_px,
            height_px=photo.height_px,
            sent_by=sender,
            received_at=now,
        )
    )
    session.flush()


def attach_photos(
    session: Session,
    *,
    ids: Sequence[str],
    sender: str,
    hazard_id: str | None,
    damage_report_id: str | None,
) -> int:
    """Give photos to a hazard or a damage report; all or none. Return how many are new there."""
    if len(set(ids)) > MOST_PHOTOS:
        raise InvalidInput(field="photos", text=f"at most {MOST_PHOTOS} photos go with one report")
    new = 0
    for id in dict.fromkeys(ids):
        row = session.get(PhotoRow, id)
        if row is None:
            raise UnknownThing(kind="photo", id=id)
        if row.sent_by != sender:
            raise NotYours(f"The photo {id!r} was sent by somebody else.")
        owner = (row.hazard_id, row.damage_report_id)
        if owner == (hazard_id, damage_report_id):
            continue
        if owner != (None, None):
            raise Conflict(f"The photo {id!r} belongs to another report already.")
        row.hazard_id, row.damage_report_id = hazard_id, damage_report_id
        new += 1
    session.flush()
    return new


def photo_digest(session: Session, *, id: str, crew_id: str | None, sender: str) -> str:
    """Return the digest of a photo's file; a crew (`crew_id`) sees its own and those of its jobs."""
    row = session.get(PhotoRow, id)
    if row is None:
        raise UnknownThing(kind="photo", id=id)
    if crew_id is not None and row.sent_by != sender and not _is_of_a_job(session, row, crew_id):
        raise NotYours("A crew sees its own photos and those of its jobs.")
    return row.digest


def _is_of_a_job(session: Session, photo: PhotoRow, crew_id: str) -> bool:
    report = session.get(DamageReportRow, photo.damage_report_id) if photo.damage_report_id else None
    outage_id = report.outage_id if report is not None else None
    if photo.hazard_id is None and outage_id is None:
        return False
    about = JobRow.hazard_id == photo.hazard_id if photo.hazard_id else JobRow.outage_id == outage_id
    query = select(JobRow.id).where(JobRow.crew_id == crew_id, about)
    return session.scalar(query.limit(1)) is not None
