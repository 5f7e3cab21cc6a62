"""Which class of area a device lies in: urban, rural or remote, and where that is known from.

RULE 1: a polygon that holds the place decides; where several do, the strictest class.
RULE 2: else the feeder of the device, as an operator set it.
RULE 3: else a guess by the customers around the place, and the answer says that it is one.
RULE 4: where even the place is unknown, what the rules say of such places.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from gis.customers_around import CustomersAround
from gis.errors import GisError
from gis.place import Place

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


_FEEDERS = text("""
    SELECT found.id, feeder_area.feeder, feeder_area.area_class FROM (
        SELECT id, feeder FROM line_section WHERE network_version = :network_version AND id = ANY(:devices)
        UNION ALL
        SELECT id, feeder FROM switch WHERE network_version = :network_version AND id = ANY(:devices)
        UNION ALL
        SELECT id, feeder FROM transformer WHERE network_version = :network_version AND id = ANY(:devices)
    ) AS found JOIN feeder_area ON feeder_area.feeder = found.feeder
""")

_POLYGONS = text("""
    SELECT given.number, area_class, name
    FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS given (lon, lat, number)
    JOIN area_polygon ON ST_Covers(geometry, ST_SetSRID(ST_MakePoint(given.lon, given.lat), 4326))
    ORDER BY given.number, name
""")


def classes_of_devices(
    session: Session,
    *,
    network_version: int,
    places: Mapping[str, Place | None],
    rule: DensityRule,
    customers_around: CustomersAround,
) -> dict[str, PlaceClass]:
    """Return the class of the area in which each device stands; `places` are where (WGS 84), if known."""
    found = _of_polygons(session, places)
    found = _of_feeders(session, network_version, [id for id in places if id not in found]) | found
    counted = {id: place for id, place in places.items() if place is not None and id not in found}
    customers = customers_around.count(
        session, network_version=network_version, places=list(counted.values()), radius_m=rule.radius_m
    )
    guessed = {id: class_by_customers(own, rule=rule) for id, own in zip(counted, customers, strict=True)}
    unknown = PlaceClass(area_class=rule.unknown, source=AreaSource.UNKNOWN)
    return {id: found.get(id) or guessed.get(id) or unknown for id in places}


def _of_polygons(session: Session, places: Mapping[str, Place | None]) -> dict[str, PlaceClass]:
    ids = [id for id, place in places.items() if place is not None]
    lons, lats = _degrees(places, ids)
    found: dict[str, list[tuple[AreaClass, str]]] = defaultdict(list)
    for row in session.execute(_POLYGONS, {"lons": lons, "lats": lats}):
        found[ids[row.number - 1]].append((AreaClass(row.area_class), row.name))
    classes = {}
    for id, own in found.items():
        area_class, name = min(own, key=lambda one: _STRICTEST_FIRST.index(one[0]))
        classes[id] = PlaceClass(area_class=area_class, source=AreaSource.POLYGON, named=name)
    return classes


def _of_feeders(session: Session, network_version: int, devices: Sequence[str]) -> dict[str, PlaceClass]:
    rows = session.execute(_FEEDERS, {"network_version": network_version, "devices": list(devices)})
    return {
        row.id: PlaceClass(area_class=AreaClass(row.area_class), source=AreaSource.FEEDER, named=row.feeder)
        for row in rows
    }


def _degrees(places: Mapping[str, Place | None], ids: Sequence[str]) -> tuple[list[float], list[float]]:
    known = [place for id in ids if (place := places[id]) is not None]
    return [place.lon for place in known], [place.lat for place in known]


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
