"""The base map under the network: what it is, and its tiles as the operator's file or folder has them."""

from __future__ import annotations

import gzip

from fastapi import APIRouter, Request, Response

from api.base_map_file import GivenBaseMap
from api.roles import Role, open_to
from api.schemas.base_map import BaseMapAnswer, BaseMapDetails

router = APIRouter(tags=["network"])
_on_a_map = open_to(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW, Role.GUEST_CREW)

# The address holds when the file was made: another file has other addresses.
_KEEP = "private, max-age=86400, immutable"
_NOTHING_HERE = 204


@router.get("/api/base-map")
@_on_a_map
def read_base_map(request: Request) -> BaseMapAnswer:
    """Say which base map there is, or why the one that was set cannot be used."""
    given: GivenBaseMap = request.app.state.base_map
    details = given.base_map and BaseMapDetails.model_validate(given.base_map.details)
    return BaseMapAnswer.model_validate({"base_map": details, "problem": given.problem})


@router.get("/api/base-map/{made}/{z}/{x}/{y}", response_class=Response)
@_on_a_map
def read_base_map_tile(made: str, z: int, x: int, y: int, request: Request) -> Response:
    """Return a tile of the base map as it is kept; 204 where it has none, or it is another one by now."""
    given: GivenBaseMap = request.app.state.base_map
    base_map = given.base_map
    if base_map is None or base_map.details.made != made:
        return Response(status_code=_NOTHING_HERE)
    tile = base_map.tile(z=z, x=x, y=y)
    headers = {"Cache-Control": _KEEP, "Vary": "Accept-Encoding"}
    if tile is None:
        return Response(status_code=_NOTHING_HERE, headers=headers)
    if not tile.is_gzipped:
        return Response(tile.content, media_type=tile.media_type, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(tile.content, media_type=tile.media_type, headers=headers)
    return Response(gzip.decompress(tile.content), media_type=tile.media_type, headers=headers)
