"""Cities to order: as many customers as asked for, sound networks, the same from the same seed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.check import check_tables
from gis.network_columns import LAYERS
from gis.network_package import read_network_package
from gis.network_tables import NetworkTables
from storm.city import City, make_city, streets_path_beside, write_city
from storm.errors import BadSeedError, CityTooLargeError, NoCustomersError
from topology.pick_up import pick_ups
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

CUSTOMERS = 6_000


@pytest.fixture(scope="module")
def town() -> City:
    return make_city(customers=CUSTOMERS, seed=4)


@pytest.fixture(scope="module")
def tables(town: City) -> NetworkTables:
    return town.tables


def files_of(folder: Path, *, seed: int) -> tuple[str, str]:
    folder.mkdir()
    package = folder / "city.gpkg"
    write_city(make_city(customers=700, seed=seed), package=package, streets=streets_path_beside(package))
    return tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in (package, folder / "city.osm.pbf"))


def test_the_same_seed_makes_the_same_bytes_and_another_seed_another_city(tmp_path: Path) -> None:
    once, again, other = (
        files_of(tmp_path / name, seed=seed) for name, seed in (("once", 8), ("again", 8), ("other", 9))
    )
    assert once == again
    assert once[0] != other[0]
    assert once[1] != other[1]


def test_the_package_is_read_back_as_it_was_made(tmp_path: Path) -> None:
    made = make_city(customers=300, seed=2, language="zh")
    package = tmp_path / "城.gpkg"
    write_city(made, package=package, streets=streets_path_beside(package))
    read, findings = read_network_package(package)
    assert findings == ()
    assert read.name == "city-300-2"
    for layer in LAYERS:
        pd.testing.assert_frame_equal(read.layer(layer), made.tables.layer(layer))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "customers", [1, 2, 3, 10, 57, 199, 200, 399, 400, 401, 799, 800, 1_500, 4_999, 5_000]
)
def test_every_size_has_exactly_its_customers_and_no_findings(customers: int, language: str) -> None:
    tables = make_city(customers=customers, seed=customers, language=language).tables
    assert check_tables(tables) == ()
    assert len(tables.service_point) == len(tables.customer) == customers
    assert tables.service_point["customers"].sum() == customers


@pytest.mark.parametrize("seed", range(20))
def test_no_seed_makes_a_network_with_findings(seed: int) -> None:
    assert check_tables(make_city(customers=900 + 211 * seed, seed=seed).tables) == ()


def test_zero_ten_million_and_a_seed_below_zero_are_refused() -> None:
    with pytest.raises(NoCustomersError, match="0 customers has no streets"):
        make_city(customers=0, seed=1)
    with pytest.raises(CityTooLargeError, match=r"10,000,000 customers would need about 2\d GiB of memory"):
        make_city(customers=10_000_000, seed=1)
    with pytest.raises(BadSeedError, match="-1 is below zero"):
        make_city(customers=1, seed=-1)


def test_a_larger_town_is_radial_and_supplies_everybody_on_all_phases_they_take(
    tables: NetworkTables,
) -> None:
    assert check_tables(tables) == ()
    network, findings = tables.to_network()
    assert findings == ()
    tree = SupplyTree(network, SwitchState.normal(network))
    assert (tree.service_point_phases == network.service_point_phases).all()
    # A tree: one closed device fewer than live nodes, for each source.
    closed = tree.closed_phases > 0
    live = tree.node_phases > 0
    assert int(closed.sum()) == int(live.sum()) - int(network.node_is_source.sum())


def test_single_phase_services_are_balanced_over_the_phases(tables: NetworkTables) -> None:
    points, transformers = tables.service_point, tables.transformer
    share = points.loc[points["phases"].str.len() == 1, "phases"].value_counts(normalize=True)
    assert share.index.isin(["A", "B", "C"]).all()
    assert share.between(0.3, 0.37).all()
    assert 0.03 < (points["phases"] == "ABC").mean() < 0.3
    assert (transformers["phases"].str.len() == 1).any()
    below = points.loc[points["phases"].str.len() == 1].assign(transformer=_transformer_of(tables))
    of_three = transformers.loc[transformers["phases"] == "ABC", "id"]
    shared = below[below["transformer"].isin(of_three)]
    counts = pd.crosstab(shared["transformer"], shared["phases"])
    assert (counts.max(axis=1) - counts.min(axis=1) <= 1).all()


def _transformer_of(tables: NetworkTables) -> pd.Series:
    """Walk from each service point's node up the low voltage to its transformer."""
    lines = tables.line_section
    above = dict(zip(lines["to_node"], lines["from_node"], strict=True))
    transformer_at = dict(zip(tables.transformer["to_node"], tables.transformer["id"], strict=True))

    def climb(node: str) -> str:
        while node not in transformer_at:
            node = above[node]
        return transformer_at[node]

    return tables.service_point["node"].map(climb)


