"""Streets as people name them: which edges are one street, and how far along it each begins.

Rules:
1. Main streets, collectors and country roads bear one name from end to end, even where a piece is missing.
2. A residential street ends where a piece is missing, and often where it crosses a main street.
3. A way (as in OpenStreetMap) is a part of a street that hangs together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Floats, Longs, chance
from storm.city.street_plan import StreetClass, StreetPlan

_NEW_NAME_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class StreetRuns:
    """`order` sorts edges along their streets; street, way and the metres before, by edge."""

    order: Longs
    street: Longs
    way: Longs
    begins_m: Floats

    @property
    def street_count(self) -> int:
        """How many named streets there are."""
        return int(self.street.max()) + 1


def make_street_runs(*, seed: int, plan: StreetPlan) -> StreetRuns:
    """Return which edges make up which street."""
    rng = chance(seed, "street runs")
    order = np.lexsort((plan.order, plan.line))
    line, kind = plan.line[order], plan.street_class[order]
    from_nodes, to_nodes = plan.from_nodes[order], plan.to_nodes[order]
    new_line = np.r_[True, line[1:] != line[:-1]]
    gap = np.r_[True, from_nodes[1:] != to_nodes[:-1]] | new_line
    at_main = np.zeros(plan.node_count, dtype=np.bool_)
    main = plan.street_class <= StreetClass.SECONDARY
    at_main[plan.from_nodes[main]] = at_main[plan.to_nodes[main]] = True
    crosses = at_main[from_nodes] & (rng.random(len(order)) < _NEW_NAME_SHARE)
    new_street = new_line | ((kind == StreetClass.RESIDENTIAL) & (gap | crosses))
    length = plan.lengths_m()[order]
    street = np.cumsum(new_street) - 1
    before = np.cumsum(length) - length
    begins = before - before[new_street][street]
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    way = np.cumsum(new_street | gap) - 1
    return StreetRuns(order=order, street=street[back], way=way[back], begins_m=begins[back])
