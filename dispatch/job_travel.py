"""What a job says of the drive to it, when its crew is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from sqlalchemy.orm import Session

from dispatch.etr import USUAL_ARRIVAL_MINUTES
from dispatch.travel import UNREACHABLE, Travel
from gis.place import Place

UNKNOWN_PLACE = "unknown_place"


@dataclass(frozen=True, slots=True)
class JobTravel:
    """Minutes and source as the job keeps them, and the minutes until arrival to reckon with."""

    travel_minutes: float
    source: str
    expected_minutes: float


def job_travel(
    session: Session, *, origin: Place, destination: Place | None, travel: Travel, now: datetime
) -> JobTravel:
    """Return the drive from where the crew is; without a place, or a road to it, nothing is guessed."""
    if destination is None:
        return JobTravel(0.0, UNKNOWN_PLACE, 0.0)
    table = travel.minutes_of_pairs(session, pairs=[(origin, destination)], now=now)
    minutes = float(table.minutes[0])
    if not isfinite(minutes):
        # A person sent it all the same; nobody knows how long it takes, so the usual time is reckoned with.
        return JobTravel(0.0, UNREACHABLE, USUAL_ARRIVAL_MINUTES)
    return JobTravel(round(minutes, 1), table.source, minutes)
