"""A million nodes in one chain, and a thousand fuses: no recursion, and every answer at once."""

import numpy as np
from topology_stories import ask, every, probability_of, say

from topology.network import Network
from topology.observations import ObservationKind
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import service_points_downstream
from topology.ways import way_to_source

NODES = 1_000_000


def ids(prefix: str, count: int) -> np.ndarray:
    return np.array([f"{prefix}{place:07}" for place in range(count)], dtype="S8")


def test_a_million_nodes_in_one_chain():
    # S=N0 --D0-- N1 --D1-- N2 … N999999 (P0); a fuse every 100,000 devices
    kinds = np.zeros(NODES - 1, dtype=np.uint8)
    kinds[::100_000] = 5
    places = np.arange(NODES, dtype=np.int32)
    network = Network(
        node_id_array=ids("N", NODES),
        node_is_source=places == 0,
        device_id_array=ids("D", NODES - 1),
        device_kind_codes=kinds,
        device_from_nodes=places[:-1].copy(),
        device_to_nodes=places[1:].copy(),
        device_phases=np.full(NODES - 1, 7, dtype=np.uint8),
        device_normally_open=np.zeros(NODES - 1, dtype=np.bool_),
        service_point_id_array=ids("P", 2),
        service_point_nodes=np.array([NODES // 2, NODES - 1], dtype=np.int32),
        service_point_phases=np.full(2, 7, dtype=np.uint8),
        service_point_customers=np.ones(2, dtype=np.int64),
    )
    normal = SwitchState.normal(network)
    tree = SupplyTree(network, normal)
    assert tree.service_point_phases.tolist() == [7, 7]
    assert service_points_downstream(tree=tree, device="D0000000") == ["P0000000", "P0000001"]
    assert service_points_downstream(tree=tree, device="D0700000") == ["P0000001"]
    way = way_to_source(Supply(tree), NODES - 1, 1)
    assert way is not None
    assert len(way.devices) == NODES - 1
    assert np.count_nonzero(tree.blameable_above[0]) == NODES - 1
    cut = SupplyTree(network, normal.open("D0600000"))
    assert cut.service_point_phases.tolist() == [7, 0]


def test_switching_in_a_million_nodes_in_one_chain():
    # S=N0 --D0-- N1 … N999999, and a tie T from the far end back to the source.
    places = np.arange(NODES, dtype=np.int32)
    network = Network(
        node_id_array=ids("N", NODES),
        node_is_source=places == 0,
        device_id_array=ids("D", NODES),
        device_kind_codes=np.full(NODES, 6, dtype=np.uint8),
        device_from_nodes=places.copy(),
        device_to_nodes=np.append(places[1:], 0).astype(np.int32),
        device_phases=np.full(NODES, 7, dtype=np.uint8),
        device_normally_open=places == NODES - 1,
        service_point_id_array=ids("P", 2),
        service_point_nodes=np.array([NODES // 2, NODES - 1], dtype=np.int32),
        service_point_phases=np.full(2, 7, dtype=np.uint8),
        service_point_customers=np.ones(2, dtype=np.int64),
    )
    supply = Supply(SupplyTree(network, SwitchState.normal(network)))
    cut = supply.opened([400_000])
    assert cut.change_since(supply).losers.tolist() == [0, 1]
    turned = cut.closed([NODES - 1])
    assert turned.change_since(supply).service_points.tolist() == []
    assert turned.service_points_behind(NODES - 1).tolist() == [0, 1]
    assert turned.service_points_behind(NODES // 2 + 1).tolist() == [0]
    way = way_to_source(turned, NODES // 2, 1)
    assert way is not None
    assert len(way.devices) == NODES // 2


def test_inference_down_a_chain_of_a_thousand_fuses(draw_tree):
    # S --F0-- N1 (P0-1 … P0-5) --F1-- N2 (P1-1 … P1-5) … F999
    count = 1_000
    rows = ["source N0"]
    for place in range(count):
        rows.append(f"fuse F{place} N{place} N{place + 1}")
        rows.append(f"service_points P{place} N{place + 1} 5")
    tree = draw_tree("\n".join(rows))
    gasp, ping = ObservationKind.LAST_GASP, ObservationKind.PING
    below = [one for place in range(600, 650) for one in every(f"P{place}", (1, 2), gasp)]
    # Soon: that of two thousand customers nobody has called in ten minutes would be stranger than a hundred
    # false gasps.
    result = ask(tree, [*below, say(1, ping, "P599-1", "on")], 2)
    assert [one.device for one in result.outages] == ["F600"]
    assert result.outages[0].service_points_out == 5 * (count - 600)
    # What is silent above it is no reason to look further up, and one on above tells much.
    without = probability_of(ask(tree, below, 2), "F600")
    assert probability_of(result, "F600") > without
