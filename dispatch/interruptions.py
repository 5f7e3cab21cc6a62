"""Interruptions: which service point is without supply since when, to the household.

Every function changes the rows and returns the part of the log entry that tells it (dispatch/change_log.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from dispatch.change_log import as_json
from dispatch.tables import InterruptionRow, OutageRow

Told = dict[str, Any]


def set_interruptions(session: Session, *, outage: OutageRow, customers: Mapping[str, int]) -> Told:
    """Make the open interruptions of an outage exactly those given (service point → customers).

    RULE 1: a service point that another outage holds stays with it: nobody is out twice.
    RULE 2: an interruption starts with its outage, but never before the end of the one before it.
    """
    own = {
        row.service_point: row.started_at
        for row in session.scalars(select(InterruptionRow).where(InterruptionRow.outage_id == outage.id))
    }
    held_elsewhere, last_ended = _elsewhere(session, outage_id=outage.id, service_points=set(customers))
    starts = {
        service_point: max(outage.started_at, last_ended.get(service_point, outage.started_at))
        for service_point in customers
        if service_point not in held_elsewhere
    }
    withdrawn = [id for id, started_at in own.items() if starts.get(id) != started_at]
    started = {id: started_at for id, started_at in starts.items() if own.get(id) != started_at}
    if withdrawn:
        session.execute(
            delete(InterruptionRow).where(
                InterruptionRow.outage_id == outage.id, InterruptionRow.service_point.in_(withdrawn)
            )
        )
    if started:
        session.execute(
            insert(InterruptionRow),
            [
                {"outage_id": outage.id, "service_point": id, "started_at": at, "customers": customers[id]}
                for id, at in sorted(started.items())
            ],
        )
    return _told(withdrawn, started, customers)


def withdraw_interruptions(session: Session, *, outage_id: str) -> Told:
    """Take back the interruptions of an outage that never was."""
    withdrawn = sorted(
        session.scalars(
            delete(InterruptionRow)
            .where(InterruptionRow.outage_id == outage_id)
            .returning(InterruptionRow.service_point)
        )
    )
    return {"withdrawn": withdrawn} if withdrawn else {}


def end_interruptions(session: Session, *, outage_id: str, ended_at: datetime) -> Told:
    """Give supply back to every service point of an outage that is still without."""
    ended = sorted(
        session.scalars(
            update(InterruptionRow)
            .where(InterruptionRow.outage_id == outage_id, InterruptionRow.ended_at.is_(None))
            .values(ended_at=ended_at)
            .returning(InterruptionRow.service_point)
        )
    )
    return {"ended": {as_json(ended_at): ended}} if ended else {}


def move_interruptions(session: Session, *, outage_id: str, to: str) -> Told:
    """Hand the interruptions of an outage over to the one it is merged into."""
    moved = session.execute(
        update(InterruptionRow)
        .where(InterruptionRow.outage_id == outage_id)
        .values(outage_id=to)
        .returning(InterruptionRow.service_point)
    ).all()
    return {"moved_to": to} if moved else {}


def _elsewhere(
    session: Session, *, outage_id: str, service_points: set[str]
) -> tuple[set[str], dict[str, datetime]]:
    """Return who is held by another outage now, and when each one's last interruption elsewhere ended."""
    held: set[str] = set()
    last_ended: dict[str, datetime] = {}
    query = select(InterruptionRow.service_point, InterruptionRow.ended_at).where(
        InterruptionRow.outage_id != outage_id, InterruptionRow.service_point.in_(service_points)
    )
    for service_point, ended_at in session.execute(query):
        if ended_at is None:
            held.add(service_point)
        else:
            last_ended[service_point] = max(ended_at, last_ended.get(service_point, ended_at))
    return held, last_ended


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
