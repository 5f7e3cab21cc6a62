"""The alarm about restoration times that are about to lapse: raised before, while nobody has supply back.

RULE 1: an alarm is due at the time that was published with the ETR (dispatch/etr_rules.py, rule 6). It stands
    until another time is published, or supply is back.
RULE 2: it is raised once for each published time. Where nobody looked in time (the system was down), it is
    raised late rather than not at all, and the log says when it was due and when it was raised.
RULE 3: the engine proposes a new time: the plan's where that is later, else what the usual figures come to
    from now on. It proposes only; a person publishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author, as_json, record, set_values
from dispatch.damage import repair_forecasts
from dispatch.etr import (
    ROUNDING,
    SET_OFF_MINUTES,
    USUAL_ARRIVAL_MINUTES,
    Etr,
    EtrSource,
    EtrTier,
    rounded_up,
)
from dispatch.etr_rules import EtrWord
from dispatch.etr_words import etr_rules_in_force, newest_words_of
from dispatch.events import Event
from dispatch.many_ids import is_among
from dispatch.ranking import LEAST_REMAINING_MINUTES
from dispatch.states import OPEN_OUTAGE_STATUSES, JobKind, JobStatus
from dispatch.tables import JobRow, OutageRow

MOST_AT_ONCE = 100
_THERE = (JobStatus.ON_SITE, JobStatus.WORKING)


@dataclass(frozen=True, slots=True)
class LapsingEtr:
    """An outage whose published time is about to lapse or has lapsed, and what the engine proposes."""

    outage_id: str
    version: int
    device: str
    customers_out: int
    etr_at: datetime
    etr_source: str | None
    warn_at: datetime
    has_lapsed: bool
    proposed_at: datetime
    proposed_source: str


def lapsing_wait(session: Session, *, now: datetime) -> bool:
    """Return whether an alarm is due that was not raised; needs no write transaction."""
    query = select(OutageRow.id).where(_is_due(session, now), _not_raised())
    return session.scalar(query.limit(1)) is not None


def raise_lapsing(session: Session, *, now: datetime) -> int:
    """Raise the alarms that are due, the earliest first, MOST_AT_ONCE at most; return how many."""
    query = select(OutageRow).where(_is_due(session, now), _not_raised())
    rows = session.scalars(query.order_by(OutageRow.etr_at, OutageRow.id).limit(MOST_AT_ONCE)).all()
    for outage in rows:
        due_at = _warn_at(session, outage)
        record(
            session,
            name=Event.OUTAGE_ETR_LAPSING,
            subject=f"outage:{outage.id}",
            outage=outage,
            author=Author(actor=ENGINE, now=now, occurred_at=due_at),
            data={
                "values": set_values(outage, {"etr_lapsing_at": now, "etr_warn_at": due_at}),
                "etr_at": as_json(outage.etr_at),
            },
        )
    return len(rows)


def lapsing_etrs(session: Session, *, now: datetime) -> list[LapsingEtr]:
    """Return the outages whose time is about to lapse or has, the earliest first, with proposals."""
    query = select(OutageRow).where(_is_due(session, now)).order_by(OutageRow.etr_at, OutageRow.id)
    rows = session.scalars(query).all()
    proposals = _proposals(session, rows, now=now)
    return [
        LapsingEtr(
            outage_id=row.id,
            version=row.version,
            device=row.device,
            customers_out=row.customers_out,
            etr_at=row.etr_at,
            etr_source=row.etr_source,
            warn_at=_warn_at(session, row),
            has_lapsed=row.etr_at <= now,
            proposed_at=proposals[row.id].at,
            proposed_source=proposals[row.id].source,
        )
        for row in rows
        if row.etr_at is not None
    ]


def _warn_at(session: Session, outage: OutageRow) -> datetime:
    if outage.etr_warn_at is not None:
        return outage.etr_warn_at
    if outage.etr_at is None:
        raise ValueError(f"outage {outage.id} has no time that could lapse")
    return outage.etr_at - etr_rules_in_force(session).alarm


def _is_due(session: Session, now: datetime) -> ColumnElement[bool]:
    alarm = etr_rules_in_force(session).alarm
    warn_at = func.coalesce(OutageRow.etr_warn_at, OutageRow.etr_at - alarm)
    return OutageRow.status.in_(OPEN_OUTAGE_STATUSES) & OutageRow.etr_at.is_not(None) & (warn_at <= now)


def _not_raised() -> ColumnElement[bool]:
    return OutageRow.etr_lapsing_at.is_(None)


def _proposals(session: Session, outages: Sequence[OutageRow], *, now: datetime) -> dict[str, Etr]:
    """Return outage → what the engine would say now (rule 3)."""
    ids = [outage.id for outage in outages]
    newest = newest_words_of(session, outage_ids=ids)
    forecasts = repair_forecasts(session, device_kinds={one.id: one.device_kind for one in outages})
    query = select(JobRow).where(
        is_among(JobRow.outage_id, ids), JobRow.kind == JobKind.REPAIR, JobRow.ended_at.is_(None)
    )
    jobs = {str(job.outage_id): job for job in session.scalars(query.order_by(JobRow.assigned_at.desc()))}
    found = {}
    for outage in outages:
        planned = _planned(newest.get(outage.id, {}).get(EtrTier.PLAN), outage, now)
        reckoned = _reckoned(jobs.get(outage.id), minutes=forecasts[outage.id].minutes, now=now)
        found[outage.id] = planned or Etr(at=_after_published(reckoned, outage), source=_source(jobs, outage))
    return found


def _source(jobs: dict[str, JobRow], outage: OutageRow) -> EtrSource:
    return EtrSource.DEVICE_KIND_AND_TRAVEL if outage.id in jobs else EtrSource.DEVICE_KIND


def _planned(word: EtrWord | None, outage: OutageRow, now: datetime) -> Etr | None:
    """Return the plan's time where it is still to come, and later than the one that lapses."""
    if word is None or word.at is None or word.at <= max(now, outage.etr_at or now):
        return None
    return Etr(at=word.at, source=EtrSource.PLAN)


def _reckoned(job: JobRow | None, *, minutes: float, now: datetime) -> datetime:
    """Return when it is done by the usual figures: by a crew that is there, on its way, or yet to be sent."""
    if job is not None and job.status in _THERE and job.on_site_at is not None:
        left = minutes - (now - job.on_site_at).total_seconds() / 60
        return now + timedelta(minutes=max(LEAST_REMAINING_MINUTES, left))
    if job is not None:
        arrives = job.assigned_at + timedelta(minutes=SET_OFF_MINUTES + job.travel_minutes)
        return max(arrives, now) + timedelta(minutes=minutes)
    return now + timedelta(minutes=USUAL_ARRIVAL_MINUTES + minutes)


def _after_published(at: datetime, outage: OutageRow) -> datetime:
    """A proposal is later than what lapses: an earlier one would help nobody."""
    least = outage.etr_at + ROUNDING if outage.etr_at is not None else at
    return rounded_up(max(at, least))
