"""SimBench as a network: its figures, its customers, and whom a device feeds according to the raw tables."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import pandas as pd
import pytest
import shapely

from gis.check import check_tables
from gis.errors import SimbenchError
from gis.network_tables import NetworkTables
from gis.simbench.csv_files import simbench_folder
from gis.simbench.reader import DEFAULT_CODE, read_simbench, simbench_network
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import downstream


@pytest.fixture(scope="module")
def urban() -> NetworkTables:
    tables, findings = read_simbench()
    assert findings == ()
    return tables


def test_the_default_grid_is_whole(urban: NetworkTables) -> None:
    assert urban.name == DEFAULT_CODE
    assert [len(urban.layer(name)) for name in ("node", "line_section", "switch", "transformer")] == [
        31_382, 10_328, 20_933, 135,
    ]  # fmt: skip
    assert (len(urban.service_point), len(urban.customer), len(urban.substation)) == (11_542, 11_542, 2)
    assert urban.node.loc[urban.node["is_source"], "id"].tolist() == ["HV1 Bus 25"]


def test_the_default_grid_is_radial_and_everyone_is_supplied(urban: NetworkTables) -> None:
    rules = {one.rule for one in check_tables(urban)}
    assert not rules & {
        "no_source", "island", "unsupplied_service_point", "normal_state_loop", "fed_twice", "duplicate_id",
        "unknown_node", "missing_geometry", "unknown_account", "duplicate_meter",
    }  # fmt: skip


def test_devices_are_of_the_kinds_the_documentation_says(urban: NetworkTables) -> None:
    assert Counter(urban.switch["kind"]) == {
        "switch": 19_880, "fuse": 640, "breaker": 411, "disconnector": 2,
    }  # fmt: skip
    assert Counter(urban.transformer["kind"]) == {"distribution": 133, "station": 2}
    assert set(urban.line_section["kind"]) == {"underground"}
    assert int(urban.switch["normally_open"].sum()) == 2 + 2 + 11
    assert set(urban.transformer["rated_kva"]) == {400.0, 630.0, 63_000.0}
    line = urban.line_section.set_index("id").loc["LV3.301 Line 1"]
    assert (line["length_m"], line["rated_a"], line["feeder"]) == (
        pytest.approx(1.334, abs=1e-3),
        270.0,
        "MV3.101 Feeder11",
    )


def test_every_local_station_has_fuses_or_breakers_on_its_feeders(urban: NetworkTables) -> None:
    """Below a distribution transformer each low-voltage feeder can be told from the others."""
    protective = urban.switch[urban.switch["kind"].isin(["fuse", "breaker"])]
    per_busbar = protective.groupby("from_node").size()
    stations = urban.transformer[urban.transformer["kind"] == "distribution"]
    busbars = stations["to_node"].str.rsplit("_", n=1).str[0]
    assert (busbars.map(per_busbar) >= 3).all()


def test_lines_run_straight_between_their_nodes(urban: NetworkTables) -> None:
    places = urban.node.set_index("id").geometry
    line = urban.line_section.iloc[5_000]
    ends = [places[line["from_node"]], places[line["to_node"]]]
    assert line.geometry == shapely.LineString(ends)
    assert urban.line_section.geometry.notna().all()


def test_every_load_is_a_customer_who_can_be_told_from_the_others(urban: NetworkTables) -> None:
    points, customers = urban.service_point, urban.customer
    assert points["customers"].eq(1).all()
    assert points["account"].is_unique
    assert points["meter"].is_unique
    assert customers["phone"].is_unique
    assert points["account"].tolist() == customers["account"].tolist()
    assert customers[["name", "phone", "email"]].notna().all(axis=None)
    assert points["address"].notna().all()
    assert points["peak_kw"].sum() == pytest.approx(49_708, rel=0.01)


def test_nobody_can_be_reached_by_mistake(urban: NetworkTables) -> None:
    # +999 is no country's code, and .example is nobody's domain (RFC 2606).
    assert urban.customer["phone"].str.fullmatch(r"\+999 \d{4} \d{4}").all()
    assert urban.customer["email"].str.endswith("@customers.example").all()


def test_customers_speak_two_languages_and_a_few_need_care(urban: NetworkTables) -> None:
    shares = urban.customer["language"].value_counts(normalize=True)
    assert 0.35 < shares["zh"] < 0.45
    priorities = Counter(urban.service_point["priority"].dropna())
    assert set(priorities) == {"sensitive", "important_1", "important_2", "life_support"}
    assert sum(priorities.values()) < 0.03 * len(urban.service_point)


def test_the_same_load_has_the_same_customer_in_every_cut(urban: NetworkTables) -> None:
    part, _ = read_simbench("1-MVLV-urban-5.303-0-sw")
    ours, theirs = (
        one.service_point.merge(one.customer, on="account").set_index("id").sort_index()
        for one in (urban, part)
    )
    same = ours[ours.index.str.startswith("LV5.303 ")]
    columns = ["account", "meter", "name", "phone", "email", "language", "address"]
    pd.testing.assert_frame_equal(same[columns], theirs.loc[same.index, columns])
    assert len(same) > 100


def test_reading_twice_gives_the_same(urban: NetworkTables) -> None:
    again, _ = read_simbench()
    pd.testing.assert_frame_equal(again.customer, urban.customer)


def raw_graph(folder, subnets: str) -> tuple[nx.MultiGraph, pd.DataFrame]:
    """The grid as a graph straight from the data set's files, by nothing of ours.

    Nodes of the medium-voltage grid MV3.101 and its low-voltage grids LV*.3xx, with every line,
    transformer and closed switch between two of them.
    """
    tables = {
        name: pd.read_csv(folder / f"{name}.csv", sep=";", low_memory=False)
        for name in ("Node", "Line", "Switch", "Transformer", "Load")
    }
    graph = nx.MultiGraph()
    nodes = tables["Node"]
    graph.add_nodes_from(nodes.loc[nodes["subnet"].str.contains(subnets), "id"])
    for name, ends in (("Line", ["nodeA", "nodeB"]), ("Transformer", ["nodeHV", "nodeLV"])):
        for id_, one, other in tables[name][["id", *ends]].itertuples(index=False):
            if one in graph and other in graph:
                graph.add_edge(one, other, key=id_)
    closed = tables["Switch"][tables["Switch"]["cond"] == 1]
    for id_, one, other in closed[["id", "nodeA", "nodeB"]].itertuples(index=False):
        if one in graph and other in graph:
            graph.add_edge(one, other, key=id_)
    return graph, tables["Load"][tables["Load"]["node"].isin(graph.nodes)]


def test_a_device_feeds_whom_the_raw_tables_say(urban: NetworkTables) -> None:
    """Whoever is cut off from the source when one edge is taken out of the raw graph was fed through it."""
    graph, loads = raw_graph(simbench_folder("0"), r"^(?:HV1_)?MV3\.101|^LV\d\.3\d\d$")
    graph = graph.subgraph(nx.node_connected_component(graph, "HV1 Bus 25")).copy()
    loads = loads[loads["node"].isin(graph.nodes) & ~loads["subnet"].str.contains("_eq")]
    loads_at = loads.groupby("node")["id"].apply(set)
    network, findings = urban.to_network()
    assert findings == ()
    tree = SupplyTree(network, SwitchState.normal(network))
    protective = urban.switch[urban.switch["kind"].isin(["breaker", "fuse"]) & ~urban.switch["normally_open"]]
    sample = [
        *protective["id"].iloc[::15],
        *protective.loc[~protective["id"].str.startswith("LV"), "id"],
        *urban.transformer["id"].iloc[::5],
        *urban.transformer.loc[urban.transformer["kind"] == "station", "id"],
        *urban.line_section["id"].iloc[::700],
    ]
    ends = {key: (one, other) for one, other, key in graph.edges(keys=True)}
    fed = 0
    for device in sample:
        one, other = ends[device]
        graph.remove_edge(one, other, key=device)
        kept = nx.node_connected_component(graph, "HV1 Bus 25")
        graph.add_edge(one, other, key=device)
        lost = set().union(*loads_at.reindex(list(set(graph.nodes) - kept)).dropna())
        ours = {point.id for point in downstream(tree=tree, device=device).service_points}
        assert ours == lost, device
        fed += bool(lost)
    assert fed > 100


def test_the_complete_grid_is_fed_by_its_power_plants_alone() -> None:
    tables, findings = read_simbench("1-complete_data-mixed-all-0-sw")
    assert {(one.rule, one.layer): len(one.ids) for one in findings if one.rule == "equivalent_left_out"} == {
        ("equivalent_left_out", "node"): 444,
        ("equivalent_left_out", "service_point"): 2_839,
    }
    assert len(tables.service_point) == 33_224
    assert int(tables.node["is_source"].sum()) == 7


def test_a_grid_that_nothing_feeds_is_refused() -> None:
    columns = {
        "ExternalNet": ["id", "node", "calc_type", "subnet"],
        "PowerPlant": ["id", "node", "calc_type", "subnet"],
    }
    tables = {name: pd.DataFrame(columns=names) for name, names in columns.items()}
    with pytest.raises(SimbenchError, match="feeds it"):
        simbench_network(name="nothing", tables=tables)
