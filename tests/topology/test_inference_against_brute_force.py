"""Inference finds an explanation as cheap as the best over all sets of devices, in any order of arrival."""

import random
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.inference import infer
from topology.supply_tree import SupplyTree


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_the_explanation_is_the_cheapest(
    data, twin: ModuleType, inference_twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    networks = st.one_of(inference_twin.drawn_feeders(twin.Drawn), twin.drawn_networks(only_abc=True))
    drawn = data.draw(networks)
    observations = data.draw(inference_twin.drawn_observations(drawn))
    slow = inference_twin.Twin(drawn, observations)
    result = infer(tree=tree_of_rows(drawn), observations=observations, now=inference_twin.NOW)
    inferred = {one.device: one for one in result.outages if one.device not in slow.open}

    devices = {device for device in inferred if device in slow.below}
    assert slow.cost(devices) == pytest.approx(slow.least_cost(), abs=1e-9)
    explained = set().union(*(slow.explains(device) for device in devices))
    services = {point for point in set(slow.reported) - explained if slow.service_cost(point) == 1}
    assert set(inferred) - devices == services
    assert {one.device for one in result.outages} >= {one for one in slow.open if slow.below[one]}

    said = [id_ for one in result.outages for id_ in one.evidence_ids]
    assert len(said) == len(set(said))
    for device in devices:
        assert set(inferred[device].service_point_ids) == slow.below[device]
    for one in result.outages:
        assert 0 < one.probability <= 1
        assert one.candidates[0].probability == one.probability
        assert sum(candidate.probability for candidate in one.candidates[:1]) <= 1
        assert one.reasons
        assert one.service_points_out == len(one.service_point_ids)
        for same in one.candidates[0].equivalent:
            assert slow.below.get(same, {same}) == set(one.service_point_ids)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_order_of_arrival_does_not_matter(
    data, twin: ModuleType, inference_twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(twin.drawn_networks())
    observations = data.draw(inference_twin.drawn_observations(drawn))
    tree = tree_of_rows(drawn)
    in_order = infer(tree=tree, observations=observations, now=inference_twin.NOW)
    shuffled = list(observations)
    random.Random(data.draw(st.integers())).shuffle(shuffled)
    assert infer(tree=tree, observations=shuffled, now=inference_twin.NOW) == in_order
    assert infer(tree=tree, observations=[*shuffled, *observations], now=inference_twin.NOW) == in_order
