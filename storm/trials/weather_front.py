"""A band of bad weather that moves over a network: what it hits worse fails more often, and when it is there.

Rule 1: the band crosses the extent of the network, in a direction drawn evenly, within `spread_minutes`.
Rule 2: across its direction it is worst along one line, and fades to both sides; nowhere is quite calm.
Rule 3: what has no place on the map fails like what is calm, halfway through.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from storm.trials.drawn_fault import DrawnFault
from storm.trials.ground import TrialGround
from storm.trials.plane import Places, plane_metres
from storm.trials.randomness import FloatArray, normal, uniforms
from storm.trials.shape import TrialShape
from topology.rates import SERVICE

CALM = 0.05
WIDTH = 0.15
GUST_MINUTES = 2.0
_WORST_FROM, _WORST_TO = 0.2, 0.8


class WeatherFront:
    """The front of one storm."""

    def __init__(self, ground: TrialGround, shape: TrialShape, seed: int) -> None:
        places = ground.located("A weather front")
        stream = uniforms(seed, "weather")
        angle, worst = stream.random(2).tolist()
        self._gusts = stream
        self._seconds = shape.spread_minutes * 60
        self._direction = np.array([np.cos(2 * np.pi * angle), np.sin(2 * np.pi * angle)])
        self._worst = _WORST_FROM + worst * (_WORST_TO - _WORST_FROM)
        self._ground = ground
        self._places = places
        self._extents = self._extent(self._along(places, places.service_points))
        self._summed: dict[str, FloatArray] = {}

    def choose(self, kind: str, uniform: float) -> int:
        """Return which candidate of a kind fails."""
        if kind not in self._summed:
            across = self._share(kind)[:, 1]
            weight = CALM + np.exp(-0.5 * ((across - self._worst) / WIDTH) ** 2)
            self._summed[kind] = np.cumsum(np.where(np.isnan(across), CALM, weight))
        summed = self._summed[kind]
        return min(int(np.searchsorted(summed, uniform * summed[-1], side="right")), len(summed) - 1)

    def timed(self, fault: DrawnFault) -> DrawnFault:
        """Return the fault with its start: when the front is there, give or take a gust."""
        candidates = self._ground.candidates[fault.kind]
        along = self._share(fault.kind)[int(np.searchsorted(candidates, fault.index)), 0]
        passes = self._seconds * (0.5 if np.isnan(along) else along)
        gust = float(normal(self._gusts.random(1), GUST_MINUTES * 60)[0])
        return replace(fault, starts=float(np.clip(passes + gust, 0.0, self._seconds)))

    def _share(self, kind: str) -> FloatArray:
        """Return for each candidate how far along and across the network it is, 0 to 1."""
        rows = self._places.service_points if kind == SERVICE else self._places.devices
        first, length = self._extents
        along = self._along(self._places, rows[self._ground.candidates[kind]])
        return np.asarray((along - first) / length)

    def _along(self, places: Places, rows: FloatArray) -> FloatArray:
        metres = plane_metres(places, rows)
        x, y = self._direction.tolist()
        return np.column_stack([metres @ self._direction, metres @ np.array([-y, x])])

    def _extent(self, along: FloatArray) -> tuple[FloatArray, FloatArray]:
        first = np.nanmin(along, axis=0)
        return first, np.maximum(np.nanmax(along, axis=0) - first, 1.0)
