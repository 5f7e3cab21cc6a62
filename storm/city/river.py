"""A river through the town: a winding line that few streets cross."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Floats

_BANK_M = 22.0


@dataclass(frozen=True, slots=True)
class River:
    """A river of one width that swings about a straight line past the middle of the town."""

    angle: float
    offset_m: float
    swing_m: float
    wave_m: float
    phase: float
    width_m: float

    @property
    def clear_m(self) -> float:
        """How far from its middle no corner lies."""
        return self.width_m / 2 + _BANK_M

    def signed_distance_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """Return about how far places lie from its middle; the sign tells the bank."""
        along = x_m * np.cos(self.angle) + y_m * np.sin(self.angle)
        across = -x_m * np.sin(self.angle) + y_m * np.cos(self.angle)
        turn = 2 * np.pi * along / self.wave_m + self.phase
        slope = self.swing_m * 2 * np.pi / self.wave_m * np.cos(turn)
        middle = self.offset_m + self.swing_m * np.sin(turn)
        return np.asarray((across - middle) / np.sqrt(1 + slope**2))


def make_river(rng: np.random.Generator, *, radius_m: float) -> River:
    """Return a river that passes the middle of a town of this radius at some distance."""
    return River(
        angle=float(rng.uniform(0, np.pi)),
        offset_m=float(rng.uniform(0.12, 0.3) * radius_m * rng.choice([-1, 1])),
        swing_m=0.13 * radius_m,
        wave_m=float(rng.uniform(1.3, 2.0) * radius_m),
        phase=float(rng.uniform(0, 2 * np.pi)),
        width_m=float(np.clip(radius_m / 40, 24, 110)),
    )
