"""The rows of roads that are closed for now: lines and areas drawn by people. Rows do not leave this room."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Index, Sequence, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import Instant, one_of
from gis.tables import Base

road_closure_number = Sequence("road_closure_number", metadata=Base.metadata)


class ClosureReason(StrEnum):
    """Why nobody drives there."""

    FLOODED = "flooded"
    TREE_DOWN = "tree_down"
    WIRE_DOWN = "wire_down"
    DAMAGED = "damaged"
    ACCIDENT = "accident"
    WORKS = "works"
    OTHER = "other"


class RoadClosureRow(Base):
    """A line or an area on which no crew drives, `[since, until)` or until it is lifted.

    All roads it touches are closed from junction to junction. Its geometry never changes: whoever drew it
    wrong lifts it and draws another.
    """

    __tablename__ = "road_closure"
    __table_args__ = (
        CheckConstraint(one_of("reason", ClosureReason), name="reason"),
        CheckConstraint("until IS NULL OR until > since", name="forward"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        CheckConstraint("GeometryType(geometry) IN ('LINESTRING', 'POLYGON')", name="line_or_area"),
        Index("ix_road_closure_standing", "since", postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    # Free text by a person: it may hold personal data, so it stays out of the change log.
    note: Mapped[str | None] = mapped_column(Text)
    geometry: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=4326, spatial_index=False))
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    drawn_by: Mapped[str] = mapped_column(Text)
    drawn_at: Mapped[datetime] = mapped_column(Instant)
    lifted_by: Mapped[str | None] = mapped_column(Text)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)
