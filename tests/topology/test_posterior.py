"""The passes give the posterior that trying every set of openings gives, at once or piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.blame_tree import ROOT, BlameTree, grow_blame_tree
from topology.down_pass import go_down
from topology.evidence_weights import (
    AGES,
    BUCKET_STARTS,
    METERS,
    SAY_OUT,
    EvidenceWeights,
    Received,
    rounded_count,
    settings_of,
)
from topology.inference import Inference, infer
from topology.observations import Observation, ObservationKind
from topology.phases import parse_phases
from topology.posterior import QUIET, Posterior
from topology.rates import EvidenceRates
from topology.supply_tree import SupplyTree

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
GASPS, CALLS = 3, 2
OUT = set(SAY_OUT)


def reporting(posterior: Posterior) -> np.ndarray:
    out = [
        point
        for point, category in enumerate(posterior.category.tolist())
        if category >= 0
        and (category >= METERS or category in OUT)
        and posterior.age[posterior.blame.vertex_of_point[point]] != QUIET
    ]
    return np.array(out, dtype=np.int64)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_posterior_is_that_of_all_sets_of_openings(
    data, twin: ModuleType, posterior_twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(posterior_twin.drawn_trees(twin.Drawn))
    tree = tree_of_rows(drawn)
    blame = grow_blame_tree(tree)
    assert blame.approximate == 0
    ids = [point for point, *_ in drawn.service_points]
    points = tree.network.find_service_points(ids)
    categories = {id_: data.draw(posterior_twin.categories) for id_ in ids}
    ages = {
        int(feeder): data.draw(st.integers(QUIET, AGES - 1)) for feeder in [ROOT, *blame.feeders.tolist()]
    }
    false_rate = data.draw(st.sampled_from([posterior_twin.RATES.false_rate, None]))
    rates = replace(posterior_twin.RATES, false_rate=false_rate)
    posterior = Posterior(blame, rates)
    posterior.categorise(points, np.array([categories[id_] for id_ in ids]))
    for feeder, bucket in ages.items():
        posterior.set_age(feeder, bucket)
    posterior.receive(gasps=GASPS, calls=CALLS)
    posterior.refresh()
    believed = go_down(posterior, reporting(posterior))

    buckets = {id_: bucket_at(blame, ages, point) for id_, point in zip(ids, points.tolist(), strict=True)}
    received = Received(rounded_count(GASPS), len(ids), rounded_count(CALLS), len(blame.points))
    possible = settings_of(rates)
    weights = EvidenceWeights(rates, possible, received)
    slow = posterior_twin.Twin(drawn, categories, buckets, weights, possible, rates)
    devices, services = slow.posterior()
    for vertex, row in zip(believed.vertices.tolist(), believed.probability.tolist(), strict=True):
        if vertex != ROOT:
            (device,) = tree.network.device_ids(blame.device[[vertex]])
            wanted = np.zeros(len(posterior.states))
            for (other, phases), probability in devices.items():
                if other == device:
                    wanted[posterior.states.of_mask[parse_phases("".join(sorted(phases)))]] += probability
            assert row == pytest.approx(wanted.tolist(), abs=1e-9)
    for point, alone in zip(believed.points.tolist(), believed.alone.tolist(), strict=True):
        (id_,) = tree.network.service_point_ids(np.array([point]))
        assert alone == pytest.approx(services[id_], abs=1e-9)


def bucket_at(blame: BlameTree, ages: dict[int, int], point: int) -> int:
    vertex = int(blame.vertex_of_point[point])
    return ages[int(blame.feeder[vertex])] if vertex >= 0 else QUIET


KINDS = [
    (ObservationKind.TROUBLE_CALL, None),
    (ObservationKind.LAST_GASP, None),
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
    (ObservationKind.FAULT_INDICATOR, "no_fault"),
]
# The edges of the buckets, and moments around them.
MINUTES = sorted(
    {start + shift for start in BUCKET_STARTS for shift in (-0.01, 0.0, 0.01)} | {1, 7, 20, 45, 90}
)


@st.composite
def told(draw: st.DrawFn, drawn: object) -> list[Observation]:
    about = [st.tuples(st.sampled_from([one for one, *_ in drawn.service_points]), st.sampled_from(KINDS))]
    if draw(st.booleans()):
        about.append(
            st.tuples(st.sampled_from([one for one, *_ in drawn.devices]), st.sampled_from(OF_DEVICES))
        )
    said = draw(st.lists(st.one_of(*about), min_size=1, max_size=14))
    minutes = draw(
        st.lists(st.sampled_from([0, 0, 0, 0.5, 2, 4, 9, 28]), min_size=len(said), max_size=len(said))
    )
    return [
        Observation(f"E{place}", kind, START + timedelta(minutes=minute), subject, result=result)
        for place, ((subject, (kind, result)), minute) in enumerate(zip(said, minutes, strict=True))
    ]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_piece_by_piece_gives_what_all_at_once_gives(
    data, twin: ModuleType, posterior_twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(posterior_twin.drawn_trees(twin.Drawn))
    observations = data.draw(told(drawn))
    rates = data.draw(st.sampled_from([EvidenceRates(), EvidenceRates(loss=0.5)]))
    tree = tree_of_rows(drawn)
    order = data.draw(st.permutations(observations))
    moments = [
        START + timedelta(minutes=one)
        for one in sorted(data.draw(st.sets(st.sampled_from(MINUTES), min_size=2)))
    ]
    inference = Inference(tree=tree, rates=rates)
    known: list[Observation] = []
    for place, now in enumerate(moments):
        stop = len(order) if place == len(moments) - 1 else data.draw(st.integers(len(known), len(order)))
        confirmed = data.draw(st.sampled_from([(), ("D1",)]))
        step = inference.update(order[len(known) : stop], now=now, confirmed=confirmed)
        known = list(order[:stop])
        anew = infer(
            tree=tree,
            observations=data.draw(st.permutations(known)),
            now=now,
            confirmed=confirmed,
            rates=rates,
        )
        assert_same(step, anew)
    gone = {one.id for one in known[: len(known) // 2]}
    step = inference.update(now=moments[-1], confirmed=confirmed, forgotten=gone)
    left = [one for one in known if one.id not in gone]
    assert_same(step, infer(tree=tree, observations=left, now=moments[-1], confirmed=confirmed, rates=rates))


def assert_same(one: object, other: object) -> None:
    assert [outage.device for outage in one.outages] == [outage.device for outage in other.outages]
    for ours, theirs in zip(one.outages, other.outages, strict=True):
        assert [c.device for c in ours.candidates] == [c.device for c in theirs.candidates]
        assert [c.probability for c in ours.candidates] == pytest.approx(
            [c.probability for c in theirs.candidates], abs=1e-9
        )
        assert ours.service_point_ids == theirs.service_point_ids
        assert ours.started_at == theirs.started_at
        assert ours.evidence_ids == theirs.evidence_ids
        assert ours.reasons == theirs.reasons
