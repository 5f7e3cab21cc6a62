"""Is supply really back? Whom to ask before an outage is closed, what their meters said, and what they said.

RULE 1: asked first are those who must not be without supply for long, then those who asked to be called back,
    then those who reported, then others spread over the outage. Whoever was called back stays on the list.
RULE 2: the last word counts: of the meter, or of the person.
RULE 3: who says "still out" once supply is back above has a fault of their own below. That is evidence as any
    other: the engine predicts the nested outage, and here it is suggested.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.call_tables import PingRequestRow
from dispatch.change_log import Author, record
from dispatch.errors import Because, Conflict, IllegalTransition, InvalidInput
from dispatch.events import Event
from dispatch.evidence_lines import Document
from dispatch.intake import receive_evidence
from dispatch.interruptions import among
from dispatch.outage_changes import happened_at, refuse_if_decided
from dispatch.outages import outage_row
from dispatch.pings import PingResult, PingStatus
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import AffectedRow, EvidenceRow, OutageRow
from dispatch.taken_calls import who_wants_a_call
from dispatch.verification_tables import CallBackOutcome, CallBackRow
from gis.places import accounts_of, service_point_details
from gis.priorities import priorities_of

MOST_ASKED = 20
_MOST_NAMED = 5


class Why(StrEnum):
    """Why somebody is on the list."""

    CALLED_BACK = "called_back"
    PRIORITY = "priority"
    ASKED_FOR = "asked_for"
    REPORTED = "reported"
    SPREAD = "spread"


class Supply(StrEnum):
    """What is known of somebody's supply since it is said to be back."""

    BACK = "back"
    STILL_OUT = "still_out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CallBack:
    """One call: what was said, when, and who entered it when."""

    outcome: str
    spoken_at: datetime
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Ping:
    """The last question to a meter about it."""

    status: str
    result: str | None
    requested_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToVerify:
    """One household to ask; `nested_outage` is another open outage that holds it now.

    Name and phone are personal data, for the person who calls.
    """

    service_point: str
    customers: int
    why: str
    supply: str
    account: str | None
    address: str | None
    name: str | None
    phone: str | None
    ping: Ping | None
    call_back: CallBack | None
    nested_outage: str | None


@dataclass(frozen=True, slots=True)
class _Word:
    at: datetime
    supply: Supply


def who_to_verify(session: Session, *, outage_id: str, most: int = MOST_ASKED) -> list[ToVerify]:
    """Return whom to ask about an outage, in the order of rule 1; UnknownThing if there is none."""
    outage = outage_row(session, outage_id=outage_id)
    query = select(AffectedRow.service_point, AffectedRow.customers).where(AffectedRow.outage_id == outage_id)
    rows = session.execute(query.order_by(AffectedRow.service_point)).all()
    customers = {row.service_point: row.customers for row in rows}
    chosen = _chosen(session, outage, list(customers), most)
    version = outage.network_version
    details = {one.id: one for one in service_point_details(session, network_version=version, ids=chosen)}
    contacts = {
        one.service_point: one
        for one in accounts_of(session, network_version=version, service_points=list(chosen))
    }
    calls, pings = _call_backs(session, outage, chosen), _pings(session, outage, chosen)
    supply = _supply(session, outage, chosen, calls, pings)
    nested = _nested(session, outage, chosen)
    found = []
    for id, why in chosen.items():
        detail, contact = details.get(id), contacts.get(id)
        found.append(
            ToVerify(
                service_point=id,
                customers=customers.get(id, 0),
                why=why,
                supply=supply[id],
                account=detail.account if detail else None,
                address=detail.address if detail else None,
                name=contact.name if contact else None,
                phone=contact.phone if contact else None,
                ping=_ping(pings.get(id)),
                call_back=_last_call(calls.get(id)),
                nested_outage=nested.get(id),
            )
        )
    return found


