"""Major event days by the 2.5 beta method (IEEE 1366, annex B; DL/T 836.1 has the same).

A day is a major event day when its SAIDI is above T_MED = exp(alpha + 2.5 beta): alpha the mean and beta the
sample standard deviation of the natural logarithms of daily SAIDI, over the days above zero in the five years
before the year that is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

YEARS_LOOKED_BACK = 5
BETAS = 2.5


@dataclass(frozen=True, slots=True)
class Threshold:
    """T_MED and what it comes from; SAIDI in minutes. `years` are those that it was learned from."""

    t_med_minutes: float
    alpha: float
    beta: float
    days: int
    years: tuple[int, ...]


def t_med_minutes(*, alpha: float, beta: float) -> float:
    """Return the daily SAIDI above which a day is a major event day, in minutes."""
    return exp(alpha + BETAS * beta)


def threshold(daily_saidi_minutes: NDArray[np.float64], *, years: Sequence[int]) -> Threshold | None:
    """Return the threshold that days teach; None for fewer than two days above zero: no deviation then."""
    logarithms = np.log(daily_saidi_minutes[daily_saidi_minutes > 0])
    if len(logarithms) < 2:  # noqa: PLR2004 (a sample standard deviation needs two)
        return None
    alpha, beta = float(np.mean(logarithms)), float(np.std(logarithms, ddof=1))
    return Threshold(t_med_minutes(alpha=alpha, beta=beta), alpha, beta, len(logarithms), tuple(years))


def years_to_learn_from(year: int, present: Sequence[int]) -> tuple[int, ...]:
    """Return the years whose days judge a year: those present of the five before it, else the year itself."""
    before = tuple(one for one in present if year - YEARS_LOOKED_BACK <= one < year)
    return before or (year,)
