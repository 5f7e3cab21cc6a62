"""Find my supply by where I stand: what the public map tells of the area around, and no household."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.public_folder import PublicFolder, real_now
from api.public_here import told_here
from api.roles import open_to_everybody
from api.routes.supply_errors import SupplyRoute
from api.routes.supply_pages import Face, Fields
from api.supply_reports import read_report
from gis.coordinates import to_wgs84
from gis.errors import CoordinatesOutOfRangeError
from gis.place import Place

router = APIRouter(tags=["customers"], include_in_schema=False, route_class=SupplyRoute)


@router.post("/supply/here")
@open_to_everybody
def show_here(request: Request, face: Face, fields: Fields) -> Response:
    """Show what is told of the area around a position: `lon`, `lat`, `coordinates`. Nothing of it is kept."""
    form = read_report(fields)
    place = _place(form.lon, form.lat, form.coordinates)
    if place is None:
        return face.page(request, "find.html", status=422, problem="place", account="")
    folder: PublicFolder = request.app.state.public_map
    told = told_here(folder, place=place)
    words = face.words(request)
    return face.page(
        request,
        "here.html",
        told=told,
        as_of=words.time(told.written_at, now=real_now()) if told is not None else "",
    )


def _place(lon: float | None, lat: float | None, coordinates: str) -> Place | None:
    if lon is None or lat is None:
        return None
    try:
        east, north = to_wgs84(lon=lon, lat=lat, crs=coordinates)
    except CoordinatesOutOfRangeError:
        return None
    return Place(lon=east, lat=north)
