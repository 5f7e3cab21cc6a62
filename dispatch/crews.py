"""Crews 抢修班组: the roster; who is on it, with what, from where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record, set_values
from dispatch.crew_members import Member, write_members
from dispatch.crew_places import PositionSource
from dispatch.crew_positions import Outcome, ToldPosition, take_positions
from dispatch.crew_rows import crew_row, wgs84_place
from dispatch.crew_shifts import write_shifts
from dispatch.crew_view import CrewView, crew_place, crew_view
from dispatch.duty import Stretch
from dispatch.errors import Conflict, InvalidInput
from dispatch.events import Event
from dispatch.roster import RosterEntry, read_duty_rules, read_roster
from dispatch.skills import Skill
from dispatch.states import ACTIVE_JOB_STATUSES
from dispatch.tables import CrewRow, JobRow
from dispatch.vehicles import VehicleKind

__all__ = [
    "CrewChange",
    "CrewView",
    "Depot",
    "Vehicle",
    "add_crew",
    "change_crew",
    "crew_place",
    "crew_row",
    "get_crew",
    "list_crews",
    "name_of_crew",
    "report_position",
]


@dataclass(frozen=True, slots=True)
class Depot:
    """Where a crew starts from and comes home to; degrees in `crs`."""

    name: str | None
    lon: float
    lat: float
    crs: str = "wgs84"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What a crew drives; `id` is what the vehicle's own receiver calls itself, if it has one."""

    kind: str = VehicleKind.TRUCK
    id: str | None = None


@dataclass(frozen=True, slots=True)
class CrewChange:
    """What of a crew is to change; None: stays as it is."""

    name: str | None = None
    skills: Sequence[str] | None = None
    vehicle: Vehicle | None = None
    depot: Depot | None = None


def add_crew(
    session: Session,
    *,
    id: str,
    name: str,
    skills: Sequence[str],
    lon: float,
    lat: float,
    actor: str,
    now: datetime,
    shift_start: datetime | None = None,
    shift_end: datetime | None = None,
    shifts: Sequence[Stretch] = (),
    crs: str = "wgs84",
    vehicle: Vehicle | None = None,
    depot: Depot | None = None,
    members: Sequence[Member] = (),
) -> CrewView:
    """Put a crew on the roster, at its depot or wherever it stands.

    One shift may be given as `shift_start` and `shift_end`, beside or instead of `shifts`.
    """
    if session.get(CrewRow, id) is not None:
        raise Conflict(f"There is a crew with the id {id!r} already.")
    if not id.strip():
        raise InvalidInput(field="id", text="must not be empty")
    vehicle = vehicle or Vehicle()
    fields = {
        "name": _name(name),
        "skills": _skills(skills),
        **_vehicle(session, vehicle, crew_id=id),
        **_depot(depot),
        "position_at": now,
        "position_source": PositionSource.ROSTER,
    }
    place = wgs84_place(lon=lon, lat=lat, crs=crs)
    session.add(CrewRow(id=id, location=from_shape(shapely.Point(place.lon, place.lat), srid=4326), **fields))
    session.flush()
    roster = write_shifts(session, crew_id=id, shifts=[*shifts, *_single(shift_start, shift_end)])
    write_members(session, crew_id=id, members=members)
    told = {**fields, "lon": place.lon, "lat": place.lat, "shifts": roster}
    values = {field: {"old": None, "new": as_json(value)} for field, value in told.items()}
    data = {"values": values, "members": len(members)}
    author = Author(actor=actor, now=now)
    record(session, name=Event.CREW_ADDED, subject=f"crew:{id}", outage=None, author=author, data=data)
    return get_crew(session, crew_id=id, now=now)


def change_crew(session: Session, *, crew_id: str, change: CrewChange, actor: str, now: datetime) -> CrewView:
    """Change a crew's name, declared skills, vehicle or depot."""
    row = crew_row(session, crew_id=crew_id)
    wanted: dict[str, Any] = {}
    if change.name is not None:
        wanted["name"] = _name(change.name)
    if change.skills is not None:
        wanted["skills"] = _skills(change.skills)
    if change.vehicle is not None:
        wanted |= _vehicle(session, change.vehicle, crew_id=crew_id)
    if change.depot is not None:
        wanted |= _depot(change.depot)
    values = set_values(row, wanted)
    if values:
        author, subject = Author(actor=actor, now=now), f"crew:{crew_id}"
        data = {"values": values}
        record(session, name=Event.CREW_CHANGED, subject=subject, outage=None, author=author, data=data)
    return get_crew(session, crew_id=crew_id, now=now)


