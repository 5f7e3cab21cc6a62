"""Assessment before repair: what somebody who looked found broken, and what the repair therefore takes.

RULE 1: a report is kept as it was sent; a correction replaces it for every use, and both stay.
RULE 2: of several reports on one outage (two crews looked at two ends) the longest repair and all skills
    count: the outage is over when the last of them is done.
RULE 3: what was assessed takes the place of the usual figures of the kind of device, in ETR and plan. A time
    that a crew at work or a dispatcher promised stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author, phone_clock, record
from dispatch.damage_kinds import DamageKind
from dispatch.errors import Because, Conflict, InvalidInput, NotYours, UnknownThing
from dispatch.etr import etr_as_assessed, repair_minutes
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import say_etr
from dispatch.events import Event
from dispatch.hazard_tables import DamageReportRow, PhotoRow, damage_number
from dispatch.intake import LATEST_AHEAD
from dispatch.outages import outage_row
from dispatch.photos import attach_photos
from dispatch.skills import Skill, needed_skills
from dispatch.states import OVER_OUTAGE_STATUSES, JobKind, JobStatus
from dispatch.tables import JobRow, OutageRow

ASSESSED: Final = "assessed"
DEVICE_KIND: Final = "device_kind"
LONGEST_REPAIR_MINUTES = 60 * 24 * 14.0
MOST_OF_A_KIND = 1000


@dataclass(frozen=True, slots=True)
class DamageItem:
    """So many parts of a kind are broken."""

    kind: DamageKind
    count: int


@dataclass(frozen=True, slots=True)
class DamageFound:
    """What somebody reports; `photos` are ids of photos sent before, `replaces` the report it corrects.

    `phone_at` is what the phone's own clock showed; `occurred_at` is that, set right by Relight's.
    """

    items: tuple[DamageItem, ...]
    skills: tuple[str, ...]
    repair_minutes: float
    is_access_blocked: bool
    occurred_at: datetime
    client_event_id: str
    access: str | None = None
    note: str | None = None
    photos: tuple[str, ...] = ()
    replaces: str | None = None
    phone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DamageReport:
    """A report as it is kept. `replaced_by` is the correction that counts in its place."""

    id: str
    outage_id: str
    job_id: str | None
    reported_by: str
    occurred_at: datetime
    received_at: datetime
    items: tuple[DamageItem, ...]
    skills: tuple[str, ...]
    repair_minutes: float
    is_access_blocked: bool
    access: str | None
    note: str | None
    photos: tuple[str, ...]
    replaces: str | None
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class RepairForecast:
    """How long the repair takes at the place and what it needs; `assessed_at` is None for usual figures."""

    minutes: float
    skills: frozenset[str]
    source: str
    assessed_at: datetime | None


def repair_forecast(session: Session, outage_id: str) -> RepairForecast:
    """Return what the repair of an outage takes: as assessed, else as usual for its kind of device."""
    outage = outage_row(session, outage_id=outage_id)
    return repair_forecasts(session, device_kinds={outage_id: outage.device_kind})[outage_id]


def repair_forecasts(session: Session, *, device_kinds: dict[str, str]) -> dict[str, RepairForecast]:
    """Return the forecast of many outages at once; `device_kinds` is outage id → kind of its device."""
    reports: dict[str, list[DamageReportRow]] = defaultdict(list)
    for row in _rows(session, device_kinds.keys()):
        reports[row.outage_id].append(row)
    return {id: _forecast(kind, _in_force(reports[id])) for id, kind in device_kinds.items()}


def damage_reports(session: Session, *, outage_id: str) -> list[DamageReport]:
    """Return the reports on an outage, corrected ones too, oldest first."""
    outage_row(session, outage_id=outage_id)
    rows = _rows(session, [outage_id])
    replaced_by = {row.replaces: row.id for row in rows if row.replaces is not None}
    photos: dict[str, list[str]] = defaultdict(list)
    query = select(PhotoRow.damage_report_id, PhotoRow.id).where(
        PhotoRow.damage_report_id.in_([row.id for row in rows])
    )
    for report_id, photo_id in session.execute(query.order_by(PhotoRow.received_at, PhotoRow.id)):
        photos[report_id or ""].append(photo_id)
    return [_view(row, tuple(photos[row.id]), replaced_by.get(row.id)) for row in rows]


def report_damage(
    session: Session,
    *,
    outage_id: str,
    found: DamageFound,
    crew_id: str | None,
    actor: str,
    now: datetime,
) -> DamageReport:
    """Keep a report, whole with its photos, and bring the ETR up to it; sent again it is still one.

    A crew (`crew_id`) reports on outages that it has, or had, a job on. Raises UnknownThing, NotYours,
    InvalidInput, Conflict.
    """
    query = select(DamageReportRow).where(DamageReportRow.client_event_id == found.client_event_id)
    known = session.scalar(query)
    if known is not None:
        if known.outage_id != outage_id:
            text = f"The event id {found.client_event_id!r} was used for something else before."
            raise Conflict(text)
        return _one(session, known)
    outage = outage_row(session, outage_id=outage_id)
    # A crew without signal tells later what it saw while the outage was open: that is kept, as evidence.
    was_open = outage.closed_at is not None and found.occurred_at < outage.closed_at
    if outage.status in OVER_OUTAGE_STATUSES and not was_open:
        raise Conflict(f"Outage {outage_id} is {outage.status}; there is nothing left to assess.")
    job = _own_job(session, outage_id=outage_id, crew_id=crew_id)
    _check(session, outage_id=outage_id, found=found, now=now)
    row = _keep(session, outage_id=outage_id, found=found, job=job, actor=crew_id or actor, now=now)
    attach_photos(session, ids=found.photos, sender=actor, hazard_id=None, damage_report_id=row.id)
    values = {"repair_minutes": row.repair_minutes, "skills": row.skills, "items": row.items}
    record(
        session,
        name=Event.DAMAGE_REPORTED,
        subject=f"damage:{row.id}",
        outage=outage,
        author=Author(
            actor=actor, now=now, occurred_at=found.occurred_at, client_event_id=found.client_event_id
        ),
        data={
            "values": {field: {"old": None, "new": value} for field, value in values.items()},
            "replaces": found.replaces,
            "photos": len(found.photos),
            **phone_clock(found.phone_at),
        },
    )
    _assessed_etr(session, outage=outage, now=now)
    return _one(session, row)


def _keep(
    session: Session, *, outage_id: str, found: DamageFound, job: JobRow | None, actor: str, now: datetime
) -> DamageReportRow:
    row = DamageReportRow(
        id=f"D-{session.scalars(select(damage_number.next_value())).one()}",
        outage_id=outage_id,
        job_id=job.id if job is not None else None,
        reported_by=actor,
        occurred_at=found.occurred_at,
        received_at=now,
        replaces=found.replaces,
        items=[asdict(item) for item in found.items],
        skills=sorted(set(found.skills)),
        repair_minutes=found.repair_minutes,
        is_access_blocked=found.is_access_blocked,
        access=found.access,
        note=found.note,
        client_event_id=found.client_event_id,
    )
    session.add(row)
    session.flush()
    return row


def _check(session: Session, *, outage_id: str, found: DamageFound, now: datetime) -> None:
    if found.occurred_at > now + LATEST_AHEAD:
        text = f"{found.occurred_at.isoformat()} lies in the future"
        raise InvalidInput(field="occurred_at", text=text, because=Because.HAPPENED_IN_FUTURE)
    if not 0 < found.repair_minutes <= LONGEST_REPAIR_MINUTES:
        text = f"must be above 0 and at most {LONGEST_REPAIR_MINUTES:.0f} minutes"
        raise InvalidInput(field="repair_minutes", text=text)
    if not found.items and not found.note:
        raise InvalidInput(field="items", text="say what is broken, or that nothing is, in `note`")
    unknown = sorted(set(found.skills) - set(Skill))
    if unknown:
        raise InvalidInput(field="skills", text=f"{', '.join(unknown)} is none of {', '.join(Skill)}")
    for item in found.items:
        if not 0 < item.count <= MOST_OF_A_KIND:
            raise InvalidInput(field="items", text=f"a count must be from 1 to {MOST_OF_A_KIND}")
    if found.replaces is None:
        return
    replaced = session.get(DamageReportRow, found.replaces)
    if replaced is None or replaced.outage_id != outage_id:
        raise UnknownThing(kind=f"damage report of outage {outage_id}", id=found.replaces)
    query = select(DamageReportRow.id).where(DamageReportRow.replaces == found.replaces)
    newer = session.scalar(query)
    if newer is not None:
        raise Conflict(f"Report {found.replaces} was corrected before; correct {newer} instead.")


def _own_job(session: Session, *, outage_id: str, crew_id: str | None) -> JobRow | None:
    if crew_id is None:
        return None
    query = select(JobRow).where(JobRow.outage_id == outage_id, JobRow.crew_id == crew_id)
    job = session.scalars(query.order_by(JobRow.assigned_at.desc(), JobRow.id.desc()).limit(1)).first()
    if job is None:
        raise NotYours(f"Outage {outage_id} is not a job of crew {crew_id}.")
    return job


def _assessed_etr(session: Session, *, outage: OutageRow, now: datetime) -> None:
    """Say when it will be done by what was assessed (rule 3); a person's word speaks before it."""
    forecast = repair_forecast(session, outage.id)
    if outage.restored_at is not None or forecast.assessed_at is None:
        return
    query = select(JobRow).where(
        JobRow.outage_id == outage.id, JobRow.kind == JobKind.REPAIR, JobRow.ended_at.is_(None)
    )
    job = session.scalars(query.order_by(JobRow.assigned_at, JobRow.id).limit(1)).first()
    is_there = job is not None and job.status in (JobStatus.ON_SITE, JobStatus.WORKING)
    etr = etr_as_assessed(
        minutes=forecast.minutes,
        now=now,
        on_site_at=job.on_site_at if job is not None and is_there else None,
        assigned_at=job.assigned_at if job is not None else None,
        travel_minutes=job.travel_minutes if job is not None else None,
    )
    author = Author(actor=ENGINE, now=now)
    say_etr(session, outage=outage, etr=etr, because=EtrBecause.ASSESSED, author=author)


