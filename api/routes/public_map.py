"""The public map through HTTP: the files of its snapshot, as any file server would serve them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.errors import NoSnapshotError
from api.public_folder import MEDIA_TYPES, PublicFolder
from api.roles import open_to_everybody

router = APIRouter(tags=["public map"])

_HEADERS = {
    # Files for machines may be read by any page; a proxy in between may answer for the most of a minute.
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=20",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/map", include_in_schema=False)
@open_to_everybody
def show_map() -> RedirectResponse:
    """Lead to the folder, so that its files find each other."""
    return RedirectResponse("/map/", status_code=307)


@router.get("/map/", include_in_schema=False)
@open_to_everybody
def show_index(request: Request) -> Response:
    """Serve the page of the public map."""
    return _file(request, "index.html")


@router.get("/map/{name}")
@open_to_everybody
def show_file(request: Request, name: str) -> Response:
    """Serve a file of the latest snapshot: `areas.geojson`, `planned.geojson`, `planned.en.ics` and so on.

    Each says when it was written; `index.json` lists all with their digests.
    """
    return _file(request, name)


def _file(request: Request, name: str) -> Response:
    folder: PublicFolder = request.app.state.public_map
    content = folder.read(name)
    if content is None:
        raise NoSnapshotError(name)
    return Response(content, media_type=MEDIA_TYPES[name], headers=_HEADERS)
