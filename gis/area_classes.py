"""Which class of area a device lies in: urban, rural or remote, and where that is known from.

RULE 1: a polygon that holds the place decides; where several do, the strictest class.
RULE 2: else the feeder of the device, as an operator set it.
RULE 3: else a guess by the customers around the place, and the answer says that it is one.
RULE 4: where even the place is unknown, what the rules say of such places.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from shapely.errors import ShapelyError
from shapely.geometry import shape
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis.area_class import AreaClass, AreaSource, DensityRule, PlaceClass, class_by_customers
from gis.area_class_tables import AreaPolygonRow, FeederAreaRow
from gis.errors import GisError
from gis.place import Place

_METRES_PER_DEGREE = 111_195.0
_EARTH = shapely.box(-180, -90, 180, 90)
_STRICTEST_FIRST = list(AreaClass)


class AreaPolygonsError(GisError):
    """A file of area polygons that cannot be taken; the text names the feature and the way out."""


@dataclass(frozen=True, slots=True)
class AreaPolygon:
    """A polygon (WGS 84) and the class of what lies in it."""

    area_class: AreaClass
    name: str
    geometry: shapely.MultiPolygon


_FEEDER = text("""
    SELECT feeder FROM (
        SELECT feeder FROM line_section WHERE network_version = :network_version AND id = :device
        UNION ALL
        SELECT feeder FROM switch WHERE network_version = :network_version AND id = :device
        UNION ALL
        SELECT feeder FROM transformer WHERE network_version = :network_version AND id = :device
    ) AS found WHERE feeder IS NOT NULL LIMIT 1
""")

_CUSTOMERS = text("""
    WITH around AS MATERIALIZED (
        SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS point,
               ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :reach_lon, :reach_lat) AS box
    ), located AS (
        SELECT customers, geometry AS place FROM service_point, around
        WHERE network_version = :network_version AND geometry && box
        UNION ALL
        SELECT customers, node.geometry FROM node
        CROSS JOIN around
        JOIN service_point ON service_point.network_version = :network_version
            AND service_point.node = node.id AND service_point.geometry IS NULL
        WHERE node.network_version = :network_version AND node.geometry && box
    )
    SELECT COALESCE(sum(customers), 0) FROM located, around
    WHERE ST_DWithin(place::geography, point::geography, :radius_m)
""")

_POLYGONS = text("""
    SELECT area_class, name FROM area_polygon
    WHERE ST_Covers(geometry, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) ORDER BY name
