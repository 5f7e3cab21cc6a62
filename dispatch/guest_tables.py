"""The rows of guest crews: whose people they are, and within which hours and area they may work here."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Sequence, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import Instant
from gis.tables import Base

guest_crew_number = Sequence("guest_crew_number", metadata=Base.metadata)


class GuestCrewRow(Base):
    """The leave of a crew of another company; `feeders` as they were named, `area` what they came to.

    No person is named here: who leads it is on its company's list, not on ours.
    """

    __tablename__ = "guest_crew"
    __table_args__ = (CheckConstraint("ends_at > begins_at", name="forward"),)

    crew_id: Mapped[str] = mapped_column(ForeignKey("crew.id"), primary_key=True)
    company: Mapped[str] = mapped_column(Text)
    area: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=4326, spatial_index=False))
    feeders: Mapped[list[str]] = mapped_column(ARRAY(Text))
    begins_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    admitted_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str | None] = mapped_column(Text)
