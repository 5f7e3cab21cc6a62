"""What is temporary, built into a network and walked, gives the supply that it gives near a walk."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from hypothesis import given, settings

from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.temporary_network import with_temporary_built_in


def test_a_network_with_what_is_temporary_built_in_feeds_the_same(
    twin: ModuleType, temporary_twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    @settings(max_examples=100, deadline=None)
    @given(drawn=twin.drawn_networks(), chosen=temporary_twin.PLACED, steps=temporary_twin.SWITCHED)
    def check(drawn, chosen, steps):
        supply = Supply(tree_of_rows(drawn))
        if drawn.devices:
            drawn, supply = temporary_twin.switch(drawn, supply, steps)
        _, supply = temporary_twin.place(drawn, supply, chosen)
        tree = SupplyTree(*with_temporary_built_in(supply))

        network, built = supply.network, tree.network
        assert built.service_point_ids(range(built.service_point_count)) == network.service_point_ids(
            range(network.service_point_count)
        )
        assert (tree.service_point_phases == supply.service_point_phases).all()
        names = network.node_ids(range(network.node_count))
        places = [built.find_node(name) for name in names]
        assert (tree.node_phases[places] == supply.node_phases).all()
        for index, device in enumerate(network.device_ids(range(network.device_count))):
            there = built.device_index(device)
            assert built.device_kind(there) is network.device_kind(index)
            assert tree.closed_phases[there] == supply.closed_phases_of(index)

    check()
