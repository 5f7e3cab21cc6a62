"""Vector tiles of a network version, for the maps of dispatchers and crews."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.roles import Role, open_to
from api.work import Database, reading
from gis.tiles import vector_tile

router = APIRouter(tags=["network"])

# A tile never changes while its version stands, and the version is part of the address. Not for shared
# stores: it is shown to those who signed in only.
_KEEP = "private, max-age=86400, immutable"


@router.get("/api/tiles/{network_version}/{z}/{x}/{y}.mvt", response_class=Response)
@open_to(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW)
def read_tile(network_version: int, z: int, x: int, y: int, engine: Database) -> Response:
    """Return one Mapbox Vector Tile: line sections, transformers, switches and service points by zoom."""
    with reading(engine) as work:
        tile = vector_tile(work.session, network_version=network_version, z=z, x=x, y=y)
    return Response(tile, media_type="application/vnd.mapbox-vector-tile", headers={"Cache-Control": _KEEP})
