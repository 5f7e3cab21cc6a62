"""A crew's roster of shifts, taking it off duty and putting it back, and the limits of duty and rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record, set_values
from dispatch.crew_rows import crew_row
from dispatch.crew_tables import CrewShiftRow, DutyRulesRow
from dispatch.duty import DutyRules, Stretch
from dispatch.errors import Conflict, InvalidInput
from dispatch.events import Event
from dispatch.off_duty import OffDuty
from dispatch.roster import read_duty_rules
from dispatch.states import ACTIVE_JOB_STATUSES
from dispatch.tables import JobRow

# Longer is no shift but a mistake in a date; a shift above the longest duty is cut short by the rest.
LONGEST_SHIFT = timedelta(days=366)
MOST_SHIFTS = 1_000


def set_shifts(
    session: Session, *, crew_id: str, shifts: Sequence[Stretch], actor: str, now: datetime
) -> list[Stretch]:
    """Set a crew's roster from now on; shifts that began before stay, as they say what was worked.

    A shift that runs now may be made shorter or longer by sending it with its own start.
    """
    crew_row(session, crew_id=crew_id)
    known = read_shifts(session, crew_id=crew_id)
    sent = {one.start for one in shifts}
    past = [one for one in known if one.start < now and one.start not in sent]
    for one in shifts:
        if one.end <= now and one not in known:
            text = f"the shift from {one.start.isoformat()} is past; a roster is set from now on"
            raise InvalidInput(field="shifts", text=text)
    before = as_log(known)
    after = write_shifts(session, crew_id=crew_id, shifts=[*past, *shifts])
    if after != before:
        data = {"values": {"shifts": {"old": before, "new": after}}}
        _record(session, Event.CREW_SHIFTS_CHANGED, crew_id, data, Author(actor=actor, now=now))
    return read_shifts(session, crew_id=crew_id)


def remove_shifts_before(
    session: Session, *, crew_id: str, before: datetime, actor: str, now: datetime
) -> None:
    """Take shifts that ended before a moment off the roster; the log keeps what they were."""
    known = read_shifts(session, crew_id=crew_id)
    session.execute(
        delete(CrewShiftRow).where(CrewShiftRow.crew_id == crew_id, CrewShiftRow.ends_at < before)
    )
    kept = [one for one in known if one.end >= before]
    if kept != known:
        data = {"values": {"shifts": {"old": as_log(known), "new": as_log(kept)}}}
        _record(session, Event.CREW_SHIFTS_CHANGED, crew_id, data, Author(actor=actor, now=now))


def read_shifts(session: Session, *, crew_id: str) -> list[Stretch]:
    """Return a crew's shifts, in order."""
    rows = session.scalars(
        select(CrewShiftRow).where(CrewShiftRow.crew_id == crew_id).order_by(CrewShiftRow.starts_at)
    )
    return [Stretch(row.starts_at, row.ends_at) for row in rows]


def write_shifts(session: Session, *, crew_id: str, shifts: Sequence[Stretch]) -> list[list[str]]:
    """Replace a crew's shifts and return them as they stand in the log; nothing is recorded."""
    in_order = sorted(set(shifts))
    if len(in_order) > MOST_SHIFTS:
        raise InvalidInput(field="shifts", text=f"at most {MOST_SHIFTS}")
    for one in in_order:
        if one.end <= one.start:
            text = f"the shift from {one.start.isoformat()} ends before it starts"
            raise InvalidInput(field="shifts", text=text)
        if one.end - one.start > LONGEST_SHIFT:
            text = f"the shift from {one.start.isoformat()} lasts more than {LONGEST_SHIFT.days} days"
            raise InvalidInput(field="shifts", text=text)
    for first, second in pairwise(in_order):
        if second.start < first.end:
            text = f"the shifts from {first.start.isoformat()} and {second.start.isoformat()} overlap"
            raise InvalidInput(field="shifts", text=text)
    session.execute(delete(CrewShiftRow).where(CrewShiftRow.crew_id == crew_id))
    session.add_all(CrewShiftRow(crew_id=crew_id, starts_at=one.start, ends_at=one.end) for one in in_order)
    session.flush()
    return as_log(in_order)


def as_log(shifts: Sequence[Stretch]) -> list[list[str]]:
    """Return shifts as they stand in the log and in snapshots: pairs of times."""
    return [[as_json(one.start), as_json(one.end)] for one in sorted(shifts)]


def take_off_duty(session: Session, *, crew_id: str, because: str, actor: str, now: datetime) -> None:
    """Take a crew off duty, until it is put back; Conflict while it has jobs, which name the way out."""
    row = crew_row(session, crew_id=crew_id)
    if because not in set(OffDuty):
        raise InvalidInput(field="because", text=f"{because!r} is none of {', '.join(OffDuty)}")
    jobs = session.scalars(
        select(JobRow.id).where(JobRow.crew_id == crew_id, JobRow.status.in_(ACTIVE_JOB_STATUSES))
    ).all()
    if jobs:
        raise Conflict(
            f"{row.name} has open jobs: {', '.join(sorted(jobs))}. Hand them over or call it back first."
        )
    since = row.off_duty_since or now
    values = set_values(row, {"off_duty_since": since, "off_duty_because": because})
    if values:
        _record(session, Event.CREW_OFF_DUTY, crew_id, {"values": values}, Author(actor=actor, now=now))


def put_on_duty(session: Session, *, crew_id: str, actor: str, now: datetime) -> None:
    """Put a crew back on duty. What it missed of its shifts was not worked, and leaves the roster."""
    row = crew_row(session, crew_id=crew_id)
    if row.off_duty_since is None:
        raise Conflict(f"{row.name} is not off duty.")
    known = read_shifts(session, crew_id=crew_id)
    worked = [part for one in known for part in _without(one, Stretch(row.off_duty_since, now))]
    before = as_log(known)
    after = write_shifts(session, crew_id=crew_id, shifts=worked)
    values: dict[str, Any] = set_values(row, {"off_duty_since": None, "off_duty_because": None})
    if after != before:
        values["shifts"] = {"old": before, "new": after}
    _record(session, Event.CREW_ON_DUTY, crew_id, {"values": values}, Author(actor=actor, now=now))


def set_duty_rules(session: Session, *, rules: DutyRules, actor: str, now: datetime) -> DutyRules:
    """Set the limits of duty and rest for all crews."""
    before = asdict(read_duty_rules(session))
    after = asdict(rules)
    statement = insert(DutyRulesRow).values(id=1, **after)
    session.execute(statement.on_conflict_do_update(index_elements=[DutyRulesRow.id], set_=after))
    session.expire_all()
    changed = {
        name: {"old": before[name], "new": after[name]} for name in after if before[name] != after[name]
    }
    if changed:
        record(
            session,
            name=Event.DUTY_RULES_CHANGED,
            subject="duty_rules:1",
            outage=None,
            author=Author(actor=actor, now=now),
            data={"values": changed},
        )
    return rules


def _without(shift: Stretch, missed: Stretch) -> list[Stretch]:
    parts = [
        Stretch(shift.start, min(shift.end, missed.start)),
        Stretch(max(shift.start, missed.end), shift.end),
    ]
    return [part for part in parts if part.start < part.end]


def _record(session: Session, name: Event, crew_id: str, data: dict[str, Any], author: Author) -> None:
    record(session, name=name, subject=f"crew:{crew_id}", outage=None, author=author, data=data)
