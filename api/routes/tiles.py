"""Vector tiles of a network version, for the maps of dispatchers and crews."""

from __future__ import annotations

import gzip

from fastapi import APIRouter, Request, Response

from api.roles import Identity, Role, open_to
from api.work import SignedIn, reading
from dispatch.guest_crews import guest_leave
from gis.tile_cache import Tile, TileCache
from gis.tiles import vector_tile_within

router = APIRouter(tags=["network"])

# A tile never changes while its version stands, and the version is part of the address. Not for shared
# stores: it is shown to those who signed in only.
_KEEP = "private, max-age=86400, immutable"
_MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
_NOT_MODIFIED = 304


@router.get("/api/tiles/{network_version}/{z}/{x}/{y}.mvt", response_class=Response)
@open_to(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW, Role.GUEST_CREW)
def read_tile(
    *, network_version: int, z: int, x: int, y: int, request: Request, identity: SignedIn
) -> Response:
    """Return one Mapbox Vector Tile: line sections, transformers, switches and service points by zoom.

    A guest crew is shown what lies in its area, and of no household how urgent it is.
    """
    if Role.GUEST_CREW in identity.roles:
        return _guest_tile(request, identity, network_version=network_version, z=z, x=x, y=y)
    tiles: TileCache = request.app.state.tiles
    tile = tiles.find(network_version=network_version, z=z, x=x, y=y)
    if tile is None:
        with reading(request.app.state.engine) as work:
            tile = tiles.make(work.session, network_version=network_version, z=z, x=x, y=y)
    return _answer(tile, request)


def _guest_tile(
    request: Request, identity: Identity, *, network_version: int, z: int, x: int, y: int
) -> Response:
    with reading(request.app.state.engine) as work:
        area = guest_leave(work.session, crew_id=identity.crew_id or "").area
        tile = vector_tile_within(work.session, area=area, network_version=network_version, z=z, x=x, y=y)
    # Kept by the page of the guest, which lets it go with its leave; by nothing between.
    return Response(tile, media_type=_MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _answer(tile: Tile, request: Request) -> Response:
    headers = {"Cache-Control": _KEEP, "ETag": f'"{tile.tag}"', "Vary": "Accept-Encoding"}
    seen = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if headers["ETag"] in seen:
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(tile.gzipped, media_type=_MEDIA_TYPE, headers=headers)
    return Response(gzip.decompress(tile.gzipped), media_type=_MEDIA_TYPE, headers=headers)
