"""What a restoration weighs in the plan beside the customers who wait for it: rules as data. Pure.

The unit is one customer's wait. docs/planning.md tells the rules to people; a test keeps the two agreed.

RULE 1: a service point with a priority weighs as many customers as its line says, in addition to its own.
RULE 2: what is merely predicted counts by its probability: a crew sent for nothing restores nobody.
RULE 3: a hazard weighs by its level, whether or not anybody is without supply: people may be hurt.
RULE 4: a look before the repair weighs a tenth of the restoration: the right crew and a time to tell come
    with it. What else drives it is that the restoration waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Additional customers' worth of waiting, per service point out. Life support first: a home with a respirator
# has hours of battery at most.
PRIORITY_WEIGHTS: Mapping[str, float] = {
    "life_support": 100.0,
    "important_1": 50.0,
    "important_2": 20.0,
    "sensitive": 10.0,
}
# Customers' worth of waiting until a hazard is made safe, by its level: 1 is the worst.
HAZARD_WEIGHTS: Mapping[int, float] = {1: 2000.0, 2: 500.0, 3: 100.0}
LOOK_SHARE = 0.1


def restoration_weight(*, customers: float, priorities: Iterable[str], probability: float) -> float:
    """Return what one minute until an outage is restored weighs."""
    critical = sum(PRIORITY_WEIGHTS.get(priority, 0.0) for priority in priorities)
    return (customers + critical) * probability


def look_weight(restoration: float) -> float:
    """Return what one minute until an outage has been looked at weighs, beside its restoration."""
    return LOOK_SHARE * restoration


def hazard_weight(level: int) -> float:
    """Return what one minute until a hazard is made safe weighs."""
    return HAZARD_WEIGHTS[level]
