"""The limit is the exact posterior: equal to the sum over all sets of open devices and services."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.inference_limit import MODES, SERVICE, LimitModel, LimitPriors, LimitRates, LimitTree
from benchmarks.inference_limit_outages import outages_of
from topology.phases import ABC, PHASE_BITS, format_phases, parse_phases
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network

KINDS = ("breaker", "fuse", "distribution")
SHARES = {"breaker": 0.2, "fuse": 0.3, "distribution": 0.3, SERVICE: 0.2}


class Drawn:
    """A tree of at most four devices and four service points as plain lists, and what each has reported."""

    def __init__(self, devices, points, reports, losses):
        self.devices, self.points, self.reports, self.losses = devices, points, reports, losses
        lines = ["source N0"]
        for number, (above, kind, phases) in enumerate(devices, start=1):
            lines.append(f"{kind} D{number} N{above} N{number} {format_phases(phases)}")
        for number, (above, phases, _) in enumerate(points):
            lines.append(f"service_point P{number} N{above} 1 {format_phases(phases)}")
        network, findings = parse_text_network("\n".join(lines))
        assert findings == ()
        tree = SupplyTree(network, SwitchState.normal(network))
        has_meter = np.array([metered for _, _, metered in points])
        self.tree = LimitTree(tree, has_meter)
        self.priors = LimitPriors(0.8, SHARES, {"fuse": 0.5, "breaker": 0.1})
        self.rates = LimitRates(losses, arrived=0.9, false_gasp=0.02, called=0.3, false_call=0.01)

    def above(self, node):
        while node:
            yield node
            node = self.devices[node - 1][0]


@st.composite
def drawn(draw):
    devices = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        above = draw(st.integers(0, number - 1))
        whole = devices[above - 1][2] if above else ABC
        phases = draw(st.sampled_from([one for one in range(1, 8) if one & ~whole == 0]))
        devices.append((above, draw(st.sampled_from(KINDS)), phases))
    points = []
    for _ in range(draw(st.integers(1, 4))):
        above = draw(st.integers(1, len(devices)))
        whole = devices[above - 1][2]
        phases = draw(st.sampled_from([one for one in range(1, 8) if one & ~whole == 0]))
        points.append((above, phases, draw(st.booleans())))
    reports = [(metered and draw(st.booleans()), draw(st.booleans())) for _, _, metered in points]
    losses = tuple(draw(st.sampled_from([(0.3,), (0.9,), (0.1, 0.5, 0.95)])))
    return Drawn(devices, points, reports, losses)


def ways(case):
    """The possible openings of each thing that feeds someone, with their prior: phases, probability."""
    fed = {}
    for number in range(1, len(case.devices) + 1):
        fed[number] = 0
        for above, phases, _ in case.points:
            if number in case.above(above):
                fed[number] |= phases
    present = [case.devices[number - 1][1] for number in fed if fed[number]]
    total = sum(SHARES[kind] for kind in {*present, SERVICE})
    found = {}
    for number, phases in fed.items():
        if not phases:
            continue
        kind = case.devices[number - 1][1]
        prior = 0.8 * SHARES[kind] / total / present.count(kind)
        bits = [bit for bit in PHASE_BITS if phases & bit]
        alone = {"fuse": 0.5, "breaker": 0.1}.get(kind, 0.0) if len(bits) > 1 else 0.0
        found[number] = [(0, 1 - prior), (phases, prior * (1 - alone))]
        found[number] += [(bit, prior * alone / len(bits)) for bit in bits if alone]
    return found, 0.8 * SHARES[SERVICE] / total / len(case.points)


def brute_force(case):
    """P(evidence), and P(evidence, way open and none above on its phases) by device and mode, and service.

    Where everybody takes all phases, one phase open above is felt by all.
    """
    found, service_prior = ways(case)
    totals = np.zeros(len(case.losses))
    joint = {}
    numbers = list(found)
    for choice in itertools.product(*(found[number] for number in numbers)):
        open_on = dict(zip(numbers, (mask for mask, _ in choice), strict=True))
        weight = math.prod(prior for _, prior in choice)
        likelihood = np.full(len(case.losses), weight)
        alone = {}
        for point, (above, taken, metered) in enumerate(case.points):
            is_out = any(open_on.get(number, 0) & taken for number in case.above(above))
            gasped, called = case.reports[point]
            losses = np.array(case.losses)
            with_out = (0.9 * (1 - losses) if gasped else 1 - 0.9 * (1 - losses)) if metered else 1.0
            with_on = (0.02 if gasped else 0.98) if metered else 1.0
            with_out = with_out * (0.3 if called else 0.7)
            with_on = with_on * (0.01 if called else 0.99)
            mixed = service_prior * with_out + (1 - service_prior) * with_on
            likelihood = likelihood * (with_out if is_out else mixed)
            alone[point] = 0 * losses if is_out else service_prior * with_out / mixed
        totals += likelihood
        for number, mask in open_on.items():
            felt = ABC if case.tree.is_full else mask
            above = [open_on.get(one, 0) & felt for one in case.above(case.devices[number - 1][0])]
            if mask and not any(above):
                joint[number, mask] = joint.get((number, mask), 0) + likelihood
        for point, share in alone.items():
            joint["service", point] = joint.get(("service", point), 0) + likelihood * share
    return totals, joint


@settings(max_examples=150, deadline=None)
@given(case=drawn())
def test_the_posterior_is_the_sum_over_all_sets(case):
    tree = case.tree
    gasped = np.zeros(len(tree.points), dtype=bool)
    called = gasped.copy()
    for point, (gasp, call) in enumerate(case.reports):
        place = tree.place_of[tree.tree.network.service_point_index(f"P{point}")]
        gasped[place], called[place] = gasp, call
    found = LimitModel(tree, case.priors).posterior(gasped, called, case.rates)
    totals, joint = brute_force(case)

    assert np.exp(found.log_evidence) == pytest.approx(totals, rel=1e-9)
    weights = totals / totals.sum()
    assert found.weights == pytest.approx(weights, rel=1e-9)
    for vertex in range(1, tree.count):
        number = int(tree.tree.network.device_ids([tree.device[vertex]])[0][1:])
        fed = sorted({mask for who, mask in joint if who == number})
        for mask in fed:
            modes = [place for place in range(len(MODES)) if tree.masks[vertex, place] == mask]
            if tree.is_full and mask != tree.fed[vertex]:
                continue
            expected = [joint[number, one] for one in (fed if tree.is_full else [mask])]
            wanted = sum((sum(expected) / totals) * weights)
            assert sum(found.devices[vertex, modes]) == pytest.approx(wanted, rel=1e-9, abs=1e-15)
    for point in range(len(case.points)):
        place = tree.place_of[tree.tree.network.service_point_index(f"P{point}")]
        wanted = sum(joint["service", point] / totals * weights)
        assert found.services[place] == pytest.approx(wanted, rel=1e-9, abs=1e-15)
    reporting = np.flatnonzero(gasped | called)
    for outage in outages_of(tree, found, reporting):
        shares = [one.probability for one in outage.candidates]
        assert shares == sorted(shares, reverse=True)
        assert 0 < max(shares) <= 1
        assert all(parse_phases(one.phases) for one in outage.candidates)
