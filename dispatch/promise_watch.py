"""The periodic step of promise clocks: each change of a clock is told once.

RULE 1: an outage's promises are those of the rules in force when it is first looked at, and stay so.
RULE 2: a warning is told once for each promise; a breach when it happens, and again only after it was taken
    back.
RULE 3: a breach is taken back when what is learned later (a crew without signal tells that it was there in
    time) shows that the promise was kept. Both stand in the change log.
Killed at any moment, a step leaves all of itself or nothing: what was told stands in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.arrival_proof import ArrivalProof
from dispatch.beliefs import ENGINE
from dispatch.change_log import Author, as_json, record
from dispatch.events import Event
from dispatch.outage_place import places_of_outages
from dispatch.promise_candidates import ALIVE, next_look, outages_to_look_at
from dispatch.promise_rules import ClockState, PromiseClock
from dispatch.promise_rules_store import rules_in_force
from dispatch.promise_tables import ArrivalFlagRow, PromiseClockRow, PromisedOutageRow
from dispatch.promises import OutagePromises, promises_of
from dispatch.tables import OutageRow
from gis.area_classes import classes_of_devices
from gis.customers_around import CustomersAround

MOST_AT_ONCE = 25
_TOLD_FIELDS = ("state", "due_at", "stopped_at")
_MEANWHILE = (ClockState.RUNNING, ClockState.WARNING, ClockState.PAUSED)


def promises_differ(session: Session, *, now: datetime) -> bool:
    """Return whether a step would change anything; needs no write transaction."""
    outages = outages_to_look_at(session, now=now)
    if not outages:
        return False
    rows = _promised(session, outages)
    if any(_is_new(outage, rows.get(outage.id)) for outage in outages):
        return True
    found = promises_of(session, outages=outages, now=now)
    clocks = _clock_rows(session, outages)
    flags = _told_flags(session, found.values())
    return any(_has_news(outage, rows[outage.id], found[outage.id], clocks, flags) for outage in outages)


def keep_promises(
    session: Session, *, customers_around: CustomersAround, now: datetime, most: int = MOST_AT_ONCE
) -> int:
    """Bring clocks up to now and tell what has changed; return how many changes were told.

    At most so many outages that are not over change in one step, so that nobody waits long for it; the others
    are taken by the next one. What is over is always taken, for it is not looked at again.
    """
    outages = outages_to_look_at(session, now=now)
    rows = _promised(session, outages)
    is_fresh = {outage.id for outage in outages if _is_new(outage, rows.get(outage.id))}
    late = [outage.id for outage in outages if outage.id in is_fresh and outage.status in ALIVE][most:]
    outages = [outage for outage in outages if outage.id not in set(late)]
    _promise_all(session, [outage for outage in outages if outage.id in is_fresh], rows, customers_around)
    found = promises_of(session, outages=outages, now=now)
    clocks = _clock_rows(session, outages)
    flags = _told_flags(session, found.values())
    told = changed = 0
    for outage in outages:
        promises, row = found[outage.id], rows[outage.id]
        is_alive = outage.status in ALIVE
        if not _has_news(outage, row, promises, clocks, flags) or (is_alive and changed >= most):
            continue
        changed += is_alive
        told += _keep_one(session, outage=outage, promises=promises, clocks=clocks, flags=flags, now=now)
        row.seen_version = outage.version
        row.next_look_at = next_look(promises.clocks)
    session.flush()
    return told


def keep_promises_of(session: Session, *, outage_id: str, now: datetime) -> None:
    """Bring the clocks of one outage up to now, within what a person does to it."""
    outage = session.get_one(OutageRow, outage_id)
    rows = _promised(session, [outage])
    if _is_new(outage, rows.get(outage_id)):
        _promise_all(session, [outage], rows, CustomersAround())
    promises = promises_of(session, outages=[outage], now=now)[outage_id]
    clocks, flags = _clock_rows(session, [outage]), _told_flags(session, [promises])
    # Its version counts as not seen yet: the next step looks at all that is older as well.
    _keep_one(session, outage=outage, promises=promises, clocks=clocks, flags=flags, now=now)
    session.flush()


def _keep_one(
    session: Session,
    *,
    outage: OutageRow,
    promises: OutagePromises,
    clocks: Mapping[tuple[str, str], PromiseClockRow],
    flags: set[tuple[str, str]],
    now: datetime,
) -> int:
    told = 0
    for clock in promises.clocks:
        row = clocks.get((outage.id, clock.promise))
        if row is None:
            row = PromiseClockRow(outage_id=outage.id, promise=clock.promise, state=ClockState.RUNNING)
        told += _bring_up(session, outage=outage, row=row, clock=clock, promises=promises, now=now)
    return told + _tell_flags(session, outage=outage, promises=promises, known=flags, now=now)


def _has_news(
    outage: OutageRow,
    row: PromisedOutageRow,
    promises: OutagePromises,
    clocks: Mapping[tuple[str, str], PromiseClockRow],
    flags: set[tuple[str, str]],
) -> bool:
    return (
        row.seen_version != outage.version
        or any(_differs(clocks.get((outage.id, clock.promise)), clock) for clock in promises.clocks)
        or any((job, flag) not in flags for job, own in promises.flags.items() for flag in own)
    )


def _promised(session: Session, outages: Sequence[OutageRow]) -> dict[str, PromisedOutageRow]:
    ids = [outage.id for outage in outages]
    rows = session.scalars(select(PromisedOutageRow).where(PromisedOutageRow.outage_id.in_(ids)))
    return {row.outage_id: row for row in rows}


def _clock_rows(session: Session, outages: Sequence[OutageRow]) -> dict[tuple[str, str], PromiseClockRow]:
    ids = [outage.id for outage in outages]
    rows = session.scalars(select(PromiseClockRow).where(PromiseClockRow.outage_id.in_(ids)))
    return {(row.outage_id, row.promise): row for row in rows}


def _is_new(outage: OutageRow, row: PromisedOutageRow | None) -> bool:
    """An outage that was moved to another device may lie in another area."""
    return row is None or row.device != outage.device


def _promise_all(
    session: Session,
    outages: Sequence[OutageRow],
    rows: dict[str, PromisedOutageRow],
    customers_around: CustomersAround,
) -> None:
    """Say what is promised about outages that are new, or lie elsewhere now."""
    if not outages:
        return
    in_force = rules_in_force(session)
    places = places_of_outages(session, outages)
    by_version: dict[int, list[OutageRow]] = defaultdict(list)
    for outage in outages:
        by_version[outage.network_version].append(outage)
    for network_version, own in by_version.items():
        classes = classes_of_devices(
            session,
            network_version=network_version,
            places={outage.device: places[outage.id] for outage in own},
            rule=in_force.rules.areas,
            customers_around=customers_around,
        )
        for outage in own:
            found = classes[outage.device]
            row = rows.get(outage.id) or PromisedOutageRow(
                outage_id=outage.id, rules_number=in_force.number, seen_version=0
            )
            row.device = outage.device
            row.area_class = found.area_class
            row.area_source = found.source
            row.area_named = found.named
            row.customers_per_km2 = found.customers_per_km2
            rows[outage.id] = row
    session.add_all(rows[outage.id] for outage in outages)
    session.flush()


def _differs(row: PromiseClockRow | None, clock: PromiseClock) -> bool:
    """Slack changes with every second, and while a pause goes on so does the due time: no reason to write."""
    if row is None or row.state != clock.state or row.stopped_at != clock.stopped_at:
        return True
    if row.started_at != clock.started_at or row.because != clock.because:
        return True
    return clock.state is not ClockState.PAUSED and row.due_at != clock.due_at


def _bring_up(
    session: Session,
    *,
    outage: OutageRow,
    row: PromiseClockRow,
    clock: PromiseClock,
    promises: OutagePromises,
    now: datetime,
) -> int:
    """Write how a clock stands, and tell in the change log what a person must know; return how often."""
    old = {field: getattr(row, field) for field in _TOLD_FIELDS}
    event = _event(row, clock)
    row.measures = clock.measures
    row.state = clock.state
    row.because = clock.because
    row.started_at = clock.started_at
    row.due_at = clock.due_at
    row.stopped_at = clock.stopped_at
    row.slack_minutes = clock.slack_minutes
    row.rules_version = promises.rules_version
    session.add(row)
    if event is None:
        return 0
    values = {
        field: {"old": as_json(old[field]), "new": as_json(getattr(row, field))} for field in _TOLD_FIELDS
    }
    position = record(
        session,
        name=event,
        subject=f"promise:{outage.id}/{clock.promise}",
        outage=outage,
        author=Author(actor=ENGINE, now=now, occurred_at=_happened_at(event, clock, now)),
        data={"values": values, "promise": _evidence(clock, promises)},
    )
    if event is Event.PROMISE_WARNED:
        row.warned_position = position
    else:
        row.verdict_position = position
        if event is Event.PROMISE_BREACHED:
            row.breach_position = position
    return 1


def _event(row: PromiseClockRow, clock: PromiseClock) -> Event | None:
    """Return what to tell of a clock that stood as in its row."""
    was_breached = row.state == ClockState.BREACHED
    if clock.state is ClockState.BREACHED:
        return None if was_breached else Event.PROMISE_BREACHED
    if was_breached:
        return Event.PROMISE_BREACH_WITHDRAWN
    if clock.state is ClockState.KEPT:
        return None if row.state == ClockState.KEPT else Event.PROMISE_KEPT
    if clock.state is ClockState.WARNING and row.warned_position is None:
        return Event.PROMISE_WARNED
    return None


def _happened_at(event: Event, clock: PromiseClock, now: datetime) -> datetime:
    at = {
        Event.PROMISE_WARNED: clock.warn_at,
        Event.PROMISE_BREACHED: clock.due_at,
        Event.PROMISE_KEPT: clock.stopped_at,
    }.get(event)
    return min(at or now, now)


def _evidence(clock: PromiseClock, promises: OutagePromises) -> dict[str, Any]:
    """Return what a verdict rests on: ids, times and places in the log; no personal data."""
    return {
        "promise": clock.promise,
        "rules": promises.rules_version,
        "area_class": promises.area_class,
        "area_source": promises.area_source,
        "started_at": as_json(clock.started_at),
        "slack_minutes": None if clock.slack_minutes is None else round(clock.slack_minutes, 2),
        "because": clock.because,
        "reports": [report.evidence_id for report in promises.first_reports],
        "arrival": _arrival(promises.arrival),
    }


def _arrival(proof: ArrivalProof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    return {
        "job_id": proof.job_id,
        "crew_id": proof.crew_id,
        "tap_at": as_json(proof.tap_at),
        "tap_change": proof.tap_change,
        "position_at": as_json(proof.position_at),
        "position_distance_m": proof.position_distance_m,
    }


def _told_flags(session: Session, found: Iterable[OutagePromises]) -> set[tuple[str, str]]:
    jobs = [job_id for promises in found for job_id in promises.flags]
    rows = session.scalars(select(ArrivalFlagRow).where(ArrivalFlagRow.job_id.in_(jobs)))
    return {(row.job_id, row.flag) for row in rows}


def _tell_flags(
    session: Session,
    *,
    outage: OutageRow,
    promises: OutagePromises,
    known: set[tuple[str, str]],
    now: datetime,
) -> int:
    """Tell once of each difference between the proofs of an arrival."""
    told = 0
    by_job = {proof.job_id: proof for proof in promises.proofs}
    for job_id, flags in promises.flags.items():
        for flag in flags:
            if (job_id, flag) in known:
                continue
            position = record(
                session,
                name=Event.PROMISE_ARRIVAL_QUESTIONED,
                subject=f"arrival:{job_id}",
                outage=outage,
                author=Author(actor=ENGINE, now=now),
                data={"values": {"flag": {"old": None, "new": flag}}, "arrival": _arrival(by_job[job_id])},
            )
            session.add(ArrivalFlagRow(job_id=job_id, flag=flag, change_position=position))
            told += 1
    return told
