"""Reliability so far, from the interruption ledger: SAIDI, SAIFI and customer-minutes (IEEE 1366).

SAIDI = customer-minutes of sustained interruption / customers served; SAIFI = customers interrupted by a
sustained interruption / customers served. Sustained = longer than five minutes; one still open counts to now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from dispatch.errors import NoActiveNetwork
from gis.network_versions import active_network_version
from gis.tables import ServicePointRow

SUSTAINED = timedelta(minutes=5)


# Rows of one household that touch are one interruption, of which the share of phases changed.
_SUSTAINED_SO_FAR = text(
    """
    WITH marked AS (
        SELECT service_point, customers, lower(period) AS since, coalesce(upper(period), :now) AS until,
            lag(upper(period)) OVER own IS DISTINCT FROM lower(period) AS begins
        FROM interruption WHERE replaced_by IS NULL AND phase_share > 0
        WINDOW own AS (PARTITION BY service_point ORDER BY lower(period))
    ), numbered AS (
        SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY service_point ORDER BY since) AS number
        FROM marked
    ), whole AS (
        SELECT max(customers) AS customers, max(until) - min(since) AS duration
        FROM numbered GROUP BY service_point, number
    )
    SELECT coalesce(sum(customers), 0), coalesce(sum(customers * extract(epoch FROM duration) / 60.0), 0)
    FROM whole WHERE duration > :sustained
    """
)


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
    told = {"now": now, "sustained": SUSTAINED}
    interrupted, customer_minutes = session.execute(_SUSTAINED_SO_FAR, told).one()
    customers = int(served or 0)
    return Reliability(
        customers_served=customers,
        customers_interrupted=int(interrupted),
        customer_minutes=round(float(customer_minutes), 1),
        saidi_minutes=round(float(customer_minutes) / customers, 4) if customers else 0.0,
        saifi=round(int(interrupted) / customers, 4) if customers else 0.0,
    )
