"""What a crew used on a job: poles, metres of cable, fuses; kept as it was told from the phone, once.

RULE 1: the client's own event id makes each report count once, however often it is sent.
RULE 2: a report is taken whatever became of the job meanwhile: what was used was used.
RULE 3: a report is never altered; too much is set right by another one with a minus. A job used the sum.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, phone_clock, record, recorded_client_event
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.events import Event
from dispatch.intake import LATEST_AHEAD
from dispatch.jobs import job_of_crew
from dispatch.material_tables import MaterialKind, MaterialReportRow, material_number
from dispatch.outages import outage_row

MOST_OF_A_KIND = 100_000.0


@dataclass(frozen=True, slots=True)
class MaterialItem:
    """So much of a kind was used, metres or pieces as the kind says; below 0 sets an earlier report right."""

    kind: MaterialKind
    quantity: float


@dataclass(frozen=True, slots=True)
class MaterialsUsed:
    """One report, as the phone made it."""

    items: tuple[MaterialItem, ...]
    occurred_at: datetime
    client_event_id: str
    phone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobMaterials:
    """What a job used in all, by kind in the order of MaterialKind; `is_new` says whether this report was."""

    job_id: str
    items: tuple[MaterialItem, ...]
    is_new: bool


def report_materials(
    session: Session, *, job_id: str, crew_id: str, used: MaterialsUsed, actor: str, now: datetime
) -> JobMaterials:
    """Keep a report of a crew on a job of its own; the same client event id again changes nothing.

    Raises UnknownThing, NotYours, InvalidInput, Conflict.
    """
    job = job_of_crew(session, job_id=job_id, crew_id=crew_id)
    before = recorded_client_event(session, id=used.client_event_id)
    if before is not None:
        if before.name != Event.MATERIALS_REPORTED or before.data.get("job_id") != job_id:
            raise Conflict(f"The event id {used.client_event_id!r} was used for something else before.")
        return _materials(session, job_id, is_new=False)
    _check(used, now)
    row = MaterialReportRow(
        id=f"M-{session.scalars(select(material_number.next_value())).one()}",
        job_id=job_id,
        reported_by=actor,
        occurred_at=used.occurred_at,
        received_at=now,
        items=[asdict(item) for item in used.items],
        client_event_id=used.client_event_id,
    )
    session.add(row)
    session.flush()
    record(
        session,
        name=Event.MATERIALS_REPORTED,
        subject=f"materials:{row.id}",
        outage=outage_row(session, outage_id=job.outage_id) if job.outage_id is not None else None,
        author=Author(
            actor=actor, now=now, occurred_at=used.occurred_at, client_event_id=used.client_event_id
        ),
        data={"job_id": job_id, "materials": row.items, **phone_clock(used.phone_at)},
    )
    return _materials(session, job_id, is_new=True)


def materials_of_jobs(session: Session, *, job_ids: list[str]) -> dict[str, tuple[MaterialItem, ...]]:
    """Return job → what it used in all; jobs that used nothing are absent."""
    query = select(MaterialReportRow.job_id, MaterialReportRow.items).where(
        MaterialReportRow.job_id.in_(job_ids)
    )
    sums: dict[str, Counter[str]] = {}
    for job_id, items in session.execute(query):
        of_job = sums.setdefault(job_id, Counter())
        for item in items:
            of_job[item["kind"]] += item["quantity"]
    return {
        job_id: tuple(
            MaterialItem(kind=kind, quantity=of_job[kind]) for kind in MaterialKind if of_job[kind] != 0
        )
        for job_id, of_job in sums.items()
    }


def _materials(session: Session, job_id: str, *, is_new: bool) -> JobMaterials:
    items = materials_of_jobs(session, job_ids=[job_id]).get(job_id, ())
    return JobMaterials(job_id=job_id, items=items, is_new=is_new)


def _check(used: MaterialsUsed, now: datetime) -> None:
    if used.occurred_at > now + LATEST_AHEAD:
        text = f"{used.occurred_at.isoformat()} lies in the future"
        raise InvalidInput(field="occurred_at", text=text, because=Because.HAPPENED_IN_FUTURE)
    if not used.items:
        raise InvalidInput(field="items", text="say what was used")
    for item in used.items:
        if item.quantity == 0 or abs(item.quantity) > MOST_OF_A_KIND:
            text = f"a quantity must not be 0, nor above {MOST_OF_A_KIND:.0f}"
            raise InvalidInput(field="items", text=text)
