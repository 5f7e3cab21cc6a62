"""Planned work at one account's supplies, for its page and its calendar: announced, over or called off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.errors import NoActiveNetwork
from dispatch.planned_states import KNOWN_STATUSES, PlannedStatus
from gis.network_versions import active_network_version
from gis.places import service_points_of_account

# What is over stays in the calendar for a month.
_KEPT = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class CalendarWork:
    """Planned work as a calendar has it; `version` grows with every change, as calendars want it."""

    id: str
    version: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    text: str


def planned_ahead(session: Session, *, account: str, now: datetime) -> list[CalendarWork]:
    """Return the planned work at an account's supplies that is not over, in the order of its start."""
    return [work for work in planned_for_account(session, account=account, now=now) if work.ends_at > now]


def planned_for_account(session: Session, *, account: str, now: datetime) -> list[CalendarWork]:
    """Return the planned work at an account's supplies, in the order of its start."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    own = service_points_of_account(session, network_version=network_version, account=account)
    query = (
        select(PlannedOutageRow)
        .where(
            PlannedOutageRow.id.in_(
                select(PlannedServicePointRow.planned_outage_id).where(
                    PlannedServicePointRow.service_point.in_(own)
                )
            ),
            PlannedOutageRow.status.in_((*KNOWN_STATUSES, PlannedStatus.CANCELLED)),
            PlannedOutageRow.ends_at > now - _KEPT,
        )
        .order_by(PlannedOutageRow.starts_at, PlannedOutageRow.id)
    )
    return [
        CalendarWork(
            id=row.id,
            version=row.version,
            starts_at=row.starts_at,
            ends_at=row.ended_at or row.ends_at,
            is_cancelled=row.status == PlannedStatus.CANCELLED,
            text=row.text,
        )
        for row in session.scalars(query)
    ]
