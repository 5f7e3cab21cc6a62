"""For one outage, which crew is there first, and why: crews ranked by estimated arrival. Pure.

"Nearest" is the default proposal; the dispatcher decides. Step 6 brings roads and plans for many outages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.etr import SET_OFF_MINUTES, repair_minutes
from dispatch.states import JobStatus
from gis.place import Place
from gis.travel import TravelEstimate, estimate_travel

# A crew that has been on a repair longer than usual will need at least this much more.
LEAST_REMAINING_MINUTES = 10.0
_AT_THE_DEVICE = (JobStatus.ON_SITE, JobStatus.WORKING)


@dataclass(frozen=True, slots=True)
class JobAhead:
    """A job a crew must finish first: where, what kind of device, how far it is."""

    outage_id: str
    status: str
    device_kind: str
    place: Place | None
    on_site_at: datetime | None


@dataclass(frozen=True, slots=True)
class CrewFacts:
    """What the ranking needs to know of a crew."""

    crew_id: str
    name: str
    skills: frozenset[str]
    shift_start: datetime
    shift_end: datetime
    place: Place
    position_at: datetime
    jobs_ahead: tuple[JobAhead, ...]


@dataclass(frozen=True, slots=True)
class RankReason:
    """One reason: a code with values, so that a face can say it in any language, and the English text."""

    code: str
    values: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class RankedCrew:
    """A crew's place in the ranking, with its reasons. Distances in metres, times in minutes."""

    crew_id: str
    name: str
    rank: int
    fitting: bool
    arrival_at: datetime
    travel_minutes: float
    distance_m: float
    travel_source: str
    missing_skills: tuple[str, ...]
    shift_minutes_left: float
    jobs_ahead: int
    position_age_minutes: float
    reason: str
    reasons: tuple[RankReason, ...]


def rank_crews(
    *, crews: Sequence[CrewFacts], device_place: Place, needed_skills: Sequence[str], now: datetime
) -> list[RankedCrew]:
    """Rank crews for one outage.

    RULE 1: fitting crews come first: every needed skill, and at the device before the shift ends.
    RULE 2: among equals the earlier arrival wins, then the shorter way, then the id.
    """
    judged = [_judge(crew, device_place, needed_skills, now) for crew in crews]
    judged.sort(key=lambda one: (not one.fitting, one.arrival_at, one.distance_m, one.crew_id))
    return [replace(one, rank=rank) for rank, one in enumerate(judged, start=1)]


def _judge(crew: CrewFacts, device_place: Place, needed_skills: Sequence[str], now: datetime) -> RankedCrew:
    leaves_at, origin = _free(crew, now)
    travel = estimate_travel(origin=origin, destination=device_place)
    arrival_at = leaves_at + timedelta(minutes=SET_OFF_MINUTES + travel.travel_minutes)
    missing = tuple(skill for skill in needed_skills if skill not in crew.skills)
    shift_minutes_left = max(0.0, (crew.shift_end - max(now, crew.shift_start)).total_seconds() / 60)
    reasons = _reasons(crew, travel, missing, needed_skills, now)
    return RankedCrew(
        crew_id=crew.crew_id,
        name=crew.name,
        rank=0,
        fitting=not missing and arrival_at < crew.shift_end,
        arrival_at=arrival_at,
        travel_minutes=round(travel.travel_minutes, 1),
        distance_m=round(travel.distance_m),
        travel_source=travel.source,
        missing_skills=missing,
        shift_minutes_left=round(shift_minutes_left),
        jobs_ahead=len(crew.jobs_ahead),
        position_age_minutes=round(max(0.0, (now - crew.position_at).total_seconds() / 60), 1),
        reason="; ".join(reason.text for reason in reasons),
        reasons=tuple(reasons),
    )


def _free(crew: CrewFacts, now: datetime) -> tuple[datetime, Place]:
    """Return when and where the crew is free, after the jobs it has, in the order it got them."""
    at, place = max(now, crew.shift_start), crew.place
    for job in crew.jobs_ahead:
        usual = repair_minutes(job.device_kind)
        if job.status in _AT_THE_DEVICE and job.on_site_at is not None:
            done = (now - job.on_site_at).total_seconds() / 60
            at += timedelta(minutes=max(LEAST_REMAINING_MINUTES, usual - done))
        elif job.place is not None:
            travel = estimate_travel(origin=place, destination=job.place)
            at += timedelta(minutes=travel.travel_minutes + usual)
        else:
            at += timedelta(minutes=usual)
        place = job.place or place
    return at, place


def _reasons(
    crew: CrewFacts, travel: TravelEstimate, missing: Sequence[str], needed: Sequence[str], now: datetime
) -> list[RankReason]:
    distance_km, minutes = travel.distance_m / 1000, travel.travel_minutes
    reasons = [
        RankReason(
            code="travel",
            values={
                "distance_km": round(distance_km, 1),
                "travel_minutes": round(minutes),
                "source": travel.source,
            },
            text=f"{distance_km:.1f} km, {minutes:.0f} min drive ({travel.source.replace('_', ' ')})",
        )
    ]
    if missing:
        named = ", ".join(missing)
        reasons.append(
            RankReason(code="skill_missing", values={"skills": list(missing)}, text=f"lacks {named}")
        )
    elif needed:
        reasons.append(
            RankReason(code="skill_present", values={"skills": list(needed)}, text=f"has {', '.join(needed)}")
        )
    reasons.append(_shift_reason(crew, now))
    ahead = len(crew.jobs_ahead)
    load = f"{ahead} job{'s' if ahead > 1 else ''} ahead" if ahead else "free"
    reasons.append(RankReason(code="load", values={"jobs_ahead": ahead}, text=load))
    return reasons


def _shift_reason(crew: CrewFacts, now: datetime) -> RankReason:
    if now < crew.shift_start:
        minutes = round((crew.shift_start - now).total_seconds() / 60)
        return RankReason("shift_starts", {"minutes": minutes}, f"shift starts in {minutes} min")
    minutes = round((crew.shift_end - now).total_seconds() / 60)
    if minutes <= 0:
        return RankReason("shift_over", {"minutes": -minutes}, f"shift ended {-minutes} min ago")
    return RankReason("shift_left", {"minutes": minutes}, f"{minutes} min of shift left")
