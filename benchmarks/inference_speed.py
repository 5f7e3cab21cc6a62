"""How fast inference is on a big city in a big storm, beside the same result by a plain networkx walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter

import numpy as np

from benchmarks.inference_grounds import CITY_SEED
from benchmarks.inference_walk import walk, walk_tree
from benchmarks.report import Row
from storm.city import make_city
from storm.trials import Trial, TrialGround, TrialShape, make_trial
from topology.down_pass import go_down
from topology.evidence_weights import BUCKET_STARTS
from topology.inference import Inference
from topology.observations import Observation, ObservationKind
from topology.rates import EvidenceRates
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

JUDGED_SIZE = 1_000_000
CUSTOMERS_A_FAULT = 10_000
PIECES = 1_000
REPEATS = 5
SEED = 20261123
FULL_LIMIT_MS, PIECES_LIMIT_MS, WALK_RATIO = 150.0, 30.0, 100.0
_TOLERANCE = 1e-9


def speed_rows(customers: int, progress: Callable[[str], None]) -> Iterator[Row]:
    """Yield how long a full inference and one of new evidence take."""
    case = f"{customers:,} customers, city"
    target = partial(_target, customers)
    progress(f"{case}: making the network")
    tree = _city(customers)
    faults = max(3, customers // CUSTOMERS_A_FAULT)
    shape = TrialShape(fewest_faults=faults, most_faults=faults)
    trial = make_trial(TrialGround(tree), shape, SEED)
    for name, rates in (("rates told", trial.true_rates), ("loss unknown", EvidenceRates())):
        progress(f"{case}: inference, {name}")
        begun = perf_counter()
        inference = Inference(tree=tree, rates=rates)
        yield Row(case, f"making ready, {name}", _since(begun), "ms")
        begun = perf_counter()
        inference.update(trial.observations, now=trial.truth.at)
        yield Row(case, f"first answer to {len(trial.observations):,} pieces, {name}", _since(begun), "ms")
        full_ms = _full(inference, trial.truth.at)
        yield Row(case, f"full inference, {name}", full_ms, "ms", target=target(FULL_LIMIT_MS), at_most=True)
        if rates.loss is not None:
            progress(f"{case}: the same by a networkx walk")
            yield _beside_walk(case, inference, target(WALK_RATIO))
        limit = target(PIECES_LIMIT_MS)
        pieces_ms = _new_pieces(inference, tree, trial, are_read=False)
        yield Row(case, f"{PIECES:,} new pieces, {name}", pieces_ms, "ms", target=limit, at_most=True)
        inference = Inference(tree=tree, rates=rates)
        inference.update(trial.observations, now=trial.truth.at)
        pieces_ms = _new_pieces(inference, tree, trial, are_read=True)
        words = f"{PIECES:,} new pieces and every outage read, {name}"
        yield Row(case, words, pieces_ms, "ms", target=limit, at_most=True)


def _target(customers: int, value: float) -> float | None:
    return value if customers == JUDGED_SIZE else None


def _city(customers: int) -> SupplyTree:
    network, _ = make_city(customers=customers, seed=CITY_SEED).tables.to_network()
    return SupplyTree(network, SwitchState.normal(network))


def _since(begun: float) -> float:
    return (perf_counter() - begun) * 1000


def _new_pieces(inference: Inference, tree: SupplyTree, trial: Trial, *, are_read: bool) -> float:
    """Return the median time of an answer to so many new calls and last gasps from all over the city.

    An outage is made when it is first read. The analysis reads them all, which is counted where `are_read`.
    """
    random = np.random.default_rng(SEED)
    times = []
    for repeat in range(REPEATS):
        count = tree.network.service_point_count
        points = random.choice(count, PIECES, replace=count < PIECES)
        kinds = (ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP)
        at = trial.truth.at - timedelta(minutes=2)
        news = [
            Observation(f"new-{repeat}-{number}", kinds[number % 2], at, subject)
            for number, subject in enumerate(tree.network.service_point_ids(points))
        ]
        begun = perf_counter()
        result = inference.update(news, now=trial.truth.at)
        for one in result.outages if are_read else ():
            list(one.evidence_ids)
        times.append(_since(begun))
    return float(np.median(times))


def _full(inference: Inference, now: datetime) -> float:
    """Return the median time of an answer for which every feeder has grown older: all is worked out again."""
    times = []
    for repeat in range(REPEATS):
        later = now + timedelta(minutes=BUCKET_STARTS[-1] + 1) if repeat % 2 == 0 else now
        begun = perf_counter()
        inference.update((), now=later)
        times.append(_since(begun))
    return float(np.median(times))


def _beside_walk(case: str, inference: Inference, target: float | None) -> Row:
    """Compare the two passes, which is what the walk does: it names no outages and gives no reasons."""
    posterior = inference.posterior
    tree = walk_tree(posterior)
    begun = perf_counter()
    walked = walk(tree, posterior)
    walk_ms = _since(begun)
    reporting = np.flatnonzero(inference.heard.reports() & (inference.blame.vertex_of_point >= 0))
    times = []
    for _ in range(REPEATS):
        posterior.passes.is_fresh[:] = False
        begun = perf_counter()
        posterior.refresh()
        believed = go_down(posterior, reporting)
        times.append(_since(begun))
    equal = all(
        abs(walked.get((vertex, state), 0.0) - float(believed.probability[row, state])) <= _TOLERANCE
        for row, vertex in enumerate(believed.vertices.tolist())
        for state in range(1, len(posterior.states))
        if row
    )
    return Row(
        case,
        "of it the posterior of every device, rates told",
        float(np.median(times)),
        "ms",
        peer="networkx",
        peer_value=walk_ms,
        target=target,
        equal=equal,
    )
