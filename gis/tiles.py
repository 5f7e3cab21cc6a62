"""Vector tiles of a network version, made by PostGIS (ST_AsMVT): ids, kinds, voltages; nothing personal.

What is out or open reaches the map as feature state, not as new tiles, so a tile never changes while its
network version stands and may be kept as long as one likes. What is drawn at which zoom was decided at
import (`gis.map_features`).
"""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import Session

from gis.errors import TileOutOfRangeError
from gis.map_features import DETAIL_ZOOM, LEVELS
from gis.tables import NodeRow

HIGHEST_ZOOM = 22
# Tile coordinates run over this many steps a side; features reach a little past the edge, so that strokes
# meet and circles are whole.
EXTENT = 4096
MARGIN = 64

_DETAIL = "id, kind, feeder, nominal_kv, normally_open, priority"
_OVERVIEW = "id, kind, feeder, nominal_kv, service_points, customers"

# Every name in it is a constant of this module; the values are bound. Nulls are left out of a tile, so that
# one row of columns serves all layers.
_TILE = """
    WITH tile AS (SELECT ST_TileEnvelope(:z, :x, :y) AS square),
    feature AS (
        SELECT layer, {columns}, ST_AsMVTGeom(asset.geometry, square, {extent}, {margin}) AS geometry
        FROM {table} AS asset, tile
        WHERE asset.network_version = :network_version AND {of_zoom} AND {within}
          AND asset.geometry && ST_Expand(square, (ST_XMax(square) - ST_XMin(square)) * {margin} / {extent})
    )
    SELECT ST_AsMVT(shown, layer, {extent}, 'geometry')
    FROM feature, LATERAL (SELECT {columns}, geometry) AS shown
    WHERE feature.geometry IS NOT NULL
    GROUP BY layer
    ORDER BY layer
"""
_SIZES = {"extent": EXTENT, "margin": MARGIN}
_NEAR = text(_TILE.format(table="map_feature", columns=_DETAIL, of_zoom="true", within="true", **_SIZES))
_OF_LEVEL = "asset.zoom = :level"
_FAR = text(_TILE.format(table="map_overview", columns=_OVERVIEW, of_zoom=_OF_LEVEL, within="true", **_SIZES))
_WITHIN = "ST_Intersects(asset.geometry, ST_Transform(ST_GeomFromWKB(:area, 4326), 3857))"
# Without how urgent a household is: that is told to our own people only.
_PLAIN = "id, kind, feeder, nominal_kv, normally_open"
_NEAR_WITHIN = text(
    _TILE.format(table="map_feature", columns=_PLAIN, of_zoom="true", within=_WITHIN, **_SIZES)
)
_FAR_WITHIN = text(
    _TILE.format(table="map_overview", columns=_OVERVIEW, of_zoom=_OF_LEVEL, within=_WITHIN, **_SIZES)
)


def vector_tile(session: Session, *, network_version: int, z: int, x: int, y: int) -> bytes:
    """Return one tile in the Mapbox Vector Tile format; empty bytes where nothing lies.

    TileOutOfRangeError if there is no such tile.
    """
    return _tile(session, _NEAR, _FAR, {"network_version": network_version, "z": z, "x": x, "y": y})


def vector_tile_within(
    session: Session, *, area: BaseGeometry, network_version: int, z: int, x: int, y: int
) -> bytes:
    """Return one tile as `vector_tile` does, of what lies in an area (EPSG:4326), without priorities."""
    place = {"network_version": network_version, "z": z, "x": x, "y": y, "area": shapely.to_wkb(area)}
    return _tile(session, _NEAR_WITHIN, _FAR_WITHIN, place)


def _tile(session: Session, near: TextClause, far: TextClause, place: dict[str, Any]) -> bytes:
    z, x, y = place["z"], place["x"], place["y"]
    if not 0 <= z <= HIGHEST_ZOOM or not 0 <= x < 2**z or not 0 <= y < 2**z:
        raise TileOutOfRangeError(z=z, x=x, y=y)
    if z >= DETAIL_ZOOM:
        layers = session.scalars(near, place)
    else:
        layers = session.scalars(far, {**place, "level": max(level for level in LEVELS if level <= z)})
    return b"".join(bytes(layer) for layer in layers if layer)


def network_bounds(session: Session, *, network_version: int) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of a network version in degrees; None if nothing has a place."""
    box = func.ST_Extent(NodeRow.geometry)
    query = select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box)).where(
        NodeRow.network_version == network_version
    )
    west, south, east, north = session.execute(query).one()
    return None if west is None else (west, south, east, north)
