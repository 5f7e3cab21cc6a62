"""What makes trial storms hard: nests, collectors, blinks, wrong addresses, telemetry, weather, pings."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest

from storm.trials import PingRates, Places, TrialGround, TrialMeters, TrialShape, make_trial
from storm.trials.errors import NoNestError, NoPlacesError
from topology.observations import ObservationKind
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network

QUIET = {"false_rate": 0.0, "false_call_rate": 0.0}


@pytest.fixture(scope="module")
def ground(town):
    """The town on a square of about a kilometre, its service points and devices in order of their ids."""
    network = town.network

    def square(count):
        side = np.linspace(0, 0.01, count)
        return np.column_stack([10 + side, 50 + side[::-1]])

    places = Places(square(network.service_point_count), square(network.device_count))
    return TrialGround(town, places=places)


def out_of(trial):
    points = np.concatenate([fault.service_points for fault in trial.truth.faults])
    return set(trial.ground.network.service_point_ids(points))


def of_kind(trial, kind):
    return [one for one in trial.observations if one.kind is kind]


class TestNests:
    SHAPE = TrialShape(fewest_faults=2, most_faults=2, nested=True, **QUIET)

    @pytest.mark.parametrize("seed", range(30))
    def test_keep_the_lower_fault_dark_from_its_own_start(self, town, ground, seed):
        trial = make_trial(ground, self.SHAPE, seed)
        [lower] = trial.truth.faults
        assert lower.started_at == self.SHAPE.started_from
        assert trial.truth.at == self.SHAPE.started_from + timedelta(minutes=55)
        found, repaired = of_kind(trial, ObservationKind.CREW_FINDING)
        assert (found.result, repaired.result) in {("open", "closed"), ("damaged", "ok")}
        upper = town.service_points_below(town.network.device_index(repaired.subject))
        assert set(lower.service_points.tolist()) < set(upper.tolist())
        woken = {one.subject for one in of_kind(trial, ObservationKind.POWER_UP)}
        assert woken <= set(town.network.service_point_ids(np.setdiff1d(upper, lower.service_points)))
        assert not woken & out_of(trial)

    def test_wake_most_meters_at_the_repair(self, ground):
        trials = [make_trial(ground, self.SHAPE, seed) for seed in range(60)]
        woken = [one for trial in trials for one in of_kind(trial, ObservationKind.POWER_UP)]
        assert woken
        repaired = self.SHAPE.started_from + timedelta(minutes=45)
        assert all(abs(one.at - repaired) < timedelta(seconds=10) for one in woken)

    def test_need_a_device_below_another(self):
        network, _ = parse_text_network("source s\nfuse F s a\nservice_point p a")
        ground = TrialGround(SupplyTree(network, SwitchState.normal(network)))
        with pytest.raises(NoNestError):
            make_trial(ground, self.SHAPE, 1)


class TestCollectors:
    def test_that_are_down_pass_nothing_on(self, ground):
        shape = TrialShape(collector_meters=8, collector_failures=1.0, calling=0.0)
        trial = make_trial(ground, shape, 3)
        assert trial.observations == []
        assert {TrialMeters(trial).ping("p1-1-1-1"), TrialMeters(trial).ping("p2-4-2-3")} == {"unreachable"}

    def test_that_babble_tell_of_places_with_supply(self, ground):
        shape = TrialShape(
            loss=1.0, calling=0.0, collector_meters=8, babbling_collectors=1, repeat_share=0, **QUIET
        )
        trials = [make_trial(ground, shape, seed) for seed in range(20)]
        told = [{one.subject for one in trial.observations} for trial in trials]
        assert max(len(one) for one in told) == 8
        assert all(not one & out_of(trial) for one, trial in zip(told, trials, strict=True))


def test_blinks_gasp_and_wake_within_half_a_minute(ground):
    shape = TrialShape(loss=0.0, calling=0.0, blinks=2, power_up_loss=0.0, minutes=60, **QUIET)
    trial = make_trial(ground, shape, 4)
    woken = {one.subject: one.at for one in of_kind(trial, ObservationKind.POWER_UP)}
    assert woken
    assert not set(woken) & out_of(trial)
    gasped = {one.subject: one.at for one in of_kind(trial, ObservationKind.LAST_GASP)}
    assert all(-5 < (at - gasped[point]).total_seconds() < 35 for point, at in woken.items())


def test_wrong_addresses_are_of_neighbours_and_no_true_reports(ground):
    shape = TrialShape(loss=1.0, calling=0.9, wrong_address=1.0, minutes=60, **QUIET)
    for seed in range(10):
        trial = make_trial(ground, shape, seed)
        assert all(len(fault.reporting_points) == 0 for fault in trial.truth.faults)
        calls = of_kind(trial, ObservationKind.TROUBLE_CALL)
        # Those who share a transformer or a fuse begin alike: p1-4-2-3 is under T1-4.
        near = {point[:6] for point in out_of(trial)}
        assert all(one.subject[:6] in near for one in calls)


class TestLocations:
    def test_stand_in_place_of_a_name(self, ground):
        shape = TrialShape(loss=1.0, location_only=1.0, location_error_m=0.0, calling=0.9, **QUIET)
        trial = make_trial(ground, shape, 6)
        documents = list(trial.documents())
        assert documents
        assert all("service_point" not in one and one["location"]["crs"] == "wgs84" for one in documents)
        assert {one.subject for one in trial.observations} <= out_of(trial)

    @pytest.mark.parametrize(
        "asked", [{"location_only": 0.5}, {"weather": "front", "spread_minutes": 5.0}], ids=str
    )
    def test_need_places(self, town, asked):
        with pytest.raises(NoPlacesError):
            make_trial(TrialGround(town), TrialShape(**asked), 1)


class TestTelemetry:
    SHAPE = TrialShape(telemetered=1.0, telemetry_missed=0.0, shares={"breaker": 1.0}, most_faults=1)

    def test_tells_what_opened_and_near_the_end_the_state_of_all(self, ground):
        trial = make_trial(ground, self.SHAPE, 1)
        [fault] = trial.truth.faults
        opened = of_kind(trial, ObservationKind.SWITCH_OPEN)
        closed = of_kind(trial, ObservationKind.SWITCH_CLOSED)
        assert [one.subject for one in opened] == [fault.device] * 2
        assert {one.subject for one in closed} == {"B1", "B2"} - {fault.device}

    def test_that_misses_shows_all_closed(self, ground):
        shape = TrialShape(telemetered=1.0, telemetry_missed=1.0, shares={"breaker": 1.0}, most_faults=1)
        trial = make_trial(ground, shape, 1)
        assert {one.subject for one in of_kind(trial, ObservationKind.SWITCH_CLOSED)} == {"B1", "B2"}
        assert not of_kind(trial, ObservationKind.SWITCH_OPEN)


def test_indicators_speak_on_the_way_to_the_fault(ground):
    shape = TrialShape(
        indicators=1.0, indicator_missed=0.0, indicator_false=0.0, shares={"fuse": 1.0}, most_faults=1
    )
    trial = make_trial(ground, shape, 1)
    [fault] = trial.truth.faults
    feeder = fault.device[1]
    said = {one.subject: one.result for one in of_kind(trial, ObservationKind.FAULT_INDICATOR)}
    assert {device for device, result in said.items() if result == "fault"} == {fault.device, f"B{feeder}"}
    assert len(said) == 9
    assert all(device[1] == feeder for device in said)


def test_wrong_clocks_are_hours_off(ground):
    shape = TrialShape(loss=0.0, clock_error_share=0.5, clock_error_hours=5.0, calling=0.0, **QUIET)
    hours = Counter(
        round((one.at - shape.started_from).total_seconds() / 3600)
        for seed in range(10)
        for one in make_trial(ground, shape, seed).observations
    )
    assert set(hours) == {-5, 0, 5}


def test_crews_find_what_is_open(ground):
    trial = make_trial(ground, TrialShape(crew_finds=1.0, fewest_faults=3), 2)
    found = of_kind(trial, ObservationKind.CREW_FINDING)
    assert sorted(one.subject for one in found) == sorted(fault.device for fault in trial.truth.faults)
    assert {one.result for one in found} <= {"open", "damaged"}
    assert all("device" in one for one in trial.documents() if one["kind"] == "crew_finding")


def test_a_front_brings_faults_over_time_and_by_place(ground):
    shape = TrialShape(weather="front", spread_minutes=10, fewest_faults=3, shares={"service": 1.0})
    starts, spots = [], []
    for seed in range(100):
        truth = make_trial(ground, shape, seed).truth
        times = [fault.started_at - shape.started_from for fault in truth.faults]
        assert times == sorted(times)
        starts += times
        spots.append(np.std([fault.service_points[0] for fault in truth.faults]))
    assert timedelta(0) <= min(starts) < timedelta(minutes=1)
    assert timedelta(minutes=9) < max(starts) <= timedelta(minutes=10)
    # On the square a front along its diagonal hits a part of it only; evenly drawn, the mean would be 13.
    assert np.mean(spots) < 12


def test_own_generation_keeps_quiet_and_answers_on(ground):
    shape = TrialShape(loss=0.0, own_generation=1.0, fewest_faults=3, **QUIET)
    trial = make_trial(ground, shape, 2)
    assert trial.observations == []
    meters = TrialMeters(trial, PingRates(unreachable_with_supply=0.0))
    assert {meters.ping(point) for point in out_of(trial)} == {"on"}


class TestPings:
    def test_tell_the_truth_or_nothing(self, town, ground):
        answers = Counter()
        for seed in range(30):
            trial = make_trial(ground, TrialShape(fewest_faults=3), seed)
            meters, out = TrialMeters(trial), out_of(trial)
            for point in town.network.service_point_ids(range(town.network.service_point_count)):
                assert meters.ping(point) == meters.ping(point)
                answers[point in out, meters.ping(point)] += 1
        assert set(answers) == {(True, "off"), (True, "unreachable"), (False, "on"), (False, "unreachable")}
        assert answers[True, "unreachable"] / (
            answers[True, "unreachable"] + answers[True, "off"]
        ) == pytest.approx(0.6, abs=0.08)

    def test_are_evidence(self, ground):
        trial = make_trial(ground, TrialShape(), 1)
        seen = TrialMeters(trial).observe("p1-1-1-1", at=trial.truth.at)
        assert seen.kind is ObservationKind.PING
        assert seen.result in {"on", "off", "unreachable"}
