"""Fixtures of the topology tests: the twins by path, and networks from text."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from topology.build import DeviceColumns, NodeColumns, ServicePointColumns, build_network
from topology.network import Network
from topology.phases import parse_phases
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"topology_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# Imported by name in the tests that tell stories.
stories = _load("stories")


@pytest.fixture(scope="session")
def town(draw_tree: Callable[[str], SupplyTree]) -> SupplyTree:
    """The supply of the town that most stories are told of."""
    tree: SupplyTree = draw_tree(stories.TOWN)
    return tree


@pytest.fixture(scope="session")
def twin() -> ModuleType:
    """The networkx twin and its random networks."""
    return _load("twin")


@pytest.fixture(scope="session")
def temporary_twin() -> ModuleType:
    """The networkx twin of temporary supply."""
    return _load("temporary_twin")


@pytest.fixture(scope="session")
def posterior_twin() -> ModuleType:
    """The brute-force twin of the posterior and its random cases."""
    return _load("posterior_twin")


@pytest.fixture(scope="session")
def answers_twin() -> ModuleType:
    """The twin of answers, which says everything of one outage after the other."""
    return _load("answers_twin")


@pytest.fixture(scope="session")
def draw_network() -> Callable[[str], Network]:
    """Makes a network from text and refuses findings."""

    def draw(text: str) -> Network:
        network, findings = parse_text_network(text)
        assert findings == ()
        return network

    return draw


@pytest.fixture(scope="session")
def draw_tree(draw_network: Callable[[str], Network]) -> Callable[[str], SupplyTree]:
    """Makes the supply tree of a text network in its normal state."""

    def draw(text: str) -> SupplyTree:
        network = draw_network(text)
        return SupplyTree(network, SwitchState.normal(network))

    return draw


@pytest.fixture(scope="session")
def network_of_rows() -> Callable[..., Network]:
    """Makes a network from plain rows as the twins hold them."""

    def make(drawn: object) -> Network:
        network, findings = build_network(
            nodes=NodeColumns(drawn.nodes, [node in drawn.sources for node in drawn.nodes]),
            devices=DeviceColumns(*([row[column] for row in drawn.devices] for column in range(6))),
            service_points=ServicePointColumns(
                *([row[column] for row in drawn.service_points] for column in range(4))
            ),
        )
        assert findings == ()
        return network

    return make


@pytest.fixture(scope="session")
def tree_of_rows(network_of_rows: Callable[..., Network]) -> Callable[..., SupplyTree]:
    """Makes the supply tree of plain rows under the state they hold."""

    def make(drawn: object) -> SupplyTree:
        network = network_of_rows(drawn)
        state = SwitchState.normal(network)
        for device, phases in drawn.open_phases.items():
            state = state.close(device)
            if phases:
                state = state.open(device, phases=parse_phases(phases))
        return SupplyTree(network, state)

    return make
