"""Who may drive on a road, which way, and past which barriers, as tagged in OpenStreetMap.

Rule 1: the most specific key decides: motorcar, motor_vehicle, vehicle, access (wiki "Key:access").
Rule 2: `no` and its like are closed. `private`, `destination`, `forestry` and their like are by permission:
a utility's crew reaches its own plant there, but takes no short cut through them (`TravelGraph`).
Rule 3: motorways, their links and roundabouts are one-way unless they say otherwise (wiki "Key:oneway").
Rule 4: a barrier closes a road unless it is one that opens; its own access tags come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

_ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_OPEN = frozenset({"yes", "permissive", "designated", "official", "public", "discouraged", "unknown"})
_BY_PERMISSION = frozenset(
    {"private", "permit", "destination", "customers", "delivery", "residents", "agricultural", "forestry"}
)
_CLOSED = frozenset({"no", "emergency", "psv", "bus", "military", "use_sidepath", "impassable"})

_ONE_WAY = frozenset({"yes", "true", "1"})
_AGAINST = frozenset({"-1", "reverse"})
_BOTH_WAYS = frozenset({"no", "false", "0", "alternating"})
_REVERSIBLE = frozenset({"reversible"})
_ONE_WAY_JUNCTIONS = frozenset({"roundabout", "circular"})
_ONE_WAY_CLASSES = frozenset({"motorway", "motorway_link"})

# Barriers that a vehicle passes, opened or as they are (wiki "Key:barrier").
_PASSABLE_BARRIERS = frozenset(
    {
        "border_control",
        "cattle_grid",
        "entrance",
        "gate",
        "height_restrictor",
        "hampshire_gate",
        "kerb",
        "lift_gate",
        "no",
        "open",
        "rumble_strip",
        "sally_port",
        "sliding_gate",
        "speed_bump",
        "swing_gate",
        "toll_booth",
    }
)


class Access(StrEnum):
    """Who may drive: everybody, those with permission, nobody."""

    OPEN = "open"
    BY_PERMISSION = "by_permission"
    CLOSED = "closed"


class Direction(StrEnum):
    """Which way a road is driven, seen along its nodes."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"
    REVERSIBLE = "reversible"


class UnknownTagValueError(ValueError):
    """A value of a tag that these rules do not know."""


def access_of(tags: Mapping[str, str]) -> Access:
    """Return who may drive here; UnknownTagValueError for a value that says nothing of the kind."""
    for key in _ACCESS_KEYS:
        if value := tags.get(key):
            return _access(value)
    return Access.OPEN


def _access(value: str) -> Access:
    # Of several values the widest counts: `agricultural;forestry`, `no;destination`.
    known = []
    for part in value.lower().split(";"):
        if part.strip() in _OPEN:
            known.append(Access.OPEN)
        elif part.strip() in _BY_PERMISSION:
            known.append(Access.BY_PERMISSION)
        elif part.strip() in _CLOSED:
            known.append(Access.CLOSED)
    for access in Access:
        if access in known:
            return access
    raise UnknownTagValueError(value)


def direction_of(tags: Mapping[str, str]) -> Direction:
    """Return which way a road is driven; UnknownTagValueError for a `oneway` that says no direction."""
    value = tags.get("oneway:motor_vehicle", tags.get("oneway:vehicle", tags.get("oneway", ""))).lower()
    if value in _ONE_WAY:
        return Direction.FORWARD
    if value in _AGAINST:
        return Direction.BACKWARD
    if value in _REVERSIBLE:
        return Direction.REVERSIBLE
    if value in _BOTH_WAYS:
        return Direction.BOTH
    if value:
        raise UnknownTagValueError(value)
    implied = tags.get("junction") in _ONE_WAY_JUNCTIONS or tags.get("highway") in _ONE_WAY_CLASSES
    return Direction.FORWARD if implied else Direction.BOTH


def is_blocked(tags: Mapping[str, str]) -> bool:
    """Return whether a barrier at this point of a road stops a truck."""
    barrier = tags.get("barrier")
    if not barrier:
        return False
    try:
        if any(tags.get(key) for key in _ACCESS_KEYS):
            return access_of(tags) is Access.CLOSED
    except UnknownTagValueError:
        pass
    return barrier not in _PASSABLE_BARRIERS
