"""Whether a place is anywhere near a network: quick for a million service points."""

from math import cos, radians

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.place import Place

_METRES_PER_DEGREE = 111_320.0
_SMALLEST_COSINE = 0.01

_NEAR = text("""
    SELECT EXISTS (
        SELECT FROM service_point
        WHERE network_version = :network_version
          AND geometry && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :reach_lon, :reach_lat)
    ) OR EXISTS (
        SELECT FROM node
        WHERE network_version = :network_version
          AND geometry && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :reach_lon, :reach_lat)
    ) OR EXISTS (
        SELECT FROM line_section
        WHERE network_version = :network_version
          AND geometry && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :reach_lon, :reach_lat)
    )
""")
_PLACED = text("""
    SELECT EXISTS (SELECT FROM node WHERE network_version = :network_version AND geometry IS NOT NULL)
        OR EXISTS (SELECT FROM service_point WHERE network_version = :network_version
                   AND geometry IS NOT NULL)
""")


def is_near_network(session: Session, *, network_version: int, place: Place, within_m: float) -> bool:
    """Return whether a service point, node or line is in the square of `within_m` metres around a place.

    A network without any place on the map is near everything: nothing speaks against it.
    """
    values = {"network_version": network_version, **square_around(place, within_m=within_m)}
    if session.scalar(_NEAR, values):
        return True
    return not session.scalar(_PLACED, {"network_version": network_version})


def square_around(place: Place, *, within_m: float) -> dict[str, float]:
    """Return a place and how far a square of `within_m` metres reaches from it, in degrees, for a query."""
    reach = within_m / _METRES_PER_DEGREE
    return {
        "lon": place.lon,
        "lat": place.lat,
        "reach_lon": reach / max(cos(radians(place.lat)), _SMALLEST_COSINE),
        "reach_lat": reach,
    }
