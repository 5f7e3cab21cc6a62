"""One crew as others see it: what it can do today, when it may work, where it is taken to be, its jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import shapely
from geoalchemy2.shape import to_shape

from dispatch.certificates import SkillStanding, skill_standings
from dispatch.crew_places import BelievedPlace, ToldPlace, believed_place
from dispatch.crew_tables import PositionAsideRow
from dispatch.duty import (
    DutyCode,
    DutyRules,
    DutyWindow,
    Stretch,
    available_window,
    no_window,
)
from dispatch.outages import JobView, job_view
from dispatch.roster import RosterEntry, present_shift
from dispatch.tables import CrewRow, JobRow
from gis.place import Place


class CrewStatus(StrEnum):
    """In one word, what a crew is doing."""

    FREE = "free"
    BUSY = "busy"
    PAST_LIMIT = "past_limit"  # at work although its time is over: to be relieved
    RESTING = "resting"
    BEFORE_SHIFT = "before_shift"
    NO_SHIFT = "no_shift"
    OFF_DUTY = "off_duty"


@dataclass(frozen=True, slots=True)
class PositionAside:
    """The newest told position that was not believed, if one came after the last that was."""

    lon: float
    lat: float
    at: datetime
    source: str
    code: str
    values: dict[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class CrewView:
    """One crew at one moment.

    `skills` are those it holds now; `declared_skills` what it was entered with, `skill_standings` how it
    stands with each. `shift_start` and `shift_end` are the present shift, else the next, else the last.
    `works_from` and `works_until` are `duty` for those who need two times: equal where it may not work at
    all. `lon`, `lat` is what was told last; `place` where it is taken to be.
    """

    id: str
    name: str
    status: CrewStatus
    skills: tuple[str, ...]
    declared_skills: tuple[str, ...]
    skill_standings: tuple[SkillStanding, ...]
    members: int
    vehicle_kind: str
    vehicle_id: str | None
    depot_name: str | None
    depot_lon: float | None
    depot_lat: float | None
    shifts: tuple[Stretch, ...]
    shift_start: datetime
    shift_end: datetime
    duty: DutyWindow
    works_from: datetime
    works_until: datetime
    rest_until: datetime | None
    off_duty_since: datetime | None
    off_duty_because: str | None
    lon: float
    lat: float
    position_at: datetime
    position_source: str
    believed: BelievedPlace
    position_aside: PositionAside | None
    jobs: tuple[JobView, ...]

    @property
    def place(self) -> Place:
        """Return where the crew is taken to be."""
        return self.believed.place


def crew_place(row: CrewRow) -> Place:
    """Return where a crew last said it was."""
    point = to_shape(row.location)
    return Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))


def depot_place(row: CrewRow) -> Place | None:
    """Return the crew's depot, if one is on file."""
    if row.depot_lon is None or row.depot_lat is None:
        return None
    return Place(lon=row.depot_lon, lat=row.depot_lat)


def duty_of(row: CrewRow, entry: RosterEntry, *, rules: DutyRules, now: datetime) -> DutyWindow:
    """Return when a crew may work. On duty and waiting is work too; what was done after a shift counts."""
    if row.off_duty_since is not None:
        because = row.off_duty_because or ""
        values = {"since": row.off_duty_since.isoformat(), "because": because}
        return no_window(DutyCode.OFF_DUTY, values, f"off duty ({because.replace('_', ' ')})")
    worked = [*entry.shifts, *entry.jobs_done]
    return available_window(shifts=entry.shifts, worked=worked, rules=rules, now=now)


def crew_view(
    row: CrewRow, *, entry: RosterEntry, jobs: Sequence[JobRow], rules: DutyRules, now: datetime
) -> CrewView:
    """Lay everything known of a crew side by side."""
    place, depot = crew_place(row), depot_place(row)
    duty = duty_of(row, entry, rules=rules, now=now)
    shift = present_shift(entry.shifts, now) or Stretch(now, now)
    standings = skill_standings(
        declared=row.skills,
        members=entry.members,
        certificates=entry.certificates,
        today=now.astimezone(UTC).date(),
    )
    return CrewView(
        id=row.id,
        name=row.name,
        status=_status(row, duty, is_at_work=bool(jobs), now=now),
        skills=tuple(one.skill for one in standings if one.lapse is None),
        declared_skills=tuple(sorted(row.skills)),
        skill_standings=standings,
        members=entry.members,
        vehicle_kind=row.vehicle_kind,
        vehicle_id=row.vehicle_id,
        depot_name=row.depot_name,
        depot_lon=row.depot_lon,
        depot_lat=row.depot_lat,
        shifts=tuple(entry.shifts),
        shift_start=shift.start,
        shift_end=shift.end,
        duty=duty,
        works_from=duty.available_from or now,
        works_until=duty.available_until or now,
        rest_until=_rest_until(duty, rules, now),
        off_duty_since=row.off_duty_since,
        off_duty_because=row.off_duty_because,
        lon=place.lon,
        lat=place.lat,
        position_at=row.position_at,
        position_source=row.position_source,
        believed=believed_place(
            last=ToldPlace(place, row.position_at),
            depot=depot,
            depot_name=row.depot_name,
            shift_start=shift.start,
            now=now,
        ),
        position_aside=_aside(entry.aside, row),
        jobs=tuple(job_view(job) for job in jobs),
    )


def _status(row: CrewRow, duty: DutyWindow, *, is_at_work: bool, now: datetime) -> CrewStatus:
    if row.off_duty_since is not None:
        return CrewStatus.OFF_DUTY
    if duty.is_open(now):
        return CrewStatus.BUSY if is_at_work else CrewStatus.FREE
    if is_at_work:
        return CrewStatus.PAST_LIMIT
    codes = {reason.code for reason in duty.because}
    if DutyCode.RESTING in codes or DutyCode.DAY_IS_FULL in codes:
        return CrewStatus.RESTING
    return CrewStatus.BEFORE_SHIFT if DutyCode.SHIFT_STARTS in codes else CrewStatus.NO_SHIFT


def _rest_until(duty: DutyWindow, rules: DutyRules, now: datetime) -> datetime | None:
    """Return until when it must rest: after this duty if it is on, else now."""
    if duty.is_open(now) and duty.available_until is not None:
        return duty.available_until + timedelta(minutes=rules.shortest_rest_minutes)
    codes = {reason.code for reason in duty.because}
    if DutyCode.RESTING in codes or DutyCode.DAY_IS_FULL in codes:
        return duty.available_from
    return None


def _aside(row: PositionAsideRow | None, crew: CrewRow) -> PositionAside | None:
    if row is None or row.at <= crew.position_at:
        return None
    point = to_shape(row.location)
    return PositionAside(
        lon=float(shapely.get_x(point)),
        lat=float(shapely.get_y(point)),
        at=row.at,
        source=row.source,
        code=row.code,
        values=row.values,
        text=row.text,
    )
