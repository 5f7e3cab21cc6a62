"""What a crew can do, and what the repair of each kind of device takes. Pure."""

from __future__ import annotations

from enum import StrEnum


class Skill(StrEnum):
    """A certified ability of a crew."""

    SWITCHING = "switching"
    LINE = "line"
    CABLE = "cable"
    TRANSFORMER = "transformer"
    SUBSTATION = "substation"
    LOW_VOLTAGE = "low_voltage"


_NEEDED = {
    "breaker": (Skill.SWITCHING,),
    "recloser": (Skill.SWITCHING,),
    "sectionalizer": (Skill.SWITCHING,),
    "switch": (Skill.SWITCHING,),
    "disconnector": (Skill.SWITCHING,),
    "fuse": (Skill.LINE,),
    "overhead": (Skill.LINE,),
    "underground": (Skill.CABLE,),
    "distribution": (Skill.TRANSFORMER,),
    "regulator": (Skill.TRANSFORMER,),
    "station": (Skill.SUBSTATION,),
    "service_point": (Skill.LOW_VOLTAGE,),
}


def needed_skills(device_kind: str) -> tuple[Skill, ...]:
    """Return the skills that the repair of such a device takes."""
    return _NEEDED.get(device_kind, ())
