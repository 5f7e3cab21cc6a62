"""What may be found broken, as a crew counts it. Pure."""

from __future__ import annotations

from enum import StrEnum


class DamageKind(StrEnum):
    """A broken part, or what broke it and must be cleared first."""

    POLE = "pole"
    CROSSARM = "crossarm"
    INSULATOR = "insulator"
    CONDUCTOR = "conductor"
    CABLE = "cable"
    JOINT = "joint"
    TRANSFORMER = "transformer"
    SWITCHGEAR = "switchgear"
    FUSE = "fuse"
    SERVICE_LINE = "service_line"
    METER = "meter"
    TREE = "tree"
    OTHER = "other"