def test_ties_are_open_and_join_different_feeders(tables: NetworkTables) -> None:
    switches, lines = tables.switch, tables.line_section
    ties = switches[switches["id"].str.startswith("TIE")]
    assert ties["normally_open"].all()
    assert (ties["phases"] == "ABC").all()
    feeder_of_line = dict(zip(lines["id"], lines["feeder"], strict=True))
    feeders = set(switches.loc[switches["kind"] == "breaker", "feeder"].dropna())
    tied = set()
    for tie in sorted({one[:7] for one in ties["id"]}):
        ends = {feeder_of_line[f"{tie}-L1"], feeder_of_line[f"{tie}-L2"]}
        assert len(ends) == 2
        tied |= ends
    assert tied == feeders


def test_a_feeder_whose_first_section_is_lost_can_be_helped_by_a_tie(tables: NetworkTables) -> None:
    network, _ = tables.to_network()
    supply = Supply(SupplyTree(network, SwitchState.normal(network)))
    breakers = tables.switch.loc[tables.switch["kind"] == "breaker"].dropna(subset="feeder")
    for breaker in breakers["id"]:
        # The cable between breaker and street: the whole feeder is dead, and none of it damaged.
        cable = breaker.replace("-CB", "-L000")
        helped = pick_ups(supply=supply, faulted=[cable])
        assert helped, breaker
        assert helped[0].customers > 0


def test_some_ties_are_two_switches_in_series() -> None:
    tables = make_city(customers=30_000, seed=1).tables
    series = tables.switch[tables.switch["id"].str.match(r"TIE\d+-[AB]$")]
    assert len(series) >= 2
    first, second = series.iloc[0], series.iloc[1]
    assert first["to_node"] == second["from_node"]
    assert not tables.line_section[["from_node", "to_node"]].isin([first["to_node"]]).any(axis=None)


def test_feeders_have_the_devices_of_feeders(tables: NetworkTables) -> None:
    points = tables.service_point.assign(transformer=_transformer_of(tables))
    feeder = points["transformer"].map(tables.transformer.set_index("id")["feeder"])
    assert feeder.value_counts().between(1_000, 3_500).all()
    for kind in ("breaker", "recloser", "fuse"):
        assert set(tables.switch.loc[tables.switch["kind"] == kind, "feeder"].dropna()) == set(feeder)
    assert tables.switch["kind"].isin(["sectionalizer", "switch"]).any()


def test_transformers_fit_what_they_carry(tables: NetworkTables) -> None:
    points = tables.service_point.assign(transformer=_transformer_of(tables))
    peak = points.groupby("transformer")["peak_kw"].agg(["sum", "size"])
    rated = tables.transformer.set_index("id").loc[peak.index, "rated_kva"]
    alone = peak["size"] == 1
    assert (rated[alone] >= np.minimum(peak.loc[alone, "sum"], 2_000)).all()
    assert (rated < 40 * peak["size"] + 2_600).all()
    own = tables.transformer.set_index("id").loc[peak.index, "ownership"] == "dedicated"
    assert own.any()
    assert (peak.loc[own, "size"] == 1).all()
    stations = tables.transformer[tables.transformer["kind"] == "station"]
    assert (stations["rated_kva"] >= 1_000).all()


def test_lengths_are_those_of_the_lines_and_nothing_leaps_across_the_city(tables: NetworkTables) -> None:
    lines = tables.line_section
    lat = shapely.get_coordinates(lines.geometry)[0, 1]
    scaled = shapely.transform(
        lines.geometry.to_numpy(), lambda at: at * [111_319.49 * np.cos(np.radians(lat)), 111_319.49]
    )
    assert np.allclose(shapely.length(scaled), lines["length_m"], rtol=0.02, atol=0.2)
    low = lines["id"].str.startswith("V")
    assert lines.loc[low, "length_m"].max() < 200
