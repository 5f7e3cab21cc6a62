"""The one-file form of a network: a line of JSON that lists the arrays, then the arrays as in memory.

Rule 1: every array starts at a multiple of 64 bytes, so that it can be used where it lies.
Rule 2: a file is written beside its place and then moved there, so a reader sees all of it or none.
Rule 3: byte order is little-endian, as on every machine Relight runs on.
"""

from __future__ import annotations

import json
import mmap
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from topology.errors import NetworkFileError

MAGIC = b"relight network 3\n"
ALIGNMENT_BYTES = 64


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write named one-dimensional arrays to a file, whole or not at all."""
    entries, offset = [], 0
    for name, array in arrays.items():
        entries.append({"name": name, "dtype": array.dtype.str, "count": len(array), "offset": offset})
        offset = _aligned(offset + array.nbytes)
    header = MAGIC + json.dumps(entries).encode() + b"\n"
    start = _aligned(len(header))
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header)
            for entry, array in zip(entries, arrays.values(), strict=True):
                file.seek(start + int(str(entry["offset"])))
                file.write(np.ascontiguousarray(array).data)
            file.truncate(start + offset)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Map the named arrays of a file into memory, read-only; raises NetworkFileError."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise NetworkFileError(
                f"{path} is not a saved network of this version; import the network again."
            )
        try:
            entries = {entry["name"]: entry for entry in json.loads(file.readline())}
            start = _aligned(file.tell())
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return {name: _view(mapped, start, entries[name]) for name in names}
        except (ValueError, KeyError, TypeError) as error:
            raise NetworkFileError(f"{path} is damaged ({error}); import the network again.") from error


def _view(mapped: mmap.mmap, start: int, entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    dtype, count = np.dtype(entry["dtype"]), int(entry["count"])
    if not count:
        return np.empty(0, dtype=dtype)
    return np.frombuffer(mapped, dtype=dtype, count=count, offset=start + int(entry["offset"]))


def _aligned(offset_bytes: int) -> int:
    return -(-offset_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
