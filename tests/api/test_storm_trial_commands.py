"""`relight storm generate`, `relight storm score`, `relight rates learn`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dispatch.evidence_lines import EvidenceLines, Rejection, read_document
from topology.rates import read_rates

FILES = ["evidence.ndjson", "rates.json", "storm.json", "truth.json"]


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    from storm.city import make_city, streets_path_beside, write_city

    package = tmp_path_factory.mktemp("network") / "oak.gpkg"
    city = make_city(customers=120, seed=3)
    write_city(city, package=package, streets=streets_path_beside(package))
    return package


def read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def know_it_all(storm: Path) -> dict:
    """What a method says that has read the truth."""
    truth = read(storm / "truth.json")
    outages = [
        {
            "device": fault["device"],
            "phases": fault["phases"],
            "probability": 1.0,
            "service_point_ids": fault["service_points"],
        }
        for fault in truth["faults"]
    ]
    return {"at": truth["at"], "outages": outages}


def test_a_storm_is_written_and_the_same_seed_gives_the_same_bytes(relight, network, tmp_path):
    code, out, _ = relight("storm", "generate", network, tmp_path / "a", "--seed", 7, "--json")
    assert code == 0
    assert json.loads(out)["storms"][0]["seed"] == 7
    relight("storm", "generate", network, tmp_path / "b", "--seed", 7)
    relight("storm", "generate", network, tmp_path / "c", "--seed", 8)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a" / "truth.json").read_bytes() != (tmp_path / "c" / "truth.json").read_bytes()


def test_its_truth_has_what_the_format_says(relight, network, tmp_path):
    relight("storm", "generate", network, tmp_path / "a", "--seed", 5, "--faults", 3)
    truth = read(tmp_path / "a" / "truth.json")
    assert set(truth) == {"at", "faults"}
    about = read(tmp_path / "a" / "storm.json")
    assert about["at"] == truth["at"]
    assert "faults" not in about
    assert len(truth["faults"]) == 3
    for fault in truth["faults"]:
        assert set(fault) == {
            "device", "phases", "kind", "started_at", "service_points", "reporting_points"
        }  # fmt: skip
        assert set(fault["reporting_points"]) <= set(fault["service_points"])


def test_its_evidence_is_read_by_intake(relight, network, tmp_path):
    everything = [
        "telemetered=1", "indicators=1", "wrong_address=0.2", "location_only=0.2", "blinks=1",
        "babbling_collectors=1", "collector_failures=0.1", "clock_error_share=0.1", "own_generation=0.1",
        "crew_finds=1", "hazard_share=0.5", "nested=true", "weather=front", "spread_minutes=5",
    ]  # fmt: skip
    words = [word for one in everything for word in ("--set", one)]
    code, _, said = relight("storm", "generate", network, tmp_path / "a", "--seed", 2, *words)
    assert code == 0, said
    lines = EvidenceLines()
    documents = list(lines.feed((tmp_path / "a" / "evidence.ndjson").read_bytes()))
    read_ones = [read_document(one) for one in documents]
    assert read_ones
    assert not [one for one in read_ones if isinstance(one, Rejection)]


def test_storms_are_scored_one_by_one_and_together(relight, network, tmp_path):
    code, out, _ = relight("storm", "generate", network, tmp_path / "many", "--seed", 7, "--storms", 4)
    assert code == 0
    assert "4 storms" in out
    results = tmp_path / "results"
    results.mkdir()
    for storm in sorted((tmp_path / "many").iterdir()):
        (results / f"{storm.name}.json").write_text(json.dumps(know_it_all(storm)))
    code, out, _ = relight("storm", "score", tmp_path / "many", results, "--json")
    said = json.loads(out)
    assert code == 0
    assert [one["storm"] for one in said["by_storm"]] == ["000007", "000008", "000009", "000010"]
    assert said["precision"] == 1.0
    assert said["exact_first"] in {1.0, None}
    assert said["told_out_wrongly"] == said["told_on_wrongly"] == 0
    assert said["faults"] == sum(len(one["by_fault"]) for one in said["by_storm"])

    one = tmp_path / "many" / "000007"
    code, out, _ = relight("storm", "score", one, results / "000007.json", "--network", network)
    assert code == 0
    assert "exact device first" in out


def test_rates_are_learned_and_read_again(relight, network, tmp_path):
    relight("storm", "generate", network, tmp_path / "past", "--seed", 1, "--storms", 5, "--loss", 0.9)
    code, out, _ = relight("rates", "learn", tmp_path / "past", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["storms"] == 5
    assert read_rates(Path(said["rates"])).loss > 0.5
    code, out, _ = relight("rates", "learn", tmp_path / "past", "--out", tmp_path / "else.json")
    assert code == 0
    assert read_rates(tmp_path / "else.json") == read_rates(tmp_path / "past" / "rates.json")
    # What was learned beside them does not stand in the way of storms made anew.
    code, _, _ = relight("storm", "generate", network, tmp_path / "past", "--seed", 1, "--storms", 5)
    assert code == 0


def test_storms_with_a_repaired_part_teach_nothing(relight, network, tmp_path):
    relight("storm", "generate", network, tmp_path / "a", "--seed", 1, "--set", "nested=true")
    code, out, said = relight("rates", "learn", tmp_path / "a")
    assert code == 0
    assert "0 storms" in out
    assert "Left out a" in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--faults", "many"], "no range"),
        (["--faults", "3-1"], "faults"),
        (["--loss", "1.5"], "`loss` must be between 0 and 1"),
        (["--set", "los=1"], "no NAME=VALUE"),
        (["--set", "loss=high"], "cannot be read"),
        (["--set", "shares=fuse"], "cannot be read"),
        (["--set", "nested=perhaps"], "true or false"),
        (["--set", "weather=sunny"], "weather"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(relight, network, tmp_path, words, complaint):
    code, _, said = relight("storm", "generate", network, tmp_path / "a", "--seed", 1, *words)
    assert code == 2
    assert complaint in " ".join(said.split())
    assert not (tmp_path / "a").exists()


def test_nothing_else_is_overwritten(relight, network, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").write_text("Dear")
    for several in ([], ["--storms", 2]):
        code, _, said = relight("storm", "generate", network, tmp_path / "letters", "--seed", 1, *several)
        assert code == 2
        assert "something else is in it" in said
    code, _, said = relight("storm", "generate", network, tmp_path / "no" / "where", "--seed", 1)
    assert code == 2
    assert "there is no folder" in said
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["mother.txt"]


def test_results_and_storms_that_are_not_there_are_named(relight, network, tmp_path):
    relight("storm", "generate", network, tmp_path / "a", "--seed", 1)
    (tmp_path / "list.json").write_text("[]")
    for storm, result, complaint in [
        ("a", "none.json", "there is no result"),
        ("nowhere", "none.json", "no storm is there"),
        ("a", "list.json", "no inference result"),
        ("a", "a/evidence.ndjson", "cannot be read"),
    ]:
        code, _, said = relight("storm", "score", tmp_path / storm, tmp_path / result)
        assert code == 2
        assert complaint in said
    (tmp_path / "a" / "truth.json").write_text("{}")
    code, _, said = relight("rates", "learn", tmp_path / "a")
    assert code == 2
    assert "do not fit together" in said
