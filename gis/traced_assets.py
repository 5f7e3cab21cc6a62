"""How long the line sections of a trace are, and what to draw of it: lines, and points for the rest.

RULE 1: a line section is as long as the assets say (`length_m`), else as long as it is drawn, else nothing.
RULE 2: of more devices than can be drawn at once, the longest line sections are: what holds the picture.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.orm import Session

# As many as a map takes at once without a stutter, in some hundred kilobytes.
MOST_DRAWN = 5_000
# Degrees; half a metre, about: finer than a line is wide at any zoom.
_FINENESS = 0.000005

_LENGTH = text(
    """
    SELECT COALESCE(SUM(COALESCE(length_m, ST_Length(geometry::geography), 0)), 0) AS length_m
    FROM line_section WHERE network_version = :network_version AND id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)))
_DRAWN = text(
    """
    WITH asset AS (
        SELECT ST_Simplify(geometry, :fineness) AS geometry, ST_Length(geometry) AS extent
        FROM line_section WHERE network_version = :network_version AND id = ANY(:ids)
        UNION ALL
        SELECT geometry, 0 FROM switch WHERE network_version = :network_version AND id = ANY(:ids)
        UNION ALL
        SELECT geometry, 0 FROM transformer WHERE network_version = :network_version AND id = ANY(:ids)
    ), longest AS (
        SELECT geometry FROM asset WHERE geometry IS NOT NULL ORDER BY extent DESC LIMIT :most
    )
    SELECT ST_AsGeoJSON(ST_Collect(geometry), 6) AS drawn, ST_XMin(ST_Extent(geometry)) AS west,
        ST_YMin(ST_Extent(geometry)) AS south, ST_XMax(ST_Extent(geometry)) AS east,
        ST_YMax(ST_Extent(geometry)) AS north
    FROM longest
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class TracedAssets:
    """The length of all line sections in metres; a GeoJSON geometry (EPSG:4326) of what has a place, or None.

    `bounds` are west, south, east, north of what is drawn, in degrees.
    """

    length_m: float
    drawn: dict[str, Any] | None
    bounds: tuple[float, float, float, float] | None


def traced_assets(
    session: Session, *, network_version: int, devices: Collection[str], most_drawn: int = MOST_DRAWN
) -> TracedAssets:
    """Return how long and where some devices of a network version are."""
    values = {"network_version": network_version, "ids": sorted(devices)}
    length_m = session.execute(_LENGTH, values).scalar_one()
    row = session.execute(_DRAWN, {**values, "fineness": _FINENESS, "most": most_drawn}).one()
    if row.drawn is None:
        return TracedAssets(length_m=float(length_m), drawn=None, bounds=None)
    return TracedAssets(
        length_m=float(length_m),
        drawn=json.loads(row.drawn),
        bounds=(row.west, row.south, row.east, row.north),
    )
