"""What every module about crews needs: the row of one, and a place as WGS 84."""

from __future__ import annotations

from sqlalchemy.orm import Session

from dispatch.errors import InvalidInput, UnknownThing
from dispatch.tables import CrewRow
from gis.coordinates import to_wgs84
from gis.errors import GisError
from gis.place import Place


def crew_row(session: Session, *, crew_id: str) -> CrewRow:
    """Return the row of a crew; UnknownThing if there is none."""
    row = session.get(CrewRow, crew_id)
    if row is None:
        raise UnknownThing(kind="crew", id=crew_id)
    return row


def wgs84_place(*, lon: float, lat: float, crs: str) -> Place:
    """Return a place in WGS 84; InvalidInput where it is no place on Earth."""
    try:
        lon, lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    except GisError as problem:
        raise InvalidInput(field="lon, lat, crs", text=str(problem)) from problem
    return Place(lon=lon, lat=lat)