def list_crews(session: Session, *, now: datetime) -> list[CrewView]:
    """Return the roster as it stands at `now`, in order of id."""
    return _views(session, session.scalars(select(CrewRow).order_by(CrewRow.id)).all(), now)


def get_crew(session: Session, *, crew_id: str, now: datetime) -> CrewView:
    """Return one crew as it stands at `now`; UnknownThing if there is none."""
    return _views(session, [crew_row(session, crew_id=crew_id)], now)[0]


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
    source: PositionSource = PositionSource.DESK,
    sent_at: datetime | None = None,
) -> CrewView:
    """Take one crew's position. One older than what is known changes nothing, one in doubt is set aside."""
    crew_row(session, crew_id=crew_id)
    told = ToldPosition(lon=lon, lat=lat, at=at, crew_id=crew_id, crs=crs)
    (receipt,) = take_positions(
        session, positions=[told], source=source, actor=actor, now=now, sent_at=sent_at
    )
    if receipt.outcome is Outcome.REFUSED:
        raise InvalidInput(field="position", text=receipt.text or "")
    return get_crew(session, crew_id=crew_id, now=now)


def name_of_crew(session: Session, *, crew_id: str) -> str | None:
    """Return what a crew is called; None if it is not on the roster."""
    row = session.get(CrewRow, crew_id)
    return row.name if row is not None else None


def _views(session: Session, rows: Sequence[CrewRow], now: datetime) -> list[CrewView]:
    ids = [row.id for row in rows]
    roster = read_roster(session, crew_ids=ids, now=now)
    rules = read_duty_rules(session)
    jobs: dict[str, list[JobRow]] = {}
    query = select(JobRow).where(JobRow.crew_id.in_(ids), JobRow.status.in_(ACTIVE_JOB_STATUSES))
    for job in session.scalars(query.order_by(JobRow.assigned_at, JobRow.id)):
        jobs.setdefault(job.crew_id, []).append(job)
    return [
        crew_view(
            row, entry=roster.get(row.id, RosterEntry()), jobs=jobs.get(row.id, []), rules=rules, now=now
        )
        for row in rows
    ]


def _name(name: str) -> str:
    if not name.strip():
        raise InvalidInput(field="name", text="must not be empty")
    return name


def _skills(skills: Sequence[str]) -> list[str]:
    unknown = sorted(set(skills) - set(Skill))
    if unknown:
        raise InvalidInput(field="skills", text=f"{', '.join(unknown)} is none of {', '.join(Skill)}")
    return sorted(set(skills))


def _vehicle(session: Session, vehicle: Vehicle, *, crew_id: str) -> dict[str, str | None]:
    if vehicle.kind not in set(VehicleKind):
        text = f"{vehicle.kind!r} is none of {', '.join(VehicleKind)}"
        raise InvalidInput(field="vehicle.kind", text=text)
    if vehicle.id is not None:
        other = session.scalar(select(CrewRow).where(CrewRow.vehicle_id == vehicle.id, CrewRow.id != crew_id))
        if other is not None:
            raise Conflict(
                f"Vehicle {vehicle.id!r} is with crew {other.id!r}. Take it off that crew first, "
                "or name another vehicle."
            )
    return {"vehicle_kind": vehicle.kind, "vehicle_id": vehicle.id}


def _depot(depot: Depot | None) -> dict[str, Any]:
    if depot is None:
        return {"depot_name": None, "depot_lon": None, "depot_lat": None}
    place = wgs84_place(lon=depot.lon, lat=depot.lat, crs=depot.crs)
    return {"depot_name": depot.name, "depot_lon": place.lon, "depot_lat": place.lat}


def _single(start: datetime | None, end: datetime | None) -> list[Stretch]:
    if start is None and end is None:
        return []
    if start is None or end is None:
        missing = "shift_start" if start is None else "shift_end"
        raise InvalidInput(field=missing, text="a shift has both a start and an end")
    if end <= start:
        raise InvalidInput(field="shift_end", text="must be after shift_start")
    return [Stretch(start, end)]
