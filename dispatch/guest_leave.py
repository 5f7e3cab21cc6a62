"""The leave of a guest crew: within which hours and area a crew of another company may be sent.

RULE 1: a guest is sent nowhere outside its area, and nowhere without a place; ranking and plans know it.
RULE 2: once its time is over, or its leave was ended, it is sent nowhere.
RULE 3: a crew without a leave is one of our own: nothing here holds it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.errors import Because, Conflict
from dispatch.guest_tables import GuestCrewRow
from gis.place import Place


@dataclass(frozen=True, slots=True)
class GuestLeave:
    """The leave of one guest crew; `area` in degrees (EPSG:4326), `ended_at` where it was taken back."""

    crew_id: str
    company: str
    area: BaseGeometry
    feeders: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime
    admitted_by: str
    ended_at: datetime | None
    ended_by: str | None

    def covers(self, place: Place | None) -> bool:
        """Return whether a place lies in its area; what has no place does not."""
        return place is not None and bool(self.area.intersects(shapely.Point(place.lon, place.lat)))

    def holds(self, now: datetime) -> bool:
        """Return whether it still runs."""
        return self.ended_at is None and now < self.ends_at


def leave_of(session: Session, *, crew_id: str) -> GuestLeave | None:
    """Return the leave of a crew, ended or not; None for a crew of our own."""
    row = session.get(GuestCrewRow, crew_id)
    return _leave(row) if row is not None else None


def guest_leaves(session: Session) -> dict[str, GuestLeave]:
    """Return crew → leave of all guest crews there ever were, the newest first."""
    query = select(GuestCrewRow).order_by(GuestCrewRow.begins_at.desc(), GuestCrewRow.crew_id)
    return {row.crew_id: _leave(row) for row in session.scalars(query)}


def guests_kept_from(leaves: Mapping[str, GuestLeave], place: Place | None) -> frozenset[str]:
    """Return the guest crews that may not be sent to a place."""
    return frozenset(crew_id for crew_id, leave in leaves.items() if not leave.covers(place))


def refuse_outside_leave(
    session: Session, *, crew_id: str, crew_name: str, place: Place | None, now: datetime
) -> None:
    """Raise Conflict where a guest crew may not be sent to a place now; our own crews may go anywhere."""
    leave = leave_of(session, crew_id=crew_id)
    if leave is None:
        return
    if not leave.holds(now):
        raise Conflict(
            f"The leave of guest crew {crew_name} ({crew_id}) is over. Give it a new link with other hours.",
            because=Because.GUEST_LEAVE_IS_OVER,
            values={"crew": crew_name},
        )
    if not leave.covers(place):
        raise Conflict(
            f"This is outside the area of guest crew {crew_name} ({crew_id}). Send another crew.",
            because=Because.OUTSIDE_GUEST_AREA,
            values={"crew": crew_name},
        )


def _leave(row: GuestCrewRow) -> GuestLeave:
    return GuestLeave(
        crew_id=row.crew_id,
        company=row.company,
        area=to_shape(row.area),
        feeders=tuple(row.feeders),
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        admitted_by=row.admitted_by,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
