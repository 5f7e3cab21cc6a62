"""The roll-up rules, one by one on small networks, and their counts against a slow twin on random ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.observations import Observation, ObservationKind
from topology.phases import ABC
from topology.rollup import Rollup, roll_up
from topology.rollup_rules import RollupRules
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=10)
KINDS = ObservationKind

#   S ─ B ─┬─ F1 ─┬─ T1 (a-1 … a-4)
#          │      └─ T2 (b-1 … b-4)
#          └─ F2 ─── T3 (c-1 … c-4)
FEEDER = """
source S
breaker B S N1
fuse F1 N1 N2
transformer T1 N2 NA
transformer T2 N2 NB
fuse F2 N1 N3
transformer T3 N3 NC
service_points a NA 4
service_points b NB 4
service_points c NC 4
"""
#   S ─ B ─ F ─┬─ a (phase A), b (phase B), c (phase C), three each
LATERAL = """
source S
breaker B S N1
fuse F N1 N2
service_points a N2 3 A
service_points b N2 3 B
service_points c N2 3 C
"""
RULES = RollupRules(
    customer_reports=2,
    customer_share=0.5,
    children=2,
    children_share=1.0,
    child_share=0.5,
    upstream_reports=4,
)


def said(*subjects, kind=KINDS.TROUBLE_CALL, at=EARLIER, result=None):
    return [Observation(f"{kind}-{one}-{at}", kind, at, one, ABC, result) for one in subjects]


def named(tree, observations, rules=RULES, **more):
    result = roll_up(tree=tree, observations=observations, now=NOW, rules=rules, **more)
    return {(one.device, one.phases) for one in result.outages}


@pytest.fixture
def feeder(draw_tree):
    return draw_tree(FEEDER)


def test_one_report_is_a_service_alone(feeder):
    assert named(feeder, said("a-1")) == {("a-1", "ABC")}


def test_enough_customers_name_their_transformer(feeder):
    assert named(feeder, said("a-1", "a-2")) == {("T1", "ABC")}
    assert named(feeder, said("a-1", "a-2"), replace(RULES, customer_share=0.75)) == {
        ("a-1", "ABC"),
        ("a-2", "ABC"),
    }


def test_affected_devices_next_below_name_the_one_above(feeder):
    assert named(feeder, said("a-1", "a-2", "b-1", "b-2")) == {("F1", "ABC")}
    assert named(feeder, said("a-1", "a-2", "b-1", "b-2", "c-1", "c-2")) == {("B", "ABC")}
    few = replace(RULES, upstream_reports=5)
    assert named(feeder, said("a-1", "a-2", "b-1", "b-2"), few) == {("T1", "ABC"), ("T2", "ABC")}


def test_too_many_devices_name_the_feeder(feeder):
    rules = replace(RULES, upstream_share=0.9, feeder_devices=2)
    assert named(feeder, said("a-1", "a-2", "b-1", "b-2"), rules) == {("B", "ABC")}


def test_a_gasp_may_count_for_less_than_a_call(feeder):
    rules = replace(RULES, gasp_weight=0.5)
    gasps = said("a-1", "a-2", kind=KINDS.LAST_GASP)
    assert named(feeder, gasps, rules) == set()
    assert named(feeder, [*gasps, *said("a-3")], rules) == {("T1", "ABC")}


def test_what_says_the_same_twice_counts_once(feeder):
    assert named(feeder, [*said("a-1"), *said("a-1", kind=KINDS.LAST_GASP), *said("a-1")]) == {("a-1", "ABC")}


def test_a_long_pause_starts_another_outage(feeder):
    late = said("a-2", at=NOW - timedelta(minutes=1))
    early = said("a-1", at=NOW - timedelta(minutes=90))
    assert named(feeder, [*early, *late]) == {("a-1", "ABC"), ("a-2", "ABC")}
    assert named(feeder, [*early, *late], replace(RULES, minutes_apart=120)) == {("T1", "ABC")}


def test_who_is_on_clears_all_above(feeder):
    on = said("b-4", kind=KINDS.PING, result="on", at=NOW - timedelta(minutes=1))
    assert named(feeder, [*said("a-1", "a-2", "b-1", "b-2"), *on]) == {
        ("T1", "ABC"),
        ("b-1", "ABC"),
        ("b-2", "ABC"),
    }


def test_what_telemetry_shows_closed_is_not_named(feeder):
    closed = said("B", kind=KINDS.SWITCH_CLOSED)
    reports = said("a-1", "a-2", "b-1", "b-2", "c-1", "c-2")
    assert named(feeder, [*closed, *reports]) == {("F1", "ABC"), ("T3", "ABC")}


def test_what_is_known_to_be_open_explains_its_reports(feeder):
    opened = said("F1", kind=KINDS.SWITCH_OPEN)
    result = roll_up(tree=feeder, observations=[*opened, *said("a-1", "c-1")], now=NOW, rules=RULES)
    assert (result.outages[0].device, result.outages[0].probability) == ("F1", 1.0)
    assert {one.device for one in result.outages} == {"F1", "c-1"}
    assert result.outages[0].service_points_out == 8
    assert named(feeder, said("c-1"), confirmed=["T3", "nothing"]) == {("T3", "ABC")}


def test_a_fuse_may_have_blown_on_one_phase(draw_tree):
    lateral = draw_tree(LATERAL)
    assert named(lateral, said("a-1", "a-2", "a-3")) == {("F", "A")}
    assert named(lateral, said("a-1", "a-2", "b-1", "b-2", "c-1", "c-2")) == {("B", "ABC")}
    assert named(lateral, said("a-1", "a-2", "a-3"), replace(RULES, single_phase_share=0)) == {
        ("a-1", "A"),
        ("a-2", "A"),
        ("a-3", "A"),
    }


def test_equivalents_stand_with_the_candidate(feeder):
    (outage,) = roll_up(
        tree=feeder, observations=said("c-1", "c-2", "c-3"), now=NOW, rules=replace(RULES, children=1)
    ).outages
    assert {outage.device, *outage.candidates[0].equivalent} == {"F2", "T3"}
    assert outage.candidates[1].device == "B"
    assert outage.service_point_ids == ("c-1", "c-2", "c-3", "c-4")
    assert outage.reasons[0].text.startswith("3 of 4 service points")


@st.composite
def drawn_feeders(draw):
    """Devices as numbers of those above them (0: the source), service points by device, who reports."""
    above = [draw(st.integers(0, number)) for number in range(draw(st.integers(1, 7)))]
    points = draw(st.lists(st.integers(1, len(above)), min_size=1, max_size=14))
    reporting = draw(st.sets(st.integers(0, len(points) - 1)))
    on = draw(st.sets(st.integers(0, len(points) - 1), max_size=1)) - reporting
    rules = RollupRules(
        customer_reports=draw(st.sampled_from([1, 2, 3])),
        customer_share=draw(st.sampled_from([0, 0.3, 0.6])),
        child_reports=draw(st.sampled_from([1, 2])),
        child_share=draw(st.sampled_from([0, 0.4])),
        children=draw(st.sampled_from([1, 2, 3])),
        children_share=draw(st.sampled_from([0.2, 0.5, 1])),
        upstream_reports=draw(st.sampled_from([1, 3])),
        upstream_share=draw(st.sampled_from([0, 0.3])),
        single_phase_share=0,
    )
    return above, points, reporting, on, rules


class SlowRules:
    """Rules 1, 2, 4, 5 and 6 in plain words, device by device."""

    def __init__(self, above, points, reporting, on, rules):
        self.above, self.points, self.reporting, self.on, self.rules = above, points, reporting, on, rules
        self.named, self.alone = set(), set(reporting)
        for device in range(1, len(above) + 1):
            if self.holds(device) and not any(self.holds(upper) for upper in self.uppers(device)):
                self.named.add(device)
                self.alone -= self.below(device)

    def uppers(self, device):
        while device := self.above[device - 1]:
            yield device

    def below(self, device):
        inside = {device, *(one for one in range(1, len(self.above) + 1) if device in self.uppers(one))}
        return {point for point, at in enumerate(self.points) if at in inside}

    def affected(self, device):
        below = self.below(device)
        out = below & self.reporting
        rules = self.rules
        return bool(out) and len(out) >= rules.child_reports and len(out) / len(below) >= rules.child_share

    def holds(self, device):
        below, rules = self.below(device), self.rules
        out = below & self.reporting
        if not out or below & self.on:
            return False
        children = [
            one for one in range(1, len(self.above) + 1) if self.above[one - 1] == device and self.below(one)
        ]
        share = len(out) / len(below)
        if not children:
            return len(out) >= min(rules.customer_reports, len(below)) and share >= rules.customer_share
        own = {point for point, at in enumerate(self.points) if at == device}
        count = len(children) + len(own)
        affected = sum(map(self.affected, children)) + len(own & self.reporting)
        return (
            affected >= min(rules.children, count)
            and affected >= rules.children_share * count
            and len(out) >= min(rules.upstream_reports, len(below))
            and share >= rules.upstream_share
        )


@settings(max_examples=300, deadline=None)
@given(drawn=drawn_feeders())
def test_the_rules_are_those_of_a_slow_twin(drawn):
    above, points, reporting, on, rules = drawn
    lines = ["source N0"]
    lines += [f"fuse D{number} N{upper} N{number}" for number, upper in enumerate(above, start=1)]
    lines += [f"service_point P{number} N{at}" for number, at in enumerate(points)]
    network, findings = parse_text_network("\n".join(lines))
    assert findings == ()
    slow = SlowRules(*drawn)
    tree = SupplyTree(network, SwitchState.normal(network))
    observations = said(*(f"P{one}" for one in reporting))
    observations += said(*(f"P{one}" for one in on), kind=KINDS.PING, result="on")
    rollup = Rollup(tree, rules)
    result = rollup.infer(observations, now=NOW)
    expected = {f"D{one}" for one in slow.named} | {f"P{one}" for one in slow.alone}
    assert {one.device for one in result.outages} == expected
    for one in result.outages:
        if one.device.startswith("D"):
            assert set(one.service_point_ids) == {f"P{point}" for point in slow.below(int(one.device[1:]))}


def test_many_storms_are_asked_of_one_tree(feeder):
    rollup = Rollup(feeder, RULES)
    first = rollup.infer(said("a-1", "a-2"), now=NOW)
    assert rollup.infer(said("c-1"), now=NOW).outages[0].device == "c-1"
    assert (
        rollup.infer(said("a-1", "a-2"), now=NOW)
        == first
        == roll_up(tree=feeder, observations=said("a-1", "a-2"), now=NOW, rules=RULES)
    )
