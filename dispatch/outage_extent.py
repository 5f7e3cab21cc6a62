"""How far an outage reaches right now: who is still out, for an area on a map and a count. No names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.errors import UnknownThing
from dispatch.tables import AffectedRow, OutageRow


@dataclass(frozen=True, slots=True)
class OutageExtent:
    """How many customers of an outage are still without supply, and service points spread over where."""

    network_version: int
    customers: int
    service_points: tuple[str, ...]


def outage_version(session: Session, *, outage_id: str) -> int:
    """Return the version of an outage, under which its extent may be kept; UnknownThing if there is none."""
    version = session.scalar(select(OutageRow.version).where(OutageRow.id == outage_id))
    if version is None:
        raise UnknownThing(kind="outage", id=outage_id)
    return version


def outage_extent(session: Session, *, outage_id: str, at_most: int) -> OutageExtent:
    """Return how far an outage reaches, by `at_most` of its service points; UnknownThing if there is none."""
    network_version = session.scalar(select(OutageRow.network_version).where(OutageRow.id == outage_id))
    if network_version is None:
        raise UnknownThing(kind="outage", id=outage_id)
    is_out = (AffectedRow.outage_id == outage_id, AffectedRow.ended_at.is_(None))
    count, customers = session.execute(
        select(func.count(), func.sum(AffectedRow.customers)).where(*is_out)
    ).one()
    numbered = (
        select(
            AffectedRow.service_point,
            func.row_number().over(order_by=AffectedRow.service_point).label("number"),
        )
        .where(*is_out)
        .subquery()
    )
    every = max(1, -(-count // at_most))
    return OutageExtent(
        network_version=network_version,
        customers=customers or 0,
        service_points=tuple(
            session.scalars(select(numbered.c.service_point).where(numbered.c.number % every == 0))
        ),
    )
