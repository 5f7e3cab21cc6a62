"""Rates learned from storms come near those the storms were made with."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from storm.trials import TrialGround, TrialShape, make_trial, past_storm
from topology.rates import DEFAULT_CALLS, EvidenceRates
from topology.rates_learning import learn_calls, learn_rates


@pytest.fixture(scope="module")
def learned(town):
    ground = TrialGround(town)
    shape = TrialShape(loss=0.7, false_rate=0.05, calling=0.2, shares={"fuse": 0.6, "service": 0.4})
    return learn_rates([past_storm(make_trial(ground, shape, seed)) for seed in range(400)])


def test_they_come_near_the_truth(learned):
    assert learned.loss == pytest.approx(0.7, abs=0.03)
    assert learned.false_rate == pytest.approx(0.05, abs=0.02)
    assert learned.expected_faults == pytest.approx(2.0, abs=0.1)
    assert learned.shares["fuse"] == pytest.approx(0.6, abs=0.05)
    assert learned.single_phase["fuse"] == pytest.approx(0.5, abs=0.1)
    assert np.interp(10, *zip(*learned.calls_by_minute, strict=True)) == pytest.approx(
        0.193 * 2 / 3, abs=0.02
    )


def test_kinds_never_seen_keep_a_share(learned):
    assert 0 < learned.shares["breaker"] < 0.01


def test_no_storm_teaches_nothing():
    assert learn_rates([]) == EvidenceRates()


def test_a_storm_without_meters_leaves_the_loss_open(town):
    ground = TrialGround(town, np.zeros(town.network.service_point_count, dtype=bool))
    assert learn_rates([past_storm(make_trial(ground, TrialShape(), 1))]).loss is None


class TestCalls:
    def test_grow_by_the_product_limit_estimate(self):
        # Four in the dark for 10 minutes, one call at 1.5, one at 7; one in the dark for 3, calling at 2.
        curve = dict(learn_calls([10, 10, 10, 10, 3], [1.5, 7, inf, inf, 2.0]))
        assert curve[1.0] == 0
        assert curve[2.0] == pytest.approx(2 / 5)
        assert curve[5.0] == pytest.approx(2 / 5)
        assert curve[7.5] == pytest.approx(1 - (3 / 5) * (2 / 3))
        assert curve[10.0] == curve[7.5]

    def test_go_on_in_the_default_form_beyond_what_was_seen(self):
        curve = dict(learn_calls([10] * 10, [4.0] * 5 + [inf] * 5))
        assert curve[10.0] == 0.5
        assert curve[30.0] == pytest.approx(0.5 * 0.300 / 0.193)

    def test_are_the_default_where_nothing_was_seen(self):
        assert learn_calls([], []) == DEFAULT_CALLS

    def test_of_a_moment_are_a_curve_all_the_same(self):
        EvidenceRates(calls_by_minute=learn_calls([0.0], [inf]))
        EvidenceRates(calls_by_minute=learn_calls([0.5], [0.1]))
        EvidenceRates(calls_by_minute=learn_calls([500.0], [inf]))
