"""The proposal ranked first restores the most customers with the fewest steps: every other way is tried.

The twin sets all operable devices with a dead end open or closed in every combination, and walks plain
dictionaries. On networks of single phases too, each proposal is held against the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from types import ModuleType

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from topology.load_flow import LoadMeter
from topology.network_load import NetworkLoad
from topology.phases import format_phases
from topology.restoration import propose_restoration
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switching_step import OpenDevice

SWITCHABLE = {"breaker", "recloser", "sectionalizer", "fuse", "switch", "disconnector"}
KW, KV, POWER_FACTOR = 10.0, 10.0, 0.92
MOST_OPERABLE = 9


@dataclass(frozen=True)
class World:
    """A network on one phase: who is open, and what must not be touched or fed."""

    drawn: object
    open: frozenset[str]

    def walk(self, starts: set[str], without: str = "") -> set[str]:
        reached, waiting = set(starts), list(starts)
        while waiting:
            here = waiting.pop()
            for device, _, start, stop, _, _ in self.drawn.devices:
                if device != without and device not in self.open and here in (start, stop):
                    beyond = stop if here == start else start
                    if beyond not in reached:
                        reached.add(beyond)
                        waiting.append(beyond)
        return reached

    @property
    def live(self) -> set[str]:
        return self.walk(set(self.drawn.sources))

    @property
    def rings(self) -> int:
        """Independent rings in what has supply, sources taken as one."""
        live = self.live
        edges = [row for row in self.drawn.devices if row[0] not in self.open and row[2] in live]
        return len(edges) + len(self.drawn.sources) - len(live)

    def kw(self, device: str) -> float:
        """What a device carries, three phases together; all of it on one phase in the worst case."""
        dark = self.live - self.walk(set(self.drawn.sources), device)
        return sum(KW * count for _, node, _, count in self.drawn.service_points if node in dark)

    def is_on_ring(self, device: str) -> bool:
        ((_, _, start, *_),) = [row for row in self.drawn.devices if row[0] == device]
        if device in self.open or start not in self.live:
            return False
        return self.walk(set(self.drawn.sources), device) == self.live


@dataclass(frozen=True)
class Brute:
    """All that may be done about a fault, by the rules of the proposals."""

    now: World
    normal: World
    faulted: str
    held: frozenset[str]
    rated_kw: float | None

    def can_operate(self, device: str, kind: str) -> bool:
        return kind in SWITCHABLE and device not in self.held and device != self.faulted

    @property
    def section(self) -> tuple[set[str], set[str]]:
        """The nodes around the fault up to what is open or can be opened, and all devices there to open."""
        rows = self.now.drawn.devices
        ((_, _, start, stop, _, _),) = [row for row in rows if row[0] == self.faulted]
        nodes, growing = {start, stop}, True
        while growing:
            growing = False
            for device, kind, left, right, _, _ in rows:
                fixed = device not in self.now.open and not self.can_operate(device, kind)
                if (fixed or device == self.faulted) and len({left, right} & nodes) == 1:
                    nodes |= {left, right}
                    growing = True
        border = {row[0] for row in rows if {row[2], row[3]} & nodes and self.can_operate(row[0], row[1])}
        return nodes, border - self.now.open

    def region(self, isolated: World, section: set[str], border: set[str]) -> set[str]:
        """Dead nodes that hang together with the section, and never-fed ones where nobody is."""
        lacking = self.normal.live - isolated.live
        nodes, growing = set(section), True
        while growing:
            growing = False
            for device, _, left, right, _, _ in self.now.drawn.devices:
                if (device not in self.now.open or device in border) and len({left, right} & nodes) == 1:
                    (beyond,) = {left, right} - nodes
                    if beyond in lacking:
                        nodes.add(beyond)
                        growing = True
        return nodes - section

    def customers(self, nodes: set[str]) -> int:
        return sum(count for _, node, _, count in self.now.drawn.service_points if node in nodes)

    def best(self) -> tuple[int, int] | None:
        """The most customers and the fewest operations for them, None where nobody can be helped."""
        section, border = self.section
        isolated = World(self.now.drawn, self.now.open | border)
        region = self.region(isolated, section, border)
        never = set(self.now.drawn.nodes) - self.normal.live - isolated.live
        inhabited = {node for _, node, _, _ in self.now.drawn.service_points}
        live = isolated.live
        operable = [
            row[0]
            for row in self.now.drawn.devices
            if self.can_operate(row[0], row[1])
            and not {row[2], row[3]} <= live
            and not {row[2], row[3]} & section
        ]
        assume(len(operable) <= MOST_OPERABLE)
        found = []
        for switched in subsets(operable):
            world = World(self.now.drawn, isolated.open ^ switched)
            fed = world.live - live
            bare = never & fed
            if live - world.live or world.live & section or world.rings > isolated.rings:
                continue
            if not fed - bare <= region or bare & self.inhabited_blocks(isolated, never, inhabited):
                continue
            found.append((-self.customers(fed), len(switched), world))
        for customers, operations, world in sorted(found, key=lambda one: one[:2]):
            if customers == 0:
                return None
            if self.rated_kw is None or self.holds(world, isolated):
                return -customers, operations
        return None

    def inhabited_blocks(self, isolated: World, never: set[str], inhabited: set[str]) -> set[str]:
        """Never-fed nodes that are joined for good to one where somebody is connected."""
        fixed = [
            (row[2], row[3])
            for row in self.now.drawn.devices
            if row[0] not in isolated.open and not self.can_operate(row[0], row[1])
        ]
        nodes, growing = never & inhabited, True
        while growing:
            growing = False
            for ends in fixed:
                if len(set(ends) & nodes) == 1 and set(ends) <= never:
                    nodes |= set(ends)
                    growing = True
        return nodes

    def holds(self, world: World, isolated: World) -> bool:
        for device, *_ in self.now.drawn.devices:
            if world.is_on_ring(device) or self.normal.is_on_ring(device):
                continue
            kw = world.kw(device)
            is_more = kw > isolated.kw(device) or isolated.is_on_ring(device)
            if is_more and kw > self.rated_kw and kw > self.normal.kw(device):
                return False
        return True


def subsets(items: list[str]) -> Iterator[frozenset[str]]:
    for count in range(len(items) + 1):
        for chosen in combinations(items, count):
            yield frozenset(chosen)


def world_of(drawn, open_phases) -> World:
    return World(drawn, frozenset(one for one, phases in open_phases.items() if phases))


@st.composite
def feeders(draw: st.DrawFn):
    """Two or three feeders behind breakers, the first the longest; ties between, some of two switches."""
    devices, nodes, points = [], [], []

    def add(kind: str, start: str, stop: str, *, is_open: bool = False) -> None:
        devices.append((f"D{len(devices)}", kind, start, stop, "ABC", is_open))

    sources = [f"S{place}" for place in range(draw(st.integers(2, 3)))]
    of_feeder = []
    for place, source in enumerate(sources):
        own = [
            f"N{place}{number}" for number in range(draw(st.integers(1, 2) if place else st.integers(4, 7)))
        ]
        add("breaker", source, own[0])
        for number in range(1, len(own)):
            kind = draw(st.sampled_from(["switch", "recloser", "fuse", "overhead"]))
            add(kind, own[draw(st.integers(max(0, number - 3), number - 1))], own[number])
        points += [(f"P{node}", node, "ABC", draw(st.integers(0, 4))) for node in own]
        of_feeder.append(own)
        nodes += [source, *own]
    for number in range(draw(st.integers(1, 4))):
        near = draw(st.sampled_from(of_feeder[0]))
        far = draw(st.sampled_from([one for own in of_feeder for one in own if one != near]))
        if draw(st.integers(0, 4)):
            add("switch", near, far, is_open=True)
        else:
            nodes.append(f"X{number}")
            add("switch", near, f"X{number}", is_open=True)
            add("switch", f"X{number}", far, is_open=True)
    open_phases = {row[0]: "ABC" if row[5] else "" for row in devices}
    return sources, nodes, devices, points, open_phases


@pytest.mark.parametrize("block", range(2))
def test_no_other_way_restores_more_or_with_fewer_steps(
    block: int, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    @settings(max_examples=100, deadline=None)
    @given(
        rows_drawn=feeders(),
        fault=st.integers(0, 99),
        held=st.sets(st.integers(0, 12), max_size=1),
        rated_kw=st.sampled_from([None, 30.0, 60.0, 90.0]),
    )
    def check(rows_drawn, fault, held, rated_kw):
        sources, nodes, devices, points, open_phases = rows_drawn
        drawn = twin.Drawn(nodes, sources, devices, points, open_phases)
        tree = tree_of_rows(drawn)
        network = tree.network
        rows = drawn.devices
        closed = [row[0] for row in rows if not row[5]][1:5]
        trip, faulted = rows[0][0], closed[fault % len(closed)]
        tags = frozenset(rows[one][0] for one in held if one < len(rows))
        now = replace(drawn, open_phases={**drawn.open_phases, trip: "ABC"})
        supply = Supply(tree).opened([network.device_index(trip)])
        brute = Brute(
            world_of(drawn, now.open_phases), world_of(drawn, drawn.open_phases), faulted, tags, rated_kw
        )
        load = NetworkLoad.unknown(network)
        if rated_kw is not None:
            load = replace(
                load,
                device_rated_a=np.full(network.device_count, rated_kw / np.sqrt(3) / (KV * POWER_FACTOR)),
                node_nominal_kv=np.full(network.node_count, KV),
                service_point_peak_kw=network.service_point_customers * KW,
            )
        # With one proposal asked for, few are kept, and most branches are left early.
        found = propose_restoration(
            supply=supply,
            faulted=[faulted],
            meter=LoadMeter(tree, load),
            held=tags,
            most=1 if fault % 2 else 5,
        )
        section, border = brute.section
        assert set(found.isolation.to_open) == border
        assert (found.refusal is not None) == bool(section & set(drawn.sources))
        if found.refusal:
            return
        assert found.is_exhaustive
        holding = [one for one in found.proposals if one.holds_ratings]
        best = brute.best()
        if best is None:
            assert not any(one.customers for one in holding)
            return
        assert (holding[0].customers, len(holding[0].steps) - len(border)) == best
        assert found.proposals[0] is holding[0]

    check()


def test_proposals_on_single_phases_keep_the_rules(twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]):
    @settings(max_examples=100, deadline=None)
    @given(
        drawn=twin.drawn_networks(),
        tripped=st.integers(0, 99),
        fault=st.integers(0, 99),
        held=st.sets(st.integers(0, 12), max_size=2),
    )
    def check(drawn, tripped, fault, held):
        if not drawn.devices:
            return
        tree = tree_of_rows(drawn)
        rows = drawn.devices
        trip, faulted = rows[tripped % len(rows)][0], rows[fault % len(rows)][0]
        tags = {rows[one][0] for one in held if one < len(rows)}
        supply = Supply(tree).opened([tree.network.device_index(trip)])
        meter = LoadMeter(tree, NetworkLoad.unknown(tree.network))
        found = propose_restoration(supply=supply, faulted=[faulted], meter=meter, held=tags)
        for proposal in found.proposals:
            open_phases = {**drawn.open_phases, trip: "ABC"}
            kinds = {row[0]: row[1] for row in rows}
            for step in proposal.steps:
                assert kinds[step.device] in SWITCHABLE
                assert step.device not in tags | {faulted}
                open_phases[step.device] = "ABC" if isinstance(step, OpenDevice) else ""
            isolated = replace(
                drawn,
                open_phases={
                    **drawn.open_phases,
                    trip: "ABC",
                    **dict.fromkeys(found.isolation.to_open, "ABC"),
                },
            )
            after = replace(drawn, open_phases=open_phases)
            gained = set()
            for phase in "ABC":
                fed, was = after.energised(phase), isolated.energised(phase)
                assert was <= fed
                gained |= {
                    p for p, node, taken, _ in drawn.service_points if node in fed - was and phase in taken
                }
                ((_, _, start, stop, _, _),) = [row for row in rows if row[0] == faulted]
                assert not {start, stop} & fed
                assert not after.looped(phase) - isolated.looped(phase)
            assert gained == set(proposal.service_points)
            has = dict(zip(tree.network.node_ids(range(tree.network.node_count)),
                           map(format_phases, proposal.after.node_phases.tolist()), strict=True))  # fmt: skip
            assert has == {node: after.node_phases(node) for node in drawn.nodes}

    check()
