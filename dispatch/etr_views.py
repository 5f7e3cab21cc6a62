"""What was said of one outage's restoration: what is published, and every word of every tier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.etr import EtrTier
from dispatch.etr_rules import newest_words
from dispatch.etr_tables import EtrScoreRow, EtrVersionRow
from dispatch.etr_words import as_word
from dispatch.outages import outage_row


@dataclass(frozen=True, slots=True)
class EtrVersion:
    """One word: a time with its window, or none where it was taken back.

    In force as its tier's word in [`said_at`, `replaced_at`); `replaced_because` says why the next one came.
    `is_standing`: it is its tier's newest, and has a time. `error_minutes` is known once it is closed.
    """

    number: int
    tier: str
    source: str
    at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    said_at: datetime
    said_by: str
    because: str
    is_published: bool
    is_told: bool
    is_standing: bool
    replaced_at: datetime | None
    replaced_because: str | None
    error_minutes: float | None
    is_inside: bool | None


@dataclass(frozen=True, slots=True)
class OutageEtr:
    """Everything said of one outage's restoration.

    `overridden` is the crew's standing word where a dispatcher's speaks instead of it.
    """

    outage_id: str
    version: int
    at: datetime | None
    source: str | None
    earliest: datetime | None
    latest: datetime | None
    warn_at: datetime | None
    lapsing_at: datetime | None
    overridden: EtrVersion | None
    versions: tuple[EtrVersion, ...]


def etr_of_outage(session: Session, *, outage_id: str) -> OutageEtr:
    """Return everything said of an outage's restoration, newest word first; UnknownThing."""
    outage = outage_row(session, outage_id=outage_id)
    query = (
        select(EtrVersionRow, EtrScoreRow)
        .outerjoin(EtrScoreRow, EtrScoreRow.version_id == EtrVersionRow.id)
        .where(EtrVersionRow.outage_id == outage_id)
        .order_by(EtrVersionRow.id.desc())
    )
    found = [(row, score) for row, score in session.execute(query)]
    # What was said before it was out again is over.
    since = outage.reopened_at
    words = [as_word(row) for row, _ in found if since is None or row.said_at >= since]
    standing = {word.number for word in newest_words(words).values() if word.at is not None}
    next_of: dict[str, EtrVersionRow] = {}
    versions = []
    for row, score in found:
        versions.append(_version(row, score, next_of.get(row.tier), is_standing=row.id in standing))
        next_of[row.tier] = row
    by_tier = {one.tier: one for one in versions if one.is_standing}
    is_overridden = outage.etr_source == EtrTier.DISPATCHER
    return OutageEtr(
        outage_id=outage.id,
        version=outage.version,
        at=outage.etr_at,
        source=outage.etr_source,
        earliest=outage.etr_earliest,
        latest=outage.etr_latest,
        warn_at=outage.etr_warn_at,
        lapsing_at=outage.etr_lapsing_at,
        overridden=by_tier.get(EtrTier.CREW) if is_overridden else None,
        versions=tuple(versions),
    )


def _version(
    row: EtrVersionRow, score: EtrScoreRow | None, after: EtrVersionRow | None, *, is_standing: bool
) -> EtrVersion:
    return EtrVersion(
        number=row.id,
        tier=row.tier,
        source=row.source,
        at=row.at,
        earliest=row.earliest,
        latest=row.latest,
        said_at=row.said_at,
        said_by=row.said_by,
        because=row.because,
        is_published=row.is_published,
        is_told=row.is_told,
        is_standing=is_standing,
        replaced_at=after.said_at if after is not None else None,
        replaced_because=after.because if after is not None else None,
        error_minutes=score.error_minutes if score is not None else None,
        is_inside=score.is_inside if score is not None else None,
    )
