"""Indices of reliability over sums of interruptions: SAIDI, SAIFI, CAIDI and ASAI."""

from __future__ import annotations

from dataclasses import dataclass

MINUTES_PER_DAY = 1440


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over interruptions: how many, customers interrupted (each time anew), customer-minutes."""

    interruptions: int = 0
    customers: int = 0
    customer_minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Indices:
    """SAIDI in minutes and SAIFI per customer served, CAIDI in minutes per interruption, ASAI as a share.

    CAIDI is None where nobody was interrupted.
    """

    interruptions: int
    customers_interrupted: int
    customer_minutes: float
    saidi_minutes: float
    saifi: float
    caidi_minutes: float | None
    asai: float


def indices(totals: Totals, *, customers_served: float, days: int) -> Indices:
    """Return the indices of a period of so many days for those who are served in it."""
    saidi_minutes = totals.customer_minutes / customers_served
    return Indices(
        interruptions=totals.interruptions,
        customers_interrupted=totals.customers,
        customer_minutes=totals.customer_minutes,
        saidi_minutes=saidi_minutes,
        saifi=totals.customers / customers_served,
        caidi_minutes=totals.customer_minutes / totals.customers if totals.customers else None,
        asai=1.0 - saidi_minutes / (days * MINUTES_PER_DAY) if days else 1.0,
    )
