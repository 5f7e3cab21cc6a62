"""Interruptions: which service point is without supply since when, to the household.

Two layers. What an outage holds (`affected_service_point`) moves with every prediction. What a person has
confirmed stands in the ledger (dispatch/ledger.py), and from then on every change is written there as well.
Every function changes the rows and returns the part of the log entry that tells it (dispatch/change_log.py).

RULE 1: a phase that another outage holds stays with it: nobody is out twice. A household of which another
    phase goes as well stands in both outages.
RULE 2: an interruption starts with its outage, but never before the end of the one before it.
RULE 3: a household that both of two merged outages held is out while it is in either.
RULE 4: an outage that is over leaves what it held to another that holds the same household and has those
    phases open too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Integer, Text, bindparam, delete, func, literal, select, text, update
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json
from dispatch.ledger import Takes, end_of_outage, hand_outage_over, rewrite, take_supply, withdraw_outage_rows
from dispatch.ledger_rows import Household
from dispatch.states import OutageStatus
from dispatch.tables import AffectedRow, Instant, OutageRow
from dispatch.timelines import FOREVER, Hold, Holder, Timeline, in_order, release, take
from gis.phases_taken import feeder_of_device, phases_taken

Told = dict[str, Any]
ANY_PHASE = "ABC"

_INSERT = text(
    """
    INSERT INTO affected_service_point (outage_id, service_point, phases, started_at, customers)
    SELECT :outage_id, * FROM unnest(:ids, :phases, :starts, :customers)
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("phases", type_=ARRAY(Text)),
    bindparam("starts", type_=ARRAY(Instant)),
    bindparam("customers", type_=ARRAY(Integer)),
)
_SET_PHASES = text(
    """
    UPDATE affected_service_point AS own SET phases = given.phases
    FROM unnest(:ids, :phases) AS given (id, phases)
    WHERE own.outage_id = :outage_id AND own.service_point = given.id
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)), bindparam("phases", type_=ARRAY(Text)))
_MERGE_SHARED = text(
    """
    UPDATE affected_service_point AS kept
    SET phases = CASE
            WHEN gone.ended_at IS NOT NULL AND kept.ended_at IS NULL THEN kept.phases
            WHEN gone.ended_at IS NULL AND kept.ended_at IS NOT NULL THEN gone.phases
            ELSE array_to_string(ARRAY(
                SELECT DISTINCT unnest(string_to_array(kept.phases || gone.phases, NULL)) ORDER BY 1), '')
        END,
        started_at = CASE
            WHEN gone.ended_at IS NOT NULL AND kept.ended_at IS NULL THEN kept.started_at
            ELSE gone.started_at
        END,
        ended_at = CASE WHEN kept.ended_at IS NOT NULL THEN gone.ended_at END,
        customers = gone.customers
    FROM affected_service_point AS gone
    WHERE kept.outage_id = :into AND gone.outage_id = :outage_id AND gone.service_point = kept.service_point
    RETURNING gone.service_point
    """
)


@dataclass(frozen=True, slots=True)
class _Own:
    started_at: datetime
    ended_at: datetime | None
    phases: str


def is_in_ledger(outage: OutageRow) -> bool:
    """Return whether a person has confirmed an outage, so that what it holds stands in the ledger."""
    return outage.status != OutageStatus.PREDICTED


def among(service_points: Collection[str]) -> Any:
    """Return these ids as one array for the database, however many they are."""
    return func.any(literal(list(service_points), ARRAY(Text)))


def set_interruptions(
    session: Session, *, outage: OutageRow, customers: Mapping[str, int], author: Author
) -> Told:
    """Make the open interruptions of an outage exactly those given (service point → customers).

    Those that have supply again stay as they ended, and in the ledger so does a later start: a step of
    switching put them out.
    """
    own = _own(session, outage_id=outage.id)
    taken = phases_taken(session, network_version=outage.network_version, service_points=customers)
    held, last_ended = _elsewhere(session, outage_id=outage.id, service_points=customers)
    opened = outage.phases or ANY_PHASE
    wanted: dict[str, tuple[datetime, str]] = {}
    for id in customers:
        phases = _free(opened, taken.get(id, opened), held.get(id, ""))
        if phases:
            start = max(outage.started_at, last_ended.get(id, outage.started_at))
            wanted[id] = (_start(outage, own.get(id), start), phases)
    withdrawn = [
        id
        for id, one in own.items()
        if one.ended_at is None and (id not in wanted or wanted[id][0] != one.started_at)
    ]
    gone = set(withdrawn)
    started = {id: at for id, (at, _) in wanted.items() if id not in own or id in gone}
    grown = {
        id: phases
        for id, (_, phases) in wanted.items()
        if id not in started and own[id].ended_at is None and phases != own[id].phases
    }
    if withdrawn:
        _delete(session, outage_id=outage.id, service_points=withdrawn)
    if started:
        _insert(session, outage.id, {id: wanted[id] for id in started}, customers)
    if grown:
        _set_phases(session, outage_id=outage.id, phases=grown)
    if is_in_ledger(outage) and (withdrawn or started or grown):
        _bring_ledger_up(
            session,
            outage=outage,
            since={id: own[id].started_at for id in (*withdrawn, *grown)},
            wanted={id: wanted[id] for id in (*started, *grown)},
            households=_households(session, outage, customers, taken),
            author=author,
        )
    return _told(withdrawn, started, customers)


def enter_interruptions(session: Session, *, outage: OutageRow, author: Author) -> int:
    """Write in the ledger what an outage holds, when a person confirms it; return how many households."""
    rows = session.execute(
        select(
            AffectedRow.service_point,
            AffectedRow.phases,
            AffectedRow.started_at,
            AffectedRow.ended_at,
            AffectedRow.customers,
        ).where(AffectedRow.outage_id == outage.id)
    ).all()
    # A household that came back at the very start was not out.
    takes = [
        Takes(id, phases, start, FOREVER if end is None else end)
        for id, phases, start, end, _ in rows
        if end is None or end > start
    ]
    ids = [one.service_point for one in takes]
    taken = phases_taken(session, network_version=outage.network_version, service_points=ids)
    households = _households(session, outage, {row.service_point: row.customers for row in rows}, taken)
    holder = Holder(outage_id=outage.id)
    take_supply(session, takes=takes, households=households, holder=holder, author=author)
    return len(takes)


def withdraw_interruptions(
    session: Session, *, outage_id: str, author: Author, reason: str | None = None
) -> Told:
    """Take back the interruptions of an outage that never was."""
    withdrawn = sorted(
        session.scalars(
            delete(AffectedRow).where(AffectedRow.outage_id == outage_id).returning(AffectedRow.service_point)
        )
    )
    withdraw_outage_rows(session, outage_id=outage_id, author=author, reason=reason)
    return {"withdrawn": withdrawn} if withdrawn else {}


def end_interruptions(session: Session, *, outage_id: str, ended_at: datetime, author: Author) -> Told:
    """Give supply back to every service point of an outage that is still without.

    One whose interruption began later than that (rule 2) was not out: it ends as it began.
    """
    rows = session.execute(
        update(AffectedRow)
        .where(AffectedRow.outage_id == outage_id, AffectedRow.ended_at.is_(None))
        .values(ended_at=func.greatest(AffectedRow.started_at, ended_at))
        .returning(AffectedRow.service_point, AffectedRow.ended_at)
    ).all()
    end_of_outage(session, outage_id=outage_id, at=ended_at, author=author)
    _leave_to_others(session, service_points=[id for id, _ in rows], at=ended_at, author=author)
    return told_ended(rows)


def move_interruptions(session: Session, *, outage_id: str, to: str, author: Author) -> Told:
    """Hand the interruptions of an outage over to the one it is merged into."""
    shared = session.scalars(_MERGE_SHARED, {"outage_id": outage_id, "into": to}).all()
    if shared:
        _delete(session, outage_id=outage_id, service_points=shared)
    moved = session.execute(
        update(AffectedRow)
        .where(AffectedRow.outage_id == outage_id)
        .values(outage_id=to)
        .returning(AffectedRow.service_point)
    ).all()
    hand_outage_over(session, outage_id=outage_id, to=to, author=author)
    into = session.get_one(OutageRow, to)
    if is_in_ledger(into):
        # What only a prediction held is confirmed with the outage that it is part of now.
        enter_interruptions(session, outage=into, author=author)
    return {"moved_to": to} if moved or shared else {}


def told_ended(rows: Iterable[Any]) -> Told:
    """Return (service point, end) pairs as the log tells them."""
    ended: dict[str, list[str]] = defaultdict(list)
    for service_point, at in rows:
        ended[as_json(at)].append(service_point)
    return {"ended": {at: sorted(ids) for at, ids in sorted(ended.items())}} if ended else {}


def _own(session: Session, *, outage_id: str) -> dict[str, _Own]:
    query = select(
        AffectedRow.service_point, AffectedRow.started_at, AffectedRow.ended_at, AffectedRow.phases
    ).where(AffectedRow.outage_id == outage_id)
    return {id: _Own(start, end, phases) for id, start, end, phases in session.execute(query)}


def _start(outage: OutageRow, own: _Own | None, start: datetime) -> datetime:
    if own is not None and is_in_ledger(outage) and own.started_at > start:
        return own.started_at
    return start


def _free(opened: str, taken: str, held: str) -> str:
    """Return the phases that an outage has open, a household takes, and no other outage holds."""
    lost = set(opened) & set(taken) or set(opened)
    return in_order(lost - set(held))


def _elsewhere(
    session: Session, *, outage_id: str, service_points: Collection[str]
) -> tuple[dict[str, str], dict[str, datetime]]:
    """Return which phases other outages hold of each now, and when each one's last interruption ended."""
    held: dict[str, str] = defaultdict(str)
    last_ended: dict[str, datetime] = {}
    query = select(AffectedRow.service_point, AffectedRow.ended_at, AffectedRow.phases).where(
        AffectedRow.outage_id != outage_id, AffectedRow.service_point == among(service_points)
    )
    for service_point, ended_at, phases in session.execute(query):
        if ended_at is None:
            held[service_point] += phases
        else:
            last_ended[service_point] = max(ended_at, last_ended.get(service_point, ended_at))
    return held, last_ended


def _households(
    session: Session, outage: OutageRow, customers: Mapping[str, int], taken: Mapping[str, str]
) -> dict[str, Household]:
    feeder = feeder_of_device(session, network_version=outage.network_version, device=outage.device)
    unknown = outage.phases or ANY_PHASE
    return {id: Household(count, taken.get(id, unknown), feeder) for id, count in customers.items()}


def _bring_ledger_up(
    session: Session,
    *,
    outage: OutageRow,
    since: Mapping[str, datetime],
    wanted: Mapping[str, tuple[datetime, str]],
    households: Mapping[str, Household],
    author: Author,
) -> None:
    """Correct the ledger where a confirmed outage turned out to hold others, or since another time.

    `since`: when those began that are changed. What ended before is left: it came back, and went out again.
    """
    holder = Holder(outage_id=outage.id)

    def moved(service_point: str, timeline: Timeline) -> Timeline:
        if service_point in since:
            timeline = release(timeline, holder=holder, start=since[service_point])
        if service_point not in wanted:
            return timeline
        start, phases = wanted[service_point]
        return take(timeline, Hold(holder, phases), start=start)

    concerned = {id: households.get(id) for id in (*since, *wanted)}
    rewrite(session, households=concerned, change=moved, author=author)


def _leave_to_others(
    session: Session, *, service_points: Collection[str], at: datetime, author: Author
) -> None:
    """Rule 4: give freed phases to outages that hold the same households and have those phases open."""
    rows = session.execute(
        select(OutageRow, AffectedRow.service_point, AffectedRow.phases, AffectedRow.customers)
        .join(OutageRow, OutageRow.id == AffectedRow.outage_id)
        .where(AffectedRow.service_point == among(service_points), AffectedRow.ended_at.is_(None))
        .order_by(OutageRow.predicted_at, OutageRow.id)
    ).all()
    by_outage: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_outage[row.OutageRow.id].append(row)
    for outage_id, held in by_outage.items():
        outage = held[0].OutageRow
        ids = [row.service_point for row in held]
        taken = phases_taken(session, network_version=outage.network_version, service_points=ids)
        others = _elsewhere(session, outage_id=outage_id, service_points=ids)[0]
        opened = outage.phases or ANY_PHASE
        grown = {}
        for row in held:
            phases = _free(opened, taken.get(row.service_point, opened), others.get(row.service_point, ""))
            if set(phases) - set(row.phases):
                grown[row.service_point] = phases
        if grown:
            _set_phases(session, outage_id=outage_id, phases=grown)
        if grown and is_in_ledger(outage):
            customers = {row.service_point: row.customers for row in held}
            take_supply(
                session,
                takes=[Takes(id, phases, at) for id, phases in grown.items()],
                households=_households(session, outage, customers, taken),
                holder=Holder(outage_id=outage_id),
                author=author,
            )


def _set_phases(session: Session, *, outage_id: str, phases: Mapping[str, str]) -> None:
    told = {"outage_id": outage_id, "ids": list(phases), "phases": list(phases.values())}
    session.execute(_SET_PHASES, told)


def _insert(
    session: Session, outage_id: str, held: Mapping[str, tuple[datetime, str]], customers: Mapping[str, int]
) -> None:
    told = {
        "outage_id": outage_id,
        "ids": list(held),
        "phases": [phases for _, phases in held.values()],
        "starts": [start for start, _ in held.values()],
        "customers": [customers[id] for id in held],
    }
    session.execute(_INSERT, told)


def _delete(session: Session, *, outage_id: str, service_points: Collection[str]) -> None:
    session.execute(
        delete(AffectedRow).where(
            AffectedRow.outage_id == outage_id, AffectedRow.service_point == among(service_points)
        )
    )


def _told(withdrawn: list[str], started: Mapping[str, datetime], customers: Mapping[str, int]) -> Told:
    told: Told = {}
    if withdrawn:
        told["withdrawn"] = sorted(withdrawn)
    if started:
        by_time: dict[str, dict[str, int]] = defaultdict(dict)
        for id, at in sorted(started.items()):
            by_time[as_json(at)][id] = customers[id]
        told["started"] = dict(by_time)
    return told
