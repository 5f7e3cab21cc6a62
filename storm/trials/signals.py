"""Reports under way, as rows of one array: what is said of whom, when it was true, when it arrives.

Times are milliseconds from the first moment of the storm. A subject is the index of a service point, or of a
device as -1 - index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from topology.arrays import Indices
from topology.observations import ObservationKind
from topology.phases import ABC

KINDS: tuple[ObservationKind, ...] = tuple(ObservationKind)
CODE_OF_KIND = {kind: code for code, kind in enumerate(KINDS)}
RESULTS: tuple[str | None, ...] = (
    None,
    "on",
    "off",
    "unreachable",
    "fault",
    "no_fault",
    "open",
    "damaged",
    "closed",
    "ok",
)
NOBODY = -1

SignalRows = npt.NDArray[np.void]
_ROW = np.dtype(
    [
        ("kind", np.uint8),
        ("subject", np.int64),
        ("at", np.int64),
        ("arrives", np.int64),
        ("result", np.uint8),
        ("phases", np.uint8),
        ("reporter", np.int64),  # the service point that truly is out and says so of itself, else NOBODY
        ("hazard", np.bool_),
        ("lon", np.float64),
        ("lat", np.float64),
    ]
)


def make_signals(
    kind: ObservationKind,
    subjects: Indices,
    *,
    at_seconds: npt.NDArray[np.float64],
    arrives_seconds: npt.NDArray[np.float64],
    are_true: bool = False,
    result: str | None = None,
) -> SignalRows:
    """Return a row for each subject; `are_true`: the subject itself is out, and tells it."""
    rows = np.zeros(len(subjects), dtype=_ROW)
    rows["kind"] = CODE_OF_KIND[kind]
    rows["subject"] = subjects
    rows["at"] = np.rint(at_seconds * 1000)
    rows["arrives"] = np.rint(arrives_seconds * 1000)
    rows["result"] = RESULTS.index(result)
    rows["phases"] = ABC
    rows["reporter"] = subjects if are_true else NOBODY
    rows["lon"] = rows["lat"] = np.nan
    return rows


def in_order_of_arrival(batches: list[SignalRows], *, until_seconds: float) -> SignalRows:
    """Return the rows that have arrived, in order of arrival; at one moment by kind and subject."""
    rows: Any = np.concatenate([np.zeros(0, dtype=_ROW), *batches])
    rows = rows[rows["arrives"] <= round(until_seconds * 1000)]
    return np.asarray(rows[np.lexsort((rows["subject"], rows["kind"], rows["arrives"]))])
