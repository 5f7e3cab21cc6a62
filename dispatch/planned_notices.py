"""Notices about planned outages: by the rules in time, or with the change they tell of; each with proof.

RULE 1: a rule is kept once for each start. What is moved is told at once, which stands for every rule whose
time has come by then; a later one waits for its time.
RULE 2: what is queued after it was due is late; what was not queued before the work began is missed: both are
breaches, and stay so.
RULE 3: who was added after others were told is told at once, and who was removed too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, exists, func, literal, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow
from dispatch.change_log import Author, as_json
from dispatch.events import Event
from dispatch.message_kinds import MessageKind
from dispatch.message_queue import About, queue_messages
from dispatch.planned_extent import Difference, latest_version
from dispatch.planned_rows import change_planned, record_planned, service_points_of
from dispatch.planned_rules import EVERYBODY, NoticeMessage, NoticeRule, PlannedRules
from dispatch.planned_states import PlannedAction, PlannedStatus, planned_status_after
from dispatch.planned_tables import PlannedNoticeRow
from dispatch.tables import NotificationRow
from gis.network_versions import active_network_version
from gis.tables import ServicePointRow

_KINDS = {
    NoticeMessage.ANNOUNCED: MessageKind.PLANNED_ANNOUNCED,
    NoticeMessage.REMINDER: MessageKind.PLANNED_REMINDER,
}


def rules_waiting(
    session: Session, row: PlannedOutageRow, *, rules: PlannedRules, now: datetime
) -> Iterator[NoticeRule]:
    """Give the rules whose time has come for a planned outage and that nothing was done for yet."""
    come = [rule for rule in rules.notices if row.work in rule.work and rule.open_from(row.starts_at) <= now]
    if not come:
        return
    done = set(
        session.scalars(
            select(PlannedNoticeRow.rule).where(
                PlannedNoticeRow.planned_outage_id == row.id, PlannedNoticeRow.starts_at == row.starts_at
            )
        )
    )
    yield from (rule for rule in come if rule.id not in done)


def keep_rule(
    session: Session, row: PlannedOutageRow, rule: NoticeRule, *, rules: PlannedRules, author: Author
) -> None:
    """Queue what a rule wants, or record that its time is over (rule 2)."""
    now = author.now
    is_missed = now >= min(row.starts_at, row.begun_at or row.starts_at)
    due_at = rule.due_at(row.starts_at)
    told = {"rule": rule.id, "due_at": as_json(due_at), "is_late": now > due_at or is_missed}
    name = Event.PLANNED_OUTAGE_NOTICE_MISSED if is_missed else Event.PLANNED_OUTAGE_NOTICE_QUEUED
    position = record_planned(session, name, row, {}, author, notice=told)
    add_notice(
        session,
        row,
        kind=_KINDS[rule.message],
        service_points=_addressed(session, row, rule),
        position=position,
        rules_version=rules.version,
        now=now,
        rule=rule.id,
        due_at=due_at,
        is_missed=is_missed,
    )


def add_notice(
    session: Session,
    row: PlannedOutageRow,
    *,
    kind: MessageKind,
    service_points: Collection[str],
    position: int,
    rules_version: str,
    now: datetime,
    rule: str | None = None,
    due_at: datetime | None = None,
    is_missed: bool = False,
    is_told: bool = False,
) -> PlannedNoticeRow:
    """Queue one message to each customer, and keep the proof; `is_told`: they were queued already."""
    version = active_network_version(session)
    if service_points and version is not None and not is_missed and not is_told:
        about = About(network_version=version, planned_outage_id=row.id, service_points=service_points)
        queue_messages(session, about=about, kind=kind, change_position=position, now=now)
    notice = PlannedNoticeRow(
        planned_outage_id=row.id,
        rule=rule,
        kind=kind,
        starts_at=row.starts_at,
        due_at=due_at,
        queued_at=None if is_missed else now,
        is_late=is_missed or (due_at is not None and now > due_at),
        version_number=latest.number if (latest := latest_version(session, row.id)) else 0,
        rules_version=rules_version,
        change_position=position,
        service_points=len(service_points),
        unreached=sorted(service_points) if is_missed else _unreached(session, service_points, position),
    )
    session.add(notice)
    session.flush()
    return notice


def tell_moved(
    session: Session, row: PlannedOutageRow, *, position: int, rules: PlannedRules, now: datetime
) -> None:
    """Tell all who are concerned of other times (rule 1)."""
    if not was_told(session, row):
        return
    points = service_points_of(session, row)
    kind = MessageKind.PLANNED_MOVED
    add_notice(
        session,
        row,
        kind=kind,
        service_points=points,
        position=position,
        rules_version=rules.version,
        now=now,
    )
    if row.begun_at is not None or now >= row.starts_at:
        return
    for rule in list(rules_waiting(session, row, rules=rules, now=now)):
        add_notice(
            session,
            row,
            kind=kind,
            service_points=_addressed(session, row, rule),
            position=position,
            rules_version=rules.version,
            now=now,
            rule=rule.id,
            due_at=rule.due_at(row.starts_at),
            is_told=True,
        )


def tell_difference(
    session: Session,
    row: PlannedOutageRow,
    difference: Difference,
    *,
    position: int,
    rules: PlannedRules,
    author: Author,
) -> None:
    """Tell whom another version added and removed, where anybody was told before (rule 3)."""
    if not was_told(session, row):
        return
    owed = [rule for rule in rules.notices if row.work in rule.work and EVERYBODY in rule.to]
    due_at = min((rule.due_at(row.starts_at) for rule in owed), default=None)
    if difference.added:
        add_notice(
            session,
            row,
            kind=MessageKind.PLANNED_ANNOUNCED,
            service_points=difference.added,
            position=position,
            due_at=due_at,
            rules_version=rules.version,
            now=author.now,
        )
    if difference.removed:
        # An account may have service points on both sides: its messages are of two changes.
        of_removed = record_planned(
            session,
            Event.PLANNED_OUTAGE_NOTICE_QUEUED,
            row,
            {},
            author,
            notice={"rule": None, "removed": len(difference.removed)},
        )
        add_notice(
            session,
            row,
            kind=MessageKind.PLANNED_NOT_CONCERNED,
            service_points=difference.removed,
            position=of_removed,
            rules_version=rules.version,
            now=author.now,
        )


def note_notified(session: Session, row: PlannedOutageRow, *, rules: PlannedRules, author: Author) -> bool:
    """Let a published outage be notified once nothing but reminders is owed; return whether it is."""
    if row.status != PlannedStatus.PUBLISHED or not is_all_announced(session, row, rules=rules):
        return False
    status = planned_status_after(
        planned_outage_id=row.id, status=PlannedStatus(row.status), action=PlannedAction.NOTIFY
    )
    values = change_planned(row, status=status)
    record_planned(session, Event.PLANNED_OUTAGE_NOTIFIED, row, values, author)
    return True


def is_all_announced(session: Session, row: PlannedOutageRow, *, rules: PlannedRules) -> bool:
    """Return whether every rule but reminders was kept, or missed, for the start there is now."""
    owed = {
        rule.id for rule in rules.notices if row.work in rule.work and rule.message is NoticeMessage.ANNOUNCED
    }
    done = session.scalars(
        select(PlannedNoticeRow.rule).where(
            PlannedNoticeRow.planned_outage_id == row.id, PlannedNoticeRow.starts_at == row.starts_at
        )
    )
    return owed <= {rule for rule in done if rule is not None}


def was_told(session: Session, row: PlannedOutageRow) -> bool:
    """Return whether anybody was told of a planned outage."""
    told = exists().where(
        PlannedNoticeRow.planned_outage_id == row.id, PlannedNoticeRow.queued_at.is_not(None)
    )
    return bool(session.scalar(select(told)))


def _addressed(session: Session, row: PlannedOutageRow, rule: NoticeRule) -> list[str]:
    points = service_points_of(session, row)
    if EVERYBODY in rule.to or not points:
        return points
    query = select(ServicePointRow.id).where(
        ServicePointRow.network_version == active_network_version(session),
        ServicePointRow.id == any_(literal(points, ARRAY(Text))),
        ServicePointRow.priority.in_(rule.to),
    )
    return sorted(session.scalars(query))


def _unreached(session: Session, service_points: Collection[str], position: int) -> list[str]:
    """Return the service points whose customer no message of a change goes to."""
    if not service_points:
        return []
    reached = select(ServicePointRow.id).join(
        NotificationRow, NotificationRow.account == ServicePointRow.account
    )
    reached = reached.where(
        NotificationRow.change_position == position,
        ServicePointRow.network_version == active_network_version(session),
        ServicePointRow.id == func.any(literal(sorted(service_points), ARRAY(Text))),
    )
    return sorted(set(service_points) - set(session.scalars(reached)))
