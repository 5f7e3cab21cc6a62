"""For one outage, which crew is there first, and why: crews ranked by estimated arrival. Pure.

"Nearest" is the default proposal; the dispatcher decides. Plans for many outages: dispatch/planning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from math import isfinite
from typing import Any

from dispatch.duty import DutyCode, DutyWindow
from dispatch.etr import SET_OFF_MINUTES, repair_minutes
from dispatch.states import JobStatus
from gis.place import Place
from gis.travel import ROAD_FACTOR, STRAIGHT_LINE, estimate_travel

# A crew that has been on a repair longer than usual will need at least this much more.
LEAST_REMAINING_MINUTES = 10.0
# A position older than this is told: the crew may be anywhere by now.
OLD_POSITION_MINUTES = 30.0
AT_THE_DEVICE = (JobStatus.ON_SITE, JobStatus.WORKING)


@dataclass(frozen=True, slots=True)
class JobAhead:
    """A job a crew must finish first: where, what kind of device, how far it is, who waits for it."""

    outage_id: str
    status: str
    device_kind: str
    place: Place | None
    on_site_at: datetime | None
    customers: int = 0


@dataclass(frozen=True, slots=True)
class CrewFacts:
    """What the ranking needs to know of a crew; `window` is when it may work next (dispatch/duty.py).

    `is_kept_from_it`: a guest crew, and the device lies outside its area.
    """

    crew_id: str
    name: str
    skills: frozenset[str]
    window: DutyWindow
    place: Place
    position_at: datetime
    jobs_ahead: tuple[JobAhead, ...]
    is_kept_from_it: bool = False


@dataclass(frozen=True, slots=True)
class Drives:
    """How long drives take: `minutes(origin, destination)`, infinite where no way leads, and their source.

    `why` says why no way leads, as a reason.
    """

    minutes: Callable[[Place, Place], float]
    source: str = STRAIGHT_LINE
    why: Callable[[Place, Place], RankReason | None] = lambda _origin, _destination: None


@dataclass(frozen=True, slots=True)
class RankReason:
    """One reason: a code with values, so that a face can say it in any language, and the English text."""

    code: str
    values: dict[str, Any]
    text: str


class Fit(IntEnum):
    """How well a crew fits, best first."""

    FITS = 0
    SHIFT_ENDS_IN_REPAIR = 1  # it would hand over, or stay on
    DOES_NOT_FIT = 2


@dataclass(frozen=True, slots=True)
class RankedCrew:
    """A crew's place in the ranking, with its reasons. Distances in metres, times in minutes.

    `arrival_at` is after the jobs it has; `arrival_if_sent_now_at` if it drops those of `would_drop`. Both
    and `travel_minutes` are None where no road leads there. `distance_m` is the straight line, stretched
    where that is the source.
    """

    crew_id: str
    name: str
    rank: int
    fitting: bool
    fit: Fit
    arrival_at: datetime | None
    arrival_if_sent_now_at: datetime | None
    travel_minutes: float | None
    distance_m: float
    travel_source: str
    missing_skills: tuple[str, ...]
    shift_minutes_left: float
    jobs_ahead: int
    would_drop: tuple[str, ...]
    position_age_minutes: float
    reason: str
    reasons: tuple[RankReason, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The crews for one outage, best first, and why the first is not the nearest, where it is not."""

    crews: tuple[RankedCrew, ...]
    why_not_nearest: RankReason | None


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of every crew."""

    device_place: Place
    repair: float
    needed_skills: Sequence[str]
    drives: Drives
    now: datetime


@dataclass(frozen=True, slots=True)
class _Drive:
    """The way of one crew to the outage: from when and where it is free, and straight from where it is."""

    leaves_at: datetime
    minutes: float
    distance_m: float
    minutes_from_here: float
    why_not: RankReason | None

    @property
    def arrival_at(self) -> datetime | None:
        return _after(self.leaves_at, SET_OFF_MINUTES + self.minutes)


def rank_crews(
    *,
    crews: Sequence[CrewFacts],
    device_place: Place,
    device_kind: str,
    needed_skills: Sequence[str],
    drives: Drives,
    now: datetime,
    work_minutes: float | None = None,
) -> Ranking:
    """Rank crews for one outage or hazard; `work_minutes` there, where not the usual of such a device.

    RULE 1: fitting crews come first: every needed skill, a way there, no guest outside its area, at the
    device within the time they may work, and done before they must rest. Then those whose shift ends in
    mid-repair, then all others.
    RULE 2: among equals the earlier arrival wins, then the shorter way, then the id.
    """
    repair = repair_minutes(device_kind) if work_minutes is None else work_minutes
    question = _Question(device_place, repair, needed_skills, drives, now)
    driven = [(crew, _drive(crew, question)) for crew in crews]
    judged = [(_judge(crew, drive, question), drive) for crew, drive in driven]
    judged.sort(key=lambda one: _order(one[0]))
    ranked = tuple(replace(one, rank=rank) for rank, (one, _) in enumerate(judged, start=1))
    return Ranking(crews=ranked, why_not_nearest=_why_not_nearest(ranked, [one[1] for one in judged]))


def _order(one: RankedCrew) -> tuple[Any, ...]:
    is_unreachable = one.arrival_at is None
    at = one.arrival_at.timestamp() if one.arrival_at is not None else 0.0
    return one.fit, is_unreachable, at, one.distance_m, one.crew_id


def _drive(crew: CrewFacts, question: _Question) -> _Drive:
    drives, device_place = question.drives, question.device_place
    leaves_at, origin = _free(crew, drives, question.now)
    stretched_m = estimate_travel(origin=origin, destination=device_place).distance_m
    minutes = drives.minutes(origin, device_place)
    return _Drive(
        leaves_at=leaves_at,
        minutes=minutes,
        distance_m=stretched_m if drives.source == STRAIGHT_LINE else stretched_m / ROAD_FACTOR,
        minutes_from_here=drives.minutes(crew.place, device_place),
        why_not=None if isfinite(minutes) else drives.why(origin, device_place),
    )


def _judge(crew: CrewFacts, drive: _Drive, question: _Question) -> RankedCrew:
    missing = tuple(skill for skill in question.needed_skills if skill not in crew.skills)
    fit = _fit(crew, drive, question.repair, missing)
    reasons = _reasons(crew, drive, fit, question)
    until = crew.window.available_until
    begins = max(question.now, crew.window.available_from or question.now)
    return RankedCrew(
        crew_id=crew.crew_id,
        name=crew.name,
        rank=0,
        fitting=fit is not Fit.DOES_NOT_FIT,
        fit=fit,
        arrival_at=drive.arrival_at,
        arrival_if_sent_now_at=_after(begins, SET_OFF_MINUTES + drive.minutes_from_here),
        travel_minutes=round(drive.minutes, 1) if isfinite(drive.minutes) else None,
        distance_m=round(drive.distance_m),
        travel_source=question.drives.source,
        missing_skills=missing,
        shift_minutes_left=round((until - begins).total_seconds() / 60) if until else 0,
        jobs_ahead=len(crew.jobs_ahead),
        would_drop=tuple(job.outage_id for job in crew.jobs_ahead),
        position_age_minutes=round(_age_minutes(crew, question.now), 1),
        reason="; ".join(reason.text for reason in reasons),
        reasons=tuple(reasons),
    )


def _fit(crew: CrewFacts, drive: _Drive, repair: float, missing: Sequence[str]) -> Fit:
    arrival_at, until = drive.arrival_at, crew.window.available_until
    if crew.is_kept_from_it or missing or arrival_at is None or until is None or arrival_at >= until:
        return Fit.DOES_NOT_FIT
    if arrival_at + timedelta(minutes=repair) <= until:
        return Fit.FITS
    # Rest is a hard limit; a shift that ends can be handed over.
    is_shift = any(one.code == DutyCode.SHIFT_ENDS for one in crew.window.because)
    return Fit.SHIFT_ENDS_IN_REPAIR if is_shift else Fit.DOES_NOT_FIT


def _free(crew: CrewFacts, drives: Drives, now: datetime) -> tuple[datetime, Place]:
    """Return when and where the crew is free, after the jobs it has, in the order it got them."""
    at, place = max(now, crew.window.available_from or now), crew.place
    for job in crew.jobs_ahead:
        usual = repair_minutes(job.device_kind)
        if job.status in AT_THE_DEVICE and job.on_site_at is not None:
            done = (now - job.on_site_at).total_seconds() / 60
            at += timedelta(minutes=max(LEAST_REMAINING_MINUTES, usual - done))
        elif job.place is not None:
            at += timedelta(minutes=_leg(place, job.place, drives) + usual)
        else:
            at += timedelta(minutes=usual)
        place = job.place or place
    return at, place


def _leg(origin: Place, destination: Place, drives: Drives) -> float:
    minutes = drives.minutes(origin, destination)
    if isfinite(minutes):
        return minutes
    # It was sent there and is on its way, whatever the map of roads says.
    return estimate_travel(origin=origin, destination=destination).travel_minutes


def _after(at: datetime, minutes: float) -> datetime | None:
    return at + timedelta(minutes=minutes) if isfinite(minutes) else None


def _age_minutes(crew: CrewFacts, now: datetime) -> float:
    return max(0.0, (now - crew.position_at).total_seconds() / 60)


def _reasons(crew: CrewFacts, drive: _Drive, fit: Fit, question: _Question) -> list[RankReason]:
    needed, now = list(question.needed_skills), question.now
    missing = [skill for skill in needed if skill not in crew.skills]
    reasons = [_travel_reason(drive, question.drives.source)]
    if crew.is_kept_from_it:
        reasons.append(RankReason("outside_guest_area", {}, "outside the area of this guest crew"))
    if missing:
        reasons.append(RankReason("skill_missing", {"skills": missing}, f"lacks {', '.join(missing)}"))
    elif needed:
        reasons.append(RankReason("skill_present", {"skills": needed}, f"has {', '.join(needed)}"))
    reasons.append(_window_reason(crew.window, now))
    if fit is Fit.SHIFT_ENDS_IN_REPAIR:
        reasons.append(RankReason("ends_in_repair", {}, "shift ends in mid-repair"))
    reasons.append(_load_reason(crew))
    age = _age_minutes(crew, now)
    if age > OLD_POSITION_MINUTES:
        minutes = round(age)
        reasons.append(RankReason("position_old", {"minutes": minutes}, f"position {minutes} min old"))
    return reasons


def _travel_reason(drive: _Drive, source: str) -> RankReason:
    if not isfinite(drive.minutes):
        return drive.why_not or RankReason("unreachable", {}, "cannot be reached")
    distance_km, minutes = drive.distance_m / 1000, drive.minutes
    return RankReason(
        code="travel" if source == STRAIGHT_LINE else "travel_by_road",
        values={
            "distance_km": round(distance_km, 1),
            "travel_minutes": round(minutes),
            "source": source,
        },
        text=f"{distance_km:.1f} km, {minutes:.0f} min drive ({source.replace('_', ' ')})",
    )


def _load_reason(crew: CrewFacts) -> RankReason:
    ahead = len(crew.jobs_ahead)
    if not ahead:
        return RankReason("load", {"jobs_ahead": 0}, "free")
    customers = sum(job.customers for job in crew.jobs_ahead)
    values = {
        "jobs_ahead": ahead,
        "outages": [job.outage_id for job in crew.jobs_ahead],
        "customers": customers,
    }
    text = f"{ahead} job{'s' if ahead > 1 else ''} ahead, for {customers} customers"
    return RankReason("load", values, text)


def _window_reason(window: DutyWindow, now: datetime) -> RankReason:
    """Say when the crew may work: what puts off its begin, else what ends it."""
    if window.available_from is None or window.available_until is None:
        return RankReason("no_shift", {}, window.text)
    codes = {one.code for one in window.because}
    if window.available_from > now:
        minutes = round((window.available_from - now).total_seconds() / 60)
        if codes & {DutyCode.RESTING, DutyCode.DAY_IS_FULL}:
            return RankReason("must_rest", {"minutes": minutes}, f"must rest for {minutes} min yet")
        return RankReason("shift_starts", {"minutes": minutes}, f"shift starts in {minutes} min")
    minutes = round((window.available_until - now).total_seconds() / 60)
    if DutyCode.SHIFT_ENDS in codes:
        return RankReason("shift_left", {"minutes": minutes}, f"{minutes} min of shift left")
    return RankReason("rest_due", {"minutes": minutes}, f"must rest in {minutes} min")


def _why_not_nearest(ranked: Sequence[RankedCrew], drives: Sequence[_Drive]) -> RankReason | None:
    """Say in one line why the first choice is not the crew with the shortest drive from where it is now."""
    reached = [number for number, drive in enumerate(drives) if isfinite(drive.minutes_from_here)]
    if not ranked or not reached:
        return None
    nearest = ranked[min(reached, key=lambda number: (drives[number].minutes_from_here, number))]
    first = ranked[0]
    # A crew that drives as long is as near.
    if drives[0].minutes_from_here <= drives[nearest.rank - 1].minutes_from_here:
        return None
    return _why_not(nearest, first, minutes=round(drives[nearest.rank - 1].minutes_from_here))


def _why_not(nearest: RankedCrew, first: RankedCrew, *, minutes: int) -> RankReason:
    values: dict[str, Any] = {"crew": nearest.name, "travel_minutes": minutes}
    code, says = "nearest_off_duty", "may not work long enough"
    if nearest.missing_skills:
        skills = list(nearest.missing_skills)
        values["skills"] = skills
        code, says = "nearest_lacks_skill", f"lacks {', '.join(skills)}"
    elif nearest.fit is Fit.SHIFT_ENDS_IN_REPAIR and first.fit is Fit.FITS:
        code, says = "nearest_ends_in_repair", "its shift ends in mid-repair"
    elif nearest.fit is first.fit and nearest.arrival_at is not None and first.arrival_at is not None:
        later = round((nearest.arrival_at - first.arrival_at).total_seconds() / 60)
        values["minutes"] = later
        code, says = "nearest_starts_later", f"would be there {later} min later"
        if nearest.jobs_ahead:
            values["jobs_ahead"] = nearest.jobs_ahead
            code = "nearest_is_busy"
            says = f"has {nearest.jobs_ahead} to do first and would be there {later} min later"
    return RankReason(code, values, f"{nearest.name} is nearest ({minutes} min), but {says}")