def record_call_back(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    service_point: str,
    outcome: str,
    occurred_at: datetime | None,
    actor: str,
    now: datetime,
) -> list[ToVerify]:
    """Record what somebody said who was called back; return the list as it is then.

    Raises UnknownThing, StaleVersion, IllegalTransition (it never was an outage, or is another by now),
    InvalidInput (no such outcome, not one of its households, an impossible time).
    """
    outage = outage_row(session, outage_id=outage_id)
    refuse_if_decided(session, outage=outage, seen_version=version)
    _refuse_call(session, outage, service_point=service_point, outcome=outcome)
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    row = CallBackRow(
        outage_id=outage_id,
        service_point=service_point,
        outcome=outcome,
        spoken_at=at,
        recorded_at=now,
        recorded_by=actor,
    )
    session.add(row)
    session.flush()
    record(
        session,
        name=Event.OUTAGE_CALLED_BACK,
        subject=f"outage:{outage_id}",
        outage=outage,
        author=Author(actor=actor, now=now, occurred_at=at),
        data={"service_point": service_point, "outcome": outcome},
    )
    if outcome == CallBackOutcome.STILL_OUT:
        _take_as_evidence(session, outage, row)
    return who_to_verify(session, outage_id=outage_id)


def _refuse_call(session: Session, outage: OutageRow, *, service_point: str, outcome: str) -> None:
    if outage.status in (OutageStatus.DISMISSED, OutageStatus.MERGED):
        raise IllegalTransition(
            subject=f"Outage {outage.id}", status=outage.status, attempted="call_back", allowed=()
        )
    if outcome not in set(CallBackOutcome):
        text = f"{outcome!r} is none of {', '.join(CallBackOutcome)}"
        raise InvalidInput(field="outcome", text=text)
    if session.get(AffectedRow, (outage.id, service_point)) is None:
        raise InvalidInput(
            field="service_point",
            text=f"{service_point} is not one of the households of {outage.id}",
            because=Because.NOT_ITS_SERVICE_POINT,
            values={"service_point": service_point, "outage": outage.id},
        )


def _take_as_evidence(session: Session, outage: OutageRow, row: CallBackRow) -> None:
    """Let the engine hear that somebody is still out."""
    fields = {
        "id": f"call_back:{row.id}",
        "kind": "trouble_call",
        "service_point": row.service_point,
        "at": row.spoken_at.isoformat(),
    }
    receive_evidence(
        session,
        documents=[Document(line=1, fields=fields)],
        network_version=outage.network_version,
        source=row.recorded_by,
        now=row.recorded_at,
    )


def refuse_while_still_out(session: Session, *, outage: OutageRow) -> None:
    """Raise Conflict if somebody's last word is that they are still out, and no other outage holds them."""
    asked = session.scalars(
        select(CallBackRow.service_point).where(CallBackRow.outage_id == outage.id).distinct()
    ).all()
    if not asked:
        return
    calls, pings = _call_backs(session, outage, asked), _pings(session, outage, asked)
    supply = _supply(session, outage, asked, calls, pings)
    nested = _nested(session, outage, asked)
    still_out = sorted(id for id in asked if supply[id] is Supply.STILL_OUT and id not in nested)
    if still_out:
        named = ", ".join(still_out[:_MOST_NAMED])
        raise Conflict(
            f"{named} said that they are still out, and no other outage holds them. Wait for the nested "
            "outage, or call them back again.",
            because=Because.STILL_OUT_REPORTED,
            values={"service_point": named, "service_points": len(still_out)},
        )


