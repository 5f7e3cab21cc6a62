"""Rates: defaults that hold, a file that gives back what was written, and a plain refusal of any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from topology.errors import RatesError
from topology.rates import FORMAT, EvidenceRates, read_rates, write_rates


def test_the_defaults_are_sound():
    rates = EvidenceRates()
    assert sum(rates.shares.values()) == pytest.approx(1.0)
    assert dict(rates.calls_by_minute)[30.0] == pytest.approx(0.30)
    assert rates.loss is None


def test_a_file_gives_back_what_was_written(tmp_path: Path):
    rates = EvidenceRates(loss=0.4, priors={"fuse": 1e-4}, priors_by_device={"F-8": 0.01})
    write_rates(rates, tmp_path / "rates.json")
    assert read_rates(tmp_path / "rates.json") == rates
    assert [path.name for path in tmp_path.iterdir()] == ["rates.json"]


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path):
    path = tmp_path / "rates.json"
    path.write_text(json.dumps({"format": FORMAT, "loss": None, "false_rate": 0}))
    assert read_rates(path) == EvidenceRates(false_rate=0.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "no JSON"),
        ("[]", "no rates file"),
        ('{"format": "relight rates 0"}', "no rates file"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str, complaint: str):
    path = tmp_path / "rates.json"
    path.write_text(text)
    with pytest.raises(RatesError, match=complaint):
        read_rates(path)


@pytest.mark.parametrize(
    ("entry", "value", "complaint"),
    [
        ("los", 0.3, "unknown entries: los"),
        ("loss", 1.5, "`loss` must be between 0 and 1"),
        ("loss", "0.5", "`loss` must be a number"),
        ("loss", {"a": 1}, "`loss` must be a number"),
        ("loss", True, "`loss` must be a number"),
        ("loss", float("nan"), "`loss` must be a number"),
        ("false_call_rate", None, "`false_call_rate` must be a number"),
        ("expected_faults", 0, "above zero"),
        ("expected_faults", float("inf"), "must be a number"),
        ("shares", 5, "`shares` must be an object"),
        ("shares", {"breaker": -0.1}, "shares.breaker"),
        ("shares", {"station": 0.1}, "names 'station'"),
        ("priors_by_device", {"F-1": 2}, "priors_by_device.F-1"),
        ("calls_by_minute", {}, "list of"),
        ("calls_by_minute", [0, 1], "list of"),
        ("calls_by_minute", [[0, 0.1, 2]], "list of"),
        ("calls_by_minute", [[0, 0]], "two rows or more"),
        ("calls_by_minute", [[0, 0], [5, 0.3], [4, 0.4]], "must rise"),
        ("calls_by_minute", [[0, 0.5], [5, 0.3]], "must rise"),
        ("gasps_by_minute", [[0, 0.5], [5, 1.3]], "between 0 and 1"),
        ("gasps_by_minute", [["0", 0.5], [5, 1]], "must be a number"),
    ],
)
def test_a_bad_entry_is_named(tmp_path: Path, entry: str, value: object, complaint: str):
    path = tmp_path / "rates.json"
    path.write_text(json.dumps({"format": FORMAT, entry: value}))
    with pytest.raises(RatesError, match=complaint):
        read_rates(path)
