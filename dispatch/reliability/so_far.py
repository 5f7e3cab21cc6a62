"""Reliability so far, from the interruption ledger: SAIDI, SAIFI and customer-minutes (IEEE 1366).

SAIDI = customer-minutes of sustained interruption / customers served; SAIFI = customers interrupted by a
sustained interruption / customers served. Sustained = longer than five minutes; one still open counts to now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.errors import NoActiveNetwork
from dispatch.tables import InterruptionRow
from gis.network_versions import active_network_version
from gis.tables import ServicePointRow

SUSTAINED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Indices over all recorded interruptions; minutes and customers."""

    customers_served: int
    customers_interrupted: int
    customer_minutes: float
    saidi_minutes: float
    saifi: float


def reliability_so_far(session: Session, *, now: datetime) -> Reliability:
    """Return the indices over everything recorded, for the network in force; NoActiveNetwork without one."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    served = session.scalar(
        select(func.sum(ServicePointRow.customers)).where(ServicePointRow.network_version == network_version)
    )
    duration = func.coalesce(InterruptionRow.ended_at, now) - InterruptionRow.started_at
    minutes = func.extract("epoch", duration) / 60.0
    query = select(
        func.coalesce(func.sum(InterruptionRow.customers), 0),
        func.coalesce(func.sum(InterruptionRow.customers * minutes), 0.0),
    ).where(duration > SUSTAINED)
    interrupted, customer_minutes = session.execute(query).one()
    customers = int(served or 0)
    return Reliability(
        customers_served=customers,
        customers_interrupted=int(interrupted),
        customer_minutes=round(float(customer_minutes), 1),
        saidi_minutes=round(float(customer_minutes) / customers, 4) if customers else 0.0,
        saifi=round(int(interrupted) / customers, 4) if customers else 0.0,
    )
