"""The words of hazards: kinds, how far the answer has come, who may stand guard, how one ends. Pure."""

from __future__ import annotations

from enum import StrEnum


class HazardKind(StrEnum):
    """What endangers people."""

    WIRE_DOWN = "wire_down"
    FIRE = "fire"
    SMOKE = "smoke"
    BURNING_SMELL = "burning_smell"
    TREE_ON_LINE = "tree_on_line"
    BLOCKED_ROAD = "blocked_road"
    OTHER = "other"


class HazardStatus(StrEnum):
    """How far the answer has come."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"  # somebody at the desk has taken it on
    ATTENDED = "attended"  # somebody of ours stands there
    MADE_SAFE = "made_safe"  # nobody can come to harm any more
    CLOSED = "closed"  # with evidence


class Authority(StrEnum):
    """Who of others stands guard at a hazard until we come."""

    POLICE = "police"
    FIRE_BRIGADE = "fire_brigade"
    OTHER = "other"


class HazardOutcome(StrEnum):
    """How a hazard ended, as whoever was there found it."""

    MADE_SAFE = "made_safe"
    NOTHING_FOUND = "nothing_found"
    NOT_OURS = "not_ours"  # a telephone wire, or another owner's
