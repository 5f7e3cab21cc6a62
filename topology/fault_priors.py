"""How likely each device is to be open before any evidence, on which of its phases, and what telemetry adds.

Owns the states that supply can be in below a device (which sets of phases are cut), and by vertex and state
the log odds of opening. Rule: a device of several phases opens all of them, or one, by the share of its kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topology.arrays import BoolArray, IntArray, LongArray, MaskArray
from topology.blame_tree import ROOT, BlameTree
from topology.evidence_weights import FloatArray
from topology.kinds import CODE_OF_KIND
from topology.phases import ABC, PHASE_BITS
from topology.rates import SERVICE, EvidenceRates

MOST_LIKELY_OPEN = 0.5
WHOLE = 0


@dataclass(frozen=True, eq=False)
class CutStates:
    """What can be cut at a place: state 0 nothing, the others each a set of open phases.

    `taken` are the sets of phases that service points take; `out[state, taken]` tells who is out;
    `join[a, b]` is the state where both are cut; `of_mask` gives the state of any open phases; `apart[a, b]`
    tells whether two have no phase in common.
    """

    taken: MaskArray
    out: BoolArray
    join: IntArray
    of_mask: IntArray
    apart: BoolArray

    def __len__(self) -> int:
        """Return the number of states."""
        return len(self.out)


def cut_states(taken: MaskArray) -> CutStates:
    """Return the states; where all service points take the same phases, any of these open is one state."""
    masks = np.arange(ABC + 1, dtype=np.uint8)
    of_mask = masks.astype(np.int32)
    if len(taken) <= 1:
        of_mask = ((masks & taken.sum(dtype=np.uint8)) > 0).astype(np.int32)
        masks = np.array([0, ABC], dtype=np.uint8)
    common = masks[:, None] & masks[None, :]
    return CutStates(
        taken=taken,
        out=(masks[:, None] & taken[None, :]) > 0,
        join=of_mask[masks[:, None] | masks[None, :]],
        of_mask=of_mask,
        apart=common == 0,
    )


class FaultPriors:
    """Log odds of each vertex to open to each state, against not opening, with evidence about devices."""

    def __init__(
        self, blame: BlameTree, states: CutStates, rates: EvidenceRates, expected_faults: float
    ) -> None:
        """Spread the rates over the devices of a tree."""
        self._blame = blame
        self.states = states
        kinds = _kinds(blame)
        counts = np.bincount(kinds, minlength=len(CODE_OF_KIND))
        present = {kind: int(counts[code]) for kind, code in CODE_OF_KIND.items() if counts[code]}
        if len(blame.points):
            present[SERVICE] = len(blame.points)
        by_kind = prior_by_kind(rates, present, expected_faults)
        by_code = np.zeros(len(CODE_OF_KIND))
        single_by_code = np.zeros(len(CODE_OF_KIND))
        for kind, code in CODE_OF_KIND.items():
            by_code[code] = by_kind.get(kind, 0.0)
            single_by_code[code] = rates.single_phase.get(kind, 0.0)
        whole = by_code[kinds]
        whole[ROOT] = 0.0
        points = _own_priors(blame, rates, whole)
        self.service = by_kind.get(SERVICE, 0.0)
        self.service_of_point = points
        self.probability = self._by_state(np.minimum(whole, MOST_LIKELY_OPEN), single_by_code[kinds])
        self.log_odds, self.log_none = _log_odds(self.probability)
        self.odds = np.exp(self.log_odds)

    def _by_state(self, whole: FloatArray, single: FloatArray) -> FloatArray:
        """Return by vertex and state how likely it is that the vertex opens so."""
        phases = self._blame.phases
        count = np.bitwise_count(phases)
        share = np.where(count > 1, single, 0.0)
        probability = np.zeros((len(phases), len(self.states)))
        rows = np.arange(len(phases))
        np.add.at(probability, (rows, self.states.of_mask[phases]), whole * (1 - share))
        for bit in PHASE_BITS:
            carries = np.flatnonzero((phases & bit) > 0)
            alone = (whole * share / np.maximum(count, 1))[carries]
            np.add.at(probability, (carries, np.full(len(carries), self.states.of_mask[bit])), alone)
        probability[:, WHOLE] = 0.0
        return probability

    def tell(self, vertices: LongArray, ratios: FloatArray) -> None:
        """Let evidence about devices weigh, instead of what weighed before.

        `ratios` are by vertex and state: opening so against not opening. Only the odds change.
        """
        with np.errstate(divide="ignore"):
            self.log_odds[vertices] = _log_odds(self.probability[vertices])[0] + np.log(ratios)
        self.odds[vertices] = np.exp(self.log_odds[vertices])


def prior_by_kind(rates: EvidenceRates, present: dict[str, int], expected_faults: float) -> dict[str, float]:
    """Return the probability of one device of each kind that is there, `service` among the kinds."""
    shares = {kind: rates.shares.get(kind, 0.0) for kind in present}
    whole = sum(shares.values()) or 1.0
    spread = {
        kind: min(expected_faults * shares[kind] / whole / count, MOST_LIKELY_OPEN)
        for kind, count in present.items()
    }
    return {kind: rates.priors.get(kind, prior) for kind, prior in spread.items()}


def _kinds(blame: BlameTree) -> LongArray:
    codes = blame.tree.network.device_kind_codes
    return np.append(codes, 0)[blame.device].astype(np.int64)


def _own_priors(blame: BlameTree, rates: EvidenceRates, whole: FloatArray) -> dict[int, float]:
    """Write the priors of single devices, and return those of single service points."""
    network = blame.tree.network
    ids = list(rates.priors_by_device)
    values = np.array([rates.priors_by_device[one] for one in ids])
    found = network.find_devices(ids)
    vertices = blame.vertex_of_device[found]
    known = (found >= 0) & (vertices > ROOT)
    whole[vertices[known]] = values[known]
    points = network.find_service_points(ids).tolist()
    return {point: float(value) for point, value in zip(points, values, strict=True) if point >= 0}


def _log_odds(probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    none = 1.0 - probability.sum(axis=1)
    with np.errstate(divide="ignore"):
        odds = np.log(probability) - np.log(none)[:, None]
    return odds, np.log(none)
