"""Which devices fail in a trial storm, on which phases, and when.

Rule 1: kind by share, then evenly among the candidates of the kind, then the phases: of a device that feeds
several, one alone with the kind's probability, and which is drawn evenly.
Rule 2: a fault that shares a service point with one before it is drawn again, kind and all; after so many
failures in a row no more are drawn, and the storm has fewer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from storm.trials.errors import NothingCanFailError
from storm.trials.ground import TrialGround
from storm.trials.randomness import uniforms
from storm.trials.shape import TrialShape
from topology.arrays import BoolArray, IntArray
from topology.phases import PHASE_BITS
from topology.rates import RATED_KINDS, SERVICE

DRAWS_IN_A_ROW = 100


@dataclass(frozen=True, eq=False, slots=True)
class DrawnFault:
    """A fault by index; `starts` in seconds from the first moment of the storm, `ends` where it is repaired.

    `out` are the service points that are out by this fault and by none below it.
    """

    kind: str
    index: int
    phases: int
    starts: float
    out: IntArray
    ends: float = np.inf


def renormalised_shares(ground: TrialGround, shape: TrialShape) -> dict[str, float]:
    """Return the shares of the kinds that the network has, in the order of drawing; NothingCanFailError."""
    present = {kind: shape.shares.get(kind, 0.0) for kind in RATED_KINDS if kind in ground.candidates}
    total = sum(present.values())
    if total <= 0:
        raise NothingCanFailError
    return {kind: share / total for kind, share in present.items() if share > 0}


class FaultDraw:
    """Draws faults one by one; each keeps off what the ones before have put out."""

    def __init__(self, ground: TrialGround, shape: TrialShape, seed: int) -> None:
        self._ground = ground
        self._shape = shape
        self._stream = uniforms(seed, "faults")
        shares = renormalised_shares(ground, shape)
        self._kinds = list(shares)
        self._bounds = list(accumulate(shares.values()))
        self.is_out: BoolArray = np.zeros(ground.network.service_point_count, dtype=np.bool_)

    def number(self) -> int:
        """Return how many faults there are to be."""
        shape = self._shape
        return shape.fewest_faults + self._below(shape.most_faults - shape.fewest_faults + 1)

    def draw(
        self, starts: float = 0.0, *, choose: Callable[[str, float], int] | None = None
    ) -> DrawnFault | None:
        """Return a fault that shares no service point with one before; None where none was found.

        Args:
            starts: when it starts.
            choose: instead of evenly: told the kind and a uniform number, says which of its candidates.
        """
        for _ in range(DRAWS_IN_A_ROW):
            kind = self._kinds[min(bisect_right(self._bounds, self._one()), len(self._kinds) - 1)]
            candidates = self._ground.candidates[kind]
            at_random = self._one()
            place = int(at_random * len(candidates)) if choose is None else choose(kind, at_random)
            index = int(candidates[place])
            phases = self._phases(kind, index)
            out = self._ground.put_out(kind, index, phases)
            if not self.is_out[out].any():
                self.is_out[out] = True
                return DrawnFault(kind=kind, index=index, phases=phases, starts=starts, out=out)
        return None

    def _phases(self, kind: str, index: int) -> int:
        fed = 0 if kind == SERVICE else int(self._ground.fed_phases[index])
        several = [bit for bit in PHASE_BITS if fed & bit]
        # Both numbers are taken always, so that what follows does not hang on the device.
        alone, which = self._one(), self._one()
        if len(several) > 1 and alone < self._shape.single_phase.get(kind, 0.0):
            return several[int(which * len(several))]
        return self._ground.phases_of(kind, index)

    def _below(self, count: int) -> int:
        return int(self._one() * count)

    def _one(self) -> float:
        return float(self._stream.random())


def draw_faults(ground: TrialGround, shape: TrialShape, seed: int) -> list[DrawnFault]:
    """Return the faults of a storm, in order of their start; NothingCanFailError."""
    draw = FaultDraw(ground, shape, seed)
    wanted = draw.number()
    starts = np.sort(uniforms(seed, "starts").random(wanted)) * shape.spread_minutes * 60
    faults = [fault for start in starts.tolist() if (fault := draw.draw(start)) is not None]
    if not faults:
        raise NothingCanFailError
    return faults


def counts_by_kind(ground: TrialGround) -> Mapping[str, int]:
    """Return how many candidates of each kind the network has."""
    return {kind: len(candidates) for kind, candidates in ground.candidates.items()}
