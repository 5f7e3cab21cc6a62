"""The public map's figures for machines: GeoJSON, JSON and iCal, made of a picture and nothing else.

Owns the members of these files (docs/public_map.md lists them). Each says by itself when it was written and
which snapshot it belongs to. Numbers are "at least": dispatch/public_counts.py says how they are rounded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from icalendar import Calendar, Event, Timezone, TimezoneStandard

from api.supply_words import Words
from dispatch.public_counts import rounded_customers
from dispatch.public_picture import PublicPicture, ToldArea, ToldWork

_MOST_STREETS_NAMED = 10
_PRODUCT = "-//Relight//Public map//EN"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which snapshot a file belongs to: its number, and when it was written by the real clock."""

    version: int
    written_at: datetime

    def members(self, picture: PublicPicture) -> dict[str, Any]:
        """Return what every file of figures begins with."""
        return {
            "version": self.version,
            "written_at": _instant(self.written_at),
            "as_of": _instant(picture.as_of),
            "areas_version": picture.cells.network_version,
        }


@dataclass(frozen=True, slots=True)
class ToldDistrict:
    """Areas that go by one name, the hardest hit first."""

    name: str | None
    areas: tuple[ToldArea, ...]

    @property
    def customers(self) -> int:
        """At least so many customers, in the areas told."""
        return sum(area.customers for area in self.areas)


def by_district(areas: Sequence[ToldArea]) -> list[ToldDistrict]:
    """Return areas by district, the hardest hit first."""
    found: dict[str | None, list[ToldArea]] = {}
    for area in areas:
        found.setdefault(area.cell.district, []).append(area)
    districts = [
        ToldDistrict(name=name, areas=tuple(sorted(within, key=lambda one: (-one.customers, one.cell.id))))
        for name, within in found.items()
    ]
    return sorted(districts, key=lambda one: (-one.customers, one.name or ""))


def areas_geojson(picture: PublicPicture, *, stamp: Stamp) -> bytes:
    """Return the areas in which customers are out, as a FeatureCollection in EPSG:4326 (RFC 7946)."""
    features = [
        _feature(area, {"customers": rounded_customers(area.cell.customers)}) for area in picture.areas
    ]
    return _collection(features, stamp.members(picture))


def planned_geojson(picture: PublicPicture, *, stamp: Stamp) -> bytes:
    """Return the areas of planned work, one feature for each work and area."""
    features = [
        _feature(
            area,
            {
                "work_id": work.id,
                "work": work.work,
                "is_under_way": work.is_under_way,
                "starts_at": _instant(work.starts_at),
                "ends_at": _instant(work.ends_at),
            },
        )
        for work in picture.works
        for area in work.areas
    ]
    return _collection(features, stamp.members(picture))


def status_json(picture: PublicPicture, *, stamp: Stamp, every_s: float) -> bytes:
    """Return the totals, and those of each district."""
    return _json(
        {
            **stamp.members(picture),
            "written_every_s": every_s,
            "customers_out_at_least": picture.customers,
            "areas_out": len(picture.areas),
            "planned_works": len(picture.works),
            "districts": [
                {
                    "name": district.name,
                    "customers_out_at_least": district.customers,
                    "areas_out": len(district.areas),
                }
                for district in by_district(picture.areas)
            ],
        }
    )


def planned_calendar(picture: PublicPicture, *, stamp: Stamp, words: Words) -> bytes:
    """Return planned work as an iCal calendar (RFC 5545), in one language; times are in UTC."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", words("map.calendar"))
    calendar.add_component(_utc())
    for work in picture.works:
        calendar.add_component(_event(work, stamp=stamp, words=words))
    written: bytes = calendar.to_ical()
    return written


def places_of(areas: Sequence[ToldArea], *, words: Words) -> str:
    """Return the streets of areas of one district in words, the hardest hit first."""
    named = list(
        dict.fromkeys(
            area.cell.name
            for area in sorted(areas, key=lambda one: (-one.customers, one.cell.id))
            if area.cell.name
        )
    )
    if not named:
        return words("map.place.unnamed", count=len(areas))
    listed = words("map.list").join(named[:_MOST_STREETS_NAMED])
    return words("map.place.and_more", places=listed) if len(named) > _MOST_STREETS_NAMED else listed


def places_by_district(areas: Sequence[ToldArea], *, words: Words) -> str:
    """Return the streets of areas in words, district by district."""
    return words("map.list").join(
        words("map.place.district", district=district.name, places=places_of(district.areas, words=words))
        if district.name and district.areas[0].cell.name != district.name
        else places_of(district.areas, words=words)
        for district in by_district(areas)
    )


def _event(work: ToldWork, *, stamp: Stamp, words: Words) -> Event:
    places = places_by_district(work.areas, words=words)
    event = Event()
    event.add("uid", f"{work.id}@relight")
    event.add("dtstamp", stamp.written_at.astimezone(UTC))
    event.add("dtstart", work.starts_at.astimezone(UTC))
    event.add("dtend", work.ends_at.astimezone(UTC))
    event.add("summary", words("map.event", kind=words(f"map.work.{work.work}"), count=work.customers))
    event.add("description", words("map.near", places=places))
    event.add("location", places)
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _utc() -> Timezone:
    """Return the time zone of all times: a calendar must have a part, also when no work is planned."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - local time, as the standard wants it
    standard.add("tzoffsetfrom", timedelta(0))
    standard.add("tzoffsetto", timedelta(0))
    zone = Timezone()
    zone.add("tzid", "UTC")
    zone.add_component(standard)
    return zone


def _feature(area: ToldArea, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": json.loads(shapely.to_geojson(area.cell.outline)),
        "properties": {
            "area": area.cell.id,
            "name": area.cell.name,
            "district": area.cell.district,
            "customers_at_least": area.customers,
            **more,
        },
    }


def _collection(features: list[dict[str, Any]], members: dict[str, Any]) -> bytes:
    return _json({"type": "FeatureCollection", **members, "features": features})


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
