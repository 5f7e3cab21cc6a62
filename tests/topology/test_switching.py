"""Switching on drawn networks: partly out, ties, rings with both feeders named, isolation, picking up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from topology.errors import UnknownDeviceError
from topology.isolation import isolate
from topology.network import Network
from topology.phases import ABC
from topology.pick_up import pick_ups
from topology.protection import first_protective_devices
from topology.rings import ring_findings
from topology.supply import Supply, SupplyStatus
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import downstream, upstream

# S1 -B1- A1 -L1- A2 -R1- A3 -L2- A4 -W1- A5 -L3- A6 ..T1.. X ..T2.. M2 -L4- M1 -B2- S2
#                 |       |               |                          |
#                F1/A   P3 (5)          P5 (7)                      M (20)
#                 |
#                A7: P1 (2, on A)         at A2 besides: PB (4, on AB)
TEXT = """
source S1
source S2
breaker B1 S1 A1
line L1 A1 A2
fuse F1 A2 A7 A
recloser R1 A2 A3
line L2 A3 A4
switch W1 A4 A5
line L3 A5 A6
switch T1 A6 X open
switch T2 X M2 open
line L4 M2 M1
breaker B2 S2 M1
service_point P1 A7 2 A
service_point P3 A3 5
service_point P5 A5 7
service_point M M2 20
service_point PB A2 4 AB
"""


@pytest.fixture
def network(draw_network: Callable[[str], Network]) -> Network:
    return draw_network(TEXT)


@pytest.fixture
def supply(network: Network) -> Supply:
    return Supply(SupplyTree(network, SwitchState.normal(network)))


def devices(supply: Supply, *ids: str) -> list[int]:
    return supply.network.find_devices(ids).tolist()


def names(supply: Supply, points) -> list[str]:
    return sorted(supply.network.service_point_ids(points))


def status(supply: Supply, point: str) -> SupplyStatus:
    return supply.status_of_service_point(supply.network.service_point_index(point))


def test_a_phase_gone_leaves_some_out_and_some_partly_out(supply):
    after = supply.opened(devices(supply, "B1"), phases=1)
    assert status(after, "P1") is SupplyStatus.OUT
    assert status(after, "P3") is SupplyStatus.PARTLY_OUT
    assert status(after, "M") is SupplyStatus.SUPPLIED
    change = after.change_since(supply)
    assert names(after, change.losers) == ["P1", "P3", "P5", "PB"]
    assert not len(change.gainers)
    back = after.closed(devices(supply, "B1"))
    assert names(after, back.change_since(after).gainers) == ["P1", "P3", "P5", "PB"]
    assert not len(back.change_since(supply).service_points)


def test_a_closed_tie_moves_customers_between_feeders(supply):
    moved = supply.opened(devices(supply, "R1")).closed(devices(supply, "T1", "T2"))
    assert not len(moved.change_since(supply).service_points)
    assert ring_findings(moved) == ()
    assert [one.id for one in upstream(tree=moved, device="P3").devices] == [
        "L2", "W1", "L3", "T1", "T2", "L4", "B2",
    ]  # fmt: skip
    assert [one.id for one in downstream(tree=moved, device="B2").service_points] == ["M", "P3", "P5"]
    assert [one.id for one in downstream(tree=moved, device="W1").service_points] == ["P3"]
    protective = first_protective_devices(moved)
    found = {
        point: moved.network.device_ids([protective[moved.network.service_point_index(point)]])
        for point in ("P1", "P3", "P5", "M")
    }
    assert found == {"P1": ["F1"], "P3": ["B2"], "P5": ["B2"], "M": ["B2"]}


def test_a_ring_names_both_feeders_and_what_is_in_it(supply):
    (finding,) = ring_findings(supply.closed(devices(supply, "T1", "T2")))
    assert finding.rule == "parallel_sources"
    assert finding.ids[0] in {"T1", "T2"}
    assert set(finding.ids) == {"B1", "L1", "R1", "L2", "W1", "L3", "T1", "T2", "L4", "B2"}
    assert "feeder B1 (source S1)" in finding.text
    assert "feeder B2 (source S2)" in finding.text
    (finding,) = ring_findings(supply.closed(devices(supply, "T1", "T2"), phases=2))
    assert "on phase B," in finding.text


def test_in_a_ring_no_device_puts_anybody_out_alone(supply):
    ring = supply.closed(devices(supply, "T1", "T2"))
    for device in ("B1", "R1", "W1", "T1", "B2"):
        assert downstream(tree=ring, device=device).service_points == ()
    assert [one.id for one in downstream(tree=ring, device="F1").service_points] == ["P1"]


def test_isolating_a_line_names_what_to_open_and_who_lies_inside(supply):
    found = isolate(supply=supply, faulted=["L2"])
    assert found.to_open == ("R1", "W1")
    assert found.already_open == ()
    assert found.service_points == ("P3",)
    assert found.sources == ()
    tripped = supply.opened(devices(supply, "R1"))
    found = isolate(supply=tripped, faulted=["L2"])
    assert (found.to_open, found.already_open) == (("W1",), ("R1",))


def test_what_cannot_be_isolated_says_so(supply):
    assert isolate(supply=supply, faulted=["B2"]).sources == ("S2",)


def test_a_tie_of_two_switches_picks_up_what_lies_beyond_the_fault(supply):
    tripped = supply.opened(devices(supply, "R1"))
    (found,) = pick_ups(supply=tripped, faulted=["L2"])
    assert found.close == ("T1", "T2")
    assert found.open_first == ("W1",)
    assert (found.feeder, found.phases) == ("B2", "ABC")
    assert (found.service_points, found.customers) == (("P5",), 7)


def test_the_tripped_device_itself_picks_up_what_lies_before_the_fault(supply):
    tripped = supply.opened(devices(supply, "B1"))
    found = pick_ups(supply=tripped, faulted=["L2"])
    assert [(one.close, one.open_first, one.customers) for one in found] == [
        (("T1", "T2"), ("W1",), 7),
        (("B1",), ("R1",), 6),
    ]


def test_unknown_ids_are_all_named(supply):
    for ask in (isolate, pick_ups):
        with pytest.raises(UnknownDeviceError, match="'Q1', 'Q2'"):
            ask(supply=supply, faulted=["L2", "Q1", "Q2"])


def test_thousands_of_switched_devices_are_as_right_as_a_few(draw_network: Callable[[str], Network]):
    # A hundred feeders in a row, each tied to the next; every other breaker open and its tie closed.
    text = "\n".join(
        f"breaker B{n} S N{n}\nline L{n} N{n} M{n}\n"
        f"tie T{n} M{n} M{(n + 1) % 100}\nservice_points P{n} M{n} 3"
        for n in range(100)
    )
    network = draw_network(f"source S\n{text}")
    normal = SwitchState.normal(network)
    state = normal.open(*(f"B{n}" for n in range(0, 100, 2))).close(*(f"T{n}" for n in range(0, 100, 2)))
    switched = Supply.under(SupplyTree(network, normal), state)
    walked = SupplyTree(network, state)
    assert np.array_equal(switched.service_point_phases, walked.service_point_phases)
    assert switched.service_point_phases.tolist() == [ABC] * 300
    behind = switched.service_points_behind(network.device_index("B1"))
    assert names(switched, behind) == sorted(f"P{feeder}-{n}" for feeder in (0, 1) for n in (1, 2, 3))
    assert np.array_equal(switched.state().closed_phases, state.closed_phases)
