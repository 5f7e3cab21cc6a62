"""OpenDSS as oracle: who is without voltage when a device opens, by its power flow and by our trace."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from gis.opendss import read_opendss
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import service_points_downstream

IEEE9500 = Path(__file__).parents[3] / "shared" / "data" / "net_ieee9500" / "dss"

pytestmark = pytest.mark.skipif(
    not IEEE9500.exists(), reason="the IEEE 9500-node feeder (../shared/data/net_ieee9500) is not here"
)


def engine_with(script: Path) -> Any:
    """OpenDSS itself, by nothing of ours."""
    dss = pytest.importorskip("dss", reason="the extra opendss is not installed").DSS
    context = dss.NewContext()
    context.AllowForms = context.AllowEditor = context.AllowChangeDir = False
    context.Text.Command = f'compile "{script}"'
    # Generators would keep a part alive that has lost its source.
    for of_class in ("Generator", "PVSystem", "Storage"):
        context.Text.Command = f"batchedit {of_class}..* enabled=no"
    context.Text.Command = "set controlmode=off"
    return context


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine writes where it stands."""
    monkeypatch.chdir(tmp_path)


def dead_loads(context: Any, *, opening: str) -> set[str]:
    """The loads without voltage after a power flow with a line opened at its first terminal.

    Not the engine's own list of isolated loads: that one stays as it was when the line closes again.
    """
    circuit = context.ActiveCircuit
    context.Text.Command = f"open {opening} term=1"
    circuit.Solution.Solve()
    found = set()
    more = circuit.Loads.First
    while more:
        if max(circuit.ActiveCktElement.VoltagesMagAng[::2]) < 1:
            found.add(circuit.ActiveCktElement.Name)
        more = circuit.Loads.Next
    context.Text.Command = f"close {opening} term=1"
    return found


def test_switches_put_out_whom_opendss_leaves_without_voltage():
    script = IEEE9500 / "Master-unbal-initial-config.dss"
    tables, _ = read_opendss(script)
    tree = SupplyTree(network := tables.to_network()[0], SwitchState.normal(network))
    context = engine_with(script)
    closed = sorted(tables.switch.loc[~tables.switch["normally_open"], "id"])
    put_out = 0
    for switch in random.Random(20_260_301).sample(closed, 15):
        ours = service_points_downstream(tree=tree, device=switch)
        # A customer is two halves there: 17a and 17b.
        theirs = dead_loads(context, opening=switch)
        assert {one[:-1] for one in theirs} == set(ours), switch
        assert len(theirs) == 2 * len(ours), switch
        put_out += len(ours)
    assert put_out > 500


def test_reclosers_put_out_whom_opendss_leaves_without_voltage():
    script = IEEE9500 / "protection.dss"
    tables, _ = read_opendss(script)
    tree = SupplyTree(network := tables.to_network()[0], SwitchState.normal(network))
    context = engine_with(script)
    reclosers = tables.switch.loc[tables.switch["kind"] == "recloser", "id"].tolist()
    assert len(reclosers) == 11
    assert int(tables.switch["normally_open"].sum()) == 9
    sizes = []
    for recloser in reclosers:
        ours = set(service_points_downstream(tree=tree, device=recloser))
        assert dead_loads(context, opening=monitored_by(context, recloser)) == ours, recloser
        sizes.append(len(ours))
    # One has nobody behind it, and there OpenDSS says so too.
    assert sum(size > 0 for size in sizes) == 10


def monitored_by(context: Any, recloser: str) -> str:
    context.ActiveCircuit.Reclosers.Name = recloser.removeprefix("Recloser.")
    return str(context.ActiveCircuit.Reclosers.MonitoredObj)
