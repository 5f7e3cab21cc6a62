"""How far an outage reaches right now: who is still out, for an area on a map and a count. No names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.errors import UnknownThing
from dispatch.tables import InterruptionRow, OutageRow


@dataclass(frozen=True, slots=True)
class OutageExtent:
    """The service points of an outage that are still without supply, and how many customers those are."""

    network_version: int
    service_points: tuple[str, ...]
    customers: int


def outage_version(session: Session, *, outage_id: str) -> int:
    """Return the version of an outage, under which its extent may be kept; UnknownThing if there is none."""
    version = session.scalar(select(OutageRow.version).where(OutageRow.id == outage_id))
    if version is None:
        raise UnknownThing(kind="outage", id=outage_id)
    return version


def outage_extent(session: Session, *, outage_id: str) -> OutageExtent:
    """Return how far an outage reaches; UnknownThing if there is none."""
    network_version = session.scalar(select(OutageRow.network_version).where(OutageRow.id == outage_id))
    if network_version is None:
        raise UnknownThing(kind="outage", id=outage_id)
    query = (
        select(InterruptionRow.service_point, InterruptionRow.customers)
        .where(InterruptionRow.outage_id == outage_id, InterruptionRow.ended_at.is_(None))
        .order_by(InterruptionRow.service_point)
    )
    rows = session.execute(query).all()
    return OutageExtent(
        network_version=network_version,
        service_points=tuple(id for id, _ in rows),
        customers=sum(customers for _, customers in rows),
    )
