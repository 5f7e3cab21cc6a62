"""Traces on drawn networks: service points as starts, open devices, loops, unknown ids."""

from collections.abc import Callable

import pytest

from topology.errors import UnknownDeviceError
from topology.loops import find_fed_twice, find_loops
from topology.network import Network
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import FedServicePoint, TracedDevice, downstream, service_points_downstream, upstream

# S1 --B1-- N1 --L1-- N2 --F1/A-- N3 (P1)
#                      |  (P2)
#                      T1/open
#                      |
# S2 --B2------------ N4 (P3)
TEXT = """
source S1
source S2
breaker B1 S1 N1
line L1 N1 N2
fuse F1 N2 N3 A
tie T1 N2 N4
breaker B2 S2 N4
service_point P1 N3
service_point P2 N2 4
service_point P3 N4
"""


@pytest.fixture
def network(draw_network: Callable[[str], Network]) -> Network:
    return draw_network(TEXT)


@pytest.fixture
def tree(network: Network) -> SupplyTree:
    return SupplyTree(network, SwitchState.normal(network))


def test_downstream_gives_what_is_fed_through(tree):
    trace = downstream(tree=tree, device="L1")
    assert trace.service_points == (FedServicePoint("P1", "A"), FedServicePoint("P2", "ABC"))
    assert trace.devices == (TracedDevice("F1", "fuse", "A"),)
    assert downstream(tree=tree, device="T1").service_points == ()


def test_upstream_is_nearest_first(tree):
    trace = upstream(tree=tree, device="P1")
    assert [one.id for one in trace.devices] == ["F1", "L1", "B1"]
    assert {one.phases for one in trace.devices} == {"A"}
    assert [one.id for one in upstream(tree=tree, device="F1").devices] == ["L1", "B1"]
    assert upstream(tree=tree, device="T1").devices == ()


def test_a_service_point_is_its_own_downstream(tree):
    assert downstream(tree=tree, device="P1").service_points == (FedServicePoint("P1", "A"),)
    assert service_points_downstream(tree=tree, device="P1") == ["P1"]
    assert service_points_downstream(tree=tree, device="P1", phases=2) == []
    dead = SupplyTree(tree.network, tree.state.open("F1"))
    assert downstream(tree=dead, device="P1").service_points == ()


def test_phases_open_one_by_one(tree):
    assert service_points_downstream(tree=tree, device="B1", phases=2) == ["P2"]
    partly = SupplyTree(tree.network, tree.state.open("L1", phases=1))
    assert partly.service_point_phases.tolist() == [0, 6, 7]
    assert [one.phases for one in upstream(tree=partly, device="P2").devices] == ["BC", "BC"]


def test_single_phase_services_lose_only_what_they_take(draw_tree):
    # S --B1-- N1 (P3/ABC) --R1/ABC-- N2 (PA/A, PB/B, PAC/AC, P1/ABC)    N2 --F1/A-- N3 (PQ/A, PR/B)
    tree = draw_tree("""
        source S
        breaker B1 S N1
        recloser R1 N1 N2
        fuse F1 N2 N3 A
        service_point P3 N1
        service_point PA N2 2 A
        service_point PB N2 2 B
        service_point PAC N2 2 AC
        service_point P1 N2
        service_points PQ N3 2 A
        service_point PR N3 2 B
    """)
    fed = {one.id: one.phases for one in downstream(tree=tree, device="R1").service_points}
    assert fed == {"P1": "ABC", "PA": "A", "PAC": "AC", "PB": "B", "PQ-1": "A", "PQ-2": "A"}
    assert downstream(tree=tree, device="PAC").service_points == (FedServicePoint("PAC", "AC"),)
    assert downstream(tree=tree, device="PR").service_points == ()
    assert service_points_downstream(tree=tree, device="R1", phases=1) == ["P1", "PA", "PAC", "PQ-1", "PQ-2"]
    assert service_points_downstream(tree=tree, device="R1", phases=2) == ["P1", "PB"]
    assert service_points_downstream(tree=tree, device="F1", phases=6) == []
    assert service_points_downstream(tree=tree, device="PA", phases=6) == []
    assert [(one.id, one.phases) for one in upstream(tree=tree, device="PB").devices] == [
        ("R1", "B"),
        ("B1", "B"),
    ]
    cut = SupplyTree(tree.network, tree.state.open("R1", phases=1))
    left = dict(zip(tree.network.service_point_ids(range(8)), cut.service_point_phases.tolist(), strict=True))
    out = {"PA": 0, "PQ-1": 0, "PQ-2": 0, "PR": 0}
    assert left == {**out, "P1": 6, "P3": 7, "PAC": 4, "PB": 2}


def test_a_closed_tie_moves_customers_to_the_other_feeder(tree):
    moved = SupplyTree(tree.network, tree.state.open("B1").close("T1"))
    assert service_points_downstream(tree=moved, device="B2") == ["P1", "P2", "P3"]
    feeder = moved.feeder_of_node[moved.network.service_point_nodes]
    assert moved.network.device_ids(feeder) == ["B2", "B2", "B2"]


def test_two_sources_in_parallel_are_reported_and_no_device_puts_anyone_out(tree):
    parallel = SupplyTree(tree.network, tree.state.close("T1"))
    (finding,) = find_fed_twice(parallel)
    assert finding.ids == ("S1", "S2", "B1", "B2", "L1", "T1")
    assert find_loops(parallel) == ()
    assert service_points_downstream(tree=parallel, device="B1") == []
    part = parallel.part_of_device(parallel.network.device_index("B1"))
    assert parallel.network.device_ids(part) == ["B1", "B2", "L1", "T1"]
    assert service_points_downstream(tree=parallel, device="F1") == ["P1"]


def test_unknown_ids_are_named(tree):
    for trace in (downstream, upstream, service_points_downstream):
        with pytest.raises(UnknownDeviceError, match="'X9'"):
            trace(tree=tree, device="X9")
