"""Positions as phones, vehicles and the desk tell them: taken, passed over, set aside or refused, each with why.

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
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dispatch.arrival_positions import note_position
from dispatch.change_log import Author, as_json, record
from dispatch.crew_places import (
    FAR_M,
    SKEW_IGNORED,
    AsideCode,
    Doubt,
    PositionSource,
    ToldPlace,
    far_doubt,
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
    network_version = active_network_version(session)
    author = Author(actor=actor, now=now)
    in_order = sorted(enumerate(positions, start=1), key=lambda one: one[1].at)
    receipts = []
    for line, told in in_order:
        try:
            row = _crew_of(session, told)
            at = _time(told.at + skew, now)
            place = wgs84_place(lon=told.lon, lat=told.lat, crs=told.crs)
        except InvalidInput as problem:
            receipts.append(PositionReceipt(line, told.crew_id, Outcome.REFUSED, "refused", {}, str(problem)))
            continue
        here = ToldPlace(place, at)
        receipts.append(_take(session, line, row, here, source, network_version, author))
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


def _take(
    session: Session,
    line: int,
    row: CrewRow,
    told: ToldPlace,
    source: PositionSource,
    network_version: int | None,
    author: Author,
) -> PositionReceipt:
    if told.at <= row.position_at:
        note_position(session, crew_id=row.id, place=told.place, at=told.at, now=author.now)
        text = f"a position of {row.position_at.isoformat()} is known"
        return PositionReceipt(line, row.id, Outcome.PASSED_OVER, "not_newer", {}, text)
    aside = session.scalar(select(PositionAsideRow).where(PositionAsideRow.crew_id == row.id))
    doubt = _doubt(session, row, told, source, network_version, aside)
    if doubt is not None:
        _set_aside(session, row, told, source, doubt, aside, author)
        return PositionReceipt(line, row.id, Outcome.SET_ASIDE, doubt.code, doubt.values, doubt.text)
    row.location = from_shape(shapely.Point(told.place.lon, told.place.lat), srid=4326)
    values: dict[str, Any] = {"lon": told.place.lon, "lat": told.place.lat, "position_at": as_json(told.at)}
    if row.position_source != source:
        values["position_source"] = source
    row.position_at, row.position_source = told.at, source
    session.execute(delete(PositionAsideRow).where(PositionAsideRow.crew_id == row.id))
    _record(session, Event.CREW_MOVED, row.id, values, author, told.at)
    note_position(session, crew_id=row.id, place=told.place, at=told.at, now=author.now)
    return PositionReceipt(line, row.id, Outcome.TAKEN)


def _doubt(
    session: Session,
    row: CrewRow,
    told: ToldPlace,
    source: PositionSource,
    network_version: int | None,
    aside: PositionAsideRow | None,
) -> Doubt | None:
    """RULES 4 and 5."""
    depot = depot_place(row)
    is_home = depot is not None and straight_line_m(origin=depot, destination=told.place) <= FAR_M
    if (
        not is_home
        and network_version is not None
        and not is_near_network(session, network_version=network_version, place=told.place, within_m=FAR_M)
    ):
        return far_doubt(told.place)
    # Where a crew was entered, or put by a person, it need not have been by truck.
    if source is PositionSource.DESK or row.position_source == PositionSource.ROSTER:
        return None
    doubt = speed_doubt(before=ToldPlace(crew_place(row), row.position_at), told=told)
    if doubt is not None and aside is not None and aside.code == AsideCode.TOO_FAST and aside.at < told.at:
        point = to_shape(aside.location)
        before = ToldPlace(Place(lon=shapely.get_x(point), lat=shapely.get_y(point)), aside.at)
        if speed_doubt(before=before, told=told) is None:
            return None
    return doubt


def _set_aside(
    session: Session,
    row: CrewRow,
    told: ToldPlace,
    source: PositionSource,
    doubt: Doubt,
    aside: PositionAsideRow | None,
    author: Author,
) -> None:
    is_news = aside is None or aside.code != doubt.code
    kept = aside or PositionAsideRow(crew_id=row.id)
    kept.location = from_shape(shapely.Point(told.place.lon, told.place.lat), srid=4326)
    kept.at, kept.received_at, kept.source = told.at, author.now, source
    kept.code, kept.values, kept.text = doubt.code, doubt.values, doubt.text
    session.add(kept)
    session.flush()
    if is_news:  # a receiver that fails fails every few seconds: once in the log is enough
        data = {"doubt": {"code": doubt.code, **doubt.values}}
        subject = f"crew:{row.id}"
        record(
            session, name=Event.CREW_POSITION_DOUBTED, subject=subject, outage=None, author=author, data=data
        )


def _record(
    session: Session, name: Event, crew_id: str, values: dict[str, Any], author: Author, at: datetime
) -> None:
    told = {field: {"old": None, "new": value} for field, value in values.items()}
    record(
        session,
        name=name,
        subject=f"crew:{crew_id}",
        outage=None,
        author=Author(actor=author.actor, now=author.now, occurred_at=at),
        data={"values": told},
    )
