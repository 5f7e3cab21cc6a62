"""`relight storm city`: two files, or one clear sentence and none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gis.network_package import read_network_package


def test_a_city_and_its_streets_are_written_side_by_side(tmp_path: Path, relight) -> None:
    code, out, _ = relight("storm", "city", tmp_path / "oak.gpkg", "--customers", 250, "--seed", 3, "--json")
    said = json.loads(out)
    assert code == 0
    assert said["customers"] == 250
    assert sorted(path.name for path in tmp_path.iterdir()) == ["oak.gpkg", "oak.osm.pbf"]
    tables, findings = read_network_package(tmp_path / "oak.gpkg")
    assert findings == ()
    assert len(tables.customer) == 250


def test_streets_go_where_they_are_told_and_addresses_can_be_chinese(tmp_path: Path, relight) -> None:
    words = ("--customers", 40, "--seed", 3, "--language", "zh", "--streets", tmp_path / "街道.osm.pbf")
    code, out, _ = relight("storm", "city", tmp_path / "city.gpkg", *words)
    assert code == 0
    assert "40 customers" in out
    assert (tmp_path / "街道.osm.pbf").exists()
    tables, _ = read_network_package(tmp_path / "city.gpkg")
    assert tables.service_point["address"].str.contains("号").all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--customers", 0), "A city of 0 customers has no streets"),
        (("--customers", -5), "A city of -5 customers has no streets"),
        (("--customers", 10_000_000), "would need about 22 GiB of memory"),
        (("--customers", 5, "--seed", -1), "The seed -1 is below zero"),
        (("--customers", 5, "--streets", "streets.txt"), "its name does not end in .osm.pbf"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path, relight, words, said: str) -> None:
    code, out, err = relight("storm", "city", tmp_path / "city.gpkg", *words)
    assert code == 2
    assert out == ""
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said_before_anything_is_made(tmp_path: Path, relight) -> None:
    code, _, err = relight("storm", "city", tmp_path / "nowhere" / "city.gpkg", "--customers", 1_000_000)
    assert code == 2
    assert "nowhere" in err
