"""What failed, as the crew found it: the part that an outage is closed with, beside its cause."""

from __future__ import annotations

from enum import StrEnum


class FailedEquipment(StrEnum):
    """The part that failed; `none` where something only switched off, as a fuse must."""

    CONDUCTOR = "conductor"
    CONNECTOR = "connector"
    INSULATOR = "insulator"
    POLE = "pole"
    CROSSARM = "crossarm"
    CABLE = "cable"
    CABLE_JOINT = "cable_joint"
    FUSE = "fuse"
    SWITCH = "switch"
    BREAKER = "breaker"
    ARRESTER = "arrester"
    TRANSFORMER = "transformer"
    PROTECTION = "protection"
    SERVICE_DROP = "service_drop"
    METER = "meter"
    NONE = "none"
    OTHER = "other"
    UNKNOWN = "unknown"
