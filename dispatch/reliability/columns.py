"""Interruptions as columns: plain numpy arrays of one length, whoever they come from (a ledger, a file).

Ten million rows are some 400 MB, so what is computed over them goes through `parts`, a million at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

MICROSECONDS_PER_MINUTE = 60_000_000
ROWS_PER_PART = 1_000_000

Numbers = NDArray[np.int64]
Codes = NDArray[np.int32]


class Kind(IntEnum):
    """Why supply was interrupted. DL/T 836: fault (故障), or else pre-arranged (预安排)."""

    FAULT = 0
    PLANNED = 1  # 计划停电
    TEMPORARY = 2  # 临时停电: pre-arranged, but not announced in time
    LIMITED = 3  # 限电: not enough power or capacity


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What each row belongs to (a feeder, a cause): its number in `names`; -1 where it is not known."""

    codes: Codes
    names: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Interruptions:
    """Columns of interruptions, a row for each.

    Args:
        started_us: begin, in microseconds since 1970 UTC.
        ended_us: end, likewise; never before the begin.
        day: the local day of the begin, in days since 1970-01-01.
        customers: how many are without supply.
        kind: a `Kind`.
        service_point: who it is, numbered from 0 without gaps; -1 unknown. None: nobody is known by name.
        labels: what rows may be told apart by: `feeder`, `district`, `cause`….
    """

    started_us: Numbers
    ended_us: Numbers
    day: Codes
    customers: Codes
    kind: NDArray[np.int8]
    service_point: Codes | None = None
    labels: Mapping[str, Labels] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.started_us)

    @property
    def duration_us(self) -> Numbers:
        """How long each lasted, in microseconds."""
        return self.ended_us - self.started_us

    def rows(self, chosen: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Interruptions:
        """Return some of the rows; a slice copies nothing."""
        return Interruptions(
            started_us=self.started_us[chosen],
            ended_us=self.ended_us[chosen],
            day=self.day[chosen],
            customers=self.customers[chosen],
            kind=self.kind[chosen],
            service_point=None if self.service_point is None else self.service_point[chosen],
            labels={name: Labels(one.codes[chosen], one.names) for name, one in self.labels.items()},
        )

    def parts(self) -> Iterator[slice]:
        """Give slices that together are all rows, none longer than what is good for the memory."""
        for begin in range(0, len(self), ROWS_PER_PART):
            yield slice(begin, min(begin + ROWS_PER_PART, len(self)))


def joined(parts: Iterable[Interruptions]) -> Interruptions:
    """Put parts behind one another; their labels must have the same names. No parts: no rows."""
    kept = list(parts)
    if not kept:
        return no_interruptions()
    first = kept[0]
    service_points = [part.service_point for part in kept if part.service_point is not None]
    return Interruptions(
        started_us=np.concatenate([part.started_us for part in kept]),
        ended_us=np.concatenate([part.ended_us for part in kept]),
        day=np.concatenate([part.day for part in kept]),
        customers=np.concatenate([part.customers for part in kept]),
        kind=np.concatenate([part.kind for part in kept]),
        service_point=np.concatenate(service_points) if len(service_points) == len(kept) else None,
        labels={
            name: Labels(np.concatenate([part.labels[name].codes for part in kept]), one.names)
            for name, one in first.labels.items()
        },
    )


def no_interruptions() -> Interruptions:
    """Return columns without a row."""
    return Interruptions(
        started_us=np.empty(0, dtype=np.int64),
        ended_us=np.empty(0, dtype=np.int64),
        day=np.empty(0, dtype=np.int32),
        customers=np.empty(0, dtype=np.int32),
        kind=np.empty(0, dtype=np.int8),
    )
