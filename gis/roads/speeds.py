"""How fast a crew drives on a road: by its class, its speed limit and its surface.

Rule 1: with a limit, a truck makes four fifths of it on average (`speed_reduction` of OSRM's car profile).
Rule 2: without one, the average speed of the road's class (the same profile; tracks are ours).
Rule 3: surface and track type cap both: nobody drives 80 km/h on gravel, whatever the sign says.
Values of `maxspeed` are those of the OpenStreetMap wiki, "Key:maxspeed" and "Default speed limits".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

CLASS_KMH = {
    "motorway": 90.0,
    "motorway_link": 45.0,
    "trunk": 85.0,
    "trunk_link": 40.0,
    "primary": 65.0,
    "primary_link": 30.0,
    "secondary": 55.0,
    "secondary_link": 25.0,
    "tertiary": 40.0,
    "tertiary_link": 20.0,
    "unclassified": 25.0,
    "residential": 25.0,
    "living_street": 10.0,
    "service": 15.0,
    "track": 15.0,
    "road": 25.0,
}
SHARE_OF_LIMIT = 0.8
SLOWEST_KMH = 5.0
SIGNAL_MINUTES = 2.0 / 60.0  # `traffic_signal_penalty` of OSRM's car profile

_KMH_PER_MPH = 1.609344
_FASTEST_LIMIT_KMH = 200.0
_WALKING_KMH = 7.0  # German courts' reading of "Schrittgeschwindigkeit", the wiki's for maxspeed=walk
_NO_LIMIT_KMH = 130.0  # the advised speed where there is no limit
_SAYS_NOTHING = {"", "signals", "variable", "implicit", "default", "fixme"}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(km/?h|kph|mph)?")

# What a sign's zone allows; a country's own figure comes before the general one.
_ZONE_KMH = {
    "urban": 50.0,
    "rural": 90.0,
    "trunk": 110.0,
    "motorway": 130.0,
    "living_street": 20.0,
    "cn:rural": 70.0,
    "cn:motorway": 120.0,
    "de:rural": 100.0,
    "de:living_street": _WALKING_KMH,
    "at:rural": 100.0,
    "at:trunk": 100.0,
    "be:motorway": 120.0,
    "ch:rural": 80.0,
    "ch:trunk": 100.0,
    "ch:motorway": 120.0,
    "dk:rural": 80.0,
    "fr:rural": 80.0,
    "gb:nsl_single": 60 * _KMH_PER_MPH,
    "gb:nsl_dual": 70 * _KMH_PER_MPH,
    "gb:motorway": 70 * _KMH_PER_MPH,
    "nl:rural": 80.0,
    "nl:trunk": 100.0,
    "no:rural": 80.0,
    "no:motorway": 110.0,
    "ru:urban": 60.0,
    "ru:motorway": 110.0,
    "za:urban": 60.0,
}
_ZONE_NUMBER = re.compile(r"(?:[a-z-]+:)?zone:?(\d+)")

_SURFACE_KMH = {
    "compacted": 80.0,
    "fine_gravel": 80.0,
    "cement": 80.0,
    "paving_stones": 60.0,
    "metal": 60.0,
    "bricks": 60.0,
    "sett": 40.0,
    "wood": 40.0,
    "grass": 40.0,
    "grass_paver": 40.0,
    "gravel": 40.0,
    "unpaved": 40.0,
    "ground": 40.0,
    "dirt": 40.0,
    "pebblestone": 40.0,
    "cobblestone": 30.0,
    "clay": 30.0,
    "earth": 20.0,
    "stone": 20.0,
    "rocky": 20.0,
    "sand": 20.0,
    "mud": 10.0,
}
_TRACKTYPE_KMH = {"grade1": 60.0, "grade2": 40.0, "grade3": 30.0, "grade4": 25.0, "grade5": 20.0}
# A made-up track is driven like a small road, not like the ruts that its class stands for.
_TRACK_KMH = {"grade1": 25.0, "grade2": 20.0}


class UnknownMaxspeedError(ValueError):
    """A `maxspeed` that is no speed."""


def speed_limit_kmh(value: str) -> float | None:
    """Return what a `maxspeed` allows, the lowest of several; None if it says nothing.

    UnknownMaxspeedError if it is no speed between 1 and 200 km/h.
    """
    limits = [
        limit for part in re.split(r"[;|,]", value.lower()) if (limit := _limit(part.strip())) is not None
    ]
    return min(limits) if limits else None


def _limit(part: str) -> float | None:
    if part in _SAYS_NOTHING:
        return None
    if part in {"none", "no"}:
        return _NO_LIMIT_KMH
    if part.endswith("walk"):
        return _WALKING_KMH
    if number := _NUMBER.fullmatch(part):
        limit = float(number[1]) * (_KMH_PER_MPH if number[2] == "mph" else 1.0)
        if 1.0 <= limit <= _FASTEST_LIMIT_KMH:
            return limit
    elif zone := _ZONE_NUMBER.fullmatch(part):
        return _limit(zone[1])
    else:
        for name in (part, part.rpartition(":")[2]):
            if name in _ZONE_KMH:
                return _ZONE_KMH[name]
    raise UnknownMaxspeedError(part)


def class_speed_kmh(tags: Mapping[str, str]) -> float:
    """Return the average speed of a road's class."""
    highway = tags["highway"]
    if highway == "track":
        return _TRACK_KMH.get(tags.get("tracktype", ""), CLASS_KMH["track"])
    return CLASS_KMH[highway]


def surface_cap_kmh(tags: Mapping[str, str]) -> float:
    """Return how fast the surface lets anybody drive; infinite where it does not matter."""
    caps = (
        _SURFACE_KMH.get(tags.get("surface", "").partition(":")[0], float("inf")),
        _TRACKTYPE_KMH.get(tags.get("tracktype", ""), float("inf")),
    )
    return min(caps)


def driving_speed_kmh(*, class_kmh: float, limit_kmh: float | None, cap_kmh: float) -> float:
    """Return the average speed of a crew's truck on a road."""
    wanted = class_kmh if limit_kmh is None else SHARE_OF_LIMIT * limit_kmh
    return max(SLOWEST_KMH, min(wanted, cap_kmh))
