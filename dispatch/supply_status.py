"""What a customer may know of the own supply: is it on, since when not, what happens, when it will be back.

No other customer, no device id, no crew name. History in codes with times; a face words them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from dispatch.errors import NoActiveNetwork
from dispatch.events import Event
from dispatch.tables import AffectedRow, ChangeLogRow, EvidenceRow, JobRow, OutageRow
from gis.network_versions import active_network_version
from gis.places import service_points_of_account

# A restored outage stays visible for a day.
RECENT = timedelta(hours=24)
_TOLD = frozenset(
    {
        Event.OUTAGE_PREDICTED,
        Event.OUTAGE_CONFIRMED,
        Event.OUTAGE_ETR_CHANGED,
        Event.OUTAGE_RESTORED,
        Event.JOB_ASSIGNED,
        Event.JOB_EN_ROUTE,
        Event.JOB_ON_SITE,
        Event.JOB_WORKING,
        Event.JOB_FINISHED,
    }
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened, by event name; `etr_at` is the new time where that changed."""

    at: datetime
    name: str
    etr_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerOutage:
    """The outage behind an interruption, as far as it is a customer's business.

    Where the published time has passed (`etr_has_lapsed`), no time is given: a promise that was not kept is
    none any more.
    """

    outage_id: str
    status: str
    since: datetime
    restored_at: datetime | None
    etr_at: datetime | None
    etr_source: str | None
    etr_earliest: datetime | None
    etr_latest: datetime | None
    etr_has_lapsed: bool
    crew_status: str | None
    history: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class SupplyStatus:
    """One service point: supplied or not, what we know why, and when it was last reported by the customer."""

    service_point: str
    supplied: bool
    reported_at: datetime | None
    outage: CustomerOutage | None


def supply_status(session: Session, *, account: str, now: datetime) -> list[SupplyStatus]:
    """Return the supply of every service point of an account."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    service_points = service_points_of_account(session, network_version=network_version, account=account)
    return [supply_of_service_point(session, service_point=id, now=now) for id in service_points]


def supply_of_service_point(session: Session, *, service_point: str, now: datetime) -> SupplyStatus:
    """Return the supply of one service point."""
    interruption = session.scalar(
        select(AffectedRow)
        .where(
            AffectedRow.service_point == service_point,
            or_(AffectedRow.ended_at.is_(None), AffectedRow.ended_at > now - RECENT),
        )
        .order_by(AffectedRow.started_at.desc())
        .limit(1)
    )
    reported_at = session.scalar(
        select(EvidenceRow.at)
        .where(EvidenceRow.service_point == service_point, EvidenceRow.kind == "trouble_call")
        .where(EvidenceRow.status.in_(("new", "analysed")))
        .order_by(EvidenceRow.at.desc())
        .limit(1)
    )
    return SupplyStatus(
        service_point=service_point,
        supplied=interruption is None or interruption.ended_at is not None,
        reported_at=reported_at,
        outage=_customer_outage(session, interruption, now=now) if interruption is not None else None,
    )


def _customer_outage(session: Session, interruption: AffectedRow, *, now: datetime) -> CustomerOutage:
    outage = session.get_one(OutageRow, interruption.outage_id)
    jobs = session.scalars(
        select(JobRow).where(JobRow.outage_id == outage.id).order_by(JobRow.assigned_at)
    ).all()
    has_lapsed = outage.etr_at is not None and outage.etr_at < now and interruption.ended_at is None
    return CustomerOutage(
        outage_id=outage.id,
        status=outage.status,
        since=interruption.started_at,
        restored_at=interruption.ended_at,
        etr_at=None if has_lapsed else outage.etr_at,
        etr_source=outage.etr_source,
        etr_earliest=None if has_lapsed else outage.etr_earliest,
        etr_latest=None if has_lapsed else outage.etr_latest,
        etr_has_lapsed=has_lapsed,
        crew_status=_crew_status(jobs),
        history=tuple(_history(session, outage)),
    )


def _crew_status(jobs: Sequence[JobRow]) -> str | None:
    """The furthest that any crew has come that was not called back and did not decline."""
    order = ("assigned", "accepted", "en_route", "on_site", "working", "finished")
    statuses = [job.status for job in jobs if job.status in order]
    return max(statuses, key=order.index) if statuses else None


def _history(session: Session, outage: OutageRow) -> list[HistoryEntry]:
    # Only an ETR change's data is looked into: a prediction's names every household, by the hundred thousand.
    etr_at = case(
        (
            ChangeLogRow.name == Event.OUTAGE_ETR_CHANGED,
            ChangeLogRow.data["values"]["etr_at"]["new"].astext,
        )
    )
    query = (
        select(ChangeLogRow.occurred_at, ChangeLogRow.name, etr_at.label("etr_at"))
        .where(ChangeLogRow.outage_id == outage.id, ChangeLogRow.name.in_(_TOLD))
        .order_by(ChangeLogRow.position)
    )
    return [
        HistoryEntry(
            at=row.occurred_at,
            name=row.name,
            etr_at=datetime.fromisoformat(row.etr_at) if row.etr_at else None,
        )
        for row in session.execute(query)
    ]
