"""Which question next: the meters whose answers, and the device whose sight, tell candidates best apart.

Owns the choice, in rules:
Rule 1: what is to be learned is which explanation of an outage holds (`explanations`): who is out on account
of its candidates. A question is worth the entropy, in bits, that its answer is expected to take from that.
Rule 2: questions of one batch are chosen one after the other, each for what it adds in expectation to the
answers of those before it. Given the explanation, answers are thought independent.
Rule 3: outages that are unsure (below `UNSURE`) or of a single service point come first; what is left of the
budget goes to the others. Among them the largest gain comes first.
Rule 4: who was asked, and who has no meter, is not asked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import IntArray, LongArray
from topology.blame_tree import NOBODY, ROOT
from topology.evidence_weights import LEAST, METERS, FloatArray, Meter
from topology.explanations import Explanations, explain, zone_counts
from topology.inference import Inference
from topology.inference_result import Candidate, InferredOutage
from topology.phases import parse_phases
from topology.posterior import QUIET
from topology.rates import EvidenceRates

UNSURE = 0.9
# In bits: what tells less is not worth a question.
LEAST_GAIN = 0.002
# Courses that the answers so far may have taken; beyond these the unlikeliest are put together.
_MOST_COURSES = 48
_NAMED = 3
_MAY_BE_ASKED = (Meter.NONE, Meter.SILENT, Meter.GASPED, Meter.NOT_WOKEN)


@dataclass(frozen=True, slots=True)
class Question:
    """Ask the meter of a service point about an outage; `gain` is in bits, expected.

    `out_if` and `on_if` are the candidates that would have it out, and those that would have it on.
    """

    service_point: str
    outage: str
    gain: float
    out_if: tuple[str, ...]
    on_if: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Patrol:
    """Look at a device about an outage, whether it is open; `gain` is in bits, expected."""

    device: str
    outage: str
    gain: float
    probability_open: float
    reason: str


def next_pings(inference: Inference, outages: Sequence[InferredOutage], budget: int) -> tuple[Question, ...]:
    """Return at most `budget` meters to ask, those that tell most first (rule 3); no meter twice.

    Args:
        inference: after `update`.
        outages: of its result, all or some.
        budget: how many meters may be asked.
    """
    asked: set[str] = set()
    found: list[Question] = []
    urgent = [one for one in outages if one.probability < UNSURE or one.service_points_out == 1]
    others = [one for one in outages if one not in urgent]
    for tier in (urgent, others):
        left = budget - len(found)
        found += _take_turns([pings_about(inference, one, left) for one in tier], left, asked)
    return tuple(found)


def _take_turns(sources: list[Iterator[Question]], budget: int, asked: set[str]) -> Iterator[Question]:
    """Yield the best of what several sources offer next, again and again."""
    offers: list[tuple[float, int, Question]] = []

    def offer(place: int) -> None:
        for question in sources[place]:
            if question.service_point not in asked:
                heapq.heappush(offers, (-question.gain, place, question))
                return

    for place in range(len(sources) if budget > 0 else 0):
        offer(place)
    while offers and budget > 0:
        _, place, question = heapq.heappop(offers)
        if question.service_point not in asked:
            asked.add(question.service_point)
            budget -= 1
            yield question
        if budget > 0:
            offer(place)


def pings_about(inference: Inference, outage: InferredOutage, budget: int) -> Iterator[Question]:
    """Yield at most `budget` meters to ask about one outage, the best next one first."""
    explanations = _explain(inference, outage)
    if explanations is None or len(explanations.probability) == 1:
        return
    pool = _pool(inference, explanations, budget)
    if not len(pool):
        return
    courses = _Courses(explanations.probability)
    answers = _answers(inference, explanations, pool)
    # Who answers alike is one and the same question; of a kind, one is asked after the other.
    _, kind = np.unique(np.round(answers.reshape(len(pool), -1), 9), axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    waiting = [pool[kind == one].tolist() for one in range(kind.max() + 1)]
    first = np.array([np.flatnonzero(kind == one)[0] for one in range(len(waiting))])
    for _ in range(budget):
        left = np.array([place for place, one in enumerate(waiting) if one], dtype=np.int64)
        if not len(left):
            return
        gains = courses.gains(answers[first[left]])
        # Equal but for rounding is equal: the first of the network is asked.
        best = int(np.flatnonzero(gains >= gains.max() - 1e-9)[0])
        if gains[best] < LEAST_GAIN:
            return
        chosen = int(left[best])
        courses.ask(answers[first[chosen]])
        yield _question(inference, outage, waiting[chosen].pop(0), float(gains[best]))


def next_patrol(inference: Inference, outages: Sequence[InferredOutage]) -> Patrol | None:
    """Return the device whose sight would tell most about one of the outages; None where all is clear.

    Here devices that no customer can tell apart are different ones: a crew must find the one that is open.
    """
    best: Patrol | None = None
    for outage in outages:
        explanations = _explain(inference, outage)
        if explanations is None:
            continue
        weights = explanations.weights.sum(axis=1)
        for vertex in explanations.vertices[1:].tolist():
            is_open = explanations.open_given(vertex)
            probability = float(weights @ is_open)
            gain = float(_bits(np.array([probability]))[0] - weights @ _bits(is_open))
            if gain >= LEAST_GAIN and (best is None or gain > best.gain + 1e-9):
                (device,) = inference.tree.network.device_ids(inference.blame.device[[vertex]])
                reason = f"{device} is open with a probability of {probability:.0%}; seeing it settles that."
                best = Patrol(device, outage.device, gain, probability, reason)
    return best


def answer_probabilities(rates: EvidenceRates) -> FloatArray:
    """Return how likely a meter answers on, off, or not at all (columns), with supply and without (rows)."""
    wrong = max(rates.ping_errors, LEAST)
    with_supply, without = rates.unreachable_with_supply, rates.unreachable_without_supply
    return np.array(
        [
            [(1 - with_supply) * (1 - wrong), (1 - with_supply) * wrong, with_supply],
            [(1 - without) * wrong, (1 - without) * (1 - wrong), without],
        ]
    )


class _Courses:
    """The courses that answers may have taken: how likely each is together with each explanation."""

    def __init__(self, probability: FloatArray) -> None:
        self._joint = probability[None, :]

    def gains(self, answers: FloatArray) -> FloatArray:
        """Return what each question adds, in bits; `answers` are questions x answers x explanations."""
        before = _entropy(self._joint).sum()
        after = np.empty(len(answers))
        for place, one in enumerate(answers):
            after[place] = _entropy(self._joint[:, None, :] * one[None, :, :]).sum()
        gained: FloatArray = before - after
        return gained

    def ask(self, answers: FloatArray) -> None:
        """Let a question be asked, whatever is answered."""
        joint = (self._joint[:, None, :] * answers[None, :, :]).reshape(-1, self._joint.shape[1])
        order = np.argsort(-joint.sum(axis=1), kind="stable")
        kept, rest = joint[order[:_MOST_COURSES]], joint[order[_MOST_COURSES:]]
        self._joint = np.concatenate([kept, rest.sum(axis=0, keepdims=True)]) if len(rest) else kept


def _entropy(joint: FloatArray) -> FloatArray:
    """Return over the last axis: the entropy of the explanation, weighed by how likely that course is."""
    whole = joint.sum(axis=-1)
    entropy: FloatArray = _log_of(whole) - _log_of(joint).sum(axis=-1)
    return entropy


def _log_of(values: FloatArray) -> FloatArray:
    logs: FloatArray = np.where(values > 0, values * np.log2(np.where(values > 0, values, 1.0)), 0.0)
    return logs


def _bits(probability: FloatArray) -> FloatArray:
    bits: FloatArray = -_log_of(probability) - _log_of(1.0 - probability)
    return bits


def _explain(inference: Inference, outage: InferredOutage) -> Explanations | None:
    """Return the explanations of an outage; None where it is known, or nothing of it is in the tree."""
    posterior, blame = inference.posterior, inference.blame
    network = inference.tree.network
    names = [name for one in outage.candidates for name in (one.device, *one.equivalent)]
    devices = network.find_devices(names)
    vertices = blame.vertex_of_device[devices[devices >= 0]]
    points = network.find_service_points([one for one, at in zip(names, devices, strict=True) if at < 0])
    points = points[(points >= 0) & (blame.vertex_of_point[points] >= 0)].astype(np.int64)
    points = points[posterior.category[points] >= 0]
    points = points[posterior.age[blame.vertex_of_point[points]] != QUIET]
    vertices = vertices[(vertices > ROOT) & (posterior.age[vertices] != QUIET)].astype(np.int64)
    if not len(vertices) and not len(points):
        return None
    return explain(posterior, vertices, points)


def _pool(inference: Inference, explanations: Explanations, budget: int) -> LongArray:
    """Return who may be asked: of those that hang alike below the candidates some, far from one another."""
    posterior, blame = inference.posterior, inference.blame
    vertices = explanations.vertices
    found = [_may_be_asked(inference, explanations.services)]
    for vertex, count in zip(vertices.tolist(), zone_counts(blame, vertices).sum(axis=1), strict=True):
        # What hangs at the root and elsewhere tells nothing of this outage.
        if vertex == ROOT or not count:
            continue
        starts, ends = _gaps(blame.point_starts, blame.end, vertices, vertex)
        points = np.concatenate([blame.points[start:end] for start, end in zip(starts, ends, strict=True)])
        points = np.setdiff1d(_may_be_asked(inference, points), explanations.services)
        sort = blame.taken_of_point[points].astype(np.int64) * 256 + posterior.category[points]
        found += [_spread(points[sort == one], blame.vertex_of_point, budget) for one in np.unique(sort)]
    return np.concatenate(found)


def _may_be_asked(inference: Inference, points: LongArray) -> LongArray:
    """Rule 4."""
    posterior = inference.posterior
    category = posterior.category[points]
    is_metered = posterior.silent_category[points] == Meter.SILENT
    kept: LongArray = points[(category >= 0) & np.isin(category % METERS, _MAY_BE_ASKED) & is_metered]
    return kept


def _gaps(
    point_starts: LongArray, ends_of: IntArray, vertices: LongArray, vertex: int
) -> tuple[list[int], list[int]]:
    """Return the stretches of service points below a vertex that are not below another of the vertices."""
    end = int(ends_of[vertex])
    starts, stops = [int(point_starts[vertex])], []
    reached = vertex
    for inner in vertices[np.searchsorted(vertices, vertex, side="right") :].tolist():
        if inner >= end:
            break
        if inner >= reached:
            stops.append(int(point_starts[inner]))
            reached = int(ends_of[inner])
            starts.append(int(point_starts[reached]))
    return starts, [*stops, int(point_starts[end])]


def _spread(points: LongArray, vertex_of_point: IntArray, count: int) -> LongArray:
    """Return so many of the service points, of as many devices as there are, in the order to ask them."""
    _, first, turn = np.unique(vertex_of_point[points], return_index=True, return_inverse=True)
    turn = turn.reshape(-1)
    if len(first) >= count:
        chosen = first[np.unique(np.linspace(0, len(first) - 1, count).astype(np.int64))]
        return points[np.sort(chosen)]
    # One of each device, then a second of each, and so on.
    order = np.argsort(turn, kind="stable")
    nth = np.empty(len(points), dtype=np.int64)
    nth[order] = np.arange(len(points)) - np.searchsorted(turn[order], turn[order])
    return points[np.lexsort((turn, nth))[:count]]


def _answers(inference: Inference, explanations: Explanations, pool: LongArray) -> FloatArray:
    """Return how likely each answer is: service points x answers x explanations."""
    out = explanations.out_given(pool)
    channel = answer_probabilities(inference.rates)
    on = 1.0 - out
    answers: FloatArray = (
        on[:, None, :] * channel[0][None, :, None] + out[:, None, :] * channel[1][None, :, None]
    )
    return answers


def _question(inference: Inference, outage: InferredOutage, point: int, gain: float) -> Question:
    (id_,) = inference.tree.network.service_point_ids(np.array([point]))
    out_if = [one for one in outage.candidates if _puts_out(inference, one, point, id_)]
    on_if = [one for one in outage.candidates if one not in out_if]
    reason = f"{id_} is " + "; ".join(
        f"{word} if {_named(found)}" for word, found in (("out", out_if), ("on", on_if)) if found
    )
    return Question(
        service_point=id_,
        outage=outage.device,
        gain=gain,
        out_if=tuple(one.device for one in out_if),
        on_if=tuple(one.device for one in on_if),
        reason=reason + ".",
    )


def _puts_out(inference: Inference, candidate: Candidate, point: int, id_: str) -> bool:
    if id_ in {candidate.device, *candidate.equivalent}:
        return True
    blame = inference.blame
    device = int(inference.tree.network.find_devices([candidate.device])[0])
    vertex = int(blame.vertex_of_device[device]) if device >= 0 else NOBODY
    if vertex <= ROOT:
        return False
    is_below = vertex <= int(blame.vertex_of_point[point]) < int(blame.end[vertex])
    taken = int(blame.tree.service_point_phases[point])
    return is_below and bool(taken & parse_phases(candidate.phases))


def _named(candidates: Sequence[Candidate]) -> str:
    named = [f"{one.device} ({one.probability:.0%})" for one in candidates[:_NAMED]]
    left = len(candidates) - len(named)
    return " or ".join(named) + (f" or one of {left} others" if left else "") + " opened"
