"""The array types of this room, and ids as sorted byte arrays searched by bisection.

A dictionary of a million ids costs hundreds of megabytes and cannot be memory-mapped; a sorted array can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
MaskArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
IdArray = npt.NDArray[np.bytes_]
Indices = npt.NDArray[np.integer[Any]]
ArrayT = TypeVar("ArrayT", bound=npt.NDArray[Any])


def encode_ids(ids: Sequence[str]) -> IdArray:
    """Return ids as a UTF-8 byte array, in the order given."""
    encoded = [one.encode("utf-8", "surrogateescape") for one in ids]
    width = max((len(one) for one in encoded), default=1)
    return np.array(encoded, dtype=f"S{max(width, 1)}")


def decode_ids(ids: IdArray) -> list[str]:
    """Return byte ids as texts."""
    return [one.decode("utf-8", "surrogateescape") for one in ids.tolist()]


def find_ids(sorted_ids: IdArray, ids: Sequence[str]) -> LongArray:
    """Return the index of each id in a sorted byte array, -1 where it is not there."""
    return find_ids_among([sorted_ids], ids)[0]


def find_ids_among(several: Sequence[IdArray], ids: Sequence[str]) -> list[LongArray]:
    """Return the index of each id in each of several sorted byte arrays, -1 where it is not there."""
    wanted = encode_ids(ids)
    # A byte array drops trailing NULs, so an id that ends in one would match its shorter self.
    readable = np.array(["\0" not in one for one in ids], dtype=np.bool_)
    return [_find(sorted_ids, wanted, readable) for sorted_ids in several]


def _find(sorted_ids: IdArray, wanted: IdArray, readable: BoolArray) -> LongArray:
    if not len(wanted) or not len(sorted_ids):
        return np.full(len(wanted), -1, dtype=np.int64)
    found = np.searchsorted(sorted_ids, wanted)
    found[found == len(sorted_ids)] = 0
    return np.where((sorted_ids[found] == wanted) & readable, found, -1)


def stretches(starts: Indices, stops: Indices) -> tuple[LongArray, LongArray]:
    """Return the places of some stretches, one after the other, and for each place which one it is of."""
    lengths = np.maximum(stops - starts, 0)
    which = np.repeat(np.arange(len(lengths)), lengths)
    shifts = starts - (np.cumsum(lengths) - lengths)
    return np.arange(len(which)) + shifts[which], which


def read_only(array: ArrayT) -> ArrayT:
    """Return the array, from now on refusing writes."""
    array.setflags(write=False)
    return array
