"""The limit of inference: the exact posterior under a storm's own true rates, by a recursion of its own.

Shares nothing with `topology.inference` but the supply tree, so that neither can hide a fault of the other.

Model: every device that may fail (a blameable bridge with service points below) and every service opens
independently with its true prior, on all its phases or on one; a service point is out when one of the phases
it takes is open above it, or its service is. Then its meter's last gasp is here with (1 - loss) x arrived, it
has called with `called`; with supply both come with small probabilities. All of one age.

Up: Z of each vertex for every set of phases open above it. Down: how likely those sets are. The answer is the
posterior that a device opened and none above it on its phases did, for one loss or averaged over several,
each weighted by the Z it gives (`losses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from topology.arrays import BoolArray, LongArray
from topology.kinds import BLAMEABLE_KINDS, CODE_OF_KIND, KINDS
from topology.phases import ABC, PHASE_BITS
from topology.supply_tree import SupplyTree

Floats = npt.NDArray[np.float64]

UNKNOWN_LOSSES: tuple[float, ...] = tuple(round(0.05 * step, 2) for step in range(1, 20))
SERVICE = "service"
NEVER = 1e-15
_WITHOUT_METER = 4
# Opening on all phases, then on each alone.
MODES = (ABC, *PHASE_BITS)


@dataclass(frozen=True, slots=True)
class LimitPriors:
    """How many faults are expected, their shares by kind, and by kind how many are on one phase alone."""

    expected_faults: float
    shares: Mapping[str, float]
    single_phase: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LimitRates:
    """How reports of one storm come; every loss is as likely as the others before the evidence."""

    losses: tuple[float, ...]
    arrived: float
    false_gasp: float
    called: float
    false_call: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """What may have opened with none above it: by vertex and mode (place in `MODES`), and by service point.

    `conditional` is the same given that nothing above is open; `services_conditional` likewise.
    `log_evidence` is ln P(evidence) for each loss, `weights` are the posterior weights of the losses.
    """

    devices: Floats
    conditional: Floats
    services: Floats
    services_conditional: Floats
    log_evidence: Floats
    weights: Floats


class LimitTree:
    """The supply tree contracted to what may fail; vertex 0 stands for the sources and never opens."""

    def __init__(self, tree: SupplyTree, has_meter: BoolArray | None = None) -> None:
        """Contract; without `has_meter` every service point has a meter."""
        self.tree = tree
        network, forest = tree.network, tree.joint
        codes = {CODE_OF_KIND[kind] for kind in BLAMEABLE_KINDS}
        vertex_at = np.zeros(forest.live_count, dtype=np.int64)
        devices, parents, spans = [-1], [-1], [(0, int(forest.starts[forest.live_count]))]
        kind_codes = network.device_kind_codes.tolist()
        edges, starts = forest.parent_edge.tolist(), forest.starts.tolist()
        ends, bridges, above = forest.end.tolist(), forest.is_bridge.tolist(), forest.parent.tolist()
        for position in range(1, forest.live_count):
            edge, span = edges[position], (starts[position], starts[ends[position]])
            upper = int(vertex_at[above[position]])
            if edge >= 0 and bridges[position] and kind_codes[edge] in codes and span[1] > span[0]:
                vertex_at[position] = len(devices)
                devices.append(edge)
                parents.append(upper)
                spans.append(span)
            else:
                vertex_at[position] = upper
        self.device = np.array(devices)
        self.parent = np.array(parents)
        self.spans = np.array(spans)
        # In pre-order, as spans count them.
        self.points = forest.service_points[: forest.starts[forest.live_count]].astype(np.int64)
        self.taken = tree.service_point_phases[self.points].astype(np.int64)
        positions = forest.position_of_node[network.service_point_nodes[self.points]]
        self.vertex_of_point = vertex_at[positions]
        self.place_of = np.full(network.service_point_count, -1)
        self.place_of[self.points] = np.arange(len(self.points))
        metered = np.ones(network.service_point_count, bool) if has_meter is None else has_meter
        self.has_meter = metered[self.points]
        self.is_full = bool((self.taken == ABC).all())
        self.fed = self._fed()
        self.kinds = [SERVICE, *(KINDS[kind_codes[one]].value for one in devices[1:])]
        self.masks = self._masks()
        self.states = _closed_under_union({int(one) for one in np.unique(self.masks)})
        self.class_of, self.class_of_point = self._classes()
        depth = self._depth()
        by_parent = np.lexsort((self.parent, depth))
        self.levels = [by_parent[depth[by_parent] == level] for level in range(1, int(depth.max()) + 1)]

    @property
    def count(self) -> int:
        """How many vertices there are."""
        return len(self.device)

    def _fed(self) -> LongArray:
        """Return for each vertex the phases that somebody below takes over it."""
        fed = np.zeros(self.count, dtype=np.int64)
        for bit in PHASE_BITS:
            counted = np.concatenate([[0], np.cumsum((self.taken & bit) > 0)])
            fed[counted[self.spans[:, 1]] > counted[self.spans[:, 0]]] |= bit
        fed[1:] &= self.tree.device_phases[self.device[1:]]
        return fed

    def _masks(self) -> LongArray:
        """Return the phases that each vertex opens in each mode; 0 where it cannot open so.

        Where everybody takes all phases, one phase alone puts out the same as all: it is no mode of its own.
        """
        masks = np.zeros((self.count, len(MODES)), dtype=np.int64)
        masks[1:, 0] = self.fed[1:]
        several = np.flatnonzero(np.bitwise_count(self.fed.astype(np.uint8)) > 1)
        several = several[several > 0]
        if not self.is_full:
            for column, bit in enumerate(PHASE_BITS, start=1):
                masks[several, column] = self.fed[several] & bit
        return masks

    def _depth(self) -> LongArray:
        depth = np.zeros(self.count, dtype=np.int64)
        for vertex in range(1, self.count):
            depth[vertex] = depth[self.parent[vertex]] + 1
        return depth

    def _classes(self) -> tuple[LongArray, LongArray]:
        """Return a number for each vertex and mode, and each service: equal where the same points go out."""
        marks = np.random.default_rng(7).integers(1, 2**62, size=len(self.points))
        numbers = np.zeros((self.count, len(MODES)), dtype=np.int64)
        for column, mask in enumerate(MODES):
            summed = np.concatenate([[0], np.cumsum(np.where(self.taken & mask, marks, 0))])
            numbers[:, column] = summed[self.spans[:, 1]] - summed[self.spans[:, 0]]
        return numbers, marks


def _closed_under_union(masks: set[int]) -> LongArray:
    found = {0, *masks}
    while added := {one | other for one, other in combinations(found, 2)} - found:
        found |= added
    return np.array(sorted(found))


class LimitModel:
    """The recursion for one tree and its priors; asked about any number of storms."""

    def __init__(self, tree: LimitTree, priors: LimitPriors) -> None:
        """Make ready the priors."""
        self.tree = tree
        self.priors = priors
        self.prior = self._priors()
        self.service_prior = self._prior_of(SERVICE, len(tree.points))
        with np.errstate(divide="ignore"):
            self.log_prior = np.log(self.prior)
        masks = np.concatenate([np.zeros((tree.count, 1), dtype=np.int64), tree.masks], axis=1)
        # By vertex, mode and state above: the state below.
        self.below = np.searchsorted(tree.states, masks[:, :, None] | tree.states)
        self.is_clear = (masks[:, :, None] & tree.states) == 0
        self.modes_of_level = [
            [mode for mode in range(1 + len(MODES)) if (self.prior[level, mode] > 0).any()]
            for level in tree.levels
        ]

    def _prior_of(self, kind: str, count: int) -> float:
        present = {*self.tree.kinds[1:], SERVICE}
        total = sum(share for name, share in self.priors.shares.items() if name in present)
        return self.priors.expected_faults * self.priors.shares.get(kind, 0.0) / total / max(count, 1)

    def _priors(self) -> Floats:
        """Return the prior of each vertex and mode; the first column is that it stays closed."""
        tree = self.tree
        prior = np.zeros((tree.count, 1 + len(MODES)))
        whole_of = {kind: self._prior_of(kind, tree.kinds.count(kind)) for kind in set(tree.kinds[1:])}
        for vertex in range(1, tree.count):
            kind = tree.kinds[vertex]
            alone = [place for place in range(1, len(MODES)) if tree.masks[vertex, place]]
            single = self.priors.single_phase.get(kind, 0.0) if alone else 0.0
            prior[vertex, 1] = whole_of[kind] * (1 - single)
            for place in alone:
                prior[vertex, 1 + place] = whole_of[kind] * single / len(alone)
        prior[:, 0] = 1 - prior[:, 1:].sum(axis=1)
        return prior

    def categories(self, gasped: BoolArray, called: BoolArray) -> LongArray:
        """Return the category of report of each place, from masks by place."""
        with_meter = gasped.astype(np.int64) + 2 * called
        return np.where(self.tree.has_meter, with_meter, _WITHOUT_METER + called)

    def posterior(self, gasped: BoolArray, called: BoolArray, rates: LimitRates) -> Posterior:
        """Return the posterior of a storm; who gasped and called by place in the tree's `points`."""
        return _Storm(self, self.categories(gasped, called), rates).posterior()


