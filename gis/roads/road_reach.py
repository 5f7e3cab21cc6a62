"""Whether a place can be on the roads as imported: near one, or outside what the map of roads covers."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.network_reach import square_around
from gis.place import Place

_NEAR = text("""
    SELECT EXISTS (
        SELECT FROM road_segment
        WHERE road_version = :road_version
          AND geometry && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :reach_lon, :reach_lat)
    )
""")
# Walks over all segments: only for the few places that are not near any.
_COVERED = text("""
    SELECT ST_Extent(geometry)::geometry && ST_MakePoint(:lon, :lat)
    FROM road_segment WHERE road_version = :road_version
""")


def is_off_all_roads(session: Session, *, road_version: int, place: Place, within_m: float) -> bool:
    """Return whether the roads cover this place (the rectangle around them all) and none is near it.

    Near: its rectangle touches the square of `within_m` metres around the place; so a few more count.
    """
    values = {"road_version": road_version, **square_around(place, within_m=within_m)}
    if session.scalar(_NEAR, values):
        return False
    return bool(session.scalar(_COVERED, {name: values[name] for name in ("road_version", "lon", "lat")}))
