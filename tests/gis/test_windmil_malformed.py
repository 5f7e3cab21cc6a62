"""WindMil files that are damaged or something else: findings or one clear error, and never a wrong set."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.check import check_tables
from gis.errors import NetworkPackageError
from gis.network_tables import NetworkTables
from gis.windmil import read_windmil
from tests.gis.windmil_example import (
    BANNER,
    EQUIPMENT_BANNER,
    consumer,
    device,
    example_equipment,
    example_rows,
    line,
    row,
    write_circuit,
)
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import service_points_downstream


def read(folder: Path, rows: list[str]) -> tuple[NetworkTables, dict[tuple[str, str], tuple[str, ...]]]:
    tables, findings = read_windmil(write_circuit(folder, rows, equipment=example_equipment()))
    return tables, {(one.rule, one.layer): one.ids for one in findings}


def supplied(tables: NetworkTables, device: str = "BAY1") -> set[str]:
    network, _ = tables.to_network()
    tree = SupplyTree(network, SwitchState.normal(network))
    return set(service_points_downstream(tree=tree, device=device))


def without_supply(tables: NetworkTables) -> set[str]:
    return {id for one in check_tables(tables) if one.rule == "unsupplied_service_point" for id in one.ids}


def replaced(name: str, new: str) -> list[str]:
    return [new if one.startswith(f"{name},") else one for one in example_rows()]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \r\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no text file"),
        (b"outage,start,end\n1,2020-01-01,2020-01-02\n2,2020-01-03,2020-01-04\n", "is no WindMil network"),
        (b"name,type,phases,parent,map,x,y\nA,b,c,d,e,f,g\n", "is no WindMil network"),
        (f"{EQUIPMENT_BANNER}\n4ACSR,1,2,140,1.7\n".encode(), "equipment table"),
        (f"{BANNER}\n".encode(), "no element that can be read"),
        (f"{BANNER}\nELM".encode(), "no element that can be read"),
    ],
)
def test_what_is_no_circuit_is_refused_with_the_way_out(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "odd.std"
    path.write_bytes(content)
    with pytest.raises(NetworkPackageError, match=says) as caught:
        read_windmil(path)
    assert "odd.std" in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkPackageError, match="no file"):
        read_windmil(tmp_path / "none.std")
    with pytest.raises(NetworkPackageError, match="cannot be read"):
        read_windmil(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "gbk"])
def test_names_in_any_encoding_keep_what_hangs_on_them(tmp_path: Path, encoding: str) -> None:
    name = "Mühle" if encoding == "cp1252" else "磨坊"
    rows = [one.replace("F1.1", name) for one in example_rows()]
    path = write_circuit(tmp_path, [])
    path.write_bytes("\r\n".join([BANNER, *rows]).encode(encoding))
    tables, findings = read_windmil(path)
    assert len(supplied(tables)) == 4
    is_guessed = encoding in {"cp1252", "gbk"}
    assert is_guessed == any(one.rule == "not_utf8" for one in findings)
    read_as = tables.line_section.set_index("id").loc["103", "from_node"]
    assert supplied(tables, read_as) == {"C 1", "C 2"}
    assert encoding == "gbk" or read_as == name


def test_a_banner_may_be_missing(tmp_path: Path) -> None:
    path = write_circuit(tmp_path, [])
    path.write_text("\n".join(example_rows()), encoding="utf-8")
    assert len(supplied(read_windmil(path)[0])) == 4


def test_a_file_cut_in_its_last_row_loses_that_row_or_the_column_at_the_cut(tmp_path: Path) -> None:
    """However many letters are lost, nobody is put under another device, and a change is always told."""
    whole = "\n".join([BANNER, *example_rows()[:-1], consumer("C7", "A", "104", (1, 2), 10, 12)])
    path = tmp_path / "cut.std"
    path.write_text(whole, encoding="utf-8")
    before, before_findings = read_windmil(path)
    for lost in range(1, len(whole.rsplit("\n", 1)[1]), 3):
        path.write_text(whole[:-lost], encoding="utf-8")
        tables, findings = read_windmil(path)
        fed = supplied(tables)
        assert fed in (supplied(before), supplied(before) - {"C7"})
        points = tables.service_point.set_index("id")
        assert "C7" not in points.index or points.loc["C7", "customers"] in {12, 0}
        told = {one.rule for one in findings} - {one.rule for one in before_findings}
        same = "C7" in fed and points.loc["C7", "customers"] == 12
        assert same or told & {"cut_row", "uneven_row"}


def test_a_comma_in_a_text_shifts_nothing_into_the_wrong_column(tmp_path: Path) -> None:
    rows = [one.replace("MAP 7", "MAP, 7") if one[:3] in {"C3,", "102"} else one for one in example_rows()]
    rows = [one.replace("T3,5", "T3, 1,5") for one in rows]  # its name would be "T3, 1", and of type 1
    tables, found = read(tmp_path, rows)
    assert [one.partition(" ")[0] for one in found["uneven_row", "row"]] == ["102", "C3", "T3"]
    assert found["unknown_type", "row"] == ("T3 (line 21, type '1')",)
    assert supplied(tables) == {"C 1", "C 2", "C3"}
    assert tables.service_point.set_index("id").loc["C3", "customers"] == 0
    assert found["customers_not_a_count", "service_point"] == ("C3",)


def test_rows_that_all_differ_in_length_are_taken_as_they_are(tmp_path: Path) -> None:
    """An export without the empty columns at the end."""
    tables, found = read(tmp_path, [one.rstrip(",") for one in example_rows()])
    assert ("uneven_row", "row") not in found
    assert supplied(tables) == {"C 1", "C 2", "C3", "C4"}
    assert tables.service_point["customers"].sum() == 4


def test_a_parent_that_is_not_there_leaves_what_is_below_dead_and_together(tmp_path: Path) -> None:
    tables, found = read(tmp_path, [one for one in example_rows() if not one.startswith("F1.1,")])
    assert found["unknown_parent", "line_section"] == ("103",)
    assert supplied(tables) == {"C3", "C4"}
    assert without_supply(tables) == {"C 1", "C 2"}
    assert len(tables.service_point) == 4


def test_a_circle_of_parents_is_dead_and_named(tmp_path: Path) -> None:
    rows = replaced("104", line("104", "ABC", "105", (510, 0), (1500, 0)))
    tables, found = read(tmp_path, rows)
    assert set(found["parent_circle", "line_section"]) == {"104", "105", "107"}
    assert set(found["parent_circle", "service_point"]) == {"C3", "C4"}
    assert supplied(tables) == {"C 1", "C 2"}
    assert without_supply(tables) == {"C3", "C4"}


def test_an_element_that_is_its_own_parent_feeds_nothing(tmp_path: Path) -> None:
    for own in (device("R1", "C", "R1", (1, 1), "L-50"), row("R1", 8, "C", "R1", (1, 1))):
        tables, found = read(tmp_path, replaced("R1", own))
        assert "105" in found["parent_circle", "line_section"]
        assert supplied(tables) == {"C 1", "C 2", "C4"}


def test_a_name_twice_is_one_when_the_rows_agree(tmp_path: Path) -> None:
    rows = example_rows()
    tables, found = read(tmp_path, [*rows, next(one for one in rows if one.startswith("R1,"))])
    assert found["duplicate_id", "row"] == ("R1",)
    assert supplied(tables, "R1") == {"C3"}


@pytest.mark.parametrize("is_first", [True, False])
def test_a_name_twice_with_different_places_feeds_nobody(tmp_path: Path, *, is_first: bool) -> None:
    """Which of the two is meant, for itself and by what hangs below, the file does not say."""
    others = [device("R1", "C", "102", (500, 400), "L-50"), consumer("C 1", "B", "104", (1, 1), 2.5, 2)]
    tables, found = read(tmp_path, [*others, *example_rows()] if is_first else [*example_rows(), *others])
    assert found["duplicate_id", "row"] == ("R1", "C 1") or is_first
    assert found["contested_name", "line_section"] == ("105",)
    assert found["contested_name", "switch"] == ("R1",)
    assert found["contested_name", "service_point"] == ("C 1",)
    assert supplied(tables) == {"C 2", "C4"}
    assert without_supply(tables) == {"C 1", "C3"}


def test_an_unknown_type_is_left_out_and_what_is_below_is_dead(tmp_path: Path) -> None:
    for type_ in ("7", "0", "14", "x", "", "-3", "999999999999999999999"):
        tables, found = read(tmp_path, [one.replace("104,1,", f"104,{type_},") for one in example_rows()])
        assert found["unknown_type", "row"] == (f"104 (line 15, type {type_!r})",)
        assert found["unknown_parent", "switch"] == ("R1",)
        assert supplied(tables) == {"C 1", "C 2"}


def test_phases_that_cannot_be_read(tmp_path: Path) -> None:
    rows = [one.replace("R1,10,C,", "R1,10,X,").replace("C4,13,ABC,", "C4,13,,") for one in example_rows()]
    tables, found = read(tmp_path, rows)
    assert found["unknown_phases", "service_point"] == ("C4",)
    assert supplied(tables) == {"C 1", "C 2", "C4"}
    assert ("unknown_phases", "switch") in {(one.rule, one.layer) for one in check_tables(tables)}


def test_a_circuit_without_a_source_is_found_by_the_check(tmp_path: Path) -> None:
    tables, found = read(tmp_path, [one for one in example_rows() if not one.startswith("ELM SUB,")])
    assert found["unknown_parent", "transformer"] == ("REG",)
    assert "no_source" in {one.rule for one in check_tables(tables)}


def test_a_source_below_another_element_is_a_source_of_its_own(tmp_path: Path) -> None:
    rows = [
        *example_rows(),
        row("SUN", 9, "ABC", "104", (1, 1)),
        consumer("C9", "A", "SUN", (2, 2), 1, 1),
    ]
    tables, found = read(tmp_path, rows)
    assert found["source_with_parent", "node"] == ("SUN",)
    assert "C9" not in supplied(tables)
    assert without_supply(tables) == set()


def test_a_hundred_thousand_elements_in_one_chain(tmp_path: Path) -> None:
    rows = [row("S", 9, "A", "ROOT", (0, 0))]
    rows += [row(str(n), 1, "A", "S" if n == 0 else str(n - 1), (n, 0)) for n in range(100_000)]
    rows.append(row("C", 13, "A", "99999", (0, 0)))
    tables, _ = read(tmp_path, rows)
    assert supplied(tables, "0") == {"C"}


def test_odd_numbers_and_places_are_no_places(tmp_path: Path) -> None:
    rows = [
        *replaced("C4", row("C4", 13, "ABC", "T3", (0, 0), c5="nan", c6="inf", c12="inf")),
        row("C5", 13, "A", "T3", (0, 0), c5="0", c6="0", c12="1e999"),
        row("C6", 13, "A", "T3", (0, 0), c5="1e30", c6="-1e30"),
    ]
    path = write_circuit(tmp_path, rows)
    tables, findings = read_windmil(path, crs="EPSG:2264")
    places = tables.service_point.set_index("id").geometry
    assert places[["C4", "C5", "C6"]].isna().all()
    assert ("C6",) in {one.ids for one in findings if one.rule == "outside_crs_area"}
    assert tables.service_point.set_index("id").loc[["C4", "C5"], "peak_kw"].isna().all()


@st.composite
def damaged(draw) -> list[str]:
    """The rows of the example after some accidents; none of them writes another parent into a whole row."""
    rows = example_rows()
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(rows) - 1))
        whole = rows[place]
        match draw(st.sampled_from(["lost", "cut", "comma", "twice", "elsewhere", "swapped", "overwritten"])):
            case "lost":
                rows.pop(place)
            case "cut":
                rows[place] = whole[: draw(st.integers(0, len(whole)))]
            case "comma":
                cut = draw(st.integers(0, len(whole)))
                rows[place] = f"{whole[:cut]},{whole[cut:]}"
            case "twice":
                rows.insert(draw(st.integers(0, len(rows))), whole)
            case "elsewhere" if whole.count(",") > 3:
                fields = whole.split(",")
                fields[3] = draw(st.sampled_from(["101", "104", "N1", "R1", "ROOT", "nobody"]))
                rows.insert(draw(st.integers(0, len(rows))), ",".join(fields))
            case "swapped":
                rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(place))
            case "overwritten":
                fields = whole.split(",")
                column = draw(st.integers(0, len(fields) - 1).filter(lambda one: one != 3))
                fields[column] = draw(st.sampled_from(["", "x", "-1", "1e400", "ROOT", "ö", "9" * 300]))
                rows[place] = ",".join(fields)
    return rows


def fed_by_each(tables: NetworkTables) -> dict[str, set[str]]:
    network, _ = tables.to_network()
    tree = SupplyTree(network, SwitchState.normal(network))
    return {
        device: set(service_points_downstream(tree=tree, device=device))
        for device in network.device_ids(range(network.device_count))
    }


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    return fed_by_each(read(tmp_path_factory.mktemp("whole"), example_rows())[0])


@given(rows=damaged())
@settings(max_examples=100, deadline=None)
def test_no_damage_puts_anyone_under_a_device_that_did_not_feed_them(
    undamaged: dict[str, set[str]], rows: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            tables, _ = read(Path(folder), rows)
        except NetworkPackageError:
            return
    for device_id, fed in fed_by_each(tables).items():
        assert fed <= undamaged.get(device_id, set()), device_id
