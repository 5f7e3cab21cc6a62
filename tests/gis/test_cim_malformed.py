"""CIM files that are damaged, strange or hostile: a finding or a clear error, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gis.check import check_tables
from gis.cim import read_cim
from gis.cim.rdf import CimError
from tests.gis.cim_text import CIM100, rdf_xml

SMALL = """
    CoordinateSystem crs crsUrn=EPSG:4326
    ConnectivityNode n
    ConnectivityNode m
    ConnectivityNode x
    EnergySource grid between=n at=8,47
    Breaker b between=n,m on=ABC Switch.normalOpen=false
    ACLineSegment l between=m,k on=AB at=8,47;8.1,47
    PowerTransformer t between=k,x
    TransformerTank tank TransformerTank.PowerTransformer=@t
    TransformerTankEnd e1 TransformerEnd.endNumber=1 TransformerEnd.Terminal=@t.t1 TransformerTank=@tank orderedPhases=#P.A
    TransformerTankEnd e2 TransformerEnd.endNumber=2 TransformerEnd.Terminal=@t.t2 TransformerTank=@tank orderedPhases=#P.s1
    EnergyConsumer c between=x on=s1
"""  # noqa: E501 - a line is an object


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "model.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"PK\x03\x04zip", "is a zip archive"),
        (b"no xml at all", "is damaged, cut short or no XML"),
        (b"\x00\x01\x02", "is damaged, cut short or no XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "is damaged, cut short or no XML"),
        (b"<html><body/></html>", "begins with 'html' instead of 'rdf:RDF'"),
        (rdf_xml(SMALL, namespace="http://example.org/power#"), "namespaces are: http://example.org/power#"),
        (rdf_xml("ConnectivityNode n"), "no equipment is connected to any node"),
        (rdf_xml(SMALL, namespace="http://iec.ch/TC57/61970-552/DifferenceModel/1#"), "only differences"),
        (rdf_xml("Breaker b\nBreaker b", by_id=True), "is not sound RDF/XML"),
        (rdf_xml("Breaker b").replace("cim:Breaker", "rdf:li"), "is not sound RDF/XML"),
    ],
)
def test_what_is_no_model_is_refused_with_the_reason(tmp_path: Path, content: str | bytes, said: str):
    with pytest.raises(CimError, match=said):
        read_cim([write(tmp_path, content)])


def test_paths_that_lead_nowhere_are_told(tmp_path: Path):
    with pytest.raises(CimError, match="There is no file"):
        read_cim([tmp_path / "none.xml"])
    with pytest.raises(CimError, match="is a folder"):
        read_cim([tmp_path])
    with pytest.raises(CimError, match="No file is named"):
        read_cim([])


def test_entities_are_refused_before_anything_is_expanded(tmp_path: Path):
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]>' + rdf_xml(SMALL).partition("?>")[2]
    )
    with pytest.raises(CimError, match="document type declaration"):
        read_cim([write(tmp_path, bomb.replace("EPSG:4326", "&l9;"))])
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    thief = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>' + rdf_xml(SMALL).partition("?>")[2]
    with pytest.raises(CimError, match="document type declaration"):
        read_cim([write(tmp_path, thief.replace("EPSG:4326", "&x;"))])


def test_a_file_cut_anywhere_is_refused_with_the_place(tmp_path: Path):
    content = rdf_xml(SMALL)
    for cut in range(200, len(content) - 20, 211):
        with pytest.raises(CimError, match="is damaged, cut short or no XML"):
            read_cim([write(tmp_path, content[:cut])])


def test_without_any_one_object_it_is_read_or_refused_in_words(tmp_path: Path):
    content = rdf_xml(SMALL)
    objects = re.findall(r"<cim:(\w+) rdf:about=.*?</cim:\1>\n", content, flags=re.DOTALL)
    assert len(objects) > 20
    for match in re.finditer(r"<cim:(\w+) rdf:about=.*?</cim:\1>\n", content, flags=re.DOTALL):
        tables, _ = read_cim([write(tmp_path, content.replace(match[0], ""))])
        check_tables(tables)


def test_without_any_one_line_it_is_read_or_refused_in_words(tmp_path: Path):
    lines = rdf_xml(SMALL).splitlines()
    for number, line in enumerate(lines):
        if line.startswith("  <cim:"):
            tables, _ = read_cim([write(tmp_path, "\n".join(lines[:number] + lines[number + 1 :]))])
            check_tables(tables)


@pytest.mark.parametrize("nonsense", ["", "???", "1e999", "-5", "2.5", "@n", "@c", "#A.B"])
def test_nonsense_in_any_attribute_is_survived(tmp_path: Path, nonsense: str):
    lines = SMALL.strip().splitlines()
    attributes = sorted({one for line in lines for one in line.split()[2:]} - {"on=ABC", "on=AB", "on=s1"})
    for attribute in attributes:
        key = attribute.partition("=")[0]
        if key not in {"between", "at"}:
            tables, _ = read_cim([write(tmp_path, rdf_xml(SMALL.replace(attribute, f"{key}={nonsense}")))])
            check_tables(tables)


def found(tmp_path: Path, text: str) -> dict[str, list[str]]:
    _, findings = read_cim([write(tmp_path, rdf_xml(text))])
    by_rule: dict[str, list[str]] = {}
    for one in findings:
        by_rule.setdefault(one.rule, []).extend(one.ids)
    return by_rule


def test_missing_references_are_named(tmp_path: Path):
    rules = found(
        tmp_path,
        """
        ConnectivityNode n
        EnergySource grid between=n
        Terminal lost Terminal.ConductingEquipment=@nothing Terminal.ConnectivityNode=@n
        Terminal loose Terminal.ConductingEquipment=@l
        ACLineSegment l between=n
        EnergyConsumer homeless
        PowerTransformer bare between=n
        Breaker b between=n,elsewhere
        """,
    )
    assert rules["terminal_adrift"] == ["loose", "lost"]
    assert rules["too_few_terminals"] == ["l", "bare"]
    assert rules["unknown_node"] == ["homeless"]
    assert rules["missing_reference"] == ["elsewhere"]


def test_classes_that_nobody_knows_are_named(tmp_path: Path):
    rules = found(
        tmp_path,
        """
        ConnectivityNode n
        EnergySource grid between=n
        WarpDrive w between=n,n2
        BusbarSection bar between=n
        Banana without IdentifiedObject.name=terminals
        """,
    )
    assert rules["unknown_class"] == ["w (WarpDrive)"]


def test_files_that_contradict_each_other_are_named(tmp_path: Path):
    rules = found(
        tmp_path,
        """
        ConnectivityNode n
        EnergySource grid between=n
        Breaker b between=n,n2 Switch.normalOpen=false Switch.normalOpen=true
        Fuse f between=n,n2
        Recloser f
        """,
    )
    assert rules["contradiction"] == ["b", "f"]


def test_counts_that_are_none_are_taken_as_one(tmp_path: Path):
    for count in ("many", "-2", "2.5"):
        text = f"EnergySource g between=n\nEnergyConsumer c between=n EnergyConsumer.customerCount={count}"
        assert found(tmp_path, text)["customers_not_a_count"] == ["c"]
    tables, _ = read_cim([write(tmp_path, rdf_xml(text.replace(count, "0")))])
    assert tables.service_point["customers"].tolist() == [0]


def test_positions_that_are_none_cost_a_place(tmp_path: Path):
    text = SMALL.replace("at=8,47;8.1,47", "at=8,47;east,north")
    assert found(tmp_path, text)["unreadable_coordinates"] == ["l.place"]


def test_a_namespace_of_another_year_is_known(tmp_path: Path):
    for namespace in (
        CIM100,
        "http://iec.ch/TC57/CIM101#",
        "http://iec.ch/TC57/2009/CIM-schema-cim14#",
        "https://cim.ucaiug.io/CIM101/draft#",
    ):
        tables, _ = read_cim([write(tmp_path, rdf_xml(SMALL, namespace=namespace))])
        assert tables.service_point["phases"].tolist() == ["A"]
