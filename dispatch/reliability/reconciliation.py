"""Why the two rule books give different figures of one ledger: lines that lead from one to the other.

Each line is the difference that one rule makes, so that the lines add up from the first figure to the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.reliability.columns import MICROSECONDS_PER_MINUTE, Interruptions, Kind
from dispatch.reliability.daily import Span
from dispatch.reliability.errors import NoCustomersServed
from dispatch.reliability.measure import is_major_event_day
from dispatch.reliability.rule_sets import DLT836, IEEE1366
from dispatch.reliability.stretches import Stretches, stretches

# How files and ledgers call what DL/T 836 leaves out of its second index.
EXTERNAL_CAUSES = frozenset({"external", "外部影响"})


@dataclass(frozen=True, slots=True)
class Figures:
    """SAIDI in minutes and SAIFI, of the customers or user units that are counted."""

    saidi_minutes: float
    saifi: float

    def __sub__(self, other: Figures) -> Figures:
        """Return the difference."""
        return Figures(self.saidi_minutes - other.saidi_minutes, self.saifi - other.saifi)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a figure (`is_sum`), or the difference that a rule makes. A face says `rule` in words."""

    rule: str
    is_sum: bool
    figures: Figures


@dataclass(frozen=True, slots=True)
class Counting:
    """A ledger as one unit counts it: rows, and how many units are served."""

    rows: Interruptions
    served: int


def reconcile(
    customers: Counting, units: Counting | None, *, span: Span, external: Iterable[str] = EXTERNAL_CAUSES
) -> tuple[Line, ...]:
    """Lead from IEEE 1366 without major event days to the four indices of DL/T 836.1, in lines that add up.

    `units` is the same ledger counted by user units; None where only customers are known: no such line then.
    Raises NoCustomersServed.
    """
    one = _Counted(customers, span)
    quiet = one.figures(one.is_longer(IEEE1366.sustained_us) & ~one.is_major())
    ieee = one.figures(one.is_longer(IEEE1366.sustained_us))
    lasting = one.figures(one.is_longer(DLT836.sustained_us))
    lines = [
        Line("ieee1366_without_major_event_days", is_sum=True, figures=quiet),
        Line("major_event_days", is_sum=False, figures=ieee - quiet),
        Line("ieee1366", is_sum=True, figures=ieee),
        Line("from_three_to_five_minutes", is_sum=False, figures=lasting - ieee),
    ]
    if units is not None:
        one = _Counted(units, span)
        by_unit = one.figures(one.is_longer(DLT836.sustained_us))
        lines.append(Line("user_units_not_customers", is_sum=False, figures=by_unit - lasting))
        lasting = by_unit
    return (*lines, *_dlt836_lines(one, lasting, frozenset(external)))


def _dlt836_lines(one: _Counted, lasting: Figures, external: frozenset[str]) -> list[Line]:
    is_all = one.is_longer(-1)
    is_limited, is_external = one.is_kind(Kind.LIMITED), one.is_cause(external)
    everything = one.figures(is_all)
    fault = one.figures(is_all & one.is_kind(Kind.FAULT))
    return [
        Line("dlt836_4", is_sum=True, figures=lasting),
        Line("short", is_sum=False, figures=everything - lasting),
        Line("dlt836_1", is_sum=True, figures=everything),
        Line("of_it_fault", is_sum=False, figures=fault),
        Line("of_it_prearranged", is_sum=False, figures=everything - fault),
        Line("of_it_external", is_sum=False, figures=one.figures(is_all & is_external)),
        Line("dlt836_2", is_sum=True, figures=one.figures(is_all & ~is_external)),
        Line("of_it_limited", is_sum=False, figures=one.figures(is_all & is_limited)),
        Line("dlt836_3", is_sum=True, figures=one.figures(is_all & ~is_limited)),
    ]


class _Counted:
    """Rows of a span with what rules ask about them."""

    def __init__(self, counting: Counting, span: Span) -> None:
        if counting.served <= 0:
            raise NoCustomersServed(counting.served)
        self._served = counting.served
        self._rows = counting.rows
        self._of: Stretches = stretches(counting.rows)
        self._in_span = span.has(self._of.day)
        self._span = span

    def is_major(self) -> NDArray[np.bool_]:
        return is_major_event_day(
            self._rows, self._of, rules=IEEE1366, customers_served=self._served, span=self._span
        )

    def is_longer(self, than_us: int) -> NDArray[np.bool_]:
        return self._of.length_us > than_us

    def is_kind(self, kind: Kind) -> NDArray[np.bool_]:
        return np.equal(self._rows.kind, kind)

    def is_cause(self, names: frozenset[str]) -> NDArray[np.bool_]:
        causes = self._rows.labels.get("cause")
        if causes is None:
            return np.zeros(len(self._rows), dtype=np.bool_)
        named = [number for number, name in enumerate(causes.names) if name in names]
        return np.isin(causes.codes, named)

    def figures(self, chosen: NDArray[np.bool_]) -> Figures:
        minutes = people = 0.0
        for part in self._rows.parts():
            kept = chosen[part] & self._in_span[part]
            customers = self._rows.customers[part][kept].astype(np.float64)
            lasted = (self._rows.ended_us[part] - self._rows.started_us[part])[kept]
            minutes += float(customers @ (lasted / MICROSECONDS_PER_MINUTE))
            people += float(customers @ self._of.is_first[part][kept])
        return Figures(minutes / self._served, people / self._served)
