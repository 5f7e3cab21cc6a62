"""Who may be planned with: crews with time left, from where and when on, until when. Pure.

RULE 1: shift and rest are one hard limit (dispatch/duty.py); a crew that may not work at all is not there.
RULE 2: a crew that stands at its work is where that is, whatever its phone said last.
RULE 3: who was sent ahead of a shift is at it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dispatch.crews import CrewView
from dispatch.planned_work import AT_THE_DEVICE, PlannedWork
from gis.place import Place


@dataclass(frozen=True, slots=True)
class CrewOnDuty:
    """A crew that may work, or is at it: from where, from when until when."""

    crew: CrewView
    place: Place
    available_from: datetime
    available_until: datetime


def crews_on_duty(
    crews: Iterable[CrewView],
    under_way: Mapping[str, PlannedWork],
    now: datetime,
) -> list[CrewOnDuty]:
    """Return the crews that have time left; what others still do is planned for those (problem, rule 3b)."""
    found = []
    for crew in crews:
        # Shift and rest as one hard limit (dispatch/duty.py): equal times where it may not work at all.
        if crew.works_until <= now:
            continue
        first, place = under_way.get(crew.id), crew.place
        if first is not None and first.job is not None and first.job.status in AT_THE_DEVICE:
            place = first.place or place
        # A crew that was sent ahead of its shift is at it already.
        begins = now if first is not None else max(now, crew.works_from)
        found.append(
            CrewOnDuty(crew=crew, place=place, available_from=begins, available_until=crew.works_until)
        )
    return found
