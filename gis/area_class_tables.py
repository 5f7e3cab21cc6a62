"""The rows of area classes 城区 / 农村 / 边远: polygons, and feeders; they outlive network versions."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from gis.area_class import AreaClass
from gis.tables import Base


def _known_class() -> CheckConstraint:
    return CheckConstraint(f"area_class IN ({', '.join(repr(str(one)) for one in AreaClass)})", name="class")


class AreaPolygonRow(Base):
    """A polygon that an operator drew or imported, and the class of what lies in it."""

    __tablename__ = "area_polygon"
    __table_args__ = (
        _known_class(),
        Index("ix_area_polygon_geometry", "geometry", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    area_class: Mapped[str]
    name: Mapped[str]
    imported_at: Mapped[datetime]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))


class FeederAreaRow(Base):
    """What an operator said of all places of one feeder."""

    __tablename__ = "feeder_area"
    __table_args__ = (_known_class(),)

    feeder: Mapped[str] = mapped_column(primary_key=True)
    area_class: Mapped[str]
    told_at: Mapped[datetime]
