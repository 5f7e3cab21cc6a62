"""`relight benchmark` measures beside real peers and compares answers; targets count at full size only."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from api.cli.application import build
from benchmarks.report import Row


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(build(words), words)


def test_peers_give_the_same_answers(run, tmp_path):
    done = run("benchmark", "topology", "--customers", "5000", "--json", "--save", str(tmp_path))
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["name"] == "topology"
    assert set(report["machine"]) == {"cpu", "cores", "memory_gib", "python"}
    compared = {row.get("peer", "a full walk") for row in report["rows"] if row.get("equal")}
    assert compared == {"a full walk", "networkx", "rustworkx", "igraph", "PostGIS"}
    assert not [row for row in report["rows"] if row.get("equal") is False]
    assert not [row for row in report["rows"] if "met" in row]
    assert "| 5,000 customers, city |" in (tmp_path / "topology.md").read_text(encoding="utf-8")
    assert (tmp_path / "topology.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_a_small_city_goes_through_the_whole_house(run, tmp_path):
    done = run("benchmark", "scale", "--customers", "600", "--json", "--save", str(tmp_path))
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    assert not [row for row in rows if row.get("equal") is False]
    metrics = {row["metric"] for row in rows if row["case"] == "600 customers"}
    assert {"make the city", "import into PostGIS", "read back into a network"} <= metrics
    assert "| 600 customers |" in (tmp_path / "scale.md").read_text(encoding="utf-8")
    assert (tmp_path / "scale.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_an_unknown_benchmark_is_named(run):
    done = run("benchmark", "cooking")
    assert done.exit_code == 2
    assert "'cooking'" in done.stderr
    assert "topology" in done.stderr


def test_a_target_is_judged_by_the_ratio_or_the_value():
    assert Row("c", "m", 2.0, "ms", peer="other", peer_value=10.0, target=5).is_met
    assert not Row("c", "m", 2.0, "ms", peer="other", peer_value=9.0, target=5).is_met
    assert Row("c", "m", 2.0, "ms", peer="copy", peer_value=1.0, target=2, at_most=True).is_met
    assert not Row("c", "m", 2.1, "ms", target=2, at_most=True).is_met
    assert Row("c", "m", 2.1, "ms").is_met is None
