"""Where a crew is taken to be, and which told positions are believed. Pure.

Where it is taken to be:
RULE 1: a position up to `OLD_AFTER` old stands as it was told.
RULE 2: an older one is said to be old. It stands as the last known place, unless it is older than
        `LOST_AFTER` or was told before the present (else the next) shift began: then the crew is taken to
        be at its depot, where it has one.
Which are believed:
RULE 3: one not newer than what is known changes nothing.
RULE 4: a crew is on a road, at the network or at its depot. Where the imported roads cover a place, one that
        is farther than `OFF_ROAD_M` from all three is set aside: on water, or a wrong fix. Without roads,
        beyond what they cover (a crew that comes to help from another region), and for what a person at the
        desk says, it is set aside when it is farther than `FAR_M` from the network and the depot: in the
        sea, in another country, or 0, 0 as a receiver without a fix sends it.
RULE 5: one that the crew could not have reached at `FASTEST_KMH` since it was last heard from is set aside.
        If the next one agrees with the one set aside and not with the old place, the old place was wrong:
        it is believed. What a person at the desk says is not held against this rule.
RULE 6: a device's clock is set right by what it says the time is when it sends (`sent_at`); without that, a
        position up to five minutes ahead counts as of now, and one farther ahead is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gis.place import Place
from gis.roads.ends import FURTHEST_FROM_ROAD_M
from gis.travel import straight_line_m

OLD_AFTER = timedelta(minutes=30)
LOST_AFTER = timedelta(hours=4)
FAR_M = 20_000.0
# As far as travel looks for the road of a place: from farther no drive begins.
OFF_ROAD_M = FURTHEST_FROM_ROAD_M
FASTEST_KMH = 150.0
# Positions jump by as much between buildings, without anybody moving.
JITTER_M = 500.0
# A receiver without a fix sends 0, 0, give or take its noise.
_NULL_DEGREES = 0.01
# A clock that is off by less is not worth correcting.
SKEW_IGNORED = timedelta(seconds=2)


class PositionSource(StrEnum):
    """Who told a position."""

    ROSTER = "roster"  # where it was put when it was entered
    PHONE = "phone"
    VEHICLE = "vehicle"
    DESK = "desk"


class PlaceCode(StrEnum):
    """On what the place of a crew rests."""

    TOLD = "told"
    LAST_KNOWN = "last_known"
    DEPOT = "depot"


@dataclass(frozen=True, slots=True)
class BelievedPlace:
    """Where a crew is taken to be, on what that rests, and how old its position is, in minutes."""

    place: Place
    code: PlaceCode
    age_minutes: float
    text: str


@dataclass(frozen=True, slots=True)
class ToldPlace:
    """A position and when it held."""

    place: Place
    at: datetime


def believed_place(
    *, last: ToldPlace, depot: Place | None, depot_name: str | None, shift_start: datetime, now: datetime
) -> BelievedPlace:
    """Return where a crew is taken to be (rules 1 and 2); `shift_start`: of the present, else next shift."""
    age = now - last.at
    minutes = max(0.0, age.total_seconds() / 60)
    if age <= OLD_AFTER:
        return BelievedPlace(last.place, PlaceCode.TOLD, minutes, f"told {minutes:.0f} min ago")
    if depot is not None and (age > LOST_AFTER or last.at < shift_start):
        text = f"position is {minutes:.0f} min old; taken to be at the depot{_named(depot_name)}"
        return BelievedPlace(depot, PlaceCode.DEPOT, minutes, text)
    text = f"position is {minutes:.0f} min old; last known place"
    return BelievedPlace(last.place, PlaceCode.LAST_KNOWN, minutes, text)


def _named(name: str | None) -> str:
    return f" {name}" if name else ""


class AsideCode(StrEnum):
    """Why a position was set aside."""

    FAR_FROM_NETWORK = "far_from_network"
    OFF_ROAD = "off_road"
    TOO_FAST = "too_fast"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a position is not believed: a code with values, and English text."""

    code: AsideCode
    values: dict[str, Any]
    text: str


def far_doubt(place: Place) -> Doubt:
    """Return the doubt about a place that is nowhere near the network (rule 4)."""
    text = f"more than {FAR_M / 1000:.0f} km from the network and from the crew's depot"
    if max(abs(place.lon), abs(place.lat)) < _NULL_DEGREES:
        text = "0, 0 is what a receiver without a fix sends"
    return Doubt(AsideCode.FAR_FROM_NETWORK, {"km": FAR_M / 1000}, text)


def off_road_doubt() -> Doubt:
    """Return the doubt about a place on the map of roads that is near no road and no line (rule 4)."""
    text = f"no road, line or depot within {OFF_ROAD_M / 1000:.0f} km: on water, or a wrong fix"
    return Doubt(AsideCode.OFF_ROAD, {"km": OFF_ROAD_M / 1000}, text)


def speed_doubt(*, before: ToldPlace, told: ToldPlace) -> Doubt | None:
    """Return the doubt about a place that nobody could have driven to (rule 5), None if it is possible."""
    apart_m = straight_line_m(origin=before.place, destination=told.place)
    hours = max((told.at - before.at).total_seconds(), 1.0) / 3600
    kmh = apart_m / 1000 / hours
    if apart_m <= JITTER_M or kmh <= FASTEST_KMH:
        return None
    values = {"km": round(apart_m / 1000, 1), "minutes": round(hours * 60, 1), "kmh": round(kmh)}
    text = f"{values['km']} km in {values['minutes']} min would be {values['kmh']} km/h"
    return Doubt(AsideCode.TOO_FAST, values, text)
