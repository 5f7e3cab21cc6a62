"""The ring that one step closes, told from the supply before it: both ways to the source, who is fed twice.

Rule 1: what a step joins closes a ring on each phase on which both places have supply already; a generator's
other place is the earth, which always has.
Rule 2: the ring is what the two ways to the source do not share, and the step's own device. The ways are
those of the walked trees; where one passes a looped part, one way through it stands for all.
Rule 3: fed twice is who would lose supply if, before the step, all devices of the ring were open.
"""

from __future__ import annotations

from dataclasses import dataclass

from topology.arrays import IntArray
from topology.phases import PHASE_BITS, format_phases
from topology.placed_supply import NO_NODE
from topology.rings import feeder_on
from topology.supply import Supply
from topology.ways import Way, spanning_steps


@dataclass(frozen=True, slots=True)
class ClosedRing:
    """A ring that a step closes; a feeder is None where a way passes no breaker.

    `devices` are all of the ring, the step's own among them (sorted ids, jumpers and generators too);
    `sources` are the nodes where the ways end. `fed_twice` counts the service points that hang on the ring.
    """

    phases: str
    devices: tuple[str, ...]
    sources: tuple[str, str]
    feeders: tuple[str | None, str | None]
    fed_twice: int
    customers_fed_twice: int

    @property
    def has_two_sources(self) -> bool:
        """Whether it puts two sources in parallel."""
        return self.sources[0] != self.sources[1]

    @property
    def joins_two_feeders(self) -> bool:
        """Whether it joins two feeders."""
        return self.feeders[0] != self.feeders[1]


def rings_closed(*, before: Supply, after: Supply, edge: int) -> tuple[ClosedRing, ...]:
    """Return the rings that joining an edge closes, one for each pair of ways; `edge` is its number after."""
    phases_of: dict[tuple[Way, Way], int] = {}
    ends = after.ends_of(edge)
    joined_already = before.closed_phases_of(edge) if edge < before.network.device_count else 0
    for bit in PHASE_BITS:
        if after.closed_phases_of(edge) & ~joined_already & bit:
            ways = _way(before, ends[0], bit, ends[1]), _way(before, ends[1], bit, ends[0])
            if ways[0] is not None and ways[1] is not None:
                key = (ways[0], ways[1])
                phases_of[key] = phases_of.get(key, 0) | bit
    own = after.edge_ids([edge])[0]
    return tuple(_ring(before, own, ways, phases) for ways, phases in phases_of.items())


def _way(supply: Supply, node: int, bit: int, other_end: int) -> Way | None:
    if node == NO_NODE:
        return Way((), other_end)
    for one in supply.of_phases:
        if one.phases & bit:
            position = int(one.pieces.forest.position_of_node[node])
            if not one.pieces.is_live_at(position):
                return None
            source, steps = spanning_steps(one.pieces, position)
            return Way(tuple(device for device, _ in steps), int(one.pieces.forest.node_at[source]))
    return None


def _ring(before: Supply, own: str, ways: tuple[Way, Way], phases: int) -> ClosedRing:
    around = sorted(set(ways[0].devices) ^ set(ways[1].devices))
    sources = before.network.node_ids([way.source for way in ways])
    points = _fed_over(before, around, phases)
    return ClosedRing(
        phases=format_phases(phases),
        devices=tuple(sorted({own, *before.edge_ids(around)})),
        sources=(sources[0], sources[1]),
        feeders=(feeder_on(before, ways[0]), feeder_on(before, ways[1])),
        fed_twice=len(points),
        customers_fed_twice=int(before.network.service_point_customers[points].sum()),
    )


def _fed_over(before: Supply, around: list[int], phases: int) -> IntArray:
    """Rule 3."""
    without = before.opened([one for one in around if one < before.network.device_count], phases)
    temporary = without.temporary
    for edge in before.placed.edges:
        if edge.number in around:
            temporary = temporary.on_phases(edge.id, edge.phases & ~phases)
    return without.with_temporary(temporary).change_since(before).losers
