"""The rows of incidents: one cause that several outages belong to. Rows do not leave this room."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Sequence, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.causes import Cause
from dispatch.tables import Instant, one_of
from gis.tables import Base

incident_number = Sequence("incident_number", metadata=Base.metadata)


class IncidentRow(Base):
    """One incident: `version` is the position of its last change, its outages' coming and going included.

    `name` is what the desk calls it; it stands in the log, so it names no person.
    """

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint(one_of("cause", Cause), name="cause"),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="forward"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    cause: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
