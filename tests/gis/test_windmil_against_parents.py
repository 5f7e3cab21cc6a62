"""What Relight traces in a WindMil circuit is what the file's own parent column says, by no code of ours.

On the real feeders beside the repository (which are never copied into it), and on random circuits.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.check import check_tables
from gis.network_tables import NetworkTables
from gis.windmil import read_windmil
from tests.gis.windmil_example import consumer, device, line, row, transformer, write_circuit
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import downstream, upstream

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "net_windmil"
COLUMBIA, BARRE, IEEE_13 = "ABEC-COLUMBIA", "Olin-Barre", "IEEE 13"
DEVICE_TYPES = {"1", "3", "4", "5", "6", "10"}
OVERCURRENT, CONSUMER = "10", "13"
PROTECTIVE_KINDS = {"breaker", "recloser", "sectionalizer", "fuse"}


class Parents:
    """The rows of a file as they stand, and what their parents say."""

    def __init__(self, path: Path) -> None:
        rows = [one.split(",") for one in path.read_text(encoding="utf-8").split("\n")[1:] if one]
        self.rows = {row[0]: row for row in rows}

    def of_type(self, *types: str) -> list[str]:
        return [name for name, row in self.rows.items() if row[1] in types]

    def above(self, name: str) -> list[str]:
        """The elements above one, nearest first."""
        found = []
        while (name := self.rows[name][3]) in self.rows:
            found.append(name)
        return found

    def phases(self, name: str) -> str:
        return self.rows[name][2]

    def consumers_below(self) -> dict[str, dict[str, str]]:
        """The consumers below each element, with their phases."""
        below: dict[str, dict[str, str]] = defaultdict(dict)
        for one in self.of_type(CONSUMER):
            for name in self.above(one):
                below[name][one] = self.phases(one)
        return below


def assert_equal_to_parents(parents: Parents, tables: NetworkTables) -> None:
    network, findings = tables.to_network()
    assert findings == ()
    tree = SupplyTree(network, SwitchState.normal(network))
    for one in parents.of_type(CONSUMER):
        path = upstream(tree=tree, device=one).devices
        expected = [name for name in parents.above(one) if parents.rows[name][1] in DEVICE_TYPES]
        assert [device.id for device in path] == expected
        protective = [device.id for device in path if device.kind in PROTECTIVE_KINDS]
        overcurrent = [name for name in parents.above(one) if parents.rows[name][1] == OVERCURRENT]
        assert protective[:1] == overcurrent[:1]
        assert all(set(device.phases) == set(parents.phases(one)) for device in path)
    below = parents.consumers_below()
    for name in parents.of_type(*DEVICE_TYPES):
        fed = {one.id: one.phases for one in downstream(tree=tree, device=name).service_points}
        assert fed == below.get(name, {}), name


def real(name: str) -> Path:
    path = FOLDER / f"{name}.std"
    if not path.exists():
        pytest.skip(f"the real feeder {name} is not at ../shared/data/net_windmil beside the repository")
    return path


@pytest.mark.parametrize("name", [COLUMBIA, BARRE, IEEE_13])
def test_a_real_feeder_is_traced_as_its_parents_say(name: str) -> None:
    path = real(name)
    tables, _ = read_windmil(path)
    assert_equal_to_parents(Parents(path), tables)


@pytest.mark.parametrize(
    ("name", "largest"),
    [(COLUMBIA, [359, 359, 98, 71, 59, 57]), (BARRE, [333, 82, 57, 55, 51, 46])],
)
def test_the_largest_devices_of_the_real_feeders(name: str, largest: list[int]) -> None:
    tables, _ = read_windmil(real(name))
    network, _ = tables.to_network()
    tree = SupplyTree(network, SwitchState.normal(network))
    protective = tables.switch.loc[tables.switch["kind"].isin(PROTECTIVE_KINDS), "id"]
    sizes = sorted(
        (len(downstream(tree=tree, device=one).service_points) for one in protective), reverse=True
    )
    assert sizes[:6] == largest
    assert (sizes.count(0), len(sizes)) == ((0, 80) if name == COLUMBIA else (4, 44))


@pytest.mark.parametrize(
    ("name", "counts", "kinds", "customers"),
    [
        (
            COLUMBIA,
            {"overhead": 285, "underground": 487, "distribution": 341, "regulator": 2},
            {"breaker": 1, "recloser": 9, "fuse": 70, "switch": 16},
            (359, 381, 17),
        ),
        (
            BARRE,
            {"overhead": 340, "underground": 101, "distribution": 203},
            {"breaker": 1, "recloser": 3, "fuse": 40, "switch": 22},
            (333, 328, None),
        ),
        (
            IEEE_13,
            {"overhead": 8, "underground": 2, "distribution": 1, "regulator": 1},
            {"switch": 2},
            (8, 0, 8),
        ),
    ],
)
def test_the_counts_of_the_real_feeders(name, counts, kinds, customers) -> None:
    tables, _ = read_windmil(real(name))
    assert Counter(tables.line_section["kind"]) + Counter(tables.transformer["kind"]) == counts
    assert Counter(tables.switch["kind"]) == kinds
    points = tables.service_point
    assert (len(points), points["customers"].sum()) == customers[:2]
    assert customers[2] is None or points["customers"].eq(0).sum() == customers[2]
    assert tables.node["is_source"].sum() == 1


@pytest.mark.parametrize("name", [COLUMBIA, BARRE])
def test_a_real_feeder_is_radial_and_everyone_is_supplied(name: str) -> None:
    tables, findings = read_windmil(real(name))
    unwanted = {"normal_state_loop", "fed_twice", "island", "unsupplied_service_point", "vanished_phases"}
    assert not {one.rule for one in (*findings, *check_tables(tables))} & unwanted
    told = {one.rule: len(one.ids) for one in findings}
    expected = {"other_half_missing": 8} if name == COLUMBIA else {"at_root": 3}
    assert told.items() >= expected.items()


def test_the_ties_inside_a_real_feeder_close_into_loops() -> None:
    """Pairs of open halves lead from one branch to another: one in the first feeder, two in the second."""
    for name, expected in ((COLUMBIA, 1), (BARRE, 2)):
        tables, _ = read_windmil(real(name))
        network, _ = tables.to_network()
        halves = tables.switch[tables.switch["normally_open"]]
        pairs = halves.groupby("to_node")["id"].apply(list)
        pairs = [ids for ids in pairs if len(ids) == 2]
        assert len(pairs) == expected
        for pair in pairs:
            tree = SupplyTree(network, SwitchState.normal(network).close(*pair))
            assert set(network.device_ids(tree.part_of_device(network.device_index(pair[0])))) >= set(pair)


def test_a_real_feeder_with_its_crs_is_drawn_whole_and_its_lines_are_as_long_as_stored() -> None:
    tables, findings = read_windmil(real(BARRE), crs="EPSG:26779")
    assert not {one.rule for one in findings} & {"crs_unknown", "crs_does_not_fit", "outside_crs_area"}
    for layer in ("node", "line_section", "switch", "transformer", "service_point"):
        assert tables.layer(layer).geometry.notna().all()
    drawn = tables.line_section.geometry.to_crs(tables.line_section.estimate_utm_crs()).length
    ratio = drawn / tables.line_section["length_m"]
    assert ratio.median() == pytest.approx(1, abs=0.01)


@st.composite
def circuits(draw) -> list[str]:
    """Rows of a random circuit: each element below an earlier one, on some of its phases."""
    rows = [row("0", 9, "ABC", "ROOT", (0, 0))]
    able = {"0": "ABC"}
    for number in range(1, draw(st.integers(2, 40))):
        name, parent = str(number), draw(st.sampled_from(sorted(able)))
        phases = draw(
            st.sampled_from([one for one in ("A", "B", "C", "AB", "ABC") if set(one) <= set(able[parent])])
        )
        make = draw(st.sampled_from([line, device, transformer, consumer, consumer, "node"]))
        at = (float(number), 0.0)
        if make is line:
            rows.append(line(name, phases, parent, (0, 0), at))
        elif make is device:
            rows.append(device(name, phases, parent, at, draw(st.sampled_from(["FUSE-1", "REC-2"]))))
        elif make is transformer:
            rows.append(transformer(name, phases, parent, at, 10, "X"))
        elif make is consumer:
            rows.append(consumer(name, phases, parent, at, 1, 1))
        else:
            rows.append(row(name, 8, phases, parent, at))
        if make is not consumer:
            able[name] = phases
    return draw(st.permutations(rows))


@given(circuits())
@settings(max_examples=100, deadline=None)
def test_random_circuits_are_traced_as_their_parents_say(rows: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_circuit(Path(folder), rows)
        tables, _ = read_windmil(path)
        assert_equal_to_parents(Parents(path), tables)
