"""`relight network` on files: what it prints, how it ends, and that what is written is whole or absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gis.network_package import read_network_package, write_network_package

BANNER = "MILSOFT STD WM ASCII,001        : <Oak> Exported by WindMil"
CRS = "EPSG:2264"

# OAK ── L1 ── F1 ── T1 ── C1 (two customers)
#        └── L2 ── SW-A ╌ open, the other half in another file


def row(name: str, type_: int, parent: str, *, columns: int = 52, **values: object) -> str:
    fields = [""] * columns
    fields[:7] = [name, str(type_), "A", parent, "", "1400000", "600000"]
    for column, value in values.items():
        fields[int(column[1:])] = str(value)
    return ",".join(fields)


def oak_rows() -> list[str]:
    line = {"c8": "ACSR", "c12": 100, "c31": 1_399_900, "c32": 600_000}
    return [
        row("OAK", 9, "ROOT", c14=7.2),
        row("L1", 1, "OAK", **line),
        row("F1", 10, "L1", c8="FUS-10", c11=1),
        row("T1", 5, "F1", c13=0.12, c19=10),
        row("C1", 13, "T1", c12=3, c18=2),
        row("L2", 1, "L1", **line),
        row("SW-A", 6, "L2", c8="O", c10="SW-B"),
    ]


@pytest.fixture
def oak(tmp_path: Path) -> Path:
    path = tmp_path / "oak.std"
    path.write_text("\n".join([BANNER, *oak_rows()]), encoding="utf-8")
    return path


def test_convert_writes_a_package_and_tells_what_is_odd(relight, oak, tmp_path):
    code, out, _ = relight("network", "convert", oak, tmp_path / "oak.gpkg", "--json")
    answer = json.loads(out)
    assert code == 1
    assert (answer["format"], answer["path"]) == ("windmil", str(tmp_path / "oak.gpkg"))
    assert answer["counts"] == {
        "substation": 1, "node": 6, "line_section": 2, "switch": 2, "transformer": 1, "service_point": 1,
        "customer": 0,
    }  # fmt: skip
    rules = {one["rule"] for one in answer["findings"]}
    assert rules >= {"crs_unknown", "other_half_missing", "no_equipment_table"}
    assert all(set(one) == {"rule", "layer", "ids", "text"} for one in answer["findings"])
    tables, findings = read_network_package(tmp_path / "oak.gpkg")
    assert (findings, tables.name) == ((), "oak")
    assert tables.service_point["customers"].tolist() == [2]


def test_convert_says_it_to_people_too(relight, oak, tmp_path):
    code, out, err = relight("network", "convert", oak, tmp_path / "oak.gpkg", "--crs", CRS)
    assert code == 1
    assert "1 service point" in out
    assert "2 switches" in out
    assert "other_half_missing (switch)" in err
    assert "crs_unknown" not in err
    assert read_network_package(tmp_path / "oak.gpkg")[0].node.geometry.notna().all()


def test_what_was_converted_is_traced_checked_and_converted_again(relight, oak, tmp_path):
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    relight("network", "convert", oak, first, "--crs", CRS)
    code, out, _ = relight("trace", first, "F1", "--json")
    assert (code, json.loads(out)["service_points"]) == (0, [{"id": "C1", "phases": "A"}])
    assert json.loads(relight("trace", oak, "F1", "--json")[1]) == json.loads(out)
    assert relight("network", "check", first)[0] == 0
    code, out, _ = relight("network", "convert", first, second, "--json")
    assert (code, json.loads(out)["findings"]) == (0, [])
    # A package may also take the place of the one it is read from.
    assert relight("network", "convert", first, first)[0] == 0
    assert {one.name for one in tmp_path.iterdir()} == {"oak.std", "first.gpkg", "second.gpkg"}


def test_check_and_import_read_it_as_well(relight, oak, database_url, monkeypatch):
    code, out, _ = relight("network", "check", oak, "--crs", CRS, "--json")
    assert code == 1
    assert {one["rule"] for one in json.loads(out)["findings"]} == {
        "other_half_missing",
        "no_equipment_table",
        "kind_by_name",
    }
    monkeypatch.setenv("RELIGHT_DATABASE_URL", database_url)
    code, out, _ = relight("network", "import", oak, "--format", "windmil", "--crs", CRS, "--json")
    assert code == 1
    assert json.loads(out)["counts"]["service_point"] == 1
    version = json.loads(out)["network_version"]
    assert relight("network", "activate", version)[0] == 0
    code, _, _ = relight("network", "export", oak.with_name("export.gpkg"))
    assert code == 0
    assert read_network_package(oak.with_name("export.gpkg"))[0].switch["id"].tolist() == ["F1", "SW-A"]


@pytest.mark.parametrize(
    ("content", "words", "says"),
    [
        (b"", (), "is empty"),
        (b"start,end,customers\n2020,2021,3\n", (), "no WindMil network"),
        (b"\x00\x01\x02", (), "no text file"),
        (None, (), "There is no file"),
        (None, ("--format", "gpkg"), "There is no file"),
        (b"MILSOFT STD WM ASCII,001\n", ("--format", "gpkg"), "not a GeoPackage"),
        (b"MILSOFT STD WM ASCII, EQUIPMENT, 001\nx,1,2,140\n", (), "equipment table"),
    ],
)
def test_what_cannot_be_read_leaves_no_file_and_ends_with_2(relight, tmp_path, content, words, says):
    path, out = tmp_path / "odd.std", tmp_path / "out.gpkg"
    if content is not None:
        path.write_bytes(content)
    code, said, err = relight("network", "convert", path, out, *words)
    assert (code, said) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert not out.exists()


def test_a_file_that_stood_there_stays_when_the_new_one_cannot_be_made(relight, oak, tmp_path, world_module):
    out = tmp_path / "out.gpkg"
    write_network_package(world_module.drawn_tables(), out)
    before = out.read_bytes()
    oak.write_bytes(b"")
    assert relight("network", "convert", oak, out)[0] == 2
    assert out.read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} == {"oak.std", "out.gpkg"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--crs", "EPSG:0"), "not known"),
        (("--crs", "nowhere"), "EPSG:"),
        (("--format", "shape"), "windmil"),
        (("--source", "OAK"), "Leave out --source"),
    ],
)
def test_wrong_options_are_told_and_write_nothing(relight, oak, tmp_path, words, says):
    code, _, err = relight("network", "convert", oak, tmp_path / "out.gpkg", *words)
    assert code == 2
    assert says in err
    assert not (tmp_path / "out.gpkg").exists()


def test_a_slip_of_the_hand_does_not_replace_the_file_that_is_read(relight, oak, tmp_path):
    before = oak.read_bytes()
    code, _, err = relight("network", "convert", oak, oak)
    assert code == 2
    assert ".gpkg" in err
    assert oak.read_bytes() == before
    assert relight("network", "convert", oak)[0] == 2
    assert relight("network", "convert", oak, tmp_path / "missing" / "out.gpkg")[0] == 2


def test_a_file_of_no_known_format_is_told_what_was_tried(relight, tmp_path):
    path = tmp_path / "feeder.txt"
    path.write_text("feeder 1\n", encoding="utf-8")
    code, _, err = relight("network", "convert", path, tmp_path / "out.gpkg")
    assert code == 2
    for word in ("feeder.txt", "--format", "gpkg", "simbench", "opendss", "cim", "windmil"):
        assert word in err
