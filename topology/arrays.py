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
    if not len(ids) or not len(sorted_ids):
        return np.full(len(ids), -1, dtype=np.int64)
    wanted = encode_ids(ids)
    found = np.searchsorted(sorted_ids, wanted)
    found[found == len(sorted_ids)] = 0
    # A byte array drops trailing NULs, so an id that ends in one would match its shorter self.
    readable = np.array(["\0" not in one for one in ids], dtype=np.bool_)
    return np.where((sorted_ids[found] == wanted) & readable, found, -1)


def read_only(array: ArrayT) -> ArrayT:
    """Return the array, from now on refusing writes."""
    array.setflags(write=False)
    return array
