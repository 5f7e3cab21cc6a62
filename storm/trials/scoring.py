"""How well a method named what a trial storm hid (docs/formats/storm.md, "Scores").

Rule 1: a device open on some phases is as good as another that puts out the same service points: no customer
and no meter tells them apart.
Rule 2: hits are counted over the faults that somebody truly reported; whom the method told wrongly, over all.
Rule 3: an outage is matched with one fault it shares a service point with, as many as can be at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import maximum_bipartite_matching

from storm.trials.result import BelievedOutage
from storm.trials.truth import Truth
from topology.arrays import BoolArray, Indices
from topology.errors import PhasesError
from topology.phases import parse_phases
from topology.supply_tree import SupplyTree

AMONG = 3
# The least probability that is believed of a method: none is punished beyond it for one fault.
FLOOR = 0.001


@dataclass(frozen=True, slots=True)
class FaultScore:
    """How one fault was found: `probability` is what the method gave to it in all its outages together."""

    device: str
    kind: str
    is_reported: bool
    is_found_first: bool
    is_among_three: bool
    is_matched: bool
    probability: float

    @property
    def log_score(self) -> float:
        """The logarithm of the probability, not below that of FLOOR."""
        return math.log(max(self.probability, FLOOR))


@dataclass(frozen=True, slots=True)
class Score:
    """Of one storm, or several put together.

    `calibration` has, for each outage, the probability stated of its first candidate and whether that was a
    fault. Customers count those told that they are out, or on, though the contrary is true.
    """

    faults: tuple[FaultScore, ...]
    outages: int
    outages_matched: int
    customers_out: int
    told_out_wrongly: int
    told_on_wrongly: int
    calibration: tuple[tuple[float, bool], ...]

    @property
    def reported(self) -> tuple[FaultScore, ...]:
        """The faults with at least one true report."""
        return tuple(fault for fault in self.faults if fault.is_reported)

    @property
    def exact_first(self) -> float | None:
        """Share of the reported faults that are the first candidate of an outage; None without any."""
        return _mean(fault.is_found_first for fault in self.reported)

    @property
    def among_three(self) -> float | None:
        """Share of the reported faults that are among the first three of an outage."""
        return _mean(fault.is_among_three for fault in self.reported)

    @property
    def mean_log_score(self) -> float | None:
        """Mean log score of the reported faults."""
        return _mean(fault.log_score for fault in self.reported)

    @property
    def precision(self) -> float | None:
        """Share of the outages that match a fault; None where the method named none."""
        return self.outages_matched / self.outages if self.outages else None

    @property
    def calibration_error(self) -> float | None:
        """Expected calibration error over ten equal bins of stated probability."""
        return calibration_error(self.calibration)


def score_result(truth: Truth, outages: Sequence[BelievedOutage], tree: SupplyTree) -> Score:
    """Return how well the outages tell the truth.

    Args:
        truth: what happened.
        outages: what the method believes, in any order.
        tree: the supply of the network in its normal state.
    """
    judge = _Judge(truth, tree)
    named = [[judge.fault_of(one.device, one.phases) for one in outage.candidates] for outage in outages]
    told_out = [judge.points(outage.service_point_ids) for outage in outages]
    matched = judge.matching(told_out)
    faults = []
    for number, fault in enumerate(truth.faults):
        given = sum(
            candidate.probability
            for outage, names in zip(outages, named, strict=True)
            for candidate, name in zip(outage.candidates, names, strict=True)
            if name == number
        )
        faults.append(
            FaultScore(
                device=fault.device,
                kind=fault.kind,
                is_reported=len(fault.reporting_points) > 0,
                is_found_first=any(number in names[:1] for names in named),
                is_among_three=any(number in names[:AMONG] for names in named),
                is_matched=number in matched,
                probability=min(given, 1.0),
            )
        )
    out, told = judge.mark([fault.service_points for fault in truth.faults]), judge.mark(told_out)
    customers = tree.network.service_point_customers
    return Score(
        faults=tuple(faults),
        outages=len(outages),
        outages_matched=len(matched),
        customers_out=int(customers[out].sum()),
        told_out_wrongly=int(customers[told & ~out].sum()),
        told_on_wrongly=int(customers[out & ~told].sum()),
        calibration=tuple(
            (outage.candidates[0].probability, names[0] is not None)
            for outage, names in zip(outages, named, strict=True)
            if names
        ),
    )


def add_up(scores: Iterable[Score]) -> Score:
    """Return the score of several storms together."""
    all_scores = tuple(scores)
    return Score(
        faults=tuple(fault for one in all_scores for fault in one.faults),
        outages=sum(one.outages for one in all_scores),
        outages_matched=sum(one.outages_matched for one in all_scores),
        customers_out=sum(one.customers_out for one in all_scores),
        told_out_wrongly=sum(one.told_out_wrongly for one in all_scores),
        told_on_wrongly=sum(one.told_on_wrongly for one in all_scores),
        calibration=tuple(pair for one in all_scores for pair in one.calibration),
    )


def calibration_error(pairs: Sequence[tuple[float, bool]], *, bins: int = 10) -> float | None:
    """Return the mean distance of stated probability and share of right ones, bin by bin; None of nothing."""
    if not pairs:
        return None
    stated = np.array([probability for probability, _ in pairs])
    right = np.array([is_right for _, is_right in pairs], dtype=np.float64)
    edges = np.linspace(0, 1, bins + 1)
    edges[-1] = np.inf
    error = 0.0
    for low, high in pairwise(edges.tolist()):
        here = (stated >= low) & (stated < high)
        if here.any():
            error += here.mean() * abs(stated[here].mean() - right[here].mean())
    return float(error)


class _Judge:
    """Tells which fault a named device is as good as."""

    def __init__(self, truth: Truth, tree: SupplyTree) -> None:
        self._tree = tree
        self._faults = truth.faults
        self._fault_of: dict[bytes, int] = {
            _key(fault.service_points): number for number, fault in enumerate(truth.faults)
        }
        self._known: dict[tuple[str, str], int | None] = {}

    def fault_of(self, device: str, phases: str) -> int | None:
        """Return the number of the fault that a device open on some phases is as good as (rule 1)."""
        if (device, phases) not in self._known:
            self._known[device, phases] = self._fault_of.get(_key(self._put_out(device, phases)))
        return self._known[device, phases]

    def points(self, ids: Sequence[str]) -> Indices:
        """Return the service points that are there; what the network does not have is nobody."""
        found = self._tree.network.find_service_points(ids)
        return found[found >= 0]

    def mark(self, stretches: Sequence[Indices]) -> BoolArray:
        """Return by service point whether one of the stretches holds it."""
        marks = np.zeros(self._tree.network.service_point_count, dtype=np.bool_)
        for points in stretches:
            marks[points] = True
        return marks

    def matching(self, told_out: Sequence[Indices]) -> set[int]:
        """Return the faults that have an outage of their own (rule 3)."""
        if not told_out or not self._faults:
            return set()
        share = np.zeros((len(told_out), len(self._faults)), dtype=np.int8)
        for column, fault in enumerate(self._faults):
            is_out = self.mark([fault.service_points])
            share[:, column] = [is_out[points].any() for points in told_out]
        found = maximum_bipartite_matching(sparse.csr_array(share), perm_type="column")
        return {int(one) for one in found if one >= 0}

    def _put_out(self, device: str, phases: str) -> Indices:
        network = self._tree.network
        index = int(network.find_devices([device])[0])
        if index >= 0:
            try:
                return self._tree.service_points_below(index, parse_phases(phases))
            except PhasesError:
                return np.empty(0, dtype=np.int64)
        return self.points([device])


def _key(points: Indices) -> bytes:
    return np.sort(points).astype(np.int64).tobytes()


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return sum(listed) / len(listed) if listed else None
