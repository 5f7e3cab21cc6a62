"""Crews 抢修班组: the roster with skills, shift and position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.arrival_positions import note_position
from dispatch.change_log import Author, as_json, record
from dispatch.errors import Conflict, InvalidInput, UnknownThing
from dispatch.events import Event
from dispatch.intake import LATEST_AHEAD
from dispatch.outages import JobView, job_view
from dispatch.skills import Skill
from dispatch.states import ACTIVE_JOB_STATUSES
from dispatch.tables import CrewRow, JobRow
from gis.coordinates import to_wgs84
from gis.errors import GisError
from gis.place import Place


@dataclass(frozen=True, slots=True)
class CrewView:
    """One crew: what it can do, when it works, where it last said it was, and its jobs not yet ended."""

    id: str
    name: str
    skills: tuple[str, ...]
    shift_start: datetime
    shift_end: datetime
    lon: float
    lat: float
    position_at: datetime
    jobs: tuple[JobView, ...]

    @property
    def place(self) -> Place:
        """Return where the crew last said it was."""
        return Place(lon=self.lon, lat=self.lat)


def add_crew(
    session: Session,
    *,
    id: str,
    name: str,
    skills: Sequence[str],
    shift_start: datetime,
    shift_end: datetime,
    lon: float,
    lat: float,
    actor: str,
    now: datetime,
    crs: str = "wgs84",
) -> CrewView:
    """Put a crew on the roster, at its depot or wherever it stands."""
    if session.get(CrewRow, id) is not None:
        raise Conflict(f"There is a crew with the id {id!r} already.")
    if not id.strip() or not name.strip():
        raise InvalidInput(field="id" if not id.strip() else "name", text="must not be empty")
    unknown = sorted(set(skills) - set(Skill))
    if unknown:
        raise InvalidInput(field="skills", text=f"{', '.join(unknown)} is none of {', '.join(Skill)}")
    if shift_end <= shift_start:
        raise InvalidInput(field="shift_end", text="must be after shift_start")
    place = _place_in_wgs84(lon=lon, lat=lat, crs=crs)
    row = CrewRow(
        id=id,
        name=name,
        skills=sorted(set(skills)),
        shift_start=shift_start,
        shift_end=shift_end,
        location=from_shape(shapely.Point(place.lon, place.lat), srid=4326),
        position_at=now,
    )
    session.add(row)
    session.flush()
    values = {
        "name": name,
        "skills": row.skills,
        "shift_start": as_json(shift_start),
        "shift_end": as_json(shift_end),
        "lon": place.lon,
        "lat": place.lat,
        "position_at": as_json(now),
    }
    _record(session, name=Event.CREW_ADDED, crew_id=id, values=values, author=Author(actor=actor, now=now))
    return get_crew(session, crew_id=id)


def report_position(
    session: Session,
    *,
    crew_id: str,
    lon: float,
    lat: float,
    at: datetime,
    actor: str,
    now: datetime,
    crs: str = "wgs84",
) -> CrewView:
    """Take a crew's position. One that is older than what is known changes nothing."""
    row = crew_row(session, crew_id=crew_id)
    place = _place_in_wgs84(lon=lon, lat=lat, crs=crs)
    if at > now + LATEST_AHEAD:
        raise InvalidInput(field="at", text=f"{at.isoformat()} lies in the future")
    note_position(session, crew_id=crew_id, place=place, at=at, now=now)
    if at > row.position_at:
        row.location = from_shape(shapely.Point(place.lon, place.lat), srid=4326)
        row.position_at = at
        values = {"lon": place.lon, "lat": place.lat, "position_at": as_json(at)}
        author = Author(actor=actor, now=now, occurred_at=at)
        _record(session, name=Event.CREW_MOVED, crew_id=crew_id, values=values, author=author)
    return get_crew(session, crew_id=crew_id)


def list_crews(session: Session) -> list[CrewView]:
    """Return the roster, in order of id."""
    rows = session.scalars(select(CrewRow).order_by(CrewRow.id)).all()
    jobs = session.scalars(
        select(JobRow).where(JobRow.status.in_(ACTIVE_JOB_STATUSES)).order_by(JobRow.assigned_at, JobRow.id)
    ).all()
    return [_view(row, [job for job in jobs if job.crew_id == row.id]) for row in rows]


def get_crew(session: Session, *, crew_id: str) -> CrewView:
    """Return one crew; UnknownThing if there is none."""
    row = crew_row(session, crew_id=crew_id)
    jobs = session.scalars(
        select(JobRow)
        .where(JobRow.crew_id == crew_id, JobRow.status.in_(ACTIVE_JOB_STATUSES))
        .order_by(JobRow.assigned_at, JobRow.id)
    ).all()
    return _view(row, jobs)


def name_of_crew(session: Session, *, crew_id: str) -> str | None:
    """Return what a crew is called; None if it is not on the roster."""
    row = session.get(CrewRow, crew_id)
    return row.name if row is not None else None


def crew_row(session: Session, *, crew_id: str) -> CrewRow:
    """Return the row of a crew; UnknownThing if there is none."""
    row = session.get(CrewRow, crew_id)
    if row is None:
        raise UnknownThing(kind="crew", id=crew_id)
    return row


def _record(
    session: Session, *, name: Event, crew_id: str, values: dict[str, object], author: Author
) -> None:
    data = {"values": {field: {"old": None, "new": value} for field, value in values.items()}}
    record(session, name=name, subject=f"crew:{crew_id}", outage=None, author=author, data=data)


def crew_place(row: CrewRow) -> Place:
    """Return where a crew last said it was."""
    point = to_shape(row.location)
    return Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))


def _place_in_wgs84(*, lon: float, lat: float, crs: str) -> Place:
    try:
        lon, lat = to_wgs84(lon=lon, lat=lat, crs=crs)
    except GisError as problem:
        raise InvalidInput(field="lon, lat, crs", text=str(problem)) from problem
    return Place(lon=lon, lat=lat)


def _view(row: CrewRow, jobs: Sequence[JobRow]) -> CrewView:
    place = crew_place(row)
    return CrewView(
        id=row.id,
        name=row.name,
        skills=tuple(row.skills),
        shift_start=row.shift_start,
        shift_end=row.shift_end,
        lon=place.lon,
        lat=place.lat,
        position_at=row.position_at,
        jobs=tuple(job_view(job) for job in jobs),
    )
