"""The rows of photos: sent first, then named by the report they belong to, all of them or none.

A customer's photo comes with the call it belongs to, and is that call's from the first: nobody else names it.

The files themselves are kept by api/photo_files.py under the name of their digest; a row is written only once
its file is whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.errors import Conflict, InvalidInput, NotYours, UnknownThing
from dispatch.hazard_tables import DamageReportRow, PhotoRow
from dispatch.tables import EvidenceRow, JobRow

MOST_PHOTOS = 12
MOST_PHOTOS_OF_A_CALL = 3


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo as its file is kept: digest of the file and of what was sent, size in bytes and pixels."""

    digest: str
    sent_digest: str
    size_bytes: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class PhotographedCall:
    """A customer's call with photos: when, where, in which words."""

    evidence_id: str
    at: datetime
    source: str
    service_point: str | None
    hazard: str | None
    text: str | None
    photos: tuple[str, ...]


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


def keep_photo_of_call(
    session: Session, *, id: str, photo: KeptPhoto, evidence_id: str, sender: str, now: datetime
) -> None:
    """Keep the row of a photo that came with a call; the same photo again changes nothing.

    Conflict where the call has as many as it may.
    """
    # The call is locked, so that two photos at once cannot both be the last one.
    session.scalar(select(EvidenceRow.id).where(EvidenceRow.id == evidence_id).with_for_update())
    if known_photo(session, id=id, sent_digest=photo.sent_digest, now=now):
        return
    of_call = select(func.count()).where(PhotoRow.evidence_id == evidence_id)
    if (session.scalar(of_call) or 0) >= MOST_PHOTOS_OF_A_CALL:
        raise Conflict(f"A call may have {MOST_PHOTOS_OF_A_CALL} photos at most.")
    keep_photo(session, id=id, photo=photo, sender=sender, now=now)
    session.get_one(PhotoRow, id).evidence_id = evidence_id
    session.flush()


def photos_of_calls(session: Session, *, evidence_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Return call → its photos, in the order they came; calls without any are absent."""
    query = select(PhotoRow.evidence_id, PhotoRow.id).where(PhotoRow.evidence_id.in_(list(evidence_ids)))
    found: dict[str, list[str]] = defaultdict(list)
    for evidence_id, id in session.execute(query.order_by(PhotoRow.received_at, PhotoRow.id)):
        found[evidence_id or ""].append(id)
    return found


def photographed_calls(session: Session, *, outage_id: str) -> list[PhotographedCall]:
    """Return the calls of an outage that came with photos, newest first. Words may hold personal data."""
    has_photo = select(PhotoRow.id).where(PhotoRow.evidence_id == EvidenceRow.id).exists()
    query = select(EvidenceRow).where(EvidenceRow.outage_id == outage_id, has_photo)
    rows = session.scalars(query.order_by(EvidenceRow.at.desc(), EvidenceRow.id)).all()
    photos = photos_of_calls(session, evidence_ids=[row.id for row in rows])
    return [
        PhotographedCall(
            evidence_id=row.id,
            at=row.at,
            source=row.source,
            service_point=row.service_point,
            hazard=row.hazard,
            text=row.text,
            photos=tuple(photos[row.id]),
        )
        for row in rows
    ]


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
        owner = (row.hazard_id, row.damage_report_id, row.evidence_id)
        if owner == (hazard_id, damage_report_id, None):
            continue
        if owner != (None, None, None):
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
