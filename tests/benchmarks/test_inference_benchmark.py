"""`relight benchmark inference` on a few storms: every target has a row, and a plain walk gives the same."""

from __future__ import annotations

import json

import pytest

from benchmarks import inference
from benchmarks.inference_failures import failure_table
from benchmarks.inference_storms import ALONE, FALSE_RATES, LIMIT, LOSSES, METHODS, ROLLUP, TOLD, together

CITY = "city of 2,000"


@pytest.fixture(scope="module")
def report():
    said: list[tuple[str, int, int]] = []
    found = inference.run(
        sizes=(600,),
        progress=lambda _: None,
        storms=4,
        bar=lambda *told: said.append(told),
        networks=[CITY],
    )
    assert said[0][1] == 0
    assert said[-1][1] == said[-1][2]
    return found


def test_every_point_of_the_grid_has_rows(report):
    cases = {row.case for row in report.rows}
    grid = {
        f"{loss:.0%} lost, {rate:.0%} false".replace("%", " %") for loss in LOSSES for rate in FALSE_RATES
    }
    assert grid | {"calls alone, no meters", "nested, what lies above is repaired"} <= cases
    of_usual = [
        row.metric for row in report.rows if row.case == "50 % lost, 1 % false" and row.target is not None
    ]
    for words in (
        "rates told: below",
        "rates learned: below",
        "one storm alone: below",
        "first three",
        "roll-up",
    ):
        assert [metric for metric in of_usual if words in metric]


def test_a_plain_walk_gives_the_same(report):
    (walked,) = [row for row in report.rows if row.peer == "networkx"]
    assert walked.equal


def test_the_limit_knows_better_than_counting(report):
    scores = together(report.answered)
    assert set(scores) == set(METHODS)
    assert scores[LIMIT].mean_log_score > scores[ROLLUP].mean_log_score
    assert scores[TOLD].exact_first > 0.8
    assert scores[ALONE].exact_first > 0.8


def test_the_page_has_the_grid_and_where_it_fails(report, tmp_path):
    inference.write(report, tmp_path)
    page = (tmp_path / "inference.md").read_text(encoding="utf-8")
    assert f"| 50% | 1% | {LIMIT} |" in page
    assert "## Where it fails, and why" in page
    assert f"| {CITY} | fuse |" in failure_table(report.failures, report.faults)
    assert (tmp_path / "inference.svg").read_text(encoding="utf-8").startswith("<?xml")
    told = json.loads(json.dumps(report.as_json()))
    assert told["seeds"]["scored"] == [1_000_001, 1_000_004]
    assert told["parameters"]["shape"]["minutes"] == 10
