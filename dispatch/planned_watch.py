"""What time makes of planned outages: notices that become due, switching that begins and ends them, overruns.

Looked at every now and then (api/processes/planned_keeper.py). Looking reads only; what is found is done in a
write transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow
from dispatch.change_log import Author
from dispatch.events import Event
from dispatch.notifications import MessageKind
from dispatch.planned_execution import (
    follow_switching,
    held_by,
    switching_waits,
    with_executed_steps,
)
from dispatch.planned_notices import (
    add_notice,
    is_all_announced,
    keep_rule,
    note_notified,
    rules_waiting,
    was_told,
)
from dispatch.planned_rows import change_planned, record_planned
from dispatch.planned_rules import PlannedRules
from dispatch.planned_rules_store import planned_rules_in_force
from dispatch.planned_states import (
    OVER_PLANNED_STATUSES,
    TOLD_STATUSES,
    PlannedStatus,
)

KEEPER = "system"


def planned_outages_due(session: Session, *, now: datetime) -> bool:
    """Return whether there is anything to do for any planned outage now."""
    rules = planned_rules_in_force(session)
    switched = with_executed_steps(session)
    return any(_waits(session, row, rules, now, switched) for row in _alive(session))


def keep_planned_outages(session: Session, *, now: datetime) -> int:
    """Do what is due, in a write transaction; return how many planned outages it concerned."""
    rules = planned_rules_in_force(session)
    author = Author(actor=KEEPER, now=now)
    switched = with_executed_steps(session)
    changed = 0
    for row in _alive(session):
        if not _waits(session, row, rules, now, switched):
            continue
        changed += 1
        while follow_switching(session, row, now=now):
            pass
        if row.status in TOLD_STATUSES:
            for rule in list(rules_waiting(session, row, rules=rules, now=now)):
                keep_rule(session, row, rule, rules=rules, author=author)
            note_notified(session, row, rules=rules, author=author)
        if _is_overrun(row, now):
            _tell_overrun(session, row, rules=rules, author=author)
    return changed


def _alive(session: Session) -> Sequence[PlannedOutageRow]:
    over = (*OVER_PLANNED_STATUSES, PlannedStatus.ENDED)
    query = select(PlannedOutageRow).where(PlannedOutageRow.status.not_in(over))
    return session.scalars(query.order_by(PlannedOutageRow.starts_at, PlannedOutageRow.id)).all()


def _waits(
    session: Session,
    row: PlannedOutageRow,
    rules: PlannedRules,
    now: datetime,
    switched: Collection[str],
) -> bool:
    if (row.id in switched and switching_waits(session, row)) or _is_overrun(row, now):
        return True
    if row.status not in TOLD_STATUSES:
        return False
    if next(rules_waiting(session, row, rules=rules, now=now), None) is not None:
        return True
    return row.status == PlannedStatus.PUBLISHED and is_all_announced(session, row, rules=rules)


def _is_overrun(row: PlannedOutageRow, now: datetime) -> bool:
    return row.status in TOLD_STATUSES and row.overrun_at is None and now >= row.ends_at


def _tell_overrun(session: Session, row: PlannedOutageRow, *, rules: PlannedRules, author: Author) -> None:
    """Raise the alarm that nobody said it is over, and tell those who are still off."""
    held = held_by(session, row)
    values = change_planned(row, overrun_at=author.now)
    position = record_planned(
        session, Event.PLANNED_OUTAGE_OVERRAN, row, values, author, service_points_out=len(held)
    )
    if held and was_told(session, row):
        add_notice(
            session,
            row,
            kind=MessageKind.PLANNED_OVERDUE,
            service_points=held,
            position=position,
            rules_version=rules.version,
            now=author.now,
        )
