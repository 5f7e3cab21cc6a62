"""The causes an outage may be closed with (after the categories of IEEE 1782, in plain words)."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why supply failed, as the crew found it."""

    TREE = "tree"
    WIND = "wind"
    LIGHTNING = "lightning"
    ICE_OR_SNOW = "ice_or_snow"
    FLOOD = "flood"
    ANIMAL = "animal"
    VEHICLE = "vehicle"
    DIG_IN = "dig_in"
    VANDALISM = "vandalism"
    EQUIPMENT = "equipment"
    OVERLOAD = "overload"
    CUSTOMER = "customer"
    OTHER = "other"
    UNKNOWN = "unknown"
