"""Hazards told by a person to a person: raised by hand, and shown by photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record, recorded_client_event
from dispatch.errors import Conflict, InvalidInput, UnknownThing
from dispatch.events import Event
from dispatch.hazard_actions import raise_hazard
from dispatch.hazard_kinds import HazardKind
from dispatch.hazard_tables import HazardRow
from dispatch.hazard_views import HazardView, get_hazard, hazard_row
from dispatch.intake import known_devices
from dispatch.photos import attach_photos
from gis.coordinates import to_wgs84
from gis.errors import GisError
from gis.network_versions import active_network_version
from gis.place import Place
from gis.places import device_places


@dataclass(frozen=True, slots=True)
class ToldHazard:
    """A danger as somebody told it, at a service point, a device or a point in a CRS."""

    kind: HazardKind
    client_event_id: str
    service_point: str | None = None
    device: str | None = None
    lon: float | None = None
    lat: float | None = None
    crs: str = "wgs84"
    note: str | None = None


def raise_by_hand(session: Session, *, told: ToldHazard, actor: str, now: datetime) -> HazardView:
    """Raise a hazard, or add to the one open there; the same client event id again changes nothing.

    Neither an outage nor a network in force is needed where a point is given. Raises InvalidInput,
    UnknownThing, Conflict.
    """
    before = recorded_client_event(session, id=told.client_event_id)
    if before is not None:
        kind, _, id = before.subject.partition(":")
        if kind != "hazard":
            raise Conflict(f"The event id {told.client_event_id!r} was used for something else before.")
        return get_hazard(session, hazard_id=id)
    network_version = active_network_version(session)
    row, _ = raise_hazard(
        session,
        kind=told.kind,
        place=_place(session, told, network_version),
        service_point=told.service_point,
        device=told.device,
        network_version=network_version,
        at=now,
        author=Author(actor=actor, now=now, client_event_id=told.client_event_id),
        note=told.note,
    )
    return get_hazard(session, hazard_id=row.id)


def add_hazard_photos(
    session: Session, *, hazard_id: str, photos: Sequence[str], actor: str, now: datetime
) -> HazardView:
    """Add photos that were sent before, all or none; those it has already change nothing.

    A hazard that is closed takes them too: what a crew took on the spot without signal is evidence still.
    """
    hazard = hazard_row(session, hazard_id=hazard_id)
    new = attach_photos(session, ids=photos, sender=actor, hazard_id=hazard_id, damage_report_id=None)
    if new:
        record(
            session,
            name=Event.PHOTO_ADDED,
            subject=f"hazard:{hazard_id}",
            outage=None,
            author=Author(actor=actor, now=now),
            data={"values": _still_closed(hazard), "photos": new},
            hazard=hazard,
        )
    return get_hazard(session, hazard_id=hazard_id)


def _still_closed(hazard: HazardRow) -> dict[str, Any]:
    """Return what tells a live page that a hazard is not open again, though something is told of it."""
    closed_at = hazard.closed_at
    return {"closed_at": {"old": as_json(closed_at), "new": as_json(closed_at)}} if closed_at else {}


def _place(session: Session, told: ToldHazard, network_version: int | None) -> Place | None:
    if told.lon is not None and told.lat is not None:
        try:
            lon, lat = to_wgs84(lon=told.lon, lat=told.lat, crs=told.crs)
        except GisError as problem:
            raise InvalidInput(field="lon, lat, crs", text=str(problem)) from problem
        return Place(lon=lon, lat=lat)
    at = told.service_point or told.device
    if at is None:
        raise InvalidInput(field="lon", text="say where: a service point, a device, or lon and lat")
    if network_version is None or not known_devices(session, network_version=network_version, ids=[at]):
        raise UnknownThing(kind="service point or device", id=at)
    return device_places(session, network_version=network_version, ids=[at]).get(at)
