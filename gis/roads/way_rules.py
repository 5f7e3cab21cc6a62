"""What one way of an OpenStreetMap file means for driving: its speeds each way, or why it is not driven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gis.roads.access import Access, Direction, UnknownTagValueError, access_of, direction_of
from gis.roads.speeds import (
    UnknownMaxspeedError,
    class_speed_kmh,
    driving_speed_kmh,
    speed_limit_kmh,
    surface_cap_kmh,
)

NOT_DRIVEN = 0.0


class Doubt(StrEnum):
    """What about a way was not understood, and how it was taken."""

    MAXSPEED = "unknown_maxspeed"
    ONEWAY = "unknown_oneway"
    ACCESS = "unknown_access"
    REVERSIBLE = "reversible"


@dataclass(frozen=True, slots=True)
class WayRules:
    """How a way is driven: km/h along its nodes and against them (0: not driven), and what was in doubt."""

    forward_kmh: float
    backward_kmh: float
    by_permission: bool
    doubts: tuple[tuple[Doubt, str], ...] = ()

    @property
    def is_driven(self) -> bool:
        """Return whether anybody may drive here at all."""
        return self.forward_kmh > 0 or self.backward_kmh > 0


def way_rules(tags: Mapping[str, str]) -> WayRules:
    """Return how a way is driven; its `highway` is one of `speeds.CLASS_KMH`."""
    doubts: list[tuple[Doubt, str]] = []
    access, direction = _access(tags, doubts), _direction(tags, doubts)
    if access is Access.CLOSED or direction is Direction.REVERSIBLE or tags.get("area") == "yes":
        return WayRules(NOT_DRIVEN, NOT_DRIVEN, by_permission=False, doubts=tuple(doubts))
    forward_kmh, backward_kmh = (
        driving_speed_kmh(
            class_kmh=class_speed_kmh(tags),
            limit_kmh=_limit(tags, f"maxspeed:{way}", doubts),
            cap_kmh=surface_cap_kmh(tags),
        )
        for way in ("forward", "backward")
    )
    return WayRules(
        forward_kmh=NOT_DRIVEN if direction is Direction.BACKWARD else forward_kmh,
        backward_kmh=NOT_DRIVEN if direction is Direction.FORWARD else backward_kmh,
        by_permission=access is Access.BY_PERMISSION,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _access(tags: Mapping[str, str], doubts: list[tuple[Doubt, str]]) -> Access:
    try:
        return access_of(tags)
    except UnknownTagValueError as error:
        doubts.append((Doubt.ACCESS, str(error)))
        return Access.BY_PERMISSION


def _direction(tags: Mapping[str, str], doubts: list[tuple[Doubt, str]]) -> Direction:
    try:
        direction = direction_of(tags)
    except UnknownTagValueError as error:
        doubts.append((Doubt.ONEWAY, str(error)))
        return Direction.BOTH
    if direction is Direction.REVERSIBLE:
        doubts.append((Doubt.REVERSIBLE, "reversible"))
    return direction


def _limit(tags: Mapping[str, str], key: str, doubts: list[tuple[Doubt, str]]) -> float | None:
    value = tags.get(key) or tags.get("maxspeed")
    if not value:
        return None
    try:
        return speed_limit_kmh(value)
    except UnknownMaxspeedError:
        doubts.append((Doubt.MAXSPEED, value))
        return None
