"""The figures of a period by one rule set: indices, major event days, years, months, parts of the network.

RULE 1: an interruption belongs to the day it begins in, with all its minutes.
RULE 2: only sustained interruptions count in SAIDI, SAIFI, CAIDI, ASAI and CEMI; short ones in MAIFI.
RULE 3: a major event day of a year is one above the threshold that the five years before it teach.
RULE 4: figures of parts are shares of the whole: their SAIDI and SAIFI divide by all customers served and add
    up; what the customers of the part had stands beside, where it is known how many they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.reliability.columns import Codes, Interruptions
from dispatch.reliability.daily import Daily, Span, daily, date_of, year_span
from dispatch.reliability.errors import NoCustomersServed
from dispatch.reliability.indices import Indices, Totals, indices
from dispatch.reliability.major_events import Threshold, threshold, years_to_learn_from
from dispatch.reliability.parts import PartTotals, by_kind, by_label, by_month
from dispatch.reliability.repeated_customers import (
    RepeatedCustomers,
    customers_by_service_point,
    repeated_customers,
)
from dispatch.reliability.rule_sets import RuleSet
from dispatch.reliability.stretches import Stretches, stretches

MONTH = "month"
KIND = "kind"


@dataclass(frozen=True, slots=True)
class MajorEventDay:
    """A day above the threshold of its year."""

    day: date
    saidi_minutes: float


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """The figures of a span of days. MAIFI counts short interruptions, MAIFI-E events of them.

    `threshold` is that of the last year of the span. `repeated`: None where no service point is known.
    """

    first_day: date
    last_day: date
    indices: Indices
    without_major_event_days: Indices
    threshold: Threshold | None
    major_event_days: tuple[MajorEventDay, ...]
    maifi: float
    maifi_e: float
    repeated: RepeatedCustomers | None


@dataclass(frozen=True, slots=True)
class PartFigures:
    """The figures of one part: its share of the whole, and what its own customers had where known."""

    name: str | None
    share: Indices
    share_without_major_event_days: Indices
    customers_served: int | None
    own: Indices | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """All figures of one reading of the ledger; `by`: what was asked for (`feeder`, `month`…) → its parts."""

    rules: RuleSet
    customers_served: int
    rows: int
    whole: PeriodFigures
    years: Mapping[int, PeriodFigures]
    by: Mapping[str, tuple[PartFigures, ...]]


def measure(
    rows: Interruptions,
    *,
    rules: RuleSet,
    customers_served: int,
    span: Span | None = None,
    by: Sequence[str] = (),
    served_by: Mapping[str, Mapping[str, int]] | None = None,
) -> Reliability:
    """Return the figures of a span, by default of all calendar years that rows lie in.

    Rows before the span teach thresholds only. `by`: what to tell apart (labels of rows, `kind`, `month`);
    `served_by`: label → name → customers served there. Raises NoCustomersServed, and UnknownPart.
    """
    if customers_served <= 0:
        raise NoCustomersServed(customers_served)
    if len(rows) == 0:
        return _nothing(rules, customers_served, span or year_span(1970), by)
    of = stretches(rows)
    days = daily(rows, of, rules=rules)
    present = _years(days.span)
    asked = span or Span(year_span(present[0]).first, year_span(present[-1]).last)
    thresholds = _thresholds(days, [*present, *_years(asked)], customers_served)
    is_major = _is_major(days, thresholds, customers_served)
    reading = _Reading(
        rows, of, rules, days, is_major, thresholds, customers_served, customers_by_service_point(rows)
    )
    return Reliability(
        rules=rules,
        customers_served=customers_served,
        rows=int(np.count_nonzero(asked.has(of.day))),
        whole=reading.figures(asked),
        years={
            year: reading.figures(Span(max(one.first, asked.first), min(one.last, asked.last)))
            for year, one in ((year, year_span(year)) for year in _years(asked))
        },
        by={name: reading.parts(name, asked, (served_by or {}).get(name, {})) for name in by},
    )


def is_major_event_day(
    rows: Interruptions, of: Stretches, *, rules: RuleSet, customers_served: int, span: Span
) -> NDArray[np.bool_]:
    """Say of each row whether it belongs to a major event day; `span` is what is judged."""
    if len(rows) == 0:
        return np.zeros(0, dtype=np.bool_)
    days = daily(rows, of, rules=rules)
    thresholds = _thresholds(days, [*_years(days.span), *_years(span)], customers_served)
    return _is_major(days, thresholds, customers_served)[of.day - days.span.first]


def _years(span: Span) -> list[int]:
    return list(range(date_of(span.first).year, date_of(span.last).year + 1))


def _thresholds(days: Daily, years: Sequence[int], served: int) -> dict[int, Threshold | None]:
    present = _years(days.span)
    found: dict[int, Threshold | None] = {}
    for year in sorted(set(years)):
        learned_from = years_to_learn_from(year, present)
        minutes = np.concatenate([days.customer_minutes[days.within(year_span(one))] for one in learned_from])
        found[year] = threshold(minutes / served, years=learned_from)
    return found


def _is_major(days: Daily, thresholds: Mapping[int, Threshold | None], served: int) -> NDArray[np.bool_]:
    is_major = np.zeros(days.span.days, dtype=np.bool_)
    for year in _years(days.span):
        learned = thresholds[year]
        chosen = days.within(year_span(year))
        if learned is not None:
            is_major[chosen] = days.customer_minutes[chosen] / served > learned.t_med_minutes
    return is_major


@dataclass(frozen=True, slots=True)
class _Reading:
    """Everything that figures of a span are taken from."""

    rows: Interruptions
    of: Stretches
    rules: RuleSet
    days: Daily
    is_major: NDArray[np.bool_]
    thresholds: Mapping[int, Threshold | None]
    served: int
    people: Codes | None

    def figures(self, span: Span) -> PeriodFigures:
        days, within = self.days, self.days.within(span)
        major = np.flatnonzero(self.is_major[within]) + within.start + days.span.first
        minutes = days.customer_minutes
        return PeriodFigures(
            first_day=date_of(span.first),
            last_day=date_of(span.last),
            indices=self._indices(days.totals(span), span),
            without_major_event_days=self._indices(days.totals(span, leave_out=self.is_major), span),
            threshold=self.thresholds[date_of(span.last).year],
            major_event_days=tuple(
                MajorEventDay(date_of(int(day)), float(minutes[day - days.span.first] / self.served))
                for day in major
            ),
            maifi=float(days.momentary_customers[within].sum()) / self.served,
            maifi_e=float(days.momentary_events[within].sum()) / self.served,
            repeated=repeated_customers(
                self.rows,
                self.of,
                people=self.people,
                rules=self.rules,
                span=span,
                customers_served=self.served,
            ),
        )

    def parts(self, name: str, span: Span, served: Mapping[str, int]) -> tuple[PartFigures, ...]:
        if name == MONTH:
            found = by_month(self.days, span, self.is_major)
        elif name == KIND:
            found = by_kind(self.rows, self.of, self.days, self.is_major, rules=self.rules, span=span)
        else:
            found = by_label(self.rows, name, self.of, self.days, self.is_major, rules=self.rules, span=span)
        return tuple(self._part(one, span, served) for one in found)

    def _part(self, part: PartTotals, span: Span, served: Mapping[str, int]) -> PartFigures:
        own = served.get(part.name) if part.name is not None else None
        return PartFigures(
            name=part.name,
            share=self._indices(part.totals, span),
            share_without_major_event_days=self._indices(part.without_major_event_days, span),
            customers_served=own,
            own=indices(part.totals, customers_served=own, days=span.days) if own else None,
        )

    def _indices(self, totals: Totals, span: Span) -> Indices:
        return indices(totals, customers_served=self.served, days=span.days)


def _nothing(rules: RuleSet, served: int, span: Span, by: Sequence[str]) -> Reliability:
    none = indices(Totals(), customers_served=served, days=span.days)
    whole = PeriodFigures(
        date_of(span.first), date_of(span.last), none, none, None, (), maifi=0.0, maifi_e=0.0, repeated=None
    )
    return Reliability(rules, served, 0, whole, years={}, by=dict.fromkeys(by, ()))
