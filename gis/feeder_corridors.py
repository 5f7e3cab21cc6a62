"""Where feeders run: the ground within so many metres of their lines, in one network version."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import shapely
from geoalchemy2 import Geography, Geometry
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from gis.tables import LineSectionRow, SwitchRow, TransformerRow

_WITH_FEEDER = (LineSectionRow, SwitchRow, TransformerRow)
# Finer than this nobody draws a border of an area to work in.
_TOLERANCE_DEGREES = 0.0002


@dataclass(frozen=True, slots=True)
class FeederCorridor:
    """The ground along feeders in degrees (EPSG:4326), None where nothing has a place; and who is unknown."""

    area: BaseGeometry | None
    unknown: tuple[str, ...]


def corridor_of_feeders(
    session: Session, *, network_version: int, feeders: Collection[str], beside_m: float
) -> FeederCorridor:
    """Return the ground within `beside_m` metres of all that belongs to the feeders."""
    wanted = sorted(set(feeders))
    parts: list[BaseGeometry] = []
    known: set[str] = set()
    for table in _WITH_FEEDER:
        there = func.ST_Simplify(func.ST_Collect(table.geometry), _TOLERANCE_DEGREES)
        ground = cast(func.ST_Buffer(cast(there, Geography), beside_m), Geometry)
        query = (
            select(table.feeder, func.ST_SetSRID(ground, 4326, type_=Geometry(srid=4326)))
            .where(table.network_version == network_version, table.feeder.in_(wanted))
            .group_by(table.feeder)
        )
        for feeder, area in session.execute(query):
            known.add(feeder)
            if area is not None:
                parts.append(to_shape(area))
    union = shapely.simplify(shapely.union_all(parts), _TOLERANCE_DEGREES) if parts else None
    unknown = tuple(feeder for feeder in wanted if feeder not in known)
    return FeederCorridor(area=union, unknown=unknown)
