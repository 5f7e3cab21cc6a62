"""What is removed once nobody can need it any more: unnamed photos, shifts long past, codes for addresses.

RULE 1: a photo that no hazard and no report names within `photos_after` of when it was sent last is removed,
    its row first; its file goes once no row has it (api/photo_files.py). A photo that was named is evidence.
RULE 2: shifts that ended `shifts_after` ago leave the roster. What they were stays in the change log for
    good, in `crew.shifts_changed`, also in that of the removal itself.
RULE 3: an address that somebody typed and had to confirm is forgotten a day later, with its code.
Neither can reach what duty and rest are reckoned from: that is never older than `roster.LOOKED_BACK`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, select
from sqlalchemy.orm import Session

from dispatch.address_confirmations import old_codes_wait
from dispatch.crew_shifts import remove_shifts_before
from dispatch.crew_tables import CrewShiftRow
from dispatch.errors import InvalidInput
from dispatch.hazard_tables import PhotoRow
from dispatch.roster import LOOKED_BACK

ACTOR = "keeper"
# In one step, so that others may write in between.
PHOTOS_AT_ONCE = 500
CREWS_AT_ONCE = 20
_IS_UNNAMED = and_(
    PhotoRow.hazard_id.is_(None), PhotoRow.damage_report_id.is_(None), PhotoRow.evidence_id.is_(None)
)


@dataclass(frozen=True, slots=True)
class TidyRules:
    """How long what nobody named, and what is past, is kept."""

    photos_after: timedelta = timedelta(days=7)
    shifts_after: timedelta = timedelta(days=62)

    def __post_init__(self) -> None:
        """Refuse times in which rest is still reckoned, or a report may still come."""
        if self.photos_after <= timedelta():
            raise InvalidInput(field="photos_after", text="must be above 0")
        if self.shifts_after < LOOKED_BACK:
            text = f"must be {LOOKED_BACK} at least: duty and rest are reckoned from it"
            raise InvalidInput(field="shifts_after", text=text)


def tidying_is_due(session: Session, *, rules: TidyRules, now: datetime) -> bool:
    """Return whether there is anything to remove."""
    photo = exists().where(_IS_UNNAMED, PhotoRow.received_at < now - rules.photos_after)
    shift = exists().where(CrewShiftRow.ends_at < now - rules.shifts_after)
    return bool(session.scalar(select(photo | shift))) or old_codes_wait(session, now=now)


def remove_unnamed_photos(session: Session, *, rules: TidyRules, now: datetime) -> int:
    """Remove the rows of photos that no report named (rule 1); return how many."""
    # The time is asked twice: a photo that is sent again in this very moment stays.
    is_over = _IS_UNNAMED & (PhotoRow.received_at < now - rules.photos_after)
    ids = select(PhotoRow.id).where(is_over).order_by(PhotoRow.received_at).limit(PHOTOS_AT_ONCE)
    gone = delete(PhotoRow).where(PhotoRow.id.in_(ids), is_over).returning(PhotoRow.id)
    return len(session.scalars(gone).all())


def remove_past_shifts(session: Session, *, rules: TidyRules, now: datetime) -> int:
    """Remove shifts long past from the rosters (rule 2), of some crews; return of how many."""
    before = now - rules.shifts_after
    crews = session.scalars(
        select(CrewShiftRow.crew_id)
        .where(CrewShiftRow.ends_at < before)
        .distinct()
        .order_by(CrewShiftRow.crew_id)
        .limit(CREWS_AT_ONCE)
    ).all()
    for crew_id in crews:
        remove_shifts_before(session, crew_id=crew_id, before=before, actor=ACTOR, now=now)
    return len(crews)


def digests_in_use(session: Session, *, digests: Collection[str]) -> set[str]:
    """Return which of these files a photo's row has."""
    return set(session.scalars(select(PhotoRow.digest).where(PhotoRow.digest.in_(list(digests)))))