def _rows(session: Session, outage_ids: Collection[str]) -> Sequence[DamageReportRow]:
    query = select(DamageReportRow).where(DamageReportRow.outage_id.in_(list(outage_ids)))
    return session.scalars(query.order_by(DamageReportRow.received_at, DamageReportRow.id)).all()


def _in_force(rows: Sequence[DamageReportRow]) -> list[DamageReportRow]:
    replaced = {row.replaces for row in rows}
    return [row for row in rows if row.id not in replaced]


def _forecast(device_kind: str, rows: Sequence[DamageReportRow]) -> RepairForecast:
    if not rows:
        usual, skills = repair_minutes(device_kind), frozenset(str(one) for one in needed_skills(device_kind))
        return RepairForecast(minutes=usual, skills=skills, source=DEVICE_KIND, assessed_at=None)
    return RepairForecast(
        minutes=max(row.repair_minutes for row in rows),
        skills=frozenset(skill for row in rows for skill in row.skills),
        source=ASSESSED,
        assessed_at=max(row.occurred_at for row in rows),
    )


def _one(session: Session, row: DamageReportRow) -> DamageReport:
    return next(one for one in damage_reports(session, outage_id=row.outage_id) if one.id == row.id)


def _view(row: DamageReportRow, photos: tuple[str, ...], replaced_by: str | None) -> DamageReport:
    items: list[dict[str, Any]] = row.items
    return DamageReport(
        id=row.id,
        outage_id=row.outage_id,
        job_id=row.job_id,
        reported_by=row.reported_by,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        items=tuple(DamageItem(kind=DamageKind(one["kind"]), count=one["count"]) for one in items),
        skills=tuple(row.skills),
        repair_minutes=row.repair_minutes,
        is_access_blocked=row.is_access_blocked,
        access=row.access,
        note=row.note,
        photos=photos,
        replaces=row.replaces,
        replaced_by=replaced_by,
    )
