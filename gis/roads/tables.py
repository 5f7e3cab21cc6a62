"""The rows of roads in PostGIS: versions, segments between junctions, and turns that are forbidden."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import REAL, BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base


def _version() -> Mapped[int]:
    return mapped_column(ForeignKey("road_version.id", ondelete="CASCADE"), primary_key=True)


class RoadVersionRow(Base):
    """One import of roads; the newest is in force."""

    __tablename__ = "road_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    imported_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]]
    findings: Mapped[list[dict[str, Any]]]


class RoadSegmentRow(Base):
    """A stretch of road between two vertices; minutes are null where it is not driven that way.

    `id` is the segment's number: its edges are 2 id along the geometry and 2 id + 1 against it.
    """

    __tablename__ = "road_segment"
    __table_args__ = (
        CheckConstraint("length_m >= 0", name="length_m"),
        CheckConstraint("forward_minutes > 0 AND backward_minutes > 0", name="minutes"),
        Index("ix_road_segment_geometry", "geometry", postgresql_using="gist"),
    )

    road_version: Mapped[int] = _version()
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    way_id: Mapped[int] = mapped_column(BigInteger)
    road_class: Mapped[str]
    name: Mapped[str | None]
    from_vertex: Mapped[int]
    to_vertex: Mapped[int]
    length_m: Mapped[float] = mapped_column(REAL)
    forward_minutes: Mapped[float | None] = mapped_column(REAL)
    backward_minutes: Mapped[float | None] = mapped_column(REAL)
    by_permission: Mapped[bool]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))


class RoadTurnRow(Base):
    """A turn that is forbidden: from one edge onto another."""

    __tablename__ = "road_turn"

    road_version: Mapped[int] = _version()
    from_edge: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    to_edge: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
