"""The lines of the network behind what a report's map shows: as coarse as its size allows."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.map_features import LEVELS

MOST_LINES = 4_000
# A map some thousand pixels wide shows so much of the world at each zoom, in degrees.
_DEGREES_AT_ZOOM_0 = 360.0 * 4
_FINEST = 13
_SHARP_DEGREES = 5

_LINES = text("""
    SELECT ST_AsGeoJSON(ST_Transform(geometry, 4326), :digits) AS line
    FROM map_overview
    WHERE network_version = :network_version AND layer = 'line_section' AND zoom = :zoom
      AND geometry && ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 3857)
    LIMIT :most
""")


def backdrop_lines(
    session: Session, *, network_version: int, bounds: tuple[float, float, float, float]
) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return lines within west, south, east and north (degrees), each as places (lon, lat)."""
    west, south, east, north = bounds
    found = session.execute(
        _LINES,
        {
            "network_version": network_version,
            "zoom": _level(max(east - west, north - south)),
            "digits": _SHARP_DEGREES,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "most": MOST_LINES,
        },
    )
    return tuple(
        tuple((float(place[0]), float(place[1])) for place in part)
        for row in found
        for part in _parts(json.loads(row.line))
    )


def _parts(line: dict[str, Any]) -> list[Any]:
    coordinates: list[Any] = line["coordinates"]
    return coordinates if line["type"] == "MultiLineString" else [coordinates]


def _level(degrees: float) -> int:
    """Return the level of the prepared map for a picture that wide."""
    zoom = 0
    while zoom < _FINEST and _DEGREES_AT_ZOOM_0 / 2 ** (zoom + 1) > degrees:
        zoom += 1
    return max(level for level in LEVELS if level <= zoom)
