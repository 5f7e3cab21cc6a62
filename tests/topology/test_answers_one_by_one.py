"""What is worked out for all outages together, and read later, is what is said of one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.down_pass import go_down
from topology.inference import Inference, InferenceResult, Restored
from topology.inference_result import InferredOutage
from topology.observations import Observation, ObservationKind
from topology.rates import EvidenceRates
from topology.supply_tree import SupplyTree

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
# How it is known to be open is all that is said of such an outage; it has no candidates to tell apart.
KNOWN = {"confirmed", "switch_open", "crew_found"}
OF_POINTS = [
    (ObservationKind.TROUBLE_CALL, None),
    (ObservationKind.LAST_GASP, None),
    (ObservationKind.LAST_GASP, None),
    (ObservationKind.PING, "off"),
    (ObservationKind.PING, "on"),
    (ObservationKind.PING, "unreachable"),
    (ObservationKind.POWER_UP, None),
]
OF_DEVICES = [
    (ObservationKind.SWITCH_OPEN, None),
    (ObservationKind.SWITCH_CLOSED, None),
    (ObservationKind.CREW_FINDING, "open"),
    (ObservationKind.CREW_FINDING, "closed"),
    (ObservationKind.FAULT_INDICATOR, "fault"),
]
# Some so far apart that an outage does not begin with the first of them.
MINUTES = st.sampled_from([0, 0, 0, 0.5, 2, 4, 9, 28, 200])


@st.composite
def told(draw: st.DrawFn, points: list[str], devices: list[str]) -> list[Observation]:
    about = st.one_of(
        st.tuples(st.sampled_from(points), st.sampled_from(OF_POINTS)),
        st.tuples(st.sampled_from(points), st.sampled_from(OF_POINTS)),
        st.tuples(st.sampled_from(devices), st.sampled_from(OF_DEVICES)),
    )
    said = draw(st.lists(st.tuples(about, MINUTES), min_size=2, max_size=24))
    return [
        Observation(f"E{place:02}", kind, START + timedelta(minutes=minute), subject, result=result)
        for place, ((subject, (kind, result)), minute) in enumerate(said)
    ]


def one_by_one(answers_twin: ModuleType, inference: Inference, now: datetime) -> list[InferredOutage]:
    """Return what the twin says of all feeders, whatever has changed."""
    points = np.flatnonzero(inference.heard.reports() & (inference.blame.vertex_of_point >= 0))
    return answers_twin.Twin(inference, go_down(inference.posterior, points), now).outages()


def assert_same(result: InferenceResult, twins: list[InferredOutage]) -> None:
    # Equal but for rounding: which of them comes first is chance, and so is all that follows from it.
    if any(is_tied(one) for one in twins):
        return
    inferred = [one for one in result.outages if one.reasons[0].code not in KNOWN]
    assert [one.device for one in inferred] == [one.device for one in twins]
    for ours, theirs in zip(inferred, twins, strict=True):
        assert near(ours) == near(theirs)
        assert [one.probability for one in ours.candidates] == pytest.approx(
            [one.probability for one in theirs.candidates], abs=1e-9
        )
        rest = {"candidates": (), "probability": 0.0}
        assert replace(ours, **rest) == replace(theirs, **rest)


def is_tied(outage: InferredOutage) -> bool:
    first, *others = [one.probability for one in outage.candidates]
    return any(first - one < 1e-9 for one in others)


def near(outage: InferredOutage) -> list[tuple[object, ...]]:
    """Return the candidates, the likeliest first, those alike by name."""
    return sorted(
        (-round(one.probability, 8), one.device, one.phases, one.equivalent) for one in outage.candidates
    )


def compare(answers_twin: ModuleType, tree: SupplyTree, observations: list[Observation], data) -> None:
    """Tell an inference piece by piece; read what it answered only after all has changed."""
    rates = data.draw(st.sampled_from([EvidenceRates(), EvidenceRates(loss=0.5, false_rate=0.01)]))
    inference = Inference(tree=tree, rates=rates)
    device = observations[0].subject
    restored = data.draw(
        st.sampled_from([(), (Restored(device, START + timedelta(minutes=3), START - timedelta(hours=1)),)])
    )
    step = data.draw(st.integers(1, len(observations)))
    count = len(range(0, len(observations), step))
    minutes = sorted(data.draw(st.lists(st.sampled_from([1, 5, 12, 40]), min_size=count, max_size=count)))
    unread: list[InferenceResult] = []
    twins: list[list[InferredOutage]] = []
    for place, minute in zip(range(0, len(observations), step), minutes, strict=True):
        now = START + timedelta(minutes=minute)
        unread.append(inference.update(observations[place : place + step], now=now, restored=restored))
        twins.append(one_by_one(answers_twin, inference, now))
    for result, twin in zip(unread, twins, strict=True):
        if not any(one.code == "false_gasps" for one in result.conflicts):
            assert_same(result, twin)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_on_small_trees_of_all_phases(
    data,
    answers_twin: ModuleType,
    twin: ModuleType,
    posterior_twin: ModuleType,
    tree_of_rows: Callable[..., SupplyTree],
):
    drawn = data.draw(posterior_twin.drawn_trees(twin.Drawn))
    points, devices = [one for one, *_ in drawn.service_points], [one for one, *_ in drawn.devices]
    compare(answers_twin, tree_of_rows(drawn), data.draw(told(points, devices)), data)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_in_a_town(data, answers_twin: ModuleType, town: SupplyTree):
    network = town.network
    points = network.service_point_ids(np.arange(0, network.service_point_count, 3))
    devices = network.device_ids(np.arange(network.device_count))
    compare(answers_twin, town, data.draw(told(points, devices)), data)
