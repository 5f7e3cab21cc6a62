"""CEMI-n: the share of customers who had n or more sustained interruptions (IEEE 1366-2012 and newer)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.reliability.columns import Interruptions
from dispatch.reliability.daily import Span
from dispatch.reliability.rule_sets import RuleSet
from dispatch.reliability.stretches import Stretches

LARGEST_N = 10


@dataclass(frozen=True, slots=True)
class RepeatedCustomers:
    """How many had n or more sustained interruptions, `customers[n - 1]`, and their share; n from 1 to 10."""

    customers: tuple[int, ...]
    cemi: tuple[float, ...]


def repeated_customers(
    rows: Interruptions, of: Stretches, *, rules: RuleSet, span: Span, customers_served: int
) -> RepeatedCustomers | None:
    """Return how many customers were interrupted how often in a span; None where nobody is known by name.

    A service point counts with the most customers that any of its rows tells.
    """
    if rows.service_point is None:
        return None
    size = int(rows.service_point.max(initial=-1)) + 2
    times = np.zeros(size, dtype=np.int64)
    people = np.zeros(size, dtype=np.int64)
    for part in rows.parts():
        counts = span.has(of.day[part]) & (of.length_us[part] > rules.sustained_us) & of.is_first[part]
        place = rows.service_point[part][counts]
        times += np.bincount(place % size, minlength=size)
        np.maximum.at(people, place, rows.customers[part][counts])
    # Rows of nobody known stand last.
    found = tuple(int(people[:-1][times[:-1] >= n].sum()) for n in range(1, LARGEST_N + 1))
    return RepeatedCustomers(found, tuple(count / customers_served for count in found))
