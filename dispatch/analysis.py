"""The analysis step (故障研判): new evidence in, outages brought into line, all in one transaction.

One writer at a time runs it (dispatch/transactions.py). Killed at any moment, it leaves either the whole step
or nothing of it; started again, it takes the evidence that is still new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author
from dispatch.hazards import record_new_hazards
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.reconciliation import open_outages, reconcile
from dispatch.states import HELD_OUTAGE_STATUSES, OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import EvidenceRow, InterruptionRow, OutageRow
from topology.inference import infer
from topology.observations import Observation, ObservationKind
from topology.phases import parse_phases

# Evidence of no open outage speaks for a day: a customer who is still out after that calls again.
EVIDENCE_SPEAKS = timedelta(hours=24)
_FOUND_OPEN = ("open", "damaged")
_FOUND_IN_ORDER = ("closed", "ok")


@dataclass(frozen=True, slots=True)
class AnalysisStep:
    """What one step did: pieces of evidence taken, and outages changed."""

    evidence: int
    changes: int


def evidence_waits(session: Session) -> bool:
    """Return whether there is evidence that no step has taken yet."""
    return bool(session.scalar(select(exists().where(EvidenceRow.status == "new"))))


def analyse(session: Session, *, networks: NetworkCache, now: datetime, limit: int = 5000) -> AnalysisStep:
    """Take up to `limit` new pieces of evidence and bring the outages into line with all that speaks.

    Raises NoActiveNetwork while no network version is in force; the evidence waits.
    """
    new = session.scalars(
        select(EvidenceRow.id).where(EvidenceRow.status == "new").order_by(EvidenceRow.sequence).limit(limit)
    ).all()
    if not new:
        return AnalysisStep(evidence=0, changes=0)
    traced = networks.in_force(session)
    _take(session, new)
    _lay_aside(session, now=now)
    rows = session.scalars(
        select(EvidenceRow).where(EvidenceRow.status == "analysed").order_by(EvidenceRow.at, EvidenceRow.id)
    ).all()
    held = [row for row in open_outages(session) if row.status in HELD_OUTAGE_STATUSES]
    contradicted = {row.id for row in held if _contradicted(row, rows, traced)}
    result = infer(
        tree=traced.tree,
        observations=[_observation(row) for row in rows if traced.knows(_subject(row))],
        now=now,
        confirmed=_confirmed(held, contradicted, traced),
    )
    author = Author(actor=ENGINE, now=now)
    changes = reconcile(
        session, inferred=result.outages, contradicted=contradicted, traced=traced, author=author
    )
    _attach_answers(session, new)
    changes += record_new_hazards(session, new=new, author=author)
    return AnalysisStep(evidence=len(new), changes=changes)


def _take(session: Session, ids: Sequence[str]) -> None:
    session.execute(update(EvidenceRow).where(EvidenceRow.id.in_(ids)).values(status="analysed"))


def _lay_aside(session: Session, *, now: datetime) -> None:
    """Lay aside what no longer speaks.

    RULE 1: what happened before supply came back belongs to the outage that ended then, late as it may come.
    RULE 2: evidence of no open outage speaks for a day.
    """
    speaks = EvidenceRow.status == "analysed"
    session.execute(
        update(EvidenceRow)
        .where(
            speaks,
            EvidenceRow.service_point == InterruptionRow.service_point,
            InterruptionRow.ended_at.is_not(None),
            EvidenceRow.at <= InterruptionRow.ended_at,
        )
        .values(status="spent", outage_id=InterruptionRow.outage_id)
    )
    session.execute(
        update(EvidenceRow)
        .where(
            speaks,
            EvidenceRow.device == OutageRow.device,
            OutageRow.restored_at.is_not(None),
            EvidenceRow.at <= OutageRow.restored_at,
        )
        .values(status="spent", outage_id=OutageRow.id)
    )
    still_open = exists().where(
        OutageRow.id == EvidenceRow.outage_id, OutageRow.status.in_(OPEN_OUTAGE_STATUSES)
    )
    session.execute(
        update(EvidenceRow)
        .where(speaks, EvidenceRow.at < now - EVIDENCE_SPEAKS, ~still_open)
        .values(status="expired")
    )


def _contradicted(outage: OutageRow, rows: Sequence[EvidenceRow], traced: TracedNetwork) -> bool:
    """Return whether what crews found on the spot speaks against the confirmed device.

    RULE 1: found open once, it is the one; in order later means repaired, and contradicts nothing.
    RULE 2: found in order, it is not the one.
    RULE 3: nor is it where another device that feeds the same households was found open.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.kind == ObservationKind.CREW_FINDING and row.at >= outage.started_at and row.device:
            found[row.device].add(row.result or "")
    own = found.pop(outage.device, set())
    if own.intersection(_FOUND_OPEN):
        return False
    if own.intersection(_FOUND_IN_ORDER):
        return True
    opened = [device for device, results in found.items() if results.intersection(_FOUND_OPEN)]
    return any(traced.feed_the_same(outage.device, device) for device in opened)


def _confirmed(held: list[OutageRow], contradicted: set[str], traced: TracedNetwork) -> list[str]:
    return [row.device for row in held if row.id not in contradicted and traced.knows(row.device)]


def _subject(row: EvidenceRow) -> str:
    return row.service_point or row.device or ""


def _observation(row: EvidenceRow) -> Observation:
    return Observation(
        id=row.id,
        kind=ObservationKind(row.kind),
        at=row.at,
        subject=_subject(row),
        phases=parse_phases(row.phases or "ABC"),
        result=row.result,
    )


def _attach_answers(session: Session, new: Sequence[str]) -> None:
    """Attach what explains no outage but is about one: power-ups, answers of meters, findings of crews."""
    about_a_household = and_(
        InterruptionRow.service_point == EvidenceRow.service_point, InterruptionRow.ended_at.is_(None)
    )
    session.execute(
        update(EvidenceRow)
        .where(EvidenceRow.id.in_(new), EvidenceRow.outage_id.is_(None), about_a_household)
        .values(outage_id=InterruptionRow.outage_id)
    )
    session.execute(
        update(EvidenceRow)
        .where(EvidenceRow.id.in_(new), EvidenceRow.outage_id.is_(None), _about_the_device())
        .values(outage_id=OutageRow.id)
    )


def _about_the_device() -> ColumnElement[bool]:
    alive = or_(OutageRow.status.in_(OPEN_OUTAGE_STATUSES), OutageRow.status == OutageStatus.RESTORED)
    return and_(EvidenceRow.device == OutageRow.device, alive)
