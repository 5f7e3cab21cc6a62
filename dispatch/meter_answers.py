"""Questions to meters, worked off: the meter system is asked in batches, its answers come in as evidence.

RULE 1: at least once. A try is counted before it leaves; what comes back twice is one piece of evidence.
RULE 2: the budget is per minute by the clock in the database; what does not fit waits.
RULE 3: a half answer counts as far as it goes; who is missing is asked again a minute later, at most three
    times, and then nothing is known: no evidence comes of a silent meter system.
RULE 4: nothing here is waited for by anybody; a system that is away only lets questions lapse.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Engine, and_, case, exists, func, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from dispatch.call_tables import PingRequestRow
from dispatch.clock import read_clock
from dispatch.errors import DispatchError
from dispatch.evidence_lines import Document
from dispatch.intake import receive_evidence
from dispatch.meter_requests import PING_QUEUE, PingRules, wake_meter_worker
from dispatch.pings import PingReason, PingResult, PingStatus
from dispatch.transactions import intake_transaction
from gis.network_versions import active_network_version

logger = logging.getLogger("relight.meters")

SOURCE = "meter_system"
LARGEST_BATCH = 200
MAXIMUM_ATTEMPTS = 3
TRY_AGAIN_AFTER = timedelta(minutes=1)
# An answer about half an hour ago decides nothing any more.
LAPSES_AFTER = timedelta(minutes=30)
_URGENCY = (PingReason.DISPATCHER, PingReason.CALL, PingReason.QUESTION, PingReason.SINGLE_OUTAGE)
_MINUTE = timedelta(minutes=1)
# Jobs are queued by real time, whatever the clock of a storm.
_WOKEN_BY_THEN = text("""
    SELECT 1 FROM procrastinate_jobs
    WHERE queue_name = :queue AND status = 'todo'
      AND (scheduled_at IS NULL OR scheduled_at <= now() + make_interval(secs => :seconds))
    LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Ping:
    """One question as it goes to the meter system."""

    id: int
    meter: str


@dataclass(frozen=True, slots=True)
class PingAnswer:
    """One answer: what the meter system says of the meter, and when that was so, if it tells."""

    id: int
    result: PingResult
    at: datetime | None = None


class MeterSystemAway(DispatchError):
    """The meter system did not answer, or not in a way that can be read."""


class MeterSystem(Protocol):
    """Something that asks meters."""

    def ask(self, pings: Sequence[Ping]) -> Sequence[PingAnswer]:
        """Ask, and return what is answered: perhaps not all. MeterSystemAway where nothing is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one batch came to."""

    asked: int
    answered: int


def ask_waiting_meters(
    engine: Engine, *, meter_system: MeterSystem, rules: PingRules, now: datetime
) -> Asked:
    """Ask one batch of waiting questions and take the answers in. One worker at a time.

    Where questions are left, the worker is woken again: at once if there is budget, else when there will be.
    """
    with intake_transaction(engine) as session:
        pings = _begin(session, rules=rules, now=now)
    answers: Sequence[PingAnswer] = ()
    if pings:
        try:
            answers = meter_system.ask(pings)
        except MeterSystemAway as problem:
            logger.warning("the meter system is away: %s", problem)
    asked = {ping.id for ping in pings}
    told = {answer.id: answer for answer in answers if answer.id in asked}
    with intake_transaction(engine) as session:
        _settle(session, ids=asked, told=told, now=now)
        _wake_again(session, rules=rules, now=now)
    return Asked(asked=len(asked), answered=len(told))


def _begin(session: Session, *, rules: PingRules, now: datetime) -> list[Ping]:
    """Choose the questions of this batch and count the try."""
    session.execute(
        update(PingRequestRow)
        .where(_waiting(), PingRequestRow.requested_at < now - LAPSES_AFTER)
        .values(status=PingStatus.LAPSED)
    )
    allowed = min(LARGEST_BATCH, rules.per_minute - _asked_in_the_last_minute(session, now))
    if allowed <= 0:
        return []
    rows = session.scalars(
        select(PingRequestRow)
        .where(_due(rules, now))
        .order_by(
            case({reason: place for place, reason in enumerate(_URGENCY)}, value=PingRequestRow.reason),
            PingRequestRow.id,
        )
        .limit(allowed)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.attempts += 1
        row.asked_at = now
    return [Ping(id=row.id, meter=row.meter) for row in rows]


def _settle(session: Session, *, ids: set[int], told: Mapping[int, PingAnswer], now: datetime) -> None:
    rows = session.scalars(select(PingRequestRow).where(PingRequestRow.id.in_(ids), _waiting())).all()
    documents = []
    for row in rows:
        answer = told.get(row.id)
        if answer is not None:
            row.status, row.result, row.answered_at = PingStatus.ANSWERED, answer.result, now
            documents.append(_document(row, answer, now))
        elif row.attempts >= MAXIMUM_ATTEMPTS:
            row.status = PingStatus.UNANSWERED
    session.flush()
    network_version = active_network_version(session)
    if documents and network_version is not None:
        receive_evidence(
            session,
            documents=[Document(line=number, fields=one) for number, one in enumerate(documents, start=1)],
            network_version=network_version,
            source=SOURCE,
            now=now,
        )


def _document(row: PingRequestRow, answer: PingAnswer, now: datetime) -> dict[str, Any]:
    return {
        # The database's own number may come again in another database, the moment does not.
        "id": f"ping-{row.id}-{row.requested_at.timestamp():.0f}",
        "kind": "ping",
        "at": (answer.at or now).isoformat(),
        "service_point": row.service_point,
        "result": str(answer.result),
    }


def _wake_again(session: Session, *, rules: PingRules, now: datetime) -> None:
    """Come again for what is left: once, however many jobs there were."""
    if session.scalar(select(func.count()).where(_waiting())) == 0:
        return
    pause = timedelta()
    if not session.scalar(select(exists().where(_due(rules, now)))):
        pause = TRY_AGAIN_AFTER
    elif _asked_in_the_last_minute(session, now) >= rules.per_minute:
        oldest = session.scalar(
            select(func.min(PingRequestRow.asked_at)).where(PingRequestRow.asked_at > now - _MINUTE)
        )
        pause = (oldest or now) + _MINUTE - now
    clock = read_clock(session)
    real_s = math.ceil(pause.total_seconds() / (clock.speed if clock is not None else 1.0))
    if session.scalar(_WOKEN_BY_THEN, {"queue": PING_QUEUE, "seconds": real_s}) is None:
        wake_meter_worker(session, after_s=real_s)


def _waiting() -> ColumnElement[bool]:
    return PingRequestRow.status == PingStatus.WAITING


def _due(rules: PingRules, now: datetime) -> ColumnElement[bool]:
    """Waiting, not tried within a minute, and its meter not asked lately by another question."""
    other = aliased(PingRequestRow)
    asked_lately = exists().where(
        other.meter == PingRequestRow.meter,
        other.id != PingRequestRow.id,
        other.asked_at > now - rules.again_after,
    )
    not_tried = or_(PingRequestRow.asked_at.is_(None), PingRequestRow.asked_at <= now - TRY_AGAIN_AFTER)
    return and_(_waiting(), not_tried, ~asked_lately)


def _asked_in_the_last_minute(session: Session, now: datetime) -> int:
    return session.scalars(select(func.count()).where(PingRequestRow.asked_at > now - _MINUTE)).one()
