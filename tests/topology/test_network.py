"""Networks: building from dirty rows, ids, the saved file, the networkx view, text."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from topology.build import DeviceColumns, NodeColumns, ServicePointColumns, build_network
from topology.errors import (
    NetworkFileError,
    PhasesError,
    TextNetworkError,
    UnknownDeviceError,
    UnknownServicePointError,
)
from topology.kinds import BLAMEABLE_KINDS, DeviceKind, Layer, layer_of
from topology.network import Network
from topology.phases import format_phases, parse_phases
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network

# S --B1-- 节点1 --L1/AB-- N2 (P1: 3 customers; on phase B)
#                           |T1/open
#                          N3
TEXT = """
source S
breaker B1 S 节点1
line L1 节点1 N2 ABN
tie T1 N2 N3
service_point P1 N2 3
service_points Q N2 2 B
"""


@pytest.fixture
def network() -> Network:
    return parse_text_network(TEXT)[0]


def test_phases_as_text_and_mask():
    assert [parse_phases(text) for text in ("A", "ca", "ABCN", " b ")] == [1, 5, 7, 2]
    assert [format_phases(mask) for mask in (0, 1, 5, 7)] == ["", "A", "AC", "ABC"]
    for text in ("", "N", "R", "A,B"):
        with pytest.raises(PhasesError):
            parse_phases(text)


def test_kinds_lie_on_layers():
    assert layer_of(DeviceKind.UNDERGROUND) is Layer.LINE_SECTION
    assert layer_of(DeviceKind.FUSE) is Layer.SWITCH
    assert layer_of(DeviceKind.REGULATOR) is Layer.TRANSFORMER
    assert DeviceKind.SWITCH not in BLAMEABLE_KINDS
    assert DeviceKind.DISTRIBUTION in BLAMEABLE_KINDS


def test_ids_are_found_and_unknown_ones_named(network: Network):
    assert network.device_ids(np.arange(network.device_count)) == ["B1", "L1", "T1"]
    assert network.node_ids([0]) == ["N2"]
    assert network.has_device("T1")
    assert not network.has_device("P1")
    assert network.has_service_point("P1")
    assert not network.has_device("")
    assert not network.has_device("B1\0")
    assert network.device_kind(network.device_index("T1")) is DeviceKind.SWITCH
    assert network.total_customers == 5
    with pytest.raises(UnknownDeviceError, match="no device 'B9'"):
        network.device_index("B9")
    with pytest.raises(UnknownServicePointError, match="no service point 'B1'"):
        network.service_point_index("B1")
    with pytest.raises(UnknownDeviceError) as refused:
        SwitchState.normal(network).open("B1", "X", "Y")
    assert refused.value.ids == ("X", "Y")


def test_the_networkx_view(network: Network):
    graph = network.graph()
    assert graph.nodes["S"]["is_source"]
    assert graph.edges["节点1", "N2", "L1"] == {"kind": "overhead", "phases": "AB", "normally_open": False}
    assert graph.edges["N2", "N3", "T1"]["normally_open"]


def test_states_are_immutable(network: Network):
    normal = SwitchState.normal(network)
    changed = normal.open("L1", phases=parse_phases("A")).close("T1")
    assert normal.open_phases.tolist() == [0, 0, 7]
    assert changed.open_phases.tolist() == [0, 1, 0]
    assert changed.closed_phases.tolist() == [7, 2, 7]
    with pytest.raises(ValueError, match="read-only"):
        normal.open_phases[0] = 7
    with pytest.raises(ValueError, match="read-only"):
        network.device_phases[0] = 7


def test_a_saved_network_is_the_same(network: Network, tmp_path: Path):
    network.save(tmp_path / "network.bin")
    opened = Network.open(tmp_path / "network.bin")
    assert list(opened.graph().edges(keys=True, data=True)) == list(
        network.graph().edges(keys=True, data=True)
    )
    assert opened.service_point_customers.tolist() == [3, 1, 1]
    assert opened.service_point_phases.tolist() == network.service_point_phases.tolist() == [7, 2, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["network.bin"]
    assert SupplyTree(opened, SwitchState.normal(opened)).service_point_phases.tolist() == [3, 2, 2]
    assert pickle.loads(pickle.dumps(network)).node_count == 4  # noqa: S301  # a worker pool may send one


def test_an_empty_network_is_saved_and_walked(tmp_path: Path):
    empty, _ = parse_text_network("")
    empty.save(tmp_path / "empty.bin")
    opened = Network.open(tmp_path / "empty.bin")
    assert (opened.node_count, opened.device_count, opened.total_customers) == (0, 0, 0)
    assert SupplyTree(opened, SwitchState.normal(opened)).service_point_phases.tolist() == []


def test_a_file_that_is_no_network_is_refused(network: Network, tmp_path: Path):
    other = tmp_path / "other.bin"
    other.write_text("something else")
    with pytest.raises(NetworkFileError, match="not a saved network"):
        Network.open(other)
    other.write_bytes(b"")
    with pytest.raises(NetworkFileError, match="not a saved network"):
        Network.open(other)
    network.save(other)
    older = other.read_bytes().replace(b"relight network 3", b"relight network 2", 1)
    other.write_bytes(older)
    with pytest.raises(
        NetworkFileError, match="not a saved network of this version; import the network again"
    ):
        Network.open(other)
    network.save(other)
    other.write_bytes(other.read_bytes()[:900])
    with pytest.raises(NetworkFileError, match="damaged"):
        Network.open(other)


def test_dirty_rows_are_findings_and_left_out():
    network, findings = build_network(
        nodes=NodeColumns(["S", "N1", "S", ""], [True, False, False, False]),
        devices=DeviceColumns(
            ids=["B1", "L1", "B1", "L2", "L3", "X1", "L4", "Z" * 500],
            kinds=["breaker", "overhead", "fuse", "overhead", "underground", "distribution", "rope", "fuse"],
            from_nodes=["S", "S", "S", "N1", "N1", "S", "S", "S"],
            to_nodes=["N1", "N9", "N1", "N1", "S", "N1", "N1", "N1"],
            phases=["ABC", "ABC", "ABC", "ABC", "XYZ", "A", "A", "A"],
            normally_open=[False] * 8,
        ),
        service_points=ServicePointColumns(
            ids=["P1", "X1", "P2", "P3", "P4"],
            nodes=["N1", "N1", "N8", "N1", "N1"],
            phases=["AN", "A", "Q", "C", "R"],
            customers=[2, 1, 1, -4, 1],
        ),
    )
    assert [(one.rule, one.layer, [id_[:5] for id_ in one.ids]) for one in findings] == [
        ("unusable_id", "node", ["row 4"]),
        ("duplicate_id", "node", ["S"]),
        ("unusable_id", "switch", ["ZZZZZ"]),
        ("duplicate_id", "switch", ["B1"]),
        ("duplicate_id", "service_point", ["X1"]),
        ("unknown_kind", "device", ["L4"]),
        ("unknown_phases", "line_section", ["L3"]),
        ("unknown_node", "line_section", ["L1"]),
        ("self_loop", "line_section", ["L2"]),
        ("unknown_node", "service_point", ["P2"]),
        ("unknown_phases", "service_point", ["P4"]),
        ("customers_not_a_count", "service_point", ["P3"]),
    ]
    assert network.device_ids(np.arange(network.device_count)) == ["B1", "X1"]
    assert network.device_kind(0) is DeviceKind.BREAKER
    assert network.service_point_ids(np.arange(network.service_point_count)) == ["P1", "P3", "P4"]
    assert network.service_point_phases.tolist() == [1, 4, 7]
    assert network.total_customers == 3
    (phases,) = [one for one in findings if (one.rule, one.layer) == ("unknown_phases", "service_point")]
    assert phases.text == "1 service point whose phases are not a subset of ABC: taken as ABC: P4."


def test_ten_thousand_duplicate_ids_are_one_finding():
    network, findings = build_network(
        nodes=NodeColumns(["S", "N1"], [True, False]),
        devices=DeviceColumns(*([value] * 10_001 for value in ("B1", "breaker", "S", "N1", "ABC", False))),
        service_points=ServicePointColumns([], [], [], []),
    )
    assert network.device_count == 1
    (finding,) = findings
    assert len(finding.ids) == 10_000
    assert finding.text.startswith("10,000 switches with an id that an earlier row has")


@pytest.mark.parametrize(
    "line",
    [
        "breaker B1 S",
        "rope R1 A B",
        "service_point P1",
        "service_point P1 N1 many",
        "service_point P1 N1 A",
        "service_point P1 N1 1 A B",
        "service_points P N1",
        "source",
    ],
)
def test_a_text_line_that_cannot_be_read_is_named(line: str):
    with pytest.raises(TextNetworkError, match="Line 2") as refused:
        parse_text_network(f"source S\n{line}")
    assert refused.value.line == 2
