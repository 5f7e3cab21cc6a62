"""The area of an outage: an outline around the service points that are out, for the map and for messages."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# How closely the outline follows the points: 0 as close as can be, 1 the convex hull. At 0.3 streets
# show, and neighbours still with supply are mostly left outside.
_CONCAVENESS = 0.3
# Far enough to hold the house and not only its meter.
_MARGIN_M = 25.0

# Only those without a place of their own look for their node's: a join for all would cost half a second for
# fifty thousand of them.
_OUTLINE = text("""
    WITH out AS MATERIALIZED (
        SELECT node, geometry FROM service_point
        WHERE network_version = :network_version AND id = ANY(:service_points)
    ), located AS (
        SELECT geometry AS place FROM out WHERE geometry IS NOT NULL
        UNION ALL
        SELECT node.geometry FROM out
        JOIN node ON node.network_version = :network_version AND node.id = out.node
        WHERE out.geometry IS NULL
    )
    SELECT ST_AsGeoJSON(
               ST_Buffer(ST_ConcaveHull(ST_Collect(place), :concaveness)::geography, :margin_m)::geometry, 6
           ),
           count(place)
    FROM located
""")


def outage_area(
    session: Session, *, network_version: int, service_points: Collection[str]
) -> dict[str, Any] | None:
    """Return a GeoJSON feature around the service points; None when none of them has a place.

    Its property `service_points` says how many of them have one.
    """
    outline, located = session.execute(
        _OUTLINE,
        {
            "network_version": network_version,
            "service_points": list(service_points),
            "concaveness": _CONCAVENESS,
            "margin_m": _MARGIN_M,
        },
    ).one()
    if not located:
        return None
    return {"type": "Feature", "geometry": json.loads(outline), "properties": {"service_points": located}}
