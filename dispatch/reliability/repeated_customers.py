"""CEMI-n: the share of customers who had n or more sustained interruptions (IEEE 1366-2012 and newer)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.reliability.columns import Codes, Interruptions
from dispatch.reliability.daily import Span
from dispatch.reliability.rule_sets import RuleSet
from dispatch.reliability.stretches import Stretches

LARGEST_N = 10


@dataclass(frozen=True, slots=True)
class RepeatedCustomers:
    """How many had n or more sustained interruptions, `customers[n - 1]`, and their share; n from 1 to 10."""

    customers: tuple[int, ...]
    cemi: tuple[float, ...]


def customers_by_service_point(rows: Interruptions) -> Codes | None:
    """Return how many customers each service point has: the most that any of its rows tells; 0 for nobody."""
    if rows.service_point is None:
        return None
    # One more for rows of nobody known, numbered -1: they are no customer who could have it again.
    people = np.zeros(int(rows.service_point.max(initial=-1)) + 2, dtype=rows.customers.dtype)
    for part in rows.parts():
        np.maximum.at(people, rows.service_point[part], rows.customers[part])
    people[-1] = 0
    return people


def repeated_customers(
    rows: Interruptions,
    of: Stretches,
    *,
    people: Codes | None,
    rules: RuleSet,
    span: Span,
    customers_served: int,
) -> RepeatedCustomers | None:
    """Return how many customers were interrupted how often in a span; None where nobody is known by name.

    `people` is what `customers_by_service_point` returns.
    """
    if rows.service_point is None or people is None:
        return None
    size = len(people)
    times = np.zeros(size, dtype=np.int64)
    for part in rows.parts():
        counts = span.has(of.day[part]) & (of.length_us[part] > rules.sustained_us) & of.is_first[part]
        place = rows.service_point[part][counts]
        times += np.bincount(place % size, minlength=size)
    found = tuple(int(people[times >= n].sum(dtype=np.int64)) for n in range(1, LARGEST_N + 1))
    return RepeatedCustomers(found, tuple(count / customers_served for count in found))
