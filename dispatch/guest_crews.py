"""Guest crews: people of another company who help for some hours, in one part of the network.

RULE 1: a guest is a crew on the roster like any other, with a leave beside it (dispatch/guest_leave.py): its
    hours are its shift, its area is a polygon, drawn or laid around the feeders that were named.
RULE 2: of its people nothing is kept but what the crew is called and whose it is.
RULE 3: a leave that is taken back calls the crew back from its jobs and takes it off duty, in one go; one
    that runs out ends by itself: its shift is over then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.assignments import recall_job
from dispatch.change_log import Author, as_json, record
from dispatch.crew_shifts import put_on_duty, read_shifts, set_shifts, take_off_duty
from dispatch.crews import add_crew, get_crew
from dispatch.duty import Stretch
from dispatch.errors import Because, Conflict, InvalidInput, NoActiveNetwork, UnknownThing
from dispatch.events import Event
from dispatch.guest_leave import GuestLeave, leave_of
from dispatch.guest_tables import GuestCrewRow, guest_crew_number
from dispatch.hazard_crews import recall_from_hazard
from dispatch.off_duty import OffDuty
from gis.feeder_corridors import corridor_of_feeders
from gis.network_versions import active_network_version

LONGEST_LEAVE = timedelta(days=14)
# A crew works beside the line as well as on it.
CORRIDOR_M = 300.0
MOST_POINTS = 500
MOST_FEEDERS = 50
_WIDEST_DEGREES = 2.0
_MAX_LON, _MAX_LAT = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class NewGuest:
    """A guest crew to be admitted; its area is a GeoJSON Polygon (EPSG:4326), or the feeders it works on."""

    name: str
    company: str
    skills: Sequence[str]
    begins_at: datetime
    ends_at: datetime
    polygon: Mapping[str, Any] | None = None
    feeders: Sequence[str] = ()


def admit_guest(session: Session, *, guest: NewGuest, actor: str, now: datetime) -> GuestLeave:
    """Put a guest crew on the roster with its leave; InvalidInput, NoActiveNetwork."""
    company = guest.company.strip()
    if not company:
        raise InvalidInput(field="company", text="must not be empty")
    _check_hours(guest.begins_at, guest.ends_at, now)
    area = _area(session, guest)
    stands = area.representative_point()
    crew_id = f"G-{session.scalars(select(guest_crew_number.next_value())).one()}"
    add_crew(
        session,
        id=crew_id,
        name=guest.name.strip(),
        skills=guest.skills,
        lon=stands.x,
        lat=stands.y,
        shifts=[Stretch(guest.begins_at, guest.ends_at)],
        actor=actor,
        now=now,
    )
    row = GuestCrewRow(
        crew_id=crew_id,
        company=company,
        area=from_shape(area, srid=4326),
        feeders=sorted(set(guest.feeders)),
        begins_at=guest.begins_at,
        ends_at=guest.ends_at,
        admitted_by=actor,
    )
    session.add(row)
    session.flush()
    data = {
        "company": company,
        "feeders": row.feeders,
        "begins_at": as_json(row.begins_at),
        "ends_at": as_json(row.ends_at),
    }
    _record(session, Event.GUEST_CREW_ADMITTED, crew_id, data, Author(actor=actor, now=now))
    return guest_leave(session, crew_id=crew_id)


def guest_leave(session: Session, *, crew_id: str) -> GuestLeave:
    """Return the leave of a guest crew; UnknownThing where it is none."""
    leave = leave_of(session, crew_id=crew_id)
    if leave is None:
        raise UnknownThing(kind="guest crew", id=crew_id)
    return leave


def renew_leave(
    session: Session, *, crew_id: str, ends_at: datetime | None, actor: str, now: datetime
) -> GuestLeave:
    """Let a guest go on with a new link, until `ends_at` if given; a leave that had ended runs again."""
    row = _guest_row(session, crew_id)
    until = ends_at or row.ends_at
    _check_hours(now, until, now)
    if row.ended_at is not None:
        row.ended_at = row.ended_by = None
        put_on_duty(session, crew_id=crew_id, actor=actor, now=now)
    row.ends_at = until
    going = [one for one in read_shifts(session, crew_id=crew_id) if one.end > now]
    shift = Stretch(going[0].start if going else now, until)
    set_shifts(session, crew_id=crew_id, shifts=[shift], actor=actor, now=now)
    session.flush()
    data = {"ends_at": as_json(until)}
    _record(session, Event.GUEST_CREW_LINK_RENEWED, crew_id, data, Author(actor=actor, now=now))
    return guest_leave(session, crew_id=crew_id)


def end_leave(session: Session, *, crew_id: str, actor: str, now: datetime) -> GuestLeave:
    """Take a leave back at once: the crew is called back from its jobs, and off duty."""
    row = _guest_row(session, crew_id)
    crew = get_crew(session, crew_id=crew_id, now=now)
    if row.ended_at is not None:
        raise Conflict(
            f"The leave of guest crew {crew.name} ({crew_id}) was ended by {row.ended_by} already.",
            because=Because.GUEST_LEAVE_IS_OVER,
            values={"crew": crew.name},
        )
    row.ended_at, row.ended_by = now, actor
    session.flush()
    # Read in any language: whose crew it was.
    reason = f"→ {row.company}"
    for job in crew.jobs:
        if job.hazard_id is not None:
            recall_from_hazard(
                session, hazard_id=job.hazard_id, job_id=job.id, reason=reason, actor=actor, now=now
            )
        elif job.outage_id is not None:
            recall_job(
                session,
                outage_id=job.outage_id,
                version=None,
                job_id=job.id,
                reason=reason,
                actor=actor,
                now=now,
            )
    take_off_duty(session, crew_id=crew_id, because=OffDuty.STOOD_DOWN, actor=actor, now=now)
    _record(session, Event.GUEST_CREW_ENDED, crew_id, {}, Author(actor=actor, now=now))
    return guest_leave(session, crew_id=crew_id)


def note_opened(session: Session, *, crew_id: str, actor: str, now: datetime) -> None:
    """Keep in the log that somebody opened the guest's link."""
    _record(session, Event.GUEST_CREW_LINK_OPENED, crew_id, {}, Author(actor=actor, now=now))


