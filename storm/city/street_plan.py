"""The streets of a city while it is made, in metres about its middle; and how they are cut and joined.

`StreetPlan` is what power lines, houses and addresses are laid along; `storm.city.streets` is what it
becomes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from storm.city.arrays import Flags, Floats, Longs


class StreetClass(IntEnum):
    """What a street is, the widest first."""

    PRIMARY = 0
    SECONDARY = 1
    TERTIARY = 2
    RESIDENTIAL = 3
    COUNTRY = 4
    PRIVATE = 5


HIGHWAY = ("primary", "secondary", "tertiary", "residential", "secondary", "service")
MAXSPEED_KMH = (60, 50, 50, 30, 80, 20)


@dataclass(frozen=True, slots=True)
class StreetPlan:
    """Corners (nodes) and the straight streets between them (edges).

    `urbanity` runs from 0 (open land) to 1 (the middle of a metropolis); `place` is 0 in the town and the
    village's number elsewhere. `line` tells the lattice line an edge lies on, `order` where on it; edges
    run in the direction of their line.
    """

    x_m: Floats
    y_m: Floats
    urbanity: Floats
    place: Longs
    from_nodes: Longs
    to_nodes: Longs
    street_class: Longs
    line: Longs
    order: Longs

    @property
    def node_count(self) -> int:
        """How many corners there are."""
        return len(self.x_m)

    def lengths_m(self) -> Floats:
        """Return the length of each edge."""
        a, b = self.from_nodes, self.to_nodes
        return np.asarray(np.hypot(self.x_m[b] - self.x_m[a], self.y_m[b] - self.y_m[a]))

    def edge_urbanity(self) -> Floats:
        """Return how urban it is at the middle of each edge."""
        return np.asarray((self.urbanity[self.from_nodes] + self.urbanity[self.to_nodes]) / 2)

    def places_along(
        self, corner: Longs, edge: Longs, away_m: Floats, *, aside_m: float
    ) -> tuple[Floats, Floats]:
        """Return places so far from a corner along a street that begins or ends there, at its side."""
        other = np.where(self.from_nodes[edge] == corner, self.to_nodes[edge], self.from_nodes[edge])
        dx, dy = self.x_m[other] - self.x_m[corner], self.y_m[other] - self.y_m[corner]
        length = np.hypot(dx, dy)
        dx, dy = dx / length, dy / length
        x = self.x_m[corner] + dx * away_m - dy * aside_m
        return x, self.y_m[corner] + dy * away_m + dx * aside_m

    def with_edges(self, keep: Flags) -> StreetPlan:
        """Return the plan with only these edges, and all corners."""
        return replace(
            self,
            from_nodes=self.from_nodes[keep],
            to_nodes=self.to_nodes[keep],
            street_class=self.street_class[keep],
            line=self.line[keep],
            order=self.order[keep],
        )

    def largest_part(self) -> StreetPlan:
        """Return the largest part that hangs together, its corners renumbered."""
        count = self.node_count
        ones = np.ones(len(self.from_nodes), dtype=np.int8)
        graph = sparse.coo_array((ones, (self.from_nodes, self.to_nodes)), shape=(count, count))
        _, part = connected_components(graph, directed=False)
        keep = part == np.bincount(part).argmax()
        number = np.cumsum(keep) - 1
        cut = self.with_edges(keep[self.from_nodes])
        return replace(
            cut,
            x_m=self.x_m[keep],
            y_m=self.y_m[keep],
            urbanity=self.urbanity[keep],
            place=self.place[keep],
            from_nodes=number[cut.from_nodes],
            to_nodes=number[cut.to_nodes],
        )


def side_by_side(plans: list[StreetPlan]) -> StreetPlan:
    """Return all plans as one, not yet joined; lines keep apart."""
    first_node = np.cumsum([0, *(plan.node_count for plan in plans)])
    first_line = np.cumsum([0, *(int(plan.line.max(initial=-1)) + 1 for plan in plans)])
    return StreetPlan(
        x_m=np.concatenate([plan.x_m for plan in plans]),
        y_m=np.concatenate([plan.y_m for plan in plans]),
        urbanity=np.concatenate([plan.urbanity for plan in plans]),
        place=np.concatenate([plan.place for plan in plans]),
        from_nodes=np.concatenate([p.from_nodes + f for p, f in zip(plans, first_node, strict=False)]),
        to_nodes=np.concatenate([p.to_nodes + f for p, f in zip(plans, first_node, strict=False)]),
        street_class=np.concatenate([plan.street_class for plan in plans]),
        line=np.concatenate([p.line + f for p, f in zip(plans, first_line, strict=False)]),
        order=np.concatenate([plan.order for plan in plans]),
    )
