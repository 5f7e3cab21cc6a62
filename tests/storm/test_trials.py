"""Trial storms: what is hidden, and what is told of it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storm.errors import BadSeedError
from storm.trials import TrialGround, TrialShape, make_trial
from storm.trials.errors import NothingCanFailError, TrialShapeError
from topology.phases import format_phases
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network
from topology.trace import service_points_downstream


def tree_of(text):
    network, _ = parse_text_network(text)
    return SupplyTree(network, SwitchState.normal(network))


@pytest.fixture(scope="module")
def ground(town):
    return TrialGround(town)


#  s ──[B1]── a ──[F1]── b    p1 on A, p2 on B at b; p3 on ABC at a
PHASES = """
source s
breaker B1 s a
fuse F1 a b
service_point p1 b 1 A
service_point p2 b 1 B
service_point p3 a 2
"""


class TestWhatMayFail:
    def test_devices_that_feed_somebody_alone_and_services_with_supply(self):
        #  s ─┬─[B1]─┬─ a ─[F1]─ b   p1 at b, p2 at c behind an open tie; F2 feeds nobody, B1 and B2 a ring
        #     └─[B2]─┘ └[F2]─ d
        ground = TrialGround(
            tree_of(
                "source s\nbreaker B1 s a\nbreaker B2 s a\nfuse F1 a b\nfuse F2 a d\ntie T a c\n"
                "service_point p1 b\nservice_point p2 c"
            )
        )
        found = {
            kind: [ground.id_of(kind, one) for one in candidates.tolist()]
            for kind, candidates in ground.candidates.items()
        }
        assert found == {"fuse": ["F1"], "service": ["p1"]}

    def test_phases_that_nobody_takes_are_not_fed(self):
        ground = TrialGround(tree_of(PHASES))
        fed = {
            one: format_phases(ground.fed_phases[ground.network.device_index(one)]) for one in ("B1", "F1")
        }
        assert fed == {"B1": "ABC", "F1": "AB"}

    def test_nothing_is_refused(self):
        ground = TrialGround(tree_of("source s\nbreaker B1 s a"))
        with pytest.raises(NothingCanFailError):
            make_trial(ground, TrialShape(), 1)

    def test_kinds_that_are_not_there_give_their_share_to_the_others(self, ground):
        shares = make_trial(ground, TrialShape(), 1).true_rates.shares
        assert set(shares) == {"breaker", "fuse", "distribution", "service"}
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["fuse"] / shares["service"] == pytest.approx(0.30 / 0.20)


class TestFaults:
    @settings(max_examples=60, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_put_out_what_lies_behind_them_and_never_share_anybody(self, town, ground, seed):
        truth = make_trial(ground, TrialShape(), seed).truth
        assert 1 <= len(truth.faults) <= 3
        taken = np.concatenate([fault.service_points for fault in truth.faults])
        assert len(taken) == len(set(taken.tolist()))
        for fault in truth.faults:
            behind = service_points_downstream(tree=town, device=fault.device)
            assert town.network.service_point_ids(fault.service_points) == sorted(behind)

    def test_come_by_the_shares_and_numbers_asked_for(self, ground):
        shape = TrialShape(shares={"fuse": 0.75, "service": 0.25}, single_phase={})
        faults = [make_trial(ground, shape, seed).truth.faults for seed in range(600)]
        numbers = Counter(len(one) for one in faults)
        kinds = Counter(fault.kind for one in faults for fault in one)
        assert all(abs(count / 600 - 1 / 3) < 0.06 for count in numbers.values())
        assert kinds["fuse"] / kinds.total() == pytest.approx(0.75, abs=0.05)

    def test_on_one_phase_put_out_those_who_take_it(self):
        ground = TrialGround(tree_of(PHASES))
        shape = TrialShape(most_faults=1, shares={"fuse": 1.0}, single_phase={"fuse": 1.0})
        seen = set()
        for seed in range(40):
            [fault] = make_trial(ground, shape, seed).truth.faults
            seen.add((format_phases(fault.phases), *ground.network.service_point_ids(fault.service_points)))
        assert seen == {("A", "p1"), ("B", "p2")}

    def test_that_do_not_fit_are_left_out(self):
        ground = TrialGround(tree_of("source s\nbreaker B1 s a\nservice_points p a 5"))
        shape = TrialShape(fewest_faults=3, shares={"breaker": 1.0})
        assert len(make_trial(ground, shape, 1).truth.faults) == 1

    def test_start_within_the_spread_and_in_order(self, ground):
        shape = TrialShape(fewest_faults=3, spread_minutes=8)
        trial = make_trial(ground, shape, 3)
        starts = [fault.started_at - shape.started_from for fault in trial.truth.faults]
        assert starts == sorted(starts)
        assert timedelta(0) < starts[0] <= starts[-1] <= timedelta(minutes=8)
        assert trial.truth.at == shape.started_from + timedelta(minutes=10)


class TestEvidence:
    def test_is_the_same_for_the_same_seed_and_another_for_another(self, ground):
        first, again, other = (list(make_trial(ground, TrialShape(), seed).documents()) for seed in (7, 7, 8))
        assert first == again
        assert first != other

    def test_faults_do_not_hang_on_how_well_they_are_reported(self, ground):
        devices = {
            tuple(fault.device for fault in make_trial(ground, shape, 5).truth.faults)
            for shape in (
                TrialShape(loss=0.1),
                TrialShape(loss=0.9, calling=0.0),
                TrialShape(false_rate=0.05),
            )
        }
        assert len(devices) == 1

    @settings(max_examples=30, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_stands_in_order_of_arrival_and_has_arrived(self, ground, seed):
        trial = make_trial(ground, TrialShape(spread_minutes=5), seed)
        arrived = trial.arrived_at
        assert arrived == sorted(arrived)
        assert all(one <= trial.truth.at for one in arrived)
        assert len({one.id for one in trial.observations}) == len(arrived)

    def test_comes_at_the_rates_asked_for(self, ground):
        shape = TrialShape(loss=0.4, false_rate=0.2, calling=0.30, false_call_rate=0.1, minutes=30)
        out = true_gasps = false_gasps = true_calls = false_calls = 0
        for seed in range(400):
            trial = make_trial(ground, shape, seed)
            dark = {
                point
                for fault in trial.truth.faults
                for point in ground.network.service_point_ids(fault.service_points)
            }
            gasped = {one.subject for one in trial.observations if one.kind == "last_gasp"}
            called = {one.subject for one in trial.observations if one.kind == "trouble_call"}
            out += len(dark)
            true_gasps, false_gasps = true_gasps + len(gasped & dark), false_gasps + len(gasped - dark)
            true_calls, false_calls = true_calls + len(called & dark), false_calls + len(called - dark)
        assert true_gasps / out == pytest.approx(0.6, abs=0.03)
        assert true_calls / out == pytest.approx(0.30, abs=0.03)
        # The town is small and half of it often dark, which caps the probability of the few others.
        assert false_gasps / (true_gasps + false_gasps) == pytest.approx(0.2, abs=0.04)
        assert false_calls / (true_calls + false_calls) == pytest.approx(0.1, abs=0.03)

    def test_tells_who_truly_reported(self, ground):
        trial = make_trial(ground, TrialShape(loss=0.5), 11)
        told = {one.subject for one in trial.observations}
        for fault in trial.truth.faults:
            out = set(ground.network.service_point_ids(fault.service_points))
            reporting = set(ground.network.service_point_ids(fault.reporting_points))
            assert reporting == out & told

    def test_needs_meters_for_gasps(self, town):
        ground = TrialGround(town, np.zeros(town.network.service_point_count, dtype=bool))
        kinds = {
            one.kind.value
            for seed in range(20)
            for one in make_trial(ground, TrialShape(), seed).observations
        }
        assert kinds == {"trouble_call"}

    def test_names_its_gasps_by_no_more_than_their_order(self, ground):
        documents = list(make_trial(ground, TrialShape(), 9).documents())
        assert [one["id"] for one in documents] == [f"9-{number}" for number in range(len(documents))]
        assert set().union(*documents) <= {"id", "kind", "at", "service_point", "hazard"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 1.1},
        {"loss": float("nan")},
        {"false_rate": 1.0},
        {"calling": 1.0},
        {"fewest_faults": 0},
        {"fewest_faults": 4},
        {"minutes": 0},
        {"spread_minutes": 11},
        {"shares": {"station": 1.0}},
        {"shares": {"fuse": -1.0}},
        {"collector_meters": 0},
    ],
)
def test_shapes_that_cannot_be_are_refused(wrong):
    with pytest.raises(TrialShapeError):
        TrialShape(**wrong)


def test_a_seed_below_zero_is_refused(ground):
    with pytest.raises(BadSeedError):
        make_trial(ground, TrialShape(), -1)
