"""Why a crew is taken off duty: a code, so that nobody writes a person's illness into the log. Pure."""

from __future__ import annotations

from enum import StrEnum


class OffDuty(StrEnum):
    """The reasons that a desk may give."""

    STOOD_DOWN = "stood_down"
    PEOPLE_MISSING = "people_missing"
    VEHICLE_DEFECT = "vehicle_defect"
    TRAINING = "training"
    OTHER = "other"