class _Storm:
    """One storm's reports under one model."""

    def __init__(self, model: LimitModel, category: LongArray, rates: LimitRates) -> None:
        self.model, self.tree, self.category = model, model.tree, category
        # By category of report and loss.
        self.out, self.on = _likelihoods(rates)
        self.leaf = self._leaf_table()

    def posterior(self) -> Posterior:
        inside, terms = self._up()
        log_evidence = inside[0, 0]
        weights = np.exp(log_evidence - log_evidence.max())
        return self._down(inside, terms, weights / weights.sum())

    def _leaf_table(self) -> Floats:
        """Return ln P(report) by set of phases taken and category in one axis, then state and loss."""
        states = self.tree.states
        prior = self.model.service_prior
        mixed = np.log((1 - prior) * self.on + prior * self.out)
        is_out = (np.arange(ABC + 1)[:, None] & states) > 0
        table = np.where(
            is_out[:, None, :, None], np.log(self.out)[None, :, None, :], mixed[None, :, None, :]
        )
        return np.asarray(table.reshape((ABC + 1) * len(self.out), -1))

    def _up(self) -> tuple[Floats, list[list[Floats]]]:
        """Return ln P(reports below | state at it) by vertex, state, loss; and the terms of each level."""
        tree = self.tree
        kinds = len(self.out)
        cells = (tree.vertex_of_point * (ABC + 1) + tree.taken) * kinds + self.category
        counts = np.bincount(cells, minlength=tree.count * (ABC + 1) * kinds).reshape(tree.count, -1)
        inside = (counts @ self.leaf).reshape(tree.count, len(tree.states), -1)
        terms: list[list[Floats]] = [[] for _ in tree.levels]
        for number in reversed(range(len(tree.levels))):
            level = tree.levels[number]
            here = inside[level]
            found = [
                np.take_along_axis(here, self.model.below[level, mode][:, :, None], axis=1)
                + self.model.log_prior[level, mode][:, None, None]
                for mode in self.model.modes_of_level[number]
            ]
            highest = found[0]
            for one in found[1:]:
                highest = np.maximum(highest, one)
            total = highest + np.log(sum(np.exp(one - highest) for one in found))
            terms[number] = [np.exp(one - total) for one in found]
            parents = tree.parent[level]
            starts = np.flatnonzero(np.append(True, parents[1:] != parents[:-1]))
            inside[parents[starts]] += np.add.reduceat(total, starts, axis=0)
        return inside, terms

    def _down(self, inside: Floats, terms: list[list[Floats]], weights: Floats) -> Posterior:
        tree = self.tree
        state = np.zeros_like(inside)
        state[0, 0] = 1
        devices = np.zeros((tree.count, len(MODES)))
        conditional = np.zeros((tree.count, len(MODES)))
        for number, level in enumerate(tree.levels):
            above = state[tree.parent[level]]
            clear = above[:, 0] * weights
            clear_total = np.maximum(clear.sum(axis=1), 1e-300)
            rows = np.arange(len(level))
            below = np.zeros_like(above)
            for mode, share in zip(self.model.modes_of_level[number], terms[number], strict=True):
                joint = above * share
                for place in range(len(tree.states)):
                    below[rows, self.model.below[level, mode, place]] += joint[:, place]
                if mode:
                    is_clear = self.model.is_clear[level, mode]
                    devices[level, mode - 1] = (joint * is_clear[:, :, None]).sum(axis=1) @ weights
                    conditional[level, mode - 1] = (clear * share[:, 0]).sum(axis=1) / clear_total
            state[level] = below
        services, services_conditional = self._services(state, weights)
        return Posterior(devices, conditional, services, services_conditional, inside[0, 0], weights)

    def _services(self, state: Floats, weights: Floats) -> tuple[Floats, Floats]:
        tree = self.tree
        alone = self.model.service_prior * self.out
        alone = alone / (alone + (1 - self.model.service_prior) * self.on)
        is_on = (np.arange(ABC + 1)[:, None] & tree.states) == 0
        supplied = np.einsum("ts,vsg->vtg", is_on, state) * weights
        clear = state[:, 0] * weights
        clear_total = np.maximum(clear.sum(axis=1), 1e-300)
        odds = alone[self.category]
        services = (supplied[tree.vertex_of_point, tree.taken] * odds).sum(axis=1)
        vertices = tree.vertex_of_point
        return services, (clear[vertices] * odds).sum(axis=1) / clear_total[vertices]


def _likelihoods(rates: LimitRates) -> tuple[Floats, Floats]:
    """Return how likely each category is of a service point that is out, and of one that is on, by loss."""
    losses = np.array(rates.losses)
    gasps = ((1 - losses) * rates.arrived, np.full(len(losses), rates.false_gasp))
    found = []
    for gasp, call in zip(gasps, (rates.called, rates.false_call), strict=True):
        with_meter = [share * odds for odds in (1 - call, call) for share in (1 - gasp, gasp)]
        without = [np.full(len(losses), 1 - call), np.full(len(losses), call)]
        found.append(np.maximum(np.array([*with_meter, *without]), NEVER))
    return found[0], found[1]