def _chosen(session: Session, outage: OutageRow, service_points: Sequence[str], most: int) -> dict[str, Why]:
    """Return whom to ask and why, in the order of rule 1; those called back before are always there."""
    called = select(CallBackRow.service_point).where(CallBackRow.outage_id == outage.id)
    chosen = dict.fromkeys(sorted(set(session.scalars(called))), Why.CALLED_BACK)
    important = priorities_of(session, network_version=outage.network_version, service_points=service_points)
    reported = session.scalars(
        select(EvidenceRow.service_point)
        .where(EvidenceRow.outage_id == outage.id, EvidenceRow.kind == "trouble_call")
        .order_by(EvidenceRow.at, EvidenceRow.id)
    )
    wanting = who_wants_a_call(session, service_points=service_points, since=outage.started_at)
    own = set(service_points)
    every = max(1, len(service_points) // max(1, most))
    for why, ids in (
        (Why.PRIORITY, sorted(important)),
        (Why.ASKED_FOR, wanting),
        (Why.REPORTED, [id for id in reported if id in own]),
        (Why.SPREAD, service_points[::every]),
    ):
        for id in ids:
            if id is not None and len(chosen) < most:
                chosen.setdefault(id, why)
    return chosen


def _call_backs(
    session: Session, outage: OutageRow, service_points: Collection[str]
) -> dict[str, list[CallBackRow]]:
    query = select(CallBackRow).where(
        CallBackRow.outage_id == outage.id, CallBackRow.service_point == among(service_points)
    )
    found: dict[str, list[CallBackRow]] = {}
    for row in session.scalars(query.order_by(CallBackRow.spoken_at, CallBackRow.id)):
        found.setdefault(row.service_point, []).append(row)
    return found


def _pings(session: Session, outage: OutageRow, service_points: Collection[str]) -> dict[str, PingRequestRow]:
    query = select(PingRequestRow).where(
        PingRequestRow.service_point == among(service_points),
        PingRequestRow.requested_at >= outage.started_at,
    )
    rows = session.scalars(query.order_by(PingRequestRow.requested_at, PingRequestRow.id))
    return {row.service_point: row for row in rows}


def _supply(
    session: Session,
    outage: OutageRow,
    service_points: Iterable[str],
    calls: dict[str, list[CallBackRow]],
    pings: dict[str, PingRequestRow],
) -> dict[str, Supply]:
    """Return what was last said of each since supply is said to be back; before, since the outage began."""
    ids = list(service_points)
    since = outage.restored_at or outage.reopened_at or outage.started_at
    words: dict[str, list[_Word]] = {id: [] for id in ids}
    for id in ids:
        for call in calls.get(id, ()):
            if call.outcome != CallBackOutcome.NO_ANSWER:
                is_back = call.outcome == CallBackOutcome.SUPPLY_IS_BACK
                words[id].append(_Word(call.spoken_at, Supply.BACK if is_back else Supply.STILL_OUT))
        ping = pings.get(id)
        if ping is not None and ping.status == PingStatus.ANSWERED and ping.answered_at is not None:
            if ping.result == PingResult.ON:
                words[id].append(_Word(ping.answered_at, Supply.BACK))
            elif ping.result == PingResult.OFF:
                words[id].append(_Word(ping.answered_at, Supply.STILL_OUT))
    woken = select(EvidenceRow.service_point, EvidenceRow.at).where(
        EvidenceRow.service_point == among(ids), EvidenceRow.kind == "power_up", EvidenceRow.at >= since
    )
    for row in session.execute(woken):
        if row.service_point in words:
            words[row.service_point].append(_Word(row.at, Supply.BACK))
    return {id: _last([one for one in words[id] if one.at >= since]) for id in ids}


def _last(words: Sequence[_Word]) -> Supply:
    return max(words, key=lambda one: one.at).supply if words else Supply.UNKNOWN


def _nested(session: Session, outage: OutageRow, service_points: Collection[str]) -> dict[str, str]:
    """Return service point → another open outage that holds it now."""
    query = (
        select(AffectedRow.service_point, AffectedRow.outage_id)
        .join(OutageRow, OutageRow.id == AffectedRow.outage_id)
        .where(
            AffectedRow.service_point == among(service_points),
            AffectedRow.ended_at.is_(None),
            AffectedRow.outage_id != outage.id,
            OutageRow.status.in_(OPEN_OUTAGE_STATUSES),
        )
        .order_by(OutageRow.predicted_at.desc(), OutageRow.id)
    )
    return {row.service_point: row.outage_id for row in session.execute(query)}


def _ping(row: PingRequestRow | None) -> Ping | None:
    if row is None:
        return None
    return Ping(
        status=row.status, result=row.result, requested_at=row.requested_at, answered_at=row.answered_at
    )


def _last_call(rows: Sequence[CallBackRow] | None) -> CallBack | None:
    if not rows:
        return None
    row = rows[-1]
    return CallBack(
        outcome=row.outcome,
        spoken_at=row.spoken_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )
