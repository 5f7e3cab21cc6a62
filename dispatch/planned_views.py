"""A planned outage as others see it: with its orders, versions, and notices with their proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, func, literal, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.change_log import Change, changes_of
from dispatch.errors import UnknownThing
from dispatch.message_kinds import MessageStatus
from dispatch.planned_extent import is_current, latest_version
from dispatch.planned_rows import planned_row
from dispatch.planned_states import PlannedStatus, allowed_planned_actions
from dispatch.planned_tables import PlannedNoticeRow, PlannedVersionRow
from dispatch.states import SwitchingStatus
from dispatch.switching_tables import SwitchingOrderRow
from dispatch.tables import EvidenceRow, NotificationRow
from topology.observations import ObservationKind

_STATES = tuple(str(status) for status in MessageStatus)


@dataclass(frozen=True, slots=True)
class PlannedOutage:
    """A planned outage as it stands. `duration_minutes` is real time, whatever clocks show.

    `study_is_old`: its switching steps are not those it was studied with. `approved_by` is null where it was
    announced at once, approved elsewhere.
    """

    id: str
    version: int
    status: str
    work: str
    device: str | None
    crew_id: str | None
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    text: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    overridden_because: str | None
    reason: str | None
    published_at: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    overrun_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    service_points: int
    customers: int
    version_number: int
    study_is_old: bool
    orders: tuple[str, ...]
    notices: int
    breaches: int
    calls_after_end: int
    allowed_actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedVersion:
    """Whom a planned outage concerned by one version, and how that was found."""

    number: int
    recorded_at: datetime
    recorded_by: str
    source: str
    basis: str
    steps: Sequence[Any]
    network_version: int
    customers: int
    service_points: Sequence[str]
    added: Sequence[str]
    removed: Sequence[str]


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """One notice with its proof in numbers.

    `breach`: queued_late, missed, or not_delivered by when it was due.
    """

    id: int
    rule: str | None
    kind: str
    starts_at: datetime
    due_at: datetime | None
    queued_at: datetime | None
    breach: str | None
    version_number: int
    rules_version: str
    service_points: int
    unreached: Sequence[str]
    messages: Mapping[str, int]
    first_sent_at: datetime | None
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeMessage:
    """One message of a notice: to whom, on which channel, and what became of it when."""

    account: str
    channel: str
    status: str
    attempts: int
    queued_at: datetime
    sent_at: datetime | None


def planned_view(session: Session, row: PlannedOutageRow) -> PlannedOutage:
    """Return a planned outage as others see it."""
    last = latest_version(session, row.id)
    orders = session.scalars(
        select(SwitchingOrderRow.id)
        .where(
            SwitchingOrderRow.planned_outage_id == row.id,
            SwitchingOrderRow.status != SwitchingStatus.CANCELLED,
        )
        .order_by(SwitchingOrderRow.drafted_at, SwitchingOrderRow.id)
    )
    notices, breaches = session.execute(
        select(func.count(), func.count().filter(PlannedNoticeRow.is_late)).where(
            PlannedNoticeRow.planned_outage_id == row.id
        )
    ).one()
    return PlannedOutage(
        id=row.id,
        version=row.version,
        status=row.status,
        work=row.work,
        device=row.device,
        crew_id=row.crew_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        duration_minutes=int((row.ends_at - row.starts_at).total_seconds() // 60),
        text=row.text,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        overridden_because=row.overridden_because,
        reason=row.reason,
        published_at=row.announced_at,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        overrun_at=row.overrun_at,
        closed_at=row.closed_at,
        cancelled_at=row.cancelled_at,
        service_points=len(last.service_points) if last else 0,
        customers=last.customers if last else 0,
        version_number=last.number if last else 0,
        study_is_old=last is not None and not is_current(session, row),
        orders=tuple(orders),
        notices=notices,
        breaches=breaches,
        calls_after_end=_calls_after_end(session, row),
        allowed_actions=tuple(allowed_planned_actions(PlannedStatus(row.status))),
    )


def _calls_after_end(session: Session, row: PlannedOutageRow) -> int:
    """Count the calls out of an overrun: who is switched off makes no outage, so they stand here."""
    if row.overrun_at is None:
        return 0
    points = select(PlannedServicePointRow.service_point).where(
        PlannedServicePointRow.planned_outage_id == row.id
    )
    query = select(func.count()).where(
        EvidenceRow.kind == ObservationKind.TROUBLE_CALL,
        EvidenceRow.at >= row.ends_at,
        EvidenceRow.service_point.in_(points),
    )
    return session.scalars(query).one()


def get_planned_outage(session: Session, *, planned_outage_id: str) -> PlannedOutage:
    """Return one planned outage; UnknownThing."""
    return planned_view(session, planned_row(session, planned_outage_id))


def planned_changes(session: Session, *, planned_outage_id: str) -> list[Change]:
    """Return everything that became of a planned outage, oldest first: old, new, who, when (变更轨迹)."""
    planned_row(session, planned_outage_id)
    return changes_of(session, subject=f"planned_outage:{planned_outage_id}")


def planned_versions(session: Session, *, planned_outage_id: str) -> list[PlannedVersion]:
    """Return every version of whom a planned outage concerned, oldest first; UnknownThing."""
    planned_row(session, planned_outage_id)
    rows = session.scalars(
        select(PlannedVersionRow)
        .where(PlannedVersionRow.planned_outage_id == planned_outage_id)
        .order_by(PlannedVersionRow.number)
    )
    return [
        PlannedVersion(
            number=row.number,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            source=row.source,
            basis=row.basis,
            steps=row.steps,
            network_version=row.network_version,
            customers=row.customers,
            service_points=row.service_points,
            added=row.added,
            removed=row.removed,
        )
        for row in rows
    ]


def planned_notices(session: Session, *, planned_outage_id: str, now: datetime) -> list[PlannedNotice]:
    """Return the notices about a planned outage, oldest first, with what became of their messages."""
    planned_row(session, planned_outage_id)
    rows = session.scalars(
        select(PlannedNoticeRow)
        .where(PlannedNoticeRow.planned_outage_id == planned_outage_id)
        .order_by(PlannedNoticeRow.id)
    ).all()
    counted = _counts(session, [row.change_position for row in rows])
    return [_notice(row, counted.get(row.change_position, {}), now) for row in rows]


def notice_messages(session: Session, *, planned_outage_id: str, notice_id: int) -> list[NoticeMessage]:
    """Return every message of a notice: the proof to the customer; UnknownThing."""
    notice = session.get(PlannedNoticeRow, notice_id)
    if notice is None or notice.planned_outage_id != planned_outage_id:
        raise UnknownThing(kind=f"notice of {planned_outage_id}", id=str(notice_id))
    rows = session.scalars(
        select(NotificationRow)
        .where(NotificationRow.change_position == notice.change_position)
        .order_by(NotificationRow.account, NotificationRow.channel)
    )
    return [
        NoticeMessage(
            account=row.account,
            channel=row.channel,
            status=row.status,
            attempts=row.attempts,
            queued_at=row.queued_at,
            sent_at=row.sent_at,
        )
        for row in rows
    ]


def _counts(session: Session, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return change → how many messages by state, and when the first and the last one left."""
    query = (
        select(
            NotificationRow.change_position,
            NotificationRow.status,
            func.count(),
            func.min(NotificationRow.sent_at),
            func.max(NotificationRow.sent_at),
        )
        .where(NotificationRow.change_position == any_(literal(list(positions), ARRAY(BigInteger))))
        .group_by(NotificationRow.change_position, NotificationRow.status)
    )
    found: dict[int, dict[str, Any]] = {}
    for position, status, count, first, last in session.execute(query):
        own = found.setdefault(position, {"messages": dict.fromkeys(_STATES, 0), "first": None, "last": None})
        own["messages"][status] = count
        own["first"] = first if own["first"] is None else min(own["first"], first or own["first"])
        own["last"] = last if own["last"] is None else max(own["last"], last or own["last"])
    return found


def _notice(row: PlannedNoticeRow, counted: Mapping[str, Any], now: datetime) -> PlannedNotice:
    messages: dict[str, int] = counted.get("messages", dict.fromkeys(_STATES, 0))
    last = counted.get("last")
    return PlannedNotice(
        id=row.id,
        rule=row.rule,
        kind=row.kind,
        starts_at=row.starts_at,
        due_at=row.due_at,
        queued_at=row.queued_at,
        breach=_breach(row, messages, last, now),
        version_number=row.version_number,
        rules_version=row.rules_version,
        service_points=row.service_points,
        unreached=row.unreached,
        messages=messages,
        first_sent_at=counted.get("first"),
        last_sent_at=last,
    )


def _breach(
    row: PlannedNoticeRow, messages: Mapping[str, int], last: datetime | None, now: datetime
) -> str | None:
    if row.queued_at is None:
        return "missed"
    if row.is_late:
        return "queued_late"
    if row.due_at is None:
        return None
    unsent = sum(messages.values()) - messages["sent"]
    is_over = now > row.due_at
    return "not_delivered" if (is_over and unsent) or (last is not None and last > row.due_at) else None