def _guest_row(session: Session, crew_id: str) -> GuestCrewRow:
    row = session.get(GuestCrewRow, crew_id)
    if row is None:
        raise UnknownThing(kind="guest crew", id=crew_id)
    return row


def _check_hours(begins_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= begins_at:
        raise InvalidInput(
            field="ends_at", text="must be after begins_at", because=Because.PLANNED_ENDS_BEFORE_START
        )
    if ends_at <= now:
        raise InvalidInput(field="ends_at", text="lies in the past", because=Because.ENDS_IN_PAST)
    if ends_at - begins_at > LONGEST_LEAVE:
        days = LONGEST_LEAVE.days
        text = f"a guest's leave lasts {days} days at most; give it another one then"
        raise InvalidInput(
            field="ends_at", text=text, because=Because.GUEST_LEAVE_TOO_LONG, values={"days": days}
        )


def _area(session: Session, guest: NewGuest) -> BaseGeometry:
    if (guest.polygon is None) == (not guest.feeders):
        raise InvalidInput(field="polygon", text="give a polygon or feeders, one of the two")
    if guest.polygon is not None:
        return _polygon(guest.polygon)
    if len(guest.feeders) > MOST_FEEDERS:
        raise InvalidInput(field="feeders", text=f"at most {MOST_FEEDERS} feeders")
    version = active_network_version(session)
    if version is None:
        raise NoActiveNetwork
    corridor = corridor_of_feeders(
        session, network_version=version, feeders=guest.feeders, beside_m=CORRIDOR_M
    )
    if corridor.unknown or corridor.area is None:
        unknown = ", ".join(corridor.unknown) or ", ".join(guest.feeders)
        raise InvalidInput(
            field="feeders",
            text=f"the network in force has no lines of {unknown}",
            because=Because.FEEDER_UNKNOWN,
            values={"feeders": unknown},
        )
    return corridor.area


def _polygon(geometry: Mapping[str, Any]) -> BaseGeometry:
    try:
        area = shape(dict(geometry))
    except (shapely.errors.ShapelyError, ValueError, TypeError, AttributeError, KeyError) as problem:
        raise InvalidInput(field="polygon", text="is no GeoJSON Polygon") from problem
    if area.geom_type != "Polygon" or area.is_empty:
        raise InvalidInput(field="polygon", text="is no GeoJSON Polygon")
    if not area.is_valid:
        raise InvalidInput(field="polygon", text="crosses itself", because=Because.SHAPE_CROSSES_ITSELF)
    west, south, east, north = area.bounds
    is_on_earth = max(-west, east) <= _MAX_LON and max(-south, north) <= _MAX_LAT
    if not is_on_earth or max(east - west, north - south) > _WIDEST_DEGREES:
        raise InvalidInput(field="polygon", text=f"must not be wider than {_WIDEST_DEGREES:.0f} degrees")
    if shapely.get_num_coordinates(area) > MOST_POINTS:
        raise InvalidInput(field="polygon", text=f"at most {MOST_POINTS} points")
    return area


def _record(session: Session, name: Event, crew_id: str, data: dict[str, Any], author: Author) -> None:
    subject = f"guest_crew:{crew_id}"
    record(session, name=name, subject=subject, outage=None, author=author, data=data)
