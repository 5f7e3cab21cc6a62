"""Closed roads and flooded areas: drawn on the map, in force at once in every answer, lifted by a click."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
import shapely.geometry
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record
from dispatch.closure_tables import ClosureReason, RoadClosureRow, road_closure_number
from dispatch.errors import Because, Conflict, InvalidInput, UnknownThing
from dispatch.events import Event

# A line that follows a river bend by bend; more points come from a program, or a slip of the mouse.
MOST_POINTS = 2_000
_WIDEST_DEGREES = 2.0
_MAX_LON, _MAX_LAT = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class RoadClosureView:
    """One closure; `geometry` is a GeoJSON LineString or Polygon in EPSG:4326."""

    id: str
    reason: str
    note: str | None
    geometry: dict[str, Any]
    since: datetime
    until: datetime | None
    drawn_by: str
    drawn_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


def close_roads(
    session: Session,
    *,
    geometry: Mapping[str, Any],
    reason: str,
    note: str | None,
    until: datetime | None,
    actor: str,
    now: datetime,
) -> RoadClosureView:
    """Close all roads that a GeoJSON LineString or Polygon (EPSG:4326) touches, from now on.

    InvalidInput where it is neither, crosses itself, is too large, or ends before it begins.
    """
    shape = _shape(geometry)
    if reason not in set(ClosureReason):
        raise InvalidInput(field="reason", text=f"{reason!r} is none of {', '.join(ClosureReason)}")
    if until is not None and until <= now:
        raise InvalidInput(field="until", text="lies in the past", because=Because.CLOSURE_IS_PAST)
    row = RoadClosureRow(
        id=f"R-{session.scalars(select(road_closure_number.next_value())).one()}",
        reason=reason,
        note=(note or "").strip() or None,
        geometry=from_shape(shape, srid=4326),
        since=now,
        until=until,
        drawn_by=actor,
        drawn_at=now,
    )
    session.add(row)
    session.flush()
    values = {
        "reason": reason,
        "geometry": _as_geojson(shape),
        "since": as_json(now),
        "until": as_json(until),
        "drawn_by": actor,
        "drawn_at": as_json(now),
    }
    told = {field: {"old": None, "new": value} for field, value in values.items() if value is not None}
    _record(session, Event.ROAD_CLOSED, row, told, Author(actor=actor, now=now))
    return _view(row)


def open_roads(session: Session, *, closure_id: str, actor: str, now: datetime) -> RoadClosureView:
    """Lift a closure; UnknownThing if there is none, Conflict if it was lifted before."""
    row = session.get(RoadClosureRow, closure_id)
    if row is None:
        raise UnknownThing(kind="closed road", id=closure_id)
    if row.lifted_at is not None:
        raise Conflict(
            f"{closure_id} was lifted by {row.lifted_by} already.",
            because=Because.CLOSURE_WAS_LIFTED,
            values={"actor": row.lifted_by},
        )
    row.lifted_at, row.lifted_by = now, actor
    told = {
        "lifted_at": {"old": None, "new": as_json(now)},
        "lifted_by": {"old": None, "new": actor},
    }
    _record(session, Event.ROAD_OPENED, row, told, Author(actor=actor, now=now))
    return _view(row)


def closures_in_force(session: Session, *, now: datetime) -> list[RoadClosureView]:
    """Return the closures in force, in the order they were drawn."""
    return [_view(row) for row in session.scalars(_in_force(now))]


def closures_version(session: Session, *, now: datetime) -> str:
    """Return what differs once another set of closures is in force: their geometry never changes."""
    return " ".join(session.scalars(_in_force(now).with_only_columns(RoadClosureRow.id)))


def standing_closures(session: Session, *, since: datetime) -> list[RoadClosureView]:
    """Return the closures nobody has lifted, without those whose time was over at `since`."""
    query = (
        select(RoadClosureRow)
        .where(
            RoadClosureRow.lifted_at.is_(None),
            or_(RoadClosureRow.until.is_(None), RoadClosureRow.until > since),
        )
        .order_by(RoadClosureRow.drawn_at, RoadClosureRow.id)
    )
    return [_view(row) for row in session.scalars(query)]


def closed_shapes(session: Session, *, now: datetime) -> dict[str, bytes]:
    """Return the geometries in force as WKB in EPSG:4326, by the id of their closure."""
    return {row.id: bytes(row.geometry.data) for row in session.scalars(_in_force(now))}


def _in_force(now: datetime) -> Any:
    return (
        select(RoadClosureRow)
        .where(
            RoadClosureRow.lifted_at.is_(None),
            RoadClosureRow.since <= now,
            or_(RoadClosureRow.until.is_(None), RoadClosureRow.until > now),
        )
        .order_by(RoadClosureRow.drawn_at, RoadClosureRow.id)
    )


def _shape(geometry: Mapping[str, Any]) -> BaseGeometry:
    try:
        shape: BaseGeometry = shapely.force_2d(shapely.geometry.shape(dict(geometry)))
    except (shapely.errors.ShapelyError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(field="geometry", text=f"is no GeoJSON geometry ({error})") from error
    if shape.geom_type not in ("LineString", "Polygon") or shape.is_empty:
        raise InvalidInput(field="geometry", text=f"is a {shape.geom_type}; draw a LineString or a Polygon")
    if shapely.get_num_coordinates(shape) > MOST_POINTS:
        raise InvalidInput(field="geometry", text=f"has more than {MOST_POINTS} points")
    west, south, east, north = shape.bounds
    # What is not a number compares as False.
    if not (-_MAX_LON <= west <= east <= _MAX_LON and -_MAX_LAT <= south <= north <= _MAX_LAT):
        raise InvalidInput(field="geometry", text="lies outside longitude ±180, latitude ±90 degrees")
    if max(east - west, north - south) > _WIDEST_DEGREES:
        raise InvalidInput(field="geometry", text=f"is wider than {_WIDEST_DEGREES:g} degrees")
    if not shape.is_valid:
        raise InvalidInput(
            field="geometry",
            text=f"is not valid: {shapely.is_valid_reason(shape)}",
            because=Because.SHAPE_CROSSES_ITSELF,
        )
    return shape


def _as_geojson(shape: shapely.Geometry) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return told


def _record(
    session: Session, name: Event, row: RoadClosureRow, values: dict[str, dict[str, Any]], author: Author
) -> None:
    record(
        session,
        name=name,
        subject=f"road_closure:{row.id}",
        outage=None,
        author=author,
        data={"values": values},
    )


def _view(row: RoadClosureRow) -> RoadClosureView:
    return RoadClosureView(
        id=row.id,
        reason=row.reason,
        note=row.note,
        geometry=_as_geojson(to_shape(row.geometry)),
        since=row.since,
        until=row.until,
        drawn_by=row.drawn_by,
        drawn_at=row.drawn_at,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
    )
