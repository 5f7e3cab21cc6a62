"""The analysis step (故障研判): new evidence in, outages brought into line, all in one transaction.

One writer at a time runs it (dispatch/transactions.py). Killed at any moment, it leaves either the whole step
or nothing of it; started again, it takes the evidence that is still new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author
from dispatch.conflicts import reconcile_conflicts
from dispatch.current_supply import is_closed_since
from dispatch.errors import NoActiveNetwork
from dispatch.evidence_memory import EvidenceMemory
from dispatch.hazards import record_new_hazards
from dispatch.many_ids import is_among
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.reconciliation import open_outages, reconcile
from dispatch.states import HELD_OUTAGE_STATUSES, OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.switched_outages import switched_outages
from dispatch.switching_tables import SwitchPositionRow
from dispatch.tables import AffectedRow, EvidenceRow, OutageRow
from dispatch.told_positions import follow_telemetry
from topology.inference import Restored
from topology.observations import ObservationKind
from topology.rates import EvidenceRates
from topology.statements import DEFAULT_HOLD_DOWN

# Evidence of no open outage speaks for a day: a customer who is still out after that calls again.
EVIDENCE_SPEAKS = timedelta(hours=24)
# What stays dark that long after a restoration is found as soon as it is reported, not by its silence.
NESTED_WITHIN = timedelta(hours=6)
_EXPIRE_EVERY = timedelta(minutes=10)
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


def evidence_speaks(session: Session) -> bool:
    """Return whether there is evidence that was taken and still counts."""
    return bool(session.scalar(select(exists().where(EvidenceRow.status == "analysed"))))


class Analyst:
    """Runs the steps of one process; it keeps what inference knows, so that a step costs what is new."""

    def __init__(
        self,
        *,
        networks: NetworkCache,
        rates: EvidenceRates | None = None,
        hold_down: Mapping[str, float] = DEFAULT_HOLD_DOWN,
    ) -> None:
        """Start without knowledge; it is read from the database with the first step."""
        self.networks = networks
        self._memory = EvidenceMemory(rates=rates, hold_down=hold_down)
        self._expired_at: datetime | None = None

    def has_work(self, session: Session, *, now: datetime) -> bool:
        """Return whether evidence waits, or the time has come that what is known means something else.

        A process that has just begun looks at what there is: it may have been taken, and held back, by one
        that is gone.
        """
        due = self._memory.due_at
        is_due = due is not None and due <= now
        if is_due or evidence_waits(session):
            return True
        return (self._memory.is_empty or self._memory.is_behind(session)) and evidence_speaks(session)

    def prepare(self, session: Session) -> None:
        """Walk the network as it is switched now, so that no writer waits for that; nothing without one."""
        with suppress(NoActiveNetwork):
            # Asked for, the walk is made, and kept.
            _ = self.networks.in_force(session).tree

    def questions_about(self, device: str, phases: str, limit: int) -> list[str]:
        """Return the service points whose meters tell most about an outage of the last step."""
        return self._memory.questions_about(device, phases, limit)

    def unwoken(self) -> list[str]:
        """Return the service points whose meters did not wake where supply came back, and were not asked."""
        return self._memory.unwoken()

    def analyse(self, session: Session, *, now: datetime, limit: int = 5000) -> AnalysisStep:
        """Take up to `limit` new pieces of evidence and bring the outages into line with all that speaks.

        Raises NoActiveNetwork while no network version is in force; the evidence waits.
        """
        new = _waiting(session, limit)
        if not new and not self.has_work(session, now=now):
            return AnalysisStep(evidence=0, changes=0)
        author = Author(actor=ENGINE, now=now)
        spent = follow_telemetry(session, new=new, networks=self.networks, author=author)
        traced = self.networks.in_force(session)
        self._memory.follow(session, traced=traced)
        taken, new = len(new), [id for id in new if id not in spent]
        _take(session, new)
        _lay_aside(session, new if self._memory.is_in_step else None)
        if self._expired_at is None or now >= self._expired_at + _EXPIRE_EVERY:
            _expire(session, now=now)
            self._expired_at = now
            self._memory.must_compare()
        # Read once: in a storm there are thousands.
        outages = open_outages(session)
        held = [row for row in outages if row.status in HELD_OUTAGE_STATUSES]
        found = _crew_findings(session)
        # What was switched around is where people put it; what crews find there has reasons of its own.
        contradicted = {row.id for row in held if _contradicted(row, found, traced)}
        contradicted -= switched_outages(session)
        result = self._memory.infer(
            session,
            new=new,
            now=now,
            confirmed=_confirmed(held, contradicted, traced),
            restored=_restored(session, now=now, traced=traced),
        )
        changes = reconcile(
            session,
            outages=outages,
            inferred=result.outages,
            contradicted=contradicted,
            fresh=self._memory.newly_explained(result),
            traced=traced,
            author=author,
        )
        _attach_answers(session, new)
        changes += record_new_hazards(session, new=new, author=author)
        reconcile_conflicts(session, result.conflicts, author=author)
        self._memory.done(session)
        return AnalysisStep(evidence=taken, changes=changes)


def _waiting(session: Session, limit: int) -> Sequence[str]:
    in_order = select(EvidenceRow.id).where(EvidenceRow.status == "new").order_by(EvidenceRow.sequence)
    return session.scalars(in_order.limit(limit)).all()


def _take(session: Session, ids: Sequence[str]) -> None:
    if ids:
        session.execute(update(EvidenceRow).where(is_among(EvidenceRow.id, ids)).values(status="analysed"))


def _lay_aside(session: Session, among: Sequence[str] | None) -> None:
    """RULE: what happened before supply came back belongs to the outage that ended then, late as it may come.

    That a device was open before a step closed it says nothing any more: the ledger has that from the steps.
    Looked at among some pieces, or among all (None) when something was restored meanwhile.
    """
    speaks = EvidenceRow.status == "analysed"
    if among is not None:
        speaks = and_(speaks, is_among(EvidenceRow.id, among))
    session.execute(
        update(EvidenceRow)
        .where(
            speaks,
            EvidenceRow.service_point == AffectedRow.service_point,
            AffectedRow.ended_at.is_not(None),
            EvidenceRow.at <= AffectedRow.ended_at,
        )
        .values(status="spent", outage_id=AffectedRow.outage_id)
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
    session.execute(
        update(EvidenceRow)
        .where(
            speaks,
            EvidenceRow.kind == "switch_open",
            EvidenceRow.device == SwitchPositionRow.device,
            SwitchPositionRow.open_phases == "",
            EvidenceRow.at <= SwitchPositionRow.since,
            ~_is_of_an_open_outage(),
        )
        .values(status="spent")
    )


def _is_of_an_open_outage() -> ColumnElement[bool]:
    return exists().where(OutageRow.id == EvidenceRow.outage_id, OutageRow.status.in_(OPEN_OUTAGE_STATUSES))


def _expire(session: Session, *, now: datetime) -> None:
    """RULE: evidence of no open outage speaks for a day."""
    session.execute(
        update(EvidenceRow)
        .where(
            EvidenceRow.status == "analysed", EvidenceRow.at < now - EVIDENCE_SPEAKS, ~_is_of_an_open_outage()
        )
        .values(status="expired")
    )


def _crew_findings(session: Session) -> Sequence[EvidenceRow]:
    return session.scalars(
        select(EvidenceRow)
        .where(EvidenceRow.status == "analysed", EvidenceRow.kind == ObservationKind.CREW_FINDING)
        .order_by(EvidenceRow.at, EvidenceRow.id)
    ).all()


def _restored(session: Session, *, now: datetime, traced: TracedNetwork) -> list[Restored]:
    """Return where supply came back of late: what stayed dark below is an outage of its own."""
    query = select(OutageRow.device, OutageRow.restored_at, OutageRow.started_at).where(
        OutageRow.restored_at > now - NESTED_WITHIN
    )
    return [
        Restored(device=row.device, at=row.restored_at, since=row.started_at)
        for row in session.execute(query)
        if row.restored_at is not None and traced.knows(row.device)
    ]


def _contradicted(outage: OutageRow, rows: Sequence[EvidenceRow], traced: TracedNetwork) -> bool:
    """Return whether what crews found on the spot speaks against the confirmed device.

    RULE 1: found open once, it is the one; in order later means repaired, and contradicts nothing.
    RULE 2: found in order, it is not the one.
    RULE 3: nor is it where another device that feeds the same households was found open.
    RULE 4: what was found before a person said which device it is, that person knew.
    """
    since = max(outage.started_at, outage.device_told_at or outage.started_at)
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.kind == ObservationKind.CREW_FINDING and row.at >= since and row.device:
            found[row.device].add(row.result or "")
    own = found.pop(outage.device, set())
    if own.intersection(_FOUND_OPEN):
        return False
    if own.intersection(_FOUND_IN_ORDER):
        return True
    opened = [device for device, results in found.items() if results.intersection(_FOUND_OPEN)]
    return any(traced.feed_the_same(outage.device, device) for device in opened)


def _confirmed(held: list[OutageRow], contradicted: set[str], traced: TracedNetwork) -> list[str]:
    return [
        row.device
        for row in held
        if row.id not in contradicted
        and traced.knows(row.device)
        and not is_closed_since(row, traced.positions)
    ]


def _attach_answers(session: Session, new: Sequence[str]) -> None:
    """Attach what explains no outage but is about one: power-ups, answers of meters, findings of crews."""
    if not new:
        return
    about_a_household = and_(
        AffectedRow.service_point == EvidenceRow.service_point, AffectedRow.ended_at.is_(None)
    )
    session.execute(
        update(EvidenceRow)
        .where(is_among(EvidenceRow.id, new), EvidenceRow.outage_id.is_(None), about_a_household)
        .values(outage_id=AffectedRow.outage_id)
    )
    session.execute(
        update(EvidenceRow)
        .where(is_among(EvidenceRow.id, new), EvidenceRow.outage_id.is_(None), _about_the_device())
        .values(outage_id=OutageRow.id)
    )


def _about_the_device() -> ColumnElement[bool]:
    alive = or_(OutageRow.status.in_(OPEN_OUTAGE_STATUSES), OutageRow.status == OutageStatus.RESTORED)
    return and_(EvidenceRow.device == OutageRow.device, alive)
