"""How much each kind of building draws, which have a transformer of their own, and what one must carry."""

from __future__ import annotations

import numpy as np

from storm.city.arrays import Flags, Floats, Longs
from storm.city.buildings import BuildingKind

# Median peak in kW and spread (standard deviation of its logarithm) of one customer of each kind.
_PEAK_KW = np.array([3.6, 2.3, 9.0, 22.0, 320.0, 14.0, 1400.0, 650.0, 140.0, 70.0, 45.0])
_SPREAD = np.array([0.35, 0.3, 0.5, 0.5, 0.6, 0.4, 0.2, 0.2, 0.25, 0.2, 0.3])
# How many of a hundred have all three phases.
_THREE_PHASE_SHARE = np.array([0.12, 0.03, 0.5, 0.9, 1.0, 0.7, 1.0, 1.0, 1.0, 1.0, 1.0])
_OWN_TRANSFORMER = (
    BuildingKind.FACTORY,
    BuildingKind.HOSPITAL,
    BuildingKind.WATERWORKS,
    BuildingKind.SCHOOL,
)
THREE_PHASE_KVA = np.array(
    [30, 50, 100, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500.0]
)
SINGLE_PHASE_KVA = np.array([15, 25, 37.5, 50, 75, 100, 167.0])
_POWER_FACTOR = 0.92
_FULLEST = 0.8


def has_own_transformer(kind: Longs) -> Flags:
    """Return which buildings have a dedicated transformer."""
    return np.isin(kind, np.array(_OWN_TRANSFORMER))


def peak_kw(rng: np.random.Generator, kind: Longs) -> Floats:
    """Return the peak load of each customer, by what the building is, to a tenth of a kW."""
    peaks = _PEAK_KW[kind] * np.exp(_SPREAD[kind] * rng.standard_normal(len(kind)))
    return np.asarray(np.maximum(np.round(peaks, 1), 0.5))


def takes_three_phases(rng: np.random.Generator, kind: Longs) -> Flags:
    """Return which customers have a three-phase service, where the line has three phases."""
    return np.asarray(rng.random(len(kind)) < _THREE_PHASE_SHARE[kind])


def expected_kw(kind: Longs, units: Longs) -> Floats:
    """Return what a building adds to the peak of a transformer that many share."""
    return np.asarray(_PEAK_KW[kind] * units * 0.42)


def rated_kva(peak_sum_kw: Floats, customers: Longs, *, is_three_phase: Flags) -> Floats:
    """Return the smallest rating that carries the peaks of so many customers, who do not all peak at once."""
    coincidence = 0.3 + 0.7 / np.sqrt(np.maximum(customers, 1))
    needed = peak_sum_kw * coincidence / _POWER_FACTOR / _FULLEST
    three = THREE_PHASE_KVA[np.minimum(np.searchsorted(THREE_PHASE_KVA, needed), len(THREE_PHASE_KVA) - 1)]
    single = SINGLE_PHASE_KVA[
        np.minimum(np.searchsorted(SINGLE_PHASE_KVA, needed), len(SINGLE_PHASE_KVA) - 1)
    ]
    return np.asarray(np.where(is_three_phase, three, single))
