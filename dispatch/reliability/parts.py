"""Interruptions summed by part: by month, by kind, and by what rows are labelled with (feeder, cause…)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.reliability.columns import MICROSECONDS_PER_MINUTE, Codes, Interruptions, Kind
from dispatch.reliability.daily import Daily, Span, date_of
from dispatch.reliability.errors import UnknownPart
from dispatch.reliability.indices import Totals
from dispatch.reliability.rule_sets import RuleSet
from dispatch.reliability.stretches import Stretches


@dataclass(frozen=True, slots=True)
class PartTotals:
    """The sums of one part; `name` is None for rows of which the part is not known."""

    name: str | None
    totals: Totals
    without_major_event_days: Totals


def by_month(days: Daily, span: Span, is_major: NDArray[np.bool_]) -> tuple[PartTotals, ...]:
    """Return the sums of every month of the span (`2013-02`), also of those without an interruption."""
    return tuple(
        PartTotals(
            name=f"{date_of(month.first):%Y-%m}",
            totals=days.totals(month),
            without_major_event_days=days.totals(month, leave_out=is_major),
        )
        for month in _months(span)
    )


def _months(span: Span) -> Iterator[Span]:
    first = span.first
    for day in range(span.first, span.last + 1):
        if day == span.last or date_of(day + 1).day == 1:
            yield Span(first, day)
            first = day + 1


def by_kind(
    rows: Interruptions,
    of: Stretches,
    days: Daily,
    is_major: NDArray[np.bool_],
    *,
    rules: RuleSet,
    span: Span,
) -> tuple[PartTotals, ...]:
    """Return the sums of the kinds of interruption that occur (`fault`, `planned`…)."""
    names = [kind.name.lower() for kind in Kind]
    summed = _Sums(rows, of, days, is_major, rules, span)
    return summed.parts(names, lambda part: rows.kind[part].astype(np.int32))


def by_label(
    rows: Interruptions,
    label: str,
    of: Stretches,
    days: Daily,
    is_major: NDArray[np.bool_],
    *,
    rules: RuleSet,
    span: Span,
) -> tuple[PartTotals, ...]:
    """Return the sums of the names of a label that occur, most customer-minutes first; UnknownPart."""
    if label not in rows.labels:
        raise UnknownPart(label, known=[*rows.labels, "kind", "month"])
    chosen = rows.labels[label]
    summed = _Sums(rows, of, days, is_major, rules, span)
    found = summed.parts(list(chosen.names), lambda part: chosen.codes[part])
    return tuple(sorted(found, key=lambda one: (-one.totals.customer_minutes, one.name or "")))


@dataclass(frozen=True, slots=True)
class _Sums:
    """What is summed, whatever the parts are."""

    rows: Interruptions
    of: Stretches
    days: Daily
    is_major: NDArray[np.bool_]
    rules: RuleSet
    span: Span

    def parts(self, names: list[str], codes_of: Callable[[slice], Codes]) -> tuple[PartTotals, ...]:
        # A column of sums each: all days, and without major event days; one more part for the unknown.
        size = len(names) + 1
        sums = np.zeros((6, size))
        occurs = np.zeros(size, dtype=np.bool_)
        for part in self.rows.parts():
            in_span = self.span.has(self.of.day[part])
            code = codes_of(part) % size  # -1 becomes the last
            occurs[code[in_span]] = True
            for number, weights in enumerate(self._weights(part, in_span)):
                sums[number] += np.bincount(code, weights, minlength=size)
        return tuple(
            PartTotals(
                name=names[code] if code < len(names) else None,
                totals=_totals(sums[:3, code]),
                without_major_event_days=_totals(sums[3:, code]),
            )
            for code in np.flatnonzero(occurs)
        )

    def _weights(self, part: slice, in_span: NDArray[np.bool_]) -> Iterator[NDArray[np.float64]]:
        rows, of = self.rows, self.of
        counts = in_span & (of.length_us[part] > self.rules.sustained_us)
        people = rows.customers[part].astype(np.float64)
        minutes = people * ((rows.ended_us[part] - rows.started_us[part]) / MICROSECONDS_PER_MINUTE)
        quiet = counts & ~self.is_major[of.day[part] - self.days.span.first]
        for kept in (counts, quiet):
            begins = (kept & of.is_first[part]).astype(np.float64)
            yield begins
            yield begins * people
            yield kept * minutes


def _totals(sums: NDArray[np.float64]) -> Totals:
    return Totals(int(sums[0]), int(sums[1]), float(sums[2]))