""")


def class_of_device(
    session: Session, *, network_version: int, device: str, place: Place | None, rule: DensityRule
) -> PlaceClass:
    """Return the class of the area in which a device stands; `place` is where (WGS 84), if that is known."""
    found = _of_polygons(session, place) or _of_feeder(session, network_version, device)
    if found is not None:
        return found
    if place is None:
        return PlaceClass(area_class=rule.unknown, source=AreaSource.UNKNOWN)
    customers = _customers_around(session, network_version, place, rule.radius_m)
    return class_by_customers(customers, rule=rule)


def _of_polygons(session: Session, place: Place | None) -> PlaceClass | None:
    if place is None:
        return None
    rows = session.execute(_POLYGONS, {"lon": place.lon, "lat": place.lat}).all()
    found = [(AreaClass(row.area_class), row.name) for row in rows]
    if not found:
        return None
    area_class, name = min(found, key=lambda one: _STRICTEST_FIRST.index(one[0]))
    return PlaceClass(area_class=area_class, source=AreaSource.POLYGON, named=name)


def _of_feeder(session: Session, network_version: int, device: str) -> PlaceClass | None:
    feeder = session.scalar(_FEEDER, {"network_version": network_version, "device": device})
    row = session.get(FeederAreaRow, feeder) if feeder is not None else None
    if row is None:
        return None
    return PlaceClass(area_class=AreaClass(row.area_class), source=AreaSource.FEEDER, named=row.feeder)


def _customers_around(session: Session, network_version: int, place: Place, radius_m: float) -> int:
    # The box finds candidates through the index, a little wider than the circle that decides.
    reach = radius_m / _METRES_PER_DEGREE * 1.01
    counted = session.scalar(
        _CUSTOMERS,
        {
            "network_version": network_version,
            "lon": place.lon,
            "lat": place.lat,
            "reach_lon": reach / max(cos(radians(place.lat)), 0.01),
            "reach_lat": reach,
            "radius_m": radius_m,
        },
    )
    return int(counted or 0)


def set_feeder_class(session: Session, *, feeder: str, area_class: AreaClass | None, now: datetime) -> None:
    """Say in what kind of area a feeder lies; None takes back what was said."""
    session.execute(delete(FeederAreaRow).where(FeederAreaRow.feeder == feeder))
    if area_class is not None:
        session.execute(insert(FeederAreaRow).values(feeder=feeder, area_class=area_class, told_at=now))


def feeder_classes(session: Session) -> dict[str, AreaClass]:
    """Return the feeders of which somebody said a class."""
    rows = session.scalars(select(FeederAreaRow).order_by(FeederAreaRow.feeder))
    return {row.feeder: AreaClass(row.area_class) for row in rows}


def replace_area_polygons(session: Session, *, polygons: Sequence[AreaPolygon], now: datetime) -> None:
    """Put these polygons in the place of all there were."""
    session.execute(delete(AreaPolygonRow))
    session.add_all(
        AreaPolygonRow(
            area_class=polygon.area_class,
            name=polygon.name,
            imported_at=now,
            geometry=from_shape(polygon.geometry, srid=4326),
        )
        for polygon in polygons
    )
    session.flush()


def area_polygons(session: Session) -> dict[str, Any]:
    """Return the polygons as a GeoJSON feature collection, in order of their names."""
    query = text(
        "SELECT area_class, name, ST_AsGeoJSON(geometry, 6) AS outline FROM area_polygon ORDER BY name, id"
    )
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": json.loads(row.outline),
                "properties": {"area_class": row.area_class, "name": row.name},
            }
            for row in session.execute(query)
        ],
    }


def polygons_of_geojson(document: Any) -> list[AreaPolygon]:
    """Read a GeoJSON feature collection (WGS 84): each feature has `area_class`, and may have `name`."""
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise AreaPolygonsError("This is no GeoJSON feature collection: it has no list of features.")
    return [_polygon(feature, number) for number, feature in enumerate(features, start=1)]


def _polygon(feature: Any, number: int) -> AreaPolygon:
    said = feature.get("properties") if isinstance(feature, dict) else None
    properties: Mapping[str, Any] = said if isinstance(said, dict) else {}
    area_class = properties.get("area_class")
    if area_class not in set(AreaClass):
        raise AreaPolygonsError(
            f"Feature {number}: area_class {area_class!r} is none of {', '.join(AreaClass)}."
        )
    try:
        outline = shape(feature.get("geometry") or {})
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as problem:
        raise AreaPolygonsError(f"Feature {number} has no geometry that can be read.") from problem
    if isinstance(outline, shapely.Polygon):
        outline = shapely.MultiPolygon([outline])
    if not isinstance(outline, shapely.MultiPolygon) or outline.is_empty:
        raise AreaPolygonsError(
            f"Feature {number} is a {outline.geom_type}; a Polygon or MultiPolygon is wanted."
        )
    if not outline.is_valid:
        problem_text = shapely.is_valid_reason(outline)
        raise AreaPolygonsError(f"Feature {number} is no valid polygon: {problem_text}. Correct it.")
    if not _EARTH.covers(shapely.box(*outline.bounds)):
        raise AreaPolygonsError(f"Feature {number} lies outside longitude and latitude: give WGS 84.")
    name = str(properties.get("name") or f"{area_class} {number}")
    return AreaPolygon(area_class=AreaClass(area_class), name=name, geometry=outline)
