"""Promise clocks of real outages: what they are judged by, how they stand now, and by when work is due.

Owns reading. What is written, and told in the change log, stands in dispatch/promise_watch.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from dispatch.arrival_positions import arrival_proofs
from dispatch.arrival_proof import (
    ArrivalFlag,
    ArrivalProof,
    arrival_flags,
    counted_arrival,
    first_arrival,
)
from dispatch.errors import UnknownThing
from dispatch.etr import repair_minutes
from dispatch.many_ids import is_among
from dispatch.promise_document import Measure, PauseReason, PromiseRules
from dispatch.promise_rules import ClockState, OutageTimes, Pause, PromiseClock, promise_clocks
from dispatch.promise_rules_store import rules_by_number
from dispatch.promise_tables import PromiseClockRow, PromisedOutageRow, PromisePauseRow
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import EvidenceRow, OutageRow
from gis.area_class import AreaClass

# What these clocks stand at may still be met, or is late and still owed.
OWED = (ClockState.RUNNING, ClockState.WARNING, ClockState.PAUSED, ClockState.BREACHED)


@dataclass(frozen=True, slots=True)
class FirstReport:
    """The first true report of a kind: the piece of evidence, and when it was said."""

    kind: str
    evidence_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PromisedPause:
    """A pause as a person entered it."""

    id: int
    reason: str
    note: str | None
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class OutagePromises:
    """All promises about one outage, with what they are judged by.

    `arrival` is the proof of the arrival that counts; `flags` what does not fit together, by job.
    """

    outage_id: str
    area_class: str
    area_source: str
    area_named: str | None
    customers_per_km2: float | None
    rules_version: str
    clocks: tuple[PromiseClock, ...]
    first_reports: tuple[FirstReport, ...]
    arrival: ArrivalProof | None
    proofs: tuple[ArrivalProof, ...]
    flags: Mapping[str, tuple[ArrivalFlag, ...]]
    pauses: tuple[PromisedPause, ...]

    @property
    def next_clock(self) -> PromiseClock | None:
        """Return the promise that is due next; where all that is owed is late, the one that is so longest."""
        owed = [clock for clock in self.clocks if clock.state in OWED and clock.stopped_at is None]
        ahead = [clock for clock in owed if clock.state is not ClockState.BREACHED]
        return min(ahead or owed, key=lambda clock: (clock.due_at is None, clock.due_at), default=None)


def promises_of_outage(session: Session, *, outage_id: str, now: datetime) -> OutagePromises:
    """Return the promises about one outage as they stand now; UnknownThing if it is not known."""
    outage = session.get(OutageRow, outage_id)
    if outage is None:
        raise UnknownThing(kind="outage", id=outage_id)
    found = promises_of(session, outages=[outage], now=now)
    if outage_id not in found:
        raise UnknownThing(kind="promise about outage", id=outage_id)
    return found[outage_id]


def open_promises(session: Session, *, now: datetime) -> list[OutagePromises]:
    """Return the promises about all outages that are not over, as they stand now."""
    statuses = (*OPEN_OUTAGE_STATUSES, OutageStatus.RESTORED)
    outages = session.scalars(select(OutageRow).where(OutageRow.status.in_(statuses))).all()
    return list(promises_of(session, outages=outages, now=now).values())


def promises_of(
    session: Session, *, outages: Iterable[OutageRow], now: datetime
) -> dict[str, OutagePromises]:
    """Return the promises about outages; one that was not looked at yet is absent."""
    by_id = {outage.id: outage for outage in outages}
    promised = session.scalars(
        select(PromisedOutageRow).where(is_among(PromisedOutageRow.outage_id, by_id))
    ).all()
    rules = rules_by_number(session)
    reports = first_reports(session, by_id)
    proofs = arrival_proofs(session, outage_ids=by_id)
    pauses = _pauses(session, by_id)
    return {
        row.outage_id: _promises(
            by_id[row.outage_id],
            row,
            rules=rules[row.rules_number],
            reports=reports.get(row.outage_id, ()),
            proofs=tuple(proofs.get(row.outage_id, ())),
            pauses=pauses.get(row.outage_id, ()),
            now=now,
        )
        for row in promised
    }


def _promises(
    outage: OutageRow,
    row: PromisedOutageRow,
    *,
    rules: PromiseRules,
    reports: tuple[FirstReport, ...],
    proofs: tuple[ArrivalProof, ...],
    pauses: tuple[PromisedPause, ...],
    now: datetime,
) -> OutagePromises:
    arrival = first_arrival(proofs, rule=rules.proof)
    times = OutageTimes(
        area_class=AreaClass(row.area_class),
        first_reports=tuple((report.kind, report.at) for report in reports),
        arrived_at=counted_arrival(arrival, rule=rules.proof) if arrival is not None else None,
        restored_at=outage.restored_at,
        pauses=tuple(Pause(PauseReason(one.reason), one.started_at, one.ended_at) for one in pauses),
        is_void=outage.status in (OutageStatus.DISMISSED, OutageStatus.MERGED),
    )
    return OutagePromises(
        outage_id=outage.id,
        area_class=row.area_class,
        area_source=row.area_source,
        area_named=row.area_named,
        customers_per_km2=row.customers_per_km2,
        rules_version=rules.version,
        clocks=promise_clocks(rules, times, now=now),
        first_reports=reports,
        arrival=arrival,
        proofs=proofs,
        flags={
            proof.job_id: found
            for proof in proofs
            if (found := arrival_flags(proof, rule=rules.proof, now=now))
        },
        pauses=pauses,
    )


def first_reports(
    session: Session, outage_ids: Iterable[str], *, received_by: datetime | None = None
) -> dict[str, tuple[FirstReport, ...]]:
    """Return the first report of each kind, by outage: those that are explained by the outage are true.

    With `received_by` of those alone that had reached Relight by then.
    """
    query = (
        select(EvidenceRow.outage_id, EvidenceRow.kind, EvidenceRow.id, EvidenceRow.at)
        .where(is_among(EvidenceRow.outage_id, outage_ids), EvidenceRow.status != "not_an_outage")
        .ext(distinct_on(EvidenceRow.outage_id, EvidenceRow.kind))
        .order_by(EvidenceRow.outage_id, EvidenceRow.kind, EvidenceRow.at, EvidenceRow.id)
    )
    if received_by is not None:
        query = query.where(EvidenceRow.received_at <= received_by)
    found: dict[str, list[FirstReport]] = defaultdict(list)
    for outage_id, kind, evidence_id, at in session.execute(query):
        if outage_id is not None:
            found[outage_id].append(FirstReport(kind=kind, evidence_id=evidence_id, at=at))
    return {outage_id: tuple(sorted(reports, key=lambda one: one.at)) for outage_id, reports in found.items()}


def _pauses(session: Session, outage_ids: Iterable[str]) -> dict[str, tuple[PromisedPause, ...]]:
    rows = session.scalars(
        select(PromisePauseRow)
        .where(is_among(PromisePauseRow.outage_id, outage_ids))
        .order_by(PromisePauseRow.started_at, PromisePauseRow.id)
    )
    found: dict[str, list[PromisedPause]] = defaultdict(list)
    for row in rows:
        found[row.outage_id].append(
            PromisedPause(
                id=row.id,
                reason=row.reason,
                note=row.note,
                started_at=row.started_at,
                started_by=row.started_by,
                ended_at=row.ended_at,
                ended_by=row.ended_by,
            )
        )
    return {outage_id: tuple(pauses) for outage_id, pauses in found.items()}


def due_by(session: Session, outage_id: str, *, work_minutes: float | None = None) -> datetime | None:
    """Return by when work on an outage is to be finished for every promise about it to be kept.

    `work_minutes`: how long a crew works there; without, the usual repair time of the kind of device. None
    where nothing is promised, or nothing is owed any more.
    """
    minutes = None if work_minutes is None else {outage_id: work_minutes}
    return due_times(session, outage_ids=[outage_id], work_minutes=minutes).get(outage_id)


def due_times(
    session: Session, *, outage_ids: Collection[str], work_minutes: Mapping[str, float] | None = None
) -> dict[str, datetime]:
    """Return `due_by` of many outages at once; those where nothing is owed are absent.

    A crew is at the place in time exactly if it finishes by the promised arrival and the work after it.
    """
    query = (
        select(PromiseClockRow, OutageRow.device_kind)
        .join(OutageRow, OutageRow.id == PromiseClockRow.outage_id)
        .where(
            is_among(PromiseClockRow.outage_id, outage_ids),
            PromiseClockRow.state.in_(OWED),
            PromiseClockRow.stopped_at.is_(None),
            PromiseClockRow.due_at.is_not(None),
            OutageRow.status.in_(OPEN_OUTAGE_STATUSES),
        )
    )
    found: dict[str, datetime] = {}
    for clock, device_kind in session.execute(query):
        if clock.due_at is None:
            continue
        due = clock.due_at
        if clock.measures == Measure.ARRIVAL:
            minutes = (work_minutes or {}).get(clock.outage_id, repair_minutes(device_kind))
            due += timedelta(minutes=minutes)
        found[clock.outage_id] = min(due, found.get(clock.outage_id, due))
    return found
