"""The complete grid: loops, meshes and stand-ins, and whom its medium-voltage feeder breakers put out."""

from __future__ import annotations

from collections import deque

import networkx as nx
import pandas as pd
import pytest

from gis.check import check_tables
from gis.simbench import read_simbench
from gis.simbench.csv_files import simbench_folder
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import service_points_downstream

COMPLETE = "1-complete_data-mixed-all-0-sw"
# The medium-voltage grids whose low voltage is modelled too; the others have loads in its place.
GRIDS = ("MV1.101", "MV2.101", "MV3.101", "MV4.101")


@pytest.fixture(scope="module")
def complete():
    tables, _ = read_simbench(COMPLETE)
    return tables


@pytest.fixture(scope="module")
def raw():
    """The raw tables, read by nothing of ours: a graph of closed things, loads by node, sources, switches."""
    folder = simbench_folder("0")
    tables = {
        name: pd.read_csv(folder / f"{name}.csv", sep=";", low_memory=False)
        for name in ("Line", "Switch", "Transformer", "Load", "PowerPlant")
    }
    graph = nx.MultiGraph()
    for name, ends in (("Line", ["nodeA", "nodeB"]), ("Transformer", ["nodeHV", "nodeLV"])):
        graph.add_edges_from(
            (one, other, key) for key, one, other in tables[name][["id", *ends]].itertuples(index=False)
        )
    switches = tables["Switch"]
    graph.add_edges_from(
        (one, other, key)
        for key, one, other, closed in switches[["id", "nodeA", "nodeB", "cond"]].itertuples(index=False)
        if closed
    )
    plants = tables["PowerPlant"]
    sources = set(plants.loc[plants["calc_type"] == "vavm", "node"])
    loads = tables["Load"][~tables["Load"]["subnet"].str.contains("_eq")]
    return graph, loads.groupby("node")["id"].apply(set), sources, tables


def feeder_breakers(tables):
    """Closed circuit breakers of those grids, but for those of the transformers."""
    at_transformers = set(tables["Transformer"]["nodeHV"]) | set(tables["Transformer"]["nodeLV"])
    switches = tables["Switch"]
    breakers = switches[
        (switches["type"] == "CB")
        & (switches["cond"] == 1)
        & (switches["voltLvl"] == 5)
        & switches["subnet"].isin(GRIDS)
    ]
    return breakers[~breakers["nodeA"].isin(at_transformers) & ~breakers["nodeB"].isin(at_transformers)]


def cut_off(graph, sources, start):
    """Return the nodes that hang together with a node, or None as soon as a source is among them."""
    seen, waiting = {start}, deque([start])
    while waiting:
        node = waiting.popleft()
        if node in sources:
            return None
        for neighbour in graph[node]:
            if neighbour not in seen:
                seen.add(neighbour)
                waiting.append(neighbour)
    return seen


def lost_without(graph, loads, sources, device, ends):
    if not graph.has_edge(*ends, key=device):
        return set()
    graph.remove_edge(*ends, key=device)
    islands = [cut_off(graph, sources, end) for end in ends]
    graph.add_edge(*ends, key=device)
    nodes = set().union(*(island for island in islands if island))
    return set().union(*loads.reindex(sorted(nodes)).dropna())


def test_feeder_breakers_put_out_whom_the_raw_tables_say(complete, raw):
    graph, loads, sources, tables = raw
    network, findings = complete.to_network()
    assert findings == ()
    tree = SupplyTree(network, SwitchState.normal(network))
    breakers = feeder_breakers(tables)
    assert len(breakers) == 51
    feeding = 0
    for device, *ends in breakers[["id", "nodeA", "nodeB"]].itertuples(index=False):
        lost = lost_without(graph, loads, sources, device, ends)
        assert set(service_points_downstream(tree=tree, device=device)) == lost, device
        feeding += bool(lost)
    assert feeding >= 40


def test_parallel_transformers_are_a_loop_and_opening_one_puts_nobody_out(complete):
    network, _ = complete.to_network()
    tree = SupplyTree(network, SwitchState.normal(network))
    loops = [one for one in check_tables(complete) if one.rule == "normal_state_loop"]
    pair = next(one for one in loops if "HV1-MV4.101-Trafo1" in one.ids)
    assert "HV1-MV4.101-Trafo2" in pair.ids
    for device in ("HV1-MV4.101-Trafo1", "HV1-MV4.101-Trafo2"):
        assert service_points_downstream(tree=tree, device=device) == []


def test_the_meshed_high_voltage_is_answered_by_reachability(complete):
    """Opening one line of the mesh puts nobody out; a finding names the sources that feed one island."""
    network, _ = complete.to_network()
    tree = SupplyTree(network, SwitchState.normal(network))
    assert service_points_downstream(tree=tree, device="EHV Line 1") == []
    (fed_twice,) = [one for one in check_tables(complete) if one.rule == "fed_twice"]
    assert "7 sources" in fed_twice.text


def test_several_loads_on_one_node_stay_several_service_points(complete):
    counts = complete.service_point["node"].value_counts()
    assert counts.max() > 1
    assert complete.service_point["id"].is_unique
