"""A saved supply opens as it was walked, for any network, and a file that holds none is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topology.errors import NetworkFileError
from topology.network import Network
from topology.supply import Supply
from topology.supply_file import open_supply, save_supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_answers_after_opening_are_those_of_the_walk(
    data, twin: ModuleType, network_of_rows: Callable[..., Network], tmp_path: Path
):
    drawn = data.draw(twin.drawn_networks())
    network = network_of_rows(drawn)
    walked = SupplyTree(network, SwitchState.normal(network))
    save_supply(walked, tmp_path / "supply.relight")
    opened = open_supply(tmp_path / "supply.relight")
    assert opened.node_phases.tolist() == walked.node_phases.tolist()
    assert [one.phases for one in opened.supplies] == [one.phases for one in walked.supplies]
    for device in range(network.device_count):
        before, after = (Supply(tree).change_when_opened(device) for tree in (walked, opened))
        assert after.service_points.tolist() == before.service_points.tolist()
        assert after.lost.tolist() == before.lost.tolist()
        assert opened.service_points_behind(device).tolist() == walked.service_points_behind(device).tolist()
    for node in range(network.node_count):
        assert opened.network.devices_at(node).tolist() == network.devices_at(node).tolist()
        assert opened.network.service_points_at([node]).tolist() == network.service_points_at([node]).tolist()


def test_its_pages_are_shared_and_refuse_writes(draw_tree: Callable[[str], SupplyTree], tmp_path: Path):
    save_supply(draw_tree("source S\nbreaker B S N\nservice_point P N"), tmp_path / "supply.relight")
    opened = open_supply(tmp_path / "supply.relight")
    with pytest.raises(ValueError, match="read-only"):
        opened.supplies[0].forest.parent[0] = 1
    script = (
        "import sys; from topology.supply_file import open_supply; "
        "tree = open_supply(sys.argv[1]); print(tree.service_points_behind(0).tolist())"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "supply.relight")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[0]\n"


def test_a_file_without_a_supply_is_refused(draw_network: Callable[[str], Network], tmp_path: Path):
    draw_network("source S\nbreaker B S N").save(tmp_path / "network.relight")
    with pytest.raises(NetworkFileError, match="damaged"):
        open_supply(tmp_path / "network.relight")
    (tmp_path / "cut.relight").write_bytes((tmp_path / "network.relight").read_bytes()[:200])
    with pytest.raises(NetworkFileError, match="damaged"):
        open_supply(tmp_path / "cut.relight")
