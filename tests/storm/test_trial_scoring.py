"""Scores: the twin counts by hand on a town where everything is named."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storm.trials import (
    TrialGround,
    TrialShape,
    TrueFault,
    Truth,
    add_up,
    make_trial,
    outages_from_json,
    score_result,
    truth_from_json,
)
from storm.trials.errors import TrialFileError
from storm.trials.scoring import calibration_error
from topology.phases import ABC, format_phases

AT = datetime(2026, 1, 1, tzinfo=UTC)


def truth_of(town, *devices, reported=True):
    faults = []
    for device in devices:
        points = town.service_points_below(town.network.device_index(device))
        faults.append(TrueFault("fuse", device, ABC, AT, points, points if reported else points[:0]))
    return Truth(AT, tuple(faults))


def outage(town, *candidates, told=None):
    device = told or candidates[0][0]
    ids = town.network.service_point_ids(town.service_points_below(town.network.device_index(device)))
    return {
        "candidates": [
            {"device": name, "phases": "ABC", "probability": probability} for name, probability in candidates
        ],
        "service_point_ids": ids,
    }


def score(town, truth, *outages):
    return score_result(truth, outages_from_json({"outages": list(outages)}, source="test"), town)


class TestScores:
    def test_a_hit_is_found_first_with_its_probability(self, town):
        found = score(town, truth_of(town, "F1-1-1"), outage(town, ("F1-1-1", 0.8), ("T1-1", 0.2)))
        assert found.exact_first == found.among_three == found.precision == 1.0
        assert found.mean_log_score == pytest.approx(math.log(0.8))
        assert (found.told_out_wrongly, found.told_on_wrongly) == (0, 0)
        assert found.calibration == ((0.8, True),)

    def test_a_second_guess_is_among_three_and_tells_some_wrongly(self, town):
        found = score(town, truth_of(town, "F1-1-1"), outage(town, ("T1-1", 0.7), ("F1-1-1", 0.3)))
        assert (found.exact_first, found.among_three, found.precision) == (0.0, 1.0, 1.0)
        assert (found.told_out_wrongly, found.told_on_wrongly) == (3, 0)
        assert found.calibration == ((0.7, False),)

    def test_a_fourth_guess_is_not_and_still_has_its_probability(self, town):
        guesses = [("T1-1", 0.4), ("B1", 0.3), ("F1-1-2", 0.2), ("F1-1-1", 0.1)]
        found = score(town, truth_of(town, "F1-1-1"), outage(town, *guesses))
        assert found.among_three == 0.0
        assert found.mean_log_score == pytest.approx(math.log(0.1))

    def test_a_miss_has_the_floor(self, town):
        found = score(town, truth_of(town, "F1-1-1"), outage(town, ("F2-1-1", 1.0)))
        assert (found.exact_first, found.precision) == (0.0, 0.0)
        assert found.mean_log_score == pytest.approx(math.log(0.001))
        assert (found.told_out_wrongly, found.told_on_wrongly) == (3, 3)

    def test_one_outage_matches_one_fault(self, town):
        truth = truth_of(town, "F1-1-1", "F1-2-1")
        assert score(town, truth, outage(town, ("B1", 1.0))).precision == 1.0
        twice = score(
            town, truth_of(town, "T1-1"), outage(town, ("F1-1-1", 1.0)), outage(town, ("F1-1-2", 1.0))
        )
        assert twice.precision == 0.5

    def test_probabilities_of_several_outages_add_up(self, town):
        truth = truth_of(town, "T1-1")
        one = outage(town, ("F1-1-1", 0.6), ("T1-1", 0.3))
        two = outage(town, ("F1-1-2", 0.6), ("T1-1", 0.2))
        assert score(town, truth, one, two).mean_log_score == pytest.approx(math.log(0.5))

    def test_faults_that_nobody_reported_are_not_counted_as_missed(self, town):
        found = score(town, truth_of(town, "F1-1-1", reported=False))
        assert found.exact_first is None
        assert found.precision is None
        assert found.told_on_wrongly == 3

    def test_devices_and_points_that_do_not_exist_are_nothing(self, town):
        wrong = {
            "candidates": [{"device": "ghost", "phases": "XYZ", "probability": 1.0}],
            "service_point_ids": ["nobody"],
        }
        found = score(town, truth_of(town, "F1-1-1"), wrong)
        assert (found.exact_first, found.told_out_wrongly, found.precision) == (0.0, 0, 0.0)

    def test_storms_add_up(self, town):
        hit = score(town, truth_of(town, "F1-1-1"), outage(town, ("F1-1-1", 1.0)))
        miss = score(town, truth_of(town, "F1-1-1"))
        both = add_up([hit, miss])
        assert (both.exact_first, both.precision, both.outages, both.told_on_wrongly) == (0.5, 1.0, 1, 3)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whoever_knows_the_truth_scores_all(town, seed):
    truth = make_trial(TrialGround(town), TrialShape(single_phase={"fuse": 0.5}), seed).truth
    outages = [
        {
            "device": fault.device,
            "phases": format_phases(fault.phases),
            "service_point_ids": town.network.service_point_ids(fault.service_points),
        }
        for fault in truth.faults
    ]
    document = truth.as_json(town.network)
    found = score(town, truth_from_json(document, town.network, source="test"), *outages)
    assert found.precision == 1.0
    assert found.exact_first in {1.0, None}
    assert found.calibration_error == 0.0
    assert found.told_out_wrongly == found.told_on_wrongly == 0


def test_devices_that_put_out_the_same_count_as_one(draw_pair):
    found = score(draw_pair, truth_of(draw_pair, "X1"), outage(draw_pair, ("F1", 0.9)))
    assert found.exact_first == 1.0
    as_service = {
        "candidates": [{"device": "p", "phases": "A", "probability": 0.9}],
        "service_point_ids": ["p"],
    }
    assert score(draw_pair, truth_of(draw_pair, "X1"), as_service).exact_first == 1.0


@pytest.fixture
def draw_pair():
    """A fuse and a transformer one after the other: s ──[F1]── a ──(X1)── b, one service point p at b."""
    from topology.supply_tree import SupplyTree
    from topology.switch_state import SwitchState
    from topology.text_network import parse_text_network

    network, _ = parse_text_network("source s\nfuse F1 s a\ntransformer X1 a b\nservice_point p b")
    return SupplyTree(network, SwitchState.normal(network))


def test_calibration_is_the_distance_of_what_was_said_and_what_was_so():
    assert calibration_error([(0.75, True), (0.75, True), (0.75, True), (0.75, False)]) == pytest.approx(0)
    assert calibration_error([(1.0, False), (0.05, False)]) == pytest.approx((1.0 + 0.05) / 2)
    assert calibration_error([]) is None


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"outages": [{}]},
        {"outages": [{"device": "a", "phases": "A", "probability": 2, "service_point_ids": []}]},
        {"outages": [{"device": "a", "phases": "A", "probability": "high", "service_point_ids": []}]},
    ],
)
def test_results_that_are_none_are_refused(document):
    with pytest.raises(TrialFileError, match="no inference result"):
        outages_from_json(document, source="RESULT.json")


def test_a_truth_of_another_network_is_refused(town):
    document = truth_of(town, "F1-1-1").as_json(town.network)
    document["faults"][0]["service_points"] = ["elsewhere"]
    with pytest.raises(TrialFileError, match="elsewhere"):
        truth_from_json(document, town.network, source="truth.json")
    assert np.array_equal(
        truth_from_json(truth_of(town, "B1").as_json(town.network), town.network, source="t")
        .faults[0]
        .service_points,
        town.service_points_below(town.network.device_index("B1")),
    )
