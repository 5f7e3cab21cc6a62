"""The way of one crew to one place, to draw and to read; or why no road leads there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from sqlalchemy.orm import Session

from dispatch.crews import get_crew
from dispatch.errors import Because, Conflict, NotYours, UnknownThing
from dispatch.hazard_views import hazard_places
from dispatch.outages import get_outage
from dispatch.tables import JobRow
from dispatch.travel import ROADS, Travel, Unreachable
from gis.place import Place
from gis.roads.route import RouteStep
from gis.travel import STRAIGHT_LINE, estimate_travel


@dataclass(frozen=True, slots=True)
class DriveRoute:
    """A way from a crew to a place; the same minutes as in the ranking.

    `points` are longitude and latitude in degrees, from the crew's place to its goal; without roads, the
    straight line, with no steps. Where no road leads, `unreachable` says why, and there is no line.
    """

    source: str
    travel_minutes: float | None
    length_m: float | None
    points: tuple[tuple[float, float], ...]
    steps: tuple[RouteStep, ...]
    unreachable: Unreachable | None


def route_to_outage(
    session: Session, *, outage_id: str, crew_id: str, travel: Travel, now: datetime
) -> DriveRoute:
    """Return the way of a crew from where it is to an outage; UnknownThing, Conflict without a place."""
    outage = get_outage(session, outage_id=outage_id)
    crew = get_crew(session, crew_id=crew_id, now=now)
    if outage.lon is None or outage.lat is None:
        raise Conflict(f"Outage {outage_id} has no place on the map.", because=Because.PLACE_UNKNOWN)
    place = Place(lon=outage.lon, lat=outage.lat)
    return drive_route(session, origin=crew.place, destination=place, travel=travel, now=now)


def route_of_job(
    session: Session,
    *,
    job_id: str,
    crew_id: str,
    travel: Travel,
    now: datetime,
    origin: Place | None = None,
) -> DriveRoute:
    """Return the way of a crew to its own job, from `origin` or where it last said it was; NotYours."""
    job = session.get(JobRow, job_id)
    if job is None:
        raise UnknownThing(kind="job", id=job_id)
    if job.crew_id != crew_id:
        raise NotYours(f"Job {job_id} is not a job of crew {crew_id}.")
    place = _place_of_job(session, job)
    if place is None:
        raise Conflict(f"Job {job_id} has no place on the map.", because=Because.PLACE_UNKNOWN)
    start = origin or get_crew(session, crew_id=crew_id, now=now).place
    return drive_route(session, origin=start, destination=place, travel=travel, now=now)


def drive_route(
    session: Session, *, origin: Place, destination: Place, travel: Travel, now: datetime
) -> DriveRoute:
    """Return the way from one place to another."""
    found = travel.route(session, origin=origin, destination=destination, now=now)
    ends = tuple((place.lon, place.lat) for place in (origin, destination))
    if found is None:
        straight = estimate_travel(origin=origin, destination=destination)
        return DriveRoute(STRAIGHT_LINE, straight.travel_minutes, straight.distance_m, ends, (), None)
    if isinstance(found, Unreachable):
        return DriveRoute(ROADS, None, None, (), (), found)
    driven = tuple((float(lon), float(lat)) for lon, lat in found.points)
    return DriveRoute(
        source=ROADS,
        travel_minutes=found.travel_minutes if isfinite(found.travel_minutes) else None,
        length_m=found.length_m,
        points=(ends[0], *driven, ends[1]),
        steps=found.steps,
        unreachable=None,
    )


def _place_of_job(session: Session, job: JobRow) -> Place | None:
    if job.outage_id is not None:
        outage = get_outage(session, outage_id=job.outage_id)
        return (
            Place(lon=outage.lon, lat=outage.lat)
            if outage.lon is not None and outage.lat is not None
            else None
        )
    return hazard_places(session, ids=[job.hazard_id]).get(job.hazard_id) if job.hazard_id else None
