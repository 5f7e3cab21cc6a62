"""Telling a file's format, and what holds for each: what is read, written and read again is the same."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gis.errors import GisError, NetworkPackageError
from gis.network_formats import WITHOUT_CRS, WITHOUT_SOURCES, NetworkFormat, read_network, recognise_format
from gis.network_package import read_network_package, write_network_package
from gis.network_tables import NetworkTables
from tests.gis.example_network import assert_same
from tests.gis.windmil_example import CRS, example_equipment, example_rows, write_circuit

SHARED = Path(__file__).parents[3] / "shared" / "data"


def simbench_grid(folder: Path) -> str:
    return "1-LV-rural1--0-sw"


def windmil_circuit(folder: Path) -> str:
    return str(write_circuit(folder, example_rows(), equipment=example_equipment()))


def shared(*parts: str) -> Callable[[Path], str]:
    """A file that stands beside the repository and is never copied into it."""

    def find(folder: Path) -> str:
        path = SHARED.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"{'/'.join(parts)} is not at ../shared/data beside the repository")
        return str(path)

    return find


EXAMPLES: list[tuple[NetworkFormat, Callable[[Path], str]]] = [
    (NetworkFormat.SIMBENCH, simbench_grid),
    (NetworkFormat.WINDMIL, windmil_circuit),
    (NetworkFormat.WINDMIL, shared("net_windmil", "ABEC-COLUMBIA.std")),
    (NetworkFormat.WINDMIL, shared("net_windmil", "Olin-Barre.std")),
    (NetworkFormat.WINDMIL, shared("net_windmil", "IEEE 13.std")),
    (NetworkFormat.OPENDSS, shared("net_broken_opendss", "ieee_13node", "master.dss")),
    (NetworkFormat.CIM, shared("net_cim100", "IEEE13.xml")),
    (NetworkFormat.CIM, shared("net_cim100", "maple10nodebreaker.xml")),
    (NetworkFormat.CIM, shared("net_cim100", "gmdm_golden_cim18.xml")),
]


@pytest.mark.parametrize(("format", "example"), EXAMPLES)
def test_each_format_is_recognised_and_comes_back_from_a_package_as_the_same_network(
    tmp_path: Path, format: NetworkFormat, example: Callable[[Path], str]
) -> None:
    tables, _, read_as = read_network(example(tmp_path))
    assert read_as is format
    folder = tmp_path / "written"
    folder.mkdir()
    out = folder / "out.gpkg"
    write_network_package(tables, out)
    again, findings, read_as = read_network(str(out))
    assert list(folder.iterdir()) == [out]
    assert (findings, read_as) == ((), NetworkFormat.GPKG)
    assert_same(again, tables)
    (before, _), (after, _) = tables.to_network(), again.to_network()
    for field in dataclasses.fields(before):
        ours, theirs = getattr(before, field.name), getattr(after, field.name)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs, err_msg=field.name)


def test_a_package_written_again_is_equal(tmp_path: Path, example_network: NetworkTables) -> None:
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    write_network_package(example_network, first)
    tables, findings, _ = read_network(str(first))
    write_network_package(tables, second)
    assert findings == ()
    assert_same(read_network_package(second)[0], example_network)


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b"MILSOFT STD WM ASCII,001 : <x>\r\n", NetworkFormat.WINDMIL),
        (b"\xef\xbb\xbf\nmilsoft std wm ascii,001\n", NetworkFormat.WINDMIL),
        ("MILSOFT STD WM ASCII,001\n".encode("utf-16"), NetworkFormat.WINDMIL),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<rdf:RDF xmlns:cim="x">', NetworkFormat.CIM),
        (b"! a feeder\nClear\nNew Circuit.x basekv=4\n", NetworkFormat.OPENDSS),
        (b"clear\n  new object = circuit.x\n", NetworkFormat.OPENDSS),
        (b'New "Circuit.x"\n', NetworkFormat.OPENDSS),
        (b"SQLite format 3\x00", NetworkFormat.GPKG),
    ],
)
def test_what_a_file_holds_goes_before_its_name(
    tmp_path: Path, content: bytes, format: NetworkFormat
) -> None:
    for name in ("net.dat", "net", "net.std", "net.gpkg"):
        (tmp_path / name).write_bytes(content)
        assert recognise_format(str(tmp_path / name)) is format


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("net.gpkg", NetworkFormat.GPKG),
        ("net.STD", NetworkFormat.WINDMIL),
        ("net.seq", NetworkFormat.WINDMIL),
        ("net.dss", NetworkFormat.OPENDSS),
        ("net.xml", NetworkFormat.CIM),
    ],
)
def test_else_the_name_tells_even_of_a_file_that_is_not_there(
    tmp_path: Path, name: str, format: NetworkFormat
) -> None:
    assert recognise_format(str(tmp_path / name)) is format
    (tmp_path / name).write_bytes(b"nothing known")
    assert recognise_format(str(tmp_path / name)) is format


def test_a_grid_is_told_by_its_code_unless_a_file_has_that_name(tmp_path: Path, monkeypatch) -> None:
    assert recognise_format("1-MVLV-urban-all-0-sw") is NetworkFormat.SIMBENCH
    monkeypatch.chdir(tmp_path)
    (tmp_path / "1-MVLV-urban-all-0-sw").write_text("MILSOFT STD WM ASCII\n", encoding="utf-8")
    assert recognise_format("1-MVLV-urban-all-0-sw") is NetworkFormat.WINDMIL


def test_what_cannot_be_told_is_refused_with_what_was_tried_and_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "outages.csv"
    path.write_text("start,end,customers\n", encoding="utf-8")
    with pytest.raises(NetworkPackageError) as caught:
        read_network(str(path))
    said = str(caught.value)
    assert all(
        word in said for word in ("outages.csv", "GeoPackage", "WindMil", "CIM", "OpenDSS", "--format")
    )
    assert all(name in said for name in NetworkFormat)
    for source, way_out in ((str(tmp_path), "is a folder"), ("nowhere", "no file nowhere"), ("", "folder")):
        with pytest.raises(NetworkPackageError, match=way_out):
            read_network(source)


@pytest.mark.parametrize("format", list(NetworkFormat))
@pytest.mark.parametrize("content", [None, b"", b"\x00\xff\xfe not a network", b"a,b,c\n1,2,3\n"])
def test_every_reader_refuses_what_is_not_its_own_in_one_sentence(
    tmp_path: Path, format: NetworkFormat, content: bytes | None
) -> None:
    path = tmp_path / "odd.file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GisError) as caught:
        read_network(str(path), format=format)
    assert "odd.file" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_crs_is_only_taken_where_the_file_says_none(tmp_path: Path, example_network: NetworkTables) -> None:
    path = tmp_path / "net.gpkg"
    write_network_package(example_network, path)
    with pytest.raises(NetworkPackageError, match="Leave out --crs"):
        read_network(str(path), crs="EPSG:4326")
    assert {NetworkFormat.GPKG, NetworkFormat.SIMBENCH} == set(NetworkFormat) - WITHOUT_CRS
    tables, _, _ = read_network(windmil_circuit(tmp_path), crs=CRS)
    assert tables.node.geometry.notna().all()


def test_a_folder_with_the_files_of_a_cim_model_is_read_as_one(tmp_path: Path) -> None:
    file = shared("net_cim100", "gmdm_golden_cim18.xml")(tmp_path)
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copy(file, folder)
    (folder / "notes.txt").write_text("not of the model", encoding="utf-8")
    tables, findings, read_as = read_network(str(folder))
    assert read_as is NetworkFormat.CIM
    assert tables.name == read_network(file)[0].name
    # Nothing in this model says where supply enters, so a person may.
    assert "no_source" in {one.rule for one in findings}
    node = tables.node["id"].iloc[0]
    fed, findings, _ = read_network(str(folder), sources=[node])
    assert "no_source" not in {one.rule for one in findings}
    assert fed.node.loc[fed.node["is_source"], "id"].tolist() == [node]


def test_sources_are_only_told_where_a_file_may_not_say_them(tmp_path: Path) -> None:
    assert set(NetworkFormat) - WITHOUT_SOURCES == set(NetworkFormat) - {NetworkFormat.CIM}
    with pytest.raises(NetworkPackageError, match="Leave out --source"):
        read_network(windmil_circuit(tmp_path), sources=["ELM SUB"])


def test_a_format_that_is_named_goes_before_all(tmp_path: Path) -> None:
    path = tmp_path / "net.gpkg"
    shutil.copy(windmil_circuit(tmp_path), path)
    assert read_network(str(path), format=NetworkFormat.WINDMIL)[2] is NetworkFormat.WINDMIL
    with pytest.raises(NetworkPackageError, match="not a GeoPackage"):
        read_network(str(path), format=NetworkFormat.GPKG)
