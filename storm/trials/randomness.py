"""Where the chance of trial storms comes from: a stream of uniform numbers for each purpose.

Rule 1: a stream is named by what it decides, so that an option more never changes what the others decide.
Rule 2: only uniform numbers are taken from numpy, and turned into others here: the streams of PCG64 are fixed
for good, the methods of `Generator` are not.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

FloatArray = npt.NDArray[np.float64]

# Half a step of the uniform numbers: keeps 0 and its infinite quantile away.
_HALF_STEP = 2.0**-54


def uniforms(seed: int, purpose: str) -> np.random.Generator:
    """Return the stream for a purpose; use nothing of it but `random`."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _number_of(purpose)])))


def exponential(uniform: FloatArray, mean: float) -> FloatArray:
    """Return waiting times with a mean."""
    return -mean * np.log1p(-uniform)


def normal(uniform: FloatArray, deviation: float) -> FloatArray:
    """Return errors around zero with a standard deviation."""
    quantiles: FloatArray = ndtri(uniform + _HALF_STEP)
    return quantiles * deviation


@cache
def _number_of(purpose: str) -> int:
    return int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
