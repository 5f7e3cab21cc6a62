"""Rings that switching has closed: a tie between two feeders, or two sources in parallel; never resolved.

Rule 1: every device closed since the walk, or left over when cuts are bridged, that joins two live places on
a phase closes a ring. It is named with the devices of the ring and the feeder at each of its ends.
Rule 2: its ends are fed, without it, over two ways. Where these come from two sources, the sources are in
parallel; else the ring is a loop on one source.
Rings of the normal state are findings of `check`.
"""

from __future__ import annotations

from dataclasses import dataclass

from topology.findings import Finding, count_things, name_ids
from topology.kinds import DeviceKind, layer_of
from topology.phases import PHASE_BITS, format_phases
from topology.supply import Supply
from topology.ways import Way, way_to_source

TEMPORARY_LAYER = "temporary_supply"


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring that a closed device makes; feeders are breakers, None where a way passes none."""

    device: str
    phases: str
    devices: tuple[str, ...]
    sources: tuple[str, str]
    feeders: tuple[str | None, str | None]

    @property
    def has_two_sources(self) -> bool:
        """Whether it puts two sources in parallel."""
        return self.sources[0] != self.sources[1]


def rings_of(supply: Supply) -> tuple[Ring, ...]:
    """Return the rings that switching has closed, sorted by the device that closes each."""
    phases_of: dict[tuple[int, Way, Way], int] = {}
    for one in supply.of_phases:
        for bit in PHASE_BITS:
            for join in one.pieces.rings if one.phases & bit else ():
                ways = _ways_round(supply, join.device, bit)
                if ways[0] and ways[1]:
                    key = (join.device, ways[0], ways[1])
                    phases_of[key] = phases_of.get(key, 0) | bit
    return tuple(
        _ring(supply, device, (first, second), phases)
        for (device, first, second), phases in sorted(phases_of.items(), key=lambda one: (one[0][0], -one[1]))
    )


def _ways_round(supply: Supply, device: int, bit: int) -> list[Way | None]:
    """Return the ways to the source from both ends of a device, without it; a generator is one by itself."""
    if device < supply.network.device_count:
        without = supply.opened([device], bit)
        return [way_to_source(without, node, bit) for node in supply.ends_of(device)]
    edge = supply.placed.edges[device - supply.network.device_count]
    without = supply.with_temporary(supply.temporary.on_phases(edge.id, edge.phases & ~bit))
    beyond = way_to_source(without, edge.to_node, bit)
    if edge.is_generator:
        return [Way((), edge.to_node), beyond]
    return [way_to_source(without, edge.from_node, bit), beyond]


def ring_findings(supply: Supply) -> tuple[Finding, ...]:
    """Return a finding for each ring that switching has closed, with both feeders named."""
    return tuple(_finding(supply, ring) for ring in rings_of(supply))


def feeder_on(supply: Supply, way: Way) -> str | None:
    """Return the feeder of a way: its breaker nearest to the source, None where it passes none."""
    breakers = [one for one in way.devices if supply.kind_of_edge(one) == DeviceKind.BREAKER]
    return supply.network.device_ids(breakers[-1:])[0] if breakers else None


def _ring(supply: Supply, device: int, ways: tuple[Way, Way], phases: int) -> Ring:
    first, second = ways
    around = sorted({device} | (set(first.devices) ^ set(second.devices)))
    sources = supply.network.node_ids([first.source, second.source])
    return Ring(
        device=supply.edge_ids([device])[0],
        phases=format_phases(phases),
        devices=tuple(supply.edge_ids(around)),
        sources=(sources[0], sources[1]),
        feeders=(feeder_on(supply, first), feeder_on(supply, second)),
    )


def _finding(supply: Supply, ring: Ring) -> Finding:
    is_temporary = supply.temporary.find(ring.device) is not None
    kind = None if is_temporary else supply.network.device_kind(supply.network.device_index(ring.device))
    where = " and ".join(
        f"feeder {feeder} (source {source})" if feeder else f"source {source}"
        for feeder, source in zip(ring.feeders, ring.sources, strict=True)
    )
    on = "" if ring.phases == "ABC" else f" on phase {' and '.join(ring.phases)}"
    what = "puts two sources in parallel" if ring.has_two_sources else "closes a loop"
    others = tuple(one for one in ring.devices if one != ring.device)
    text = (
        f"{ring.device} {what}{on}, between {where}, "
        f"with {count_things(len(others), 'device')}: {name_ids(others)}."
    )
    rule = "parallel_sources" if ring.has_two_sources else "loop"
    layer = layer_of(kind) if kind is not None else TEMPORARY_LAYER
    return Finding(rule, layer, (ring.device, *others), text)
