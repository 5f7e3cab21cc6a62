"""The arrays of a city in the making, numbers made from texts, and where chance comes from."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]
Objects = npt.NDArray[np.object_]

_ZERO = ord("0")


def chance(seed: int, purpose: str) -> np.random.Generator:
    """Return the stream of random numbers for one purpose, so that one question more changes no other."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def numbered(prefix: str, numbers: Longs, digits: int) -> Texts:
    """Return `prefix` followed by each number, filled with zeros to so many digits."""
    width = len(prefix) + digits
    points = np.empty((len(numbers), width), dtype=np.uint32)
    points[:, : len(prefix)] = [ord(letter) for letter in prefix]
    left = np.asarray(numbers, dtype=np.int64).copy()
    for place in range(width - 1, len(prefix) - 1, -1):
        left, digit = np.divmod(left, 10)
        points[:, place] = digit + _ZERO
    return points.view(f"<U{width}").reshape(-1)


def joined(*parts: Texts | str) -> Texts:
    """Return the parts put together, row by row."""
    whole: Texts = np.asarray(parts[0], dtype=np.str_)
    for part in parts[1:]:
        whole = np.strings.add(whole, part)
    return whole


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text; lists of names are read more easily that way."""
    return tuple(text.split())


def rank_in_group(groups: Longs) -> Longs:
    """Return how many equal values stand before each; equal values must stand side by side."""
    if not len(groups):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    sizes = np.diff(np.r_[starts, len(groups)])
    return np.arange(len(groups), dtype=np.int64) - np.repeat(starts, sizes)
