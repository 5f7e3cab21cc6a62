"""Vector tiles of a network version, made by PostGIS (ST_AsMVT): ids, kinds and feeders, nothing personal.

What is out or open reaches the map as feature state, not as new tiles, so a tile never changes while its
network version stands and may be kept as long as one likes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gis.errors import TileOutOfRangeError
from gis.tables import NodeRow

HIGHEST_ZOOM = 22
# Tile coordinates run over this many steps a side; lines reach a little past the edge, so that strokes meet.
EXTENT = 4096
MARGIN = 64


@dataclass(frozen=True, slots=True)
class TileLayer:
    """A layer of the tile: from which zoom it is drawn, and which columns go with it."""

    name: str
    from_zoom: int
    columns: tuple[str, ...]


# Zooms by what can still be told apart on a screen: a street at 12, a house at 14.
LAYERS = (
    TileLayer("line_section", 0, ("id", "kind", "feeder")),
    TileLayer("transformer", 12, ("id", "kind", "feeder")),
    TileLayer("switch", 14, ("id", "kind", "feeder", "normally_open")),
    TileLayer("service_point", 14, ("id", "priority")),
)


def vector_tile(session: Session, *, network_version: int, z: int, x: int, y: int) -> bytes:
    """Return one tile in the Mapbox Vector Tile format; empty bytes where nothing lies.

    TileOutOfRangeError if there is no such tile.
    """
    if not 0 <= z <= HIGHEST_ZOOM or not 0 <= x < 2**z or not 0 <= y < 2**z:
        raise TileOutOfRangeError(z=z, x=x, y=y)
    place = {"network_version": network_version, "z": z, "x": x, "y": y}
    parts = [session.scalar(text(_layer_query(layer)), place) for layer in LAYERS if z >= layer.from_zoom]
    return b"".join(bytes(part) for part in parts if part)


def network_bounds(session: Session, *, network_version: int) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of a network version in degrees; None if nothing has a place."""
    box = func.ST_Extent(NodeRow.geometry)
    query = select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box)).where(
        NodeRow.network_version == network_version
    )
    west, south, east, north = session.execute(query).one()
    return None if west is None else (west, south, east, north)


def _layer_query(layer: TileLayer) -> str:
    """Every name in it is a constant of this module; the values are bound."""
    columns = ", ".join(layer.columns)
    return f"""
        WITH tile AS (SELECT ST_TileEnvelope(:z, :x, :y) AS square),
        reach AS (
            SELECT square, ST_Transform(
                ST_Expand(square, (ST_XMax(square) - ST_XMin(square)) * {MARGIN} / {EXTENT}), 4326
            ) AS around FROM tile
        ),
        feature AS (
            SELECT {columns},
                ST_AsMVTGeom(ST_Transform(asset.geometry, 3857), square, {EXTENT}, {MARGIN}) AS geometry
            FROM {layer.name} AS asset, reach
            WHERE asset.network_version = :network_version AND asset.geometry && around
        )
        SELECT ST_AsMVT(feature, '{layer.name}', {EXTENT}, 'geometry')
        FROM feature WHERE geometry IS NOT NULL
    """  # noqa: S608
