"""Positions as phones, vehicles and the desk tell them: taken, passed over, set aside or refused, and why.

The rules stand in dispatch/crew_places.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import shapely
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.arrival_positions import note_position
from dispatch.change_log import Author, as_json, record
from dispatch.crew_places import (
    FAR_M,
    OFF_ROAD_M,
    SKEW_IGNORED,
    AsideCode,
    Doubt,
    PositionSource,
    ToldPlace,
    far_doubt,
    off_road_doubt,
    speed_doubt,
)
from dispatch.crew_rows import wgs84_place
from dispatch.crew_tables import PositionAsideRow
from dispatch.crew_view import crew_place, depot_place
from dispatch.errors import InvalidInput
from dispatch.events import Event
from dispatch.intake import LATEST_AHEAD
from dispatch.tables import CrewRow
from gis.network_reach import is_near_network
from gis.network_versions import active_network_version
from gis.place import Place
from gis.roads.road_reach import is_off_all_roads
from gis.roads.road_versions import road_version_in_force
from gis.travel import straight_line_m


@dataclass(frozen=True, slots=True)
class ToldPosition:
    """One position: of a crew by its id, or of whichever crew has this vehicle; degrees in `crs`."""

    lon: float
    lat: float
    at: datetime
    crew_id: str | None = None
    vehicle_id: str | None = None
    crs: str = "wgs84"


class Outcome(StrEnum):
    """What became of a told position."""

    TAKEN = "taken"
    PASSED_OVER = "passed_over"  # not newer than what is known
    SET_ASIDE = "set_aside"  # kept, and not believed
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PositionReceipt:
    """What became of one position of a batch; `line` counts from 1, `text` says why it was not taken."""

    line: int
    crew_id: str | None
    outcome: Outcome
    code: str | None = None
    values: dict[str, Any] | None = None
    text: str | None = None


def take_positions(
    session: Session,
    *,
    positions: Sequence[ToldPosition],
    source: PositionSource,
    actor: str,
    now: datetime,
    sent_at: datetime | None = None,
) -> list[PositionReceipt]:
    """Take positions of one sender, oldest first whatever their order, and say what became of each.

    `sent_at` is what the sender's clock said when it sent them: by how much that is off, every `at` is set
    right (rule 6).
    """
    skew = now - sent_at if sent_at is not None else timedelta()
    if abs(skew) < SKEW_IGNORED:
        skew = timedelta()
    intake = _PositionIntake(session, source=source, author=Author(actor=actor, now=now))
    in_order = sorted(enumerate(positions, start=1), key=lambda one: one[1].at)
    receipts = []
    for line, told in in_order:
        try:
            row = _crew_of(session, told)
            at = _time(told.at + skew, now)
            place = wgs84_place(lon=told.lon, lat=told.lat, crs=told.crs)
        except InvalidInput as problem:
            refusal = PositionReceipt(line, told.crew_id, Outcome.REFUSED, "refused", {}, str(problem))
            receipts.append(refusal)
        else:
            receipts.append(intake.take(line, row, ToldPlace(place, at)))
    return sorted(receipts, key=lambda receipt: receipt.line)


def _crew_of(session: Session, told: ToldPosition) -> CrewRow:
    if (told.crew_id is None) == (told.vehicle_id is None):
        raise InvalidInput(field="crew_id, vehicle_id", text="name one of the two")
    if told.crew_id is not None:
        row = session.get(CrewRow, told.crew_id)
        text = f"there is no crew with the id {told.crew_id!r}"
    else:
        row = session.scalar(select(CrewRow).where(CrewRow.vehicle_id == told.vehicle_id))
        text = f"no crew has the vehicle {told.vehicle_id!r}; give it to one (docs/crews.md)"
    if row is None:
        raise InvalidInput(field="crew_id" if told.crew_id is not None else "vehicle_id", text=text)
    return row


def _time(at: datetime, now: datetime) -> datetime:
    if at > now + LATEST_AHEAD:
        text = f"{at.isoformat()} lies in the future; now it is {now.isoformat()}. Send `sent_at` with it"
        raise InvalidInput(field="at", text=text)
    return min(at, now)


class _PositionIntake:
    """Takes the positions of one sender, one after the other."""

    def __init__(self, session: Session, *, source: PositionSource, author: Author) -> None:
        self._session = session
        self._source = source
        self._author = author
        self._network_version = active_network_version(session)
        self._road_version = road_version_in_force(session)

    def take(self, line: int, row: CrewRow, told: ToldPlace) -> PositionReceipt:
        """Take one, and say what became of it."""
        if told.at <= row.position_at:
            self._note_arrival(row, told)
            text = f"a position of {row.position_at.isoformat()} is known"
            return PositionReceipt(line, row.id, Outcome.PASSED_OVER, "not_newer", {}, text)
        aside = self._session.scalar(select(PositionAsideRow).where(PositionAsideRow.crew_id == row.id))
        doubt = self._doubt(row, told, aside)
        if doubt is not None:
            self._set_aside(row, told, doubt, aside)
            return PositionReceipt(line, row.id, Outcome.SET_ASIDE, doubt.code, doubt.values, doubt.text)
        values: dict[str, Any] = {
            "lon": told.place.lon,
            "lat": told.place.lat,
            "position_at": as_json(told.at),
        }
        if row.position_source != self._source:
            values["position_source"] = self._source
        row.location = from_shape(shapely.Point(told.place.lon, told.place.lat), srid=4326)
        row.position_at, row.position_source = told.at, self._source
        if aside is not None:
            self._session.delete(aside)
        data = {"values": {field: {"old": None, "new": value} for field, value in values.items()}}
        self._record(Event.CREW_MOVED, row, told, data)
        self._note_arrival(row, told)
        return PositionReceipt(line, row.id, Outcome.TAKEN)

    def _doubt(self, row: CrewRow, told: ToldPlace, aside: PositionAsideRow | None) -> Doubt | None:
        """RULES 4 and 5."""
        if self._is_away(row, told.place, FAR_M):
            return far_doubt(told.place)
        if self._source is not PositionSource.DESK and self._is_off_road(row, told.place):
            return off_road_doubt()
        # Where a crew was entered, or put by a person, it need not have been by truck.
        if self._source is PositionSource.DESK or row.position_source == PositionSource.ROSTER:
            return None
        doubt = speed_doubt(before=ToldPlace(crew_place(row), row.position_at), told=told)
        if doubt is None or aside is None or aside.code != AsideCode.TOO_FAST or aside.at >= told.at:
            return doubt
        point = to_shape(aside.location)
        before = ToldPlace(Place(lon=shapely.get_x(point), lat=shapely.get_y(point)), aside.at)
        return doubt if speed_doubt(before=before, told=told) is not None else None

    def _is_away(self, row: CrewRow, place: Place, within_m: float) -> bool:
        """Return whether neither the depot nor the network is near."""
        depot = depot_place(row)
        if depot is not None and straight_line_m(origin=depot, destination=place) <= within_m:
            return False
        version = self._network_version
        return version is not None and not is_near_network(
            self._session, network_version=version, place=place, within_m=within_m
        )

    def _is_off_road(self, row: CrewRow, place: Place) -> bool:
        version = self._road_version
        return (
            version is not None
            and self._is_away(row, place, OFF_ROAD_M)
            and is_off_all_roads(self._session, road_version=version, place=place, within_m=OFF_ROAD_M)
        )

    def _set_aside(self, row: CrewRow, told: ToldPlace, doubt: Doubt, aside: PositionAsideRow | None) -> None:
        # A receiver that fails does so every few seconds: once in the log is enough.
        is_news = aside is None or aside.code != doubt.code
        kept = aside or PositionAsideRow(crew_id=row.id)
        kept.location = from_shape(shapely.Point(told.place.lon, told.place.lat), srid=4326)
        kept.at, kept.received_at, kept.source = told.at, self._author.now, self._source
        kept.code, kept.values, kept.text = doubt.code, doubt.values, doubt.text
        self._session.add(kept)
        self._session.flush()
        if is_news:
            data = {"doubt": {"code": doubt.code, **doubt.values}}
            self._record(Event.CREW_POSITION_DOUBTED, row, told, data)

    def _note_arrival(self, row: CrewRow, told: ToldPlace) -> None:
        note_position(self._session, crew_id=row.id, place=told.place, at=told.at, now=self._author.now)

    def _record(self, name: Event, row: CrewRow, told: ToldPlace, data: dict[str, Any]) -> None:
        author = Author(actor=self._author.actor, now=self._author.now, occurred_at=told.at)
        record(self._session, name=name, subject=f"crew:{row.id}", outage=None, author=author, data=data)
