"""Which devices fail in a trial storm, on which phases, and when.

Rule 1: kind by share, then evenly among the candidates of the kind, then the phases: of a device that feeds
several, one alone with the kind's probability, and which is drawn evenly.
Rule 2: a fault that shares a service point with one before it is drawn again, kind and all; after so many
failures in a row no more are drawn, and the storm has fewer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate

import numpy as np

from storm.trials.drawn_fault import DrawnFault
from storm.trials.errors import NoNestError, NothingCanFailError
from storm.trials.ground import TrialGround
from storm.trials.randomness import uniforms
from storm.trials.shape import TrialShape
from storm.trials.weather_front import WeatherFront
from topology.arrays import BoolArray, LongArray
from topology.phases import PHASE_BITS
from topology.rates import RATED_KINDS, SERVICE

DRAWS_IN_A_ROW = 100


def renormalised_shares(ground: TrialGround, shape: TrialShape) -> dict[str, float]:
    """Return the shares of the kinds that the network has, in the order of drawing; NothingCanFailError."""
    present = {kind: shape.shares.get(kind, 0.0) for kind in RATED_KINDS if kind in ground.candidates}
    total = sum(present.values())
    if total <= 0:
        raise NothingCanFailError
    return {kind: share / total for kind, share in present.items() if share > 0}


class FaultDraw:
    """Draws faults one by one; each keeps off what the ones before have put out."""

    def __init__(
        self,
        ground: TrialGround,
        shape: TrialShape,
        seed: int,
        *,
        purpose: str = "faults",
        front: WeatherFront | None = None,
    ) -> None:
        self._ground = ground
        self._shape = shape
        self._stream = uniforms(seed, purpose)
        self._front = front
        self._kinds, self._bounds = _bounds(renormalised_shares(ground, shape))
        self.is_out: BoolArray = np.zeros(ground.network.service_point_count, dtype=np.bool_)

    def number(self) -> int:
        """Return how many faults there are to be."""
        shape = self._shape
        return shape.fewest_faults + self._below(shape.most_faults - shape.fewest_faults + 1)

    def draw(self) -> DrawnFault | None:
        """Return a fault that shares no service point with one before; None where none was found."""
        for _ in range(DRAWS_IN_A_ROW):
            fault = self._draw_anywhere()
            if not self.is_out[fault.out].any():
                self.is_out[fault.out] = True
                return fault
        return None

    def draw_device(self) -> DrawnFault | None:
        """Return one that is no service, on all its phases; it keeps off, but keeps nobody off."""
        for _ in range(DRAWS_IN_A_ROW):
            fault = self._draw_anywhere()
            if fault.kind != SERVICE:
                whole = self._ground.phases_of(fault.kind, fault.index)
                out = self._ground.put_out(fault.kind, fault.index, whole)
                if not self.is_out[out].any():
                    return replace(fault, phases=whole, out=out)
        return None

    def draw_below(self, upper: DrawnFault) -> DrawnFault | None:
        """Return a fault that leaves some of those that another puts out to that one alone."""
        below = candidates_below(self._ground, upper)
        shares = {kind: self._shape.shares.get(kind, 0.0) for kind in below}
        if not sum(shares.values()):
            return None
        kinds, bounds = _bounds({kind: share / sum(shares.values()) for kind, share in shares.items()})
        for _ in range(DRAWS_IN_A_ROW):
            kind = _pick(kinds, bounds, self._one())
            index = int(below[kind][int(self._one() * len(below[kind]))])
            phases = self._phases(kind, index)
            out = self._ground.put_out(kind, index, phases)
            if len(out) < len(upper.out) and np.isin(out, upper.out).all():
                return DrawnFault(kind=kind, index=index, phases=phases, starts=upper.starts, out=out)
        return None

    def _draw_anywhere(self) -> DrawnFault:
        kind = _pick(self._kinds, self._bounds, self._one())
        candidates = self._ground.candidates[kind]
        at_random = self._one()
        place = int(at_random * len(candidates))
        if self._front is not None:
            place = self._front.choose(kind, at_random)
        index = int(candidates[place])
        phases = self._phases(kind, index)
        out = self._ground.put_out(kind, index, phases)
        return DrawnFault(kind=kind, index=index, phases=phases, starts=0.0, out=out)

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
    """Return the faults of a storm, in order of their start; NothingCanFailError, NoNestError, NoPlacesError.

    In a nested storm the first two are the repaired one and the one below it.
    """
    front = WeatherFront(ground, shape, seed) if shape.weather == "front" else None
    draw = FaultDraw(ground, shape, seed, front=front)
    wanted = draw.number()
    starts = (np.sort(uniforms(seed, "starts").random(wanted)) * shape.spread_minutes * 60).tolist()
    nest = _draw_nest(draw, shape, starts[0]) if shape.nested else []
    faults = [fault for _ in range(wanted - len(nest)) if (fault := draw.draw()) is not None]
    if not faults and not nest:
        raise NothingCanFailError
    if front is not None:
        return nest + sorted((front.timed(fault) for fault in faults), key=lambda fault: fault.starts)
    first = len(nest[1:])
    return nest + [replace(fault, starts=starts[number + first]) for number, fault in enumerate(faults)]


def candidates_below(ground: TrialGround, upper: DrawnFault) -> dict[str, LongArray]:
    """Return by kind the candidates fed through a device, without itself."""
    below: dict[str, LongArray] = (
        {SERVICE: upper.out.astype(np.int64)} if SERVICE in ground.candidates else {}
    )
    slices = [(supply, supply.slice_behind(upper.index)) for supply in ground.tree.supplies]
    for kind, candidates in ground.candidates.items():
        if kind == SERVICE:
            continue
        is_below = np.zeros(len(candidates), dtype=np.bool_)
        for supply, behind in slices:
            if behind is not None:
                positions = supply.forest.position_of_device[candidates]
                is_below |= (positions > behind[0]) & (positions < behind[1])
        if is_below.any():
            below[kind] = candidates[is_below]
    return {kind: below[kind] for kind in RATED_KINDS if kind in below}


def _draw_nest(draw: FaultDraw, shape: TrialShape, starts: float) -> list[DrawnFault]:
    for _ in range(DRAWS_IN_A_ROW):
        upper = draw.draw_device()
        lower = draw.draw_below(upper) if upper is not None else None
        if upper is not None and lower is not None:
            draw.is_out[upper.out] = True
            alone = np.setdiff1d(upper.out, lower.out)
            ends = shape.repaired_after_minutes * 60
            return [
                replace(upper, starts=starts, ends=ends, out=alone),
                replace(lower, starts=starts),
            ]
    raise NoNestError


def _bounds(shares: Mapping[str, float]) -> tuple[list[str], list[float]]:
    return list(shares), list(accumulate(shares.values()))


def _pick(kinds: list[str], bounds: list[float], uniform: float) -> str:
    return kinds[min(bisect_right(bounds, uniform), len(kinds) - 1)]
