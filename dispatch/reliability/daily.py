"""Interruptions summed by the local day they began in: years, months and major event days are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.reliability.columns import MICROSECONDS_PER_MINUTE, Codes, Interruptions
from dispatch.reliability.indices import Totals
from dispatch.reliability.momentary import momentary_events
from dispatch.reliability.rule_sets import RuleSet
from dispatch.reliability.stretches import Stretches

_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return the number of a day, from 0 for 1970-01-01."""
    return day.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Return the day with a number."""
    return date.fromordinal(day + _EPOCH)


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` to `last`, both within."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """How many days there are."""
        return self.last - self.first + 1

    def has(self, day: Codes) -> NDArray[np.bool_]:
        """Say of each day whether it lies within."""
        return (day >= self.first) & (day <= self.last)


def year_span(year: int) -> Span:
    """Return a calendar year."""
    return Span(day_number(date(year, 1, 1)), day_number(date(year, 12, 31)))


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """Sums by day, from `span.first` on: sustained interruptions, their customers and customer-minutes.

    `momentary_customers` counts every short interruption, `momentary_events` those of one event once.
    """

    span: Span
    interruptions: NDArray[np.int64]
    customers: NDArray[np.int64]
    customer_minutes: NDArray[np.float64]
    momentary_customers: NDArray[np.int64]
    momentary_events: NDArray[np.int64]

    def within(self, span: Span) -> slice:
        """Return where the days of a span lie."""
        begin = max(span.first - self.span.first, 0)
        return slice(begin, max(span.last - self.span.first + 1, begin))

    def totals(self, span: Span, *, leave_out: NDArray[np.bool_] | None = None) -> Totals:
        """Return the sums of a span, without the days that are left out (one flag for each day of all)."""
        chosen = self.within(span)
        kept = slice(None) if leave_out is None else ~leave_out[chosen]
        return Totals(
            interruptions=int(self.interruptions[chosen][kept].sum()),
            customers=int(self.customers[chosen][kept].sum()),
            customer_minutes=float(self.customer_minutes[chosen][kept].sum()),
        )


def daily(rows: Interruptions, of: Stretches, *, rules: RuleSet) -> Daily:
    """Return the sums by day of all rows; there must be one at least."""
    span = Span(int(of.day.min()), int(of.day.max()))
    counts, customers, minutes, short = (np.zeros(span.days) for _ in range(4))
    for part in rows.parts():
        day = of.day[part] - span.first
        first = of.is_first[part]
        is_sustained = of.length_us[part] > rules.sustained_us
        people = rows.customers[part].astype(np.float64)
        lasted = (rows.ended_us[part] - rows.started_us[part]) / MICROSECONDS_PER_MINUTE
        minutes += np.bincount(day, people * lasted * is_sustained, minlength=span.days)
        counts += np.bincount(day, first & is_sustained, minlength=span.days)
        customers += np.bincount(day, people * (first & is_sustained), minlength=span.days)
        short += np.bincount(day, people * (first & ~is_sustained), minlength=span.days)
    events = momentary_events(rows, of, rules=rules)
    event_customers = np.bincount(events.day - span.first, events.customers, minlength=span.days)
    return Daily(
        span=span,
        interruptions=counts.astype(np.int64),
        customers=customers.astype(np.int64),
        customer_minutes=minutes,
        momentary_customers=short.astype(np.int64),
        momentary_events=event_customers.astype(np.int64),
    )
