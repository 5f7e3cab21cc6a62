"""What may be so around one outage: the joint posterior of all its candidates, exactly.

The posterior of the tree factorises from the root down: given what is cut above a device, whether it opens
depends on nothing else. So the joint of some devices and all above them is a walk over these alone; all other
devices are summed over in the tables of the way up.

Owns the walk, what is put together because no customer and no meter can tell it apart, and how likely a
service point is out given each explanation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from topology.arrays import BoolArray, Indices, IntArray, LongArray
from topology.blame_tree import ROOT, BlameTree
from topology.evidence_weights import FloatArray
from topology.fault_priors import WHOLE
from topology.posterior import Posterior

# No more explanations than these, the likeliest, and none that is less likely.
MOST_EXPLANATIONS = 200
LEAST_LIKELY = 1e-7
# Of services that may be open on their own, so many are told apart; the others count in the mean.
MOST_SERVICES = 3


@dataclass(frozen=True, eq=False)
class Explanations:
    """Explanations by row.

    `states` is what is cut at each of `vertices` (sorted, the root first), `service_out` who of `services` is
    out; `weights` by row and setting are probabilities, together 1. `group` numbers what cannot be told
    apart: rows with the same service points out; `probability` is by group.
    """

    posterior: Posterior
    vertices: LongArray
    states: IntArray
    services: LongArray
    service_out: BoolArray
    weights: FloatArray
    group: LongArray
    probability: FloatArray

    def out_given(self, points: Indices) -> FloatArray:
        """Return how likely each service point is out given each group, points x groups."""
        found = np.empty((len(points), len(self.probability)))
        by_row = self._ways(np.asarray(points, dtype=np.int64))
        for place, (column, cut, own) in enumerate(by_row):
            known = np.flatnonzero(self.services == points[place])
            if len(known):
                out = self.service_out[:, known[0], None] * self.weights
            else:
                is_cut = cut[self.states[:, column]]
                out = (is_cut + (1 - is_cut) * own) * self.weights
            found[place] = self._by_group(out.sum(axis=1)) / self.probability
        return np.clip(found, 0.0, 1.0)

    def open_given(self, vertex: int) -> FloatArray:
        """Return by row how likely one of `vertices` is open, also where nobody notices: below another."""
        posterior = self.posterior
        column = int(np.searchsorted(self.vertices, vertex))
        above = self._above(column)
        odds = np.exp(posterior.priors.log_odds[vertex])
        join = posterior.states.join[above]
        hidden = np.where(join == above[:, None], odds, 0.0).sum(axis=1)
        return np.where(self.states[:, column] != above, 1.0, hidden / (1.0 + hidden))

    def _above(self, column: int) -> IntArray:
        parent = int(self.posterior.blame.parent[self.vertices[column]])
        return self.states[:, int(np.searchsorted(self.vertices, parent))]

    def _by_group(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.group, weights=values, minlength=len(self.probability)).astype(np.float64)

    def _ways(self, points: LongArray) -> Iterable[tuple[int, FloatArray, FloatArray]]:
        """Yield by point its column, how likely it is cut given the state there, and else out on its own."""
        posterior = self.posterior
        blame, out = posterior.blame, posterior.states.out
        ways: dict[int, tuple[int, FloatArray]] = {}
        for point, own in zip(points.tolist(), posterior.service_alone(points), strict=True):
            vertex = int(blame.vertex_of_point[point])
            if vertex not in ways:
                ways[vertex] = self._way_down(vertex)
            column, reach = ways[vertex]
            yield column, reach[:, out[:, blame.taken_of_point[point]]].sum(axis=1), own

    def _way_down(self, vertex: int) -> tuple[int, FloatArray]:
        """Return the nearest column above a vertex, and state there x state here x setting."""
        passed = []
        while not self._is_ours(vertex):
            passed.append(vertex)
            vertex = int(self.posterior.blame.parent[vertex])
        states, settings = len(self.posterior.states), self.weights.shape[1]
        reach = np.repeat(np.eye(states)[:, :, None], settings, axis=2)
        steps = transitions(self.posterior, np.array(passed[::-1], dtype=np.int64))
        for step in steps:
            reach = np.einsum("abk,bck->ack", reach, step)
        return int(np.searchsorted(self.vertices, vertex)), reach

    def _is_ours(self, vertex: int) -> bool:
        column = int(np.searchsorted(self.vertices, vertex))
        return column < len(self.vertices) and int(self.vertices[column]) == vertex


def explain(posterior: Posterior, vertices: Indices, services: Indices) -> Explanations:
    """Return all explanations of what is cut at some vertices and above, and which of some services are open.

    Args:
        posterior: brought up to date (`refresh`).
        vertices: of the blame tree, on feeders with reports.
        services: service points that report; the first `MOST_SERVICES` are told apart.
    """
    blame = posterior.blame
    services = np.asarray(services, dtype=np.int64)[:MOST_SERVICES]
    near = np.concatenate([vertices, blame.vertex_of_point[services]]).astype(np.int64)
    chosen = blame.with_all_above(near)
    states, weights = _walk(posterior, chosen)
    states, weights, service_out = _with_services(posterior, chosen, services, states, weights)
    weights /= weights.sum()
    marks = np.concatenate([_whom_out(posterior, chosen, states), service_out], axis=1)
    _, group = np.unique(marks, axis=0, return_inverse=True)
    group = group.reshape(-1).astype(np.int64)
    return Explanations(
        posterior=posterior,
        vertices=chosen,
        states=states,
        services=services,
        service_out=service_out,
        weights=weights,
        group=group,
        probability=np.bincount(group, weights=weights.sum(axis=1)).astype(np.float64),
    )


def _walk(posterior: Posterior, vertices: LongArray) -> tuple[IntArray, FloatArray]:
    """Go down from the root: the states that may be cut at each vertex together, and how likely they are."""
    states = np.full((1, len(vertices)), WHOLE, dtype=np.int32)
    weights = posterior.weights[None, :].copy()
    steps = transitions(posterior, vertices[1:])
    for column, (vertex, step) in enumerate(zip(vertices[1:].tolist(), steps, strict=True), start=1):
        above = int(np.searchsorted(vertices, posterior.blame.parent[vertex]))
        found = step[states[:, above]]
        rows, cut = np.nonzero(found.any(axis=2))
        weights = weights[rows] * found[rows, cut]
        states = states[rows]
        states[:, column] = cut
        kept = _likeliest(weights)
        states, weights = states[kept], weights[kept]
    return states, weights


def _with_services(
    posterior: Posterior, vertices: LongArray, services: LongArray, states: IntArray, weights: FloatArray
) -> tuple[IntArray, FloatArray, BoolArray]:
    """Tell for each service whether it is out: where it is not cut off, on its own or not at all."""
    blame = posterior.blame
    service_out = np.zeros((len(states), len(services)), dtype=np.bool_)
    alone = posterior.service_alone(services)
    for place, point in enumerate(services.tolist()):
        column = int(np.searchsorted(vertices, blame.vertex_of_point[point]))
        is_cut = posterior.states.out[states[:, column], blame.taken_of_point[point]]
        whole = np.flatnonzero(~is_cut)
        rows = np.concatenate([np.arange(len(states)), whole])
        is_out = np.arange(len(rows)) < len(states)
        out = np.where(is_cut[:, None], 1.0, alone[place])
        share = np.concatenate([out, np.repeat(1.0 - alone[place][None, :], len(whole), axis=0)])
        weights, states, service_out = weights[rows] * share, states[rows], service_out[rows]
        service_out[:, place] = is_out
        kept = _likeliest(weights)
        states, weights, service_out = states[kept], weights[kept], service_out[kept]
    return states, weights, service_out


def transitions(posterior: Posterior, vertices: LongArray) -> FloatArray:
    """Return by vertex: how likely each state here follows each state above, in each setting."""
    passes, states = posterior.passes, posterior.states
    count, settings = len(states), len(passes.settings)
    steps = np.zeros((len(vertices), count, count, settings))
    if not len(vertices):
        return steps
    log_gain = passes.work_out_gain(vertices)
    every = np.arange(count)
    steps[:, every, every] = np.exp(-log_gain)
    for opening in passes.openings(vertices):
        likely = np.exp(opening.log_odds - log_gain[opening.rows])
        for above in range(count):
            steps[opening.rows, above, states.join[above, opening.state]] += likely[:, above]
    return steps


def zone_counts(blame: BlameTree, vertices: LongArray) -> LongArray:
    """Return how many service points hang below each of some vertices and not below another of them.

    By vertex and set of phases taken; the vertices are sorted and have all above them among them.
    """
    counts = blame.points_below[vertices].copy()
    inner = vertices[vertices != ROOT]
    above = np.searchsorted(vertices, blame.parent[inner])
    np.subtract.at(counts, above, blame.points_below[inner])
    return counts


def _whom_out(posterior: Posterior, vertices: LongArray, states: IntArray) -> BoolArray:
    column, taken = np.nonzero(zone_counts(posterior.blame, vertices) > 0)
    return posterior.states.out[states[:, column], taken[None, :]]


def _likeliest(weights: FloatArray) -> LongArray:
    total = weights.sum(axis=1)
    order = np.argsort(-total, kind="stable")[:MOST_EXPLANATIONS]
    return np.sort(order[total[order] >= LEAST_LIKELY])
