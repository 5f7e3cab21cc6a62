"""From the parts that the ledger is read in to columns for reckoning: local days, numbered service points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.reliability.columns import Codes, Interruptions, Labels, Numbers, joined

if TYPE_CHECKING:
    from dispatch.ledger_reading import LedgerPart

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Offsets change at full quarters of an hour, everywhere since 1972.
_QUARTER_US = 900_000_000
_DAY_US = 86_400_000_000


def ledger_columns(
    parts: Iterable[LedgerPart],
    *,
    zone: ZoneInfo,
    now: datetime,
    causes: Sequence[str],
    feeders: Sequence[str],
) -> tuple[Interruptions, Numbers]:
    """Return all rows, and the keys of their service points: rows name them by place in these.

    What is still out counts to now.
    """
    kept, keys = [], []
    for part in parts:
        kept.append(_columns(part, zone=zone, now=now, causes=causes, feeders=feeders))
        keys.append(part.service_point)
    rows = joined(kept)
    if not kept:
        return rows, np.empty(0, dtype=np.int64)
    known, place = np.unique(np.concatenate(keys), return_inverse=True)
    numbered = Interruptions(
        started_us=rows.started_us,
        ended_us=rows.ended_us,
        day=rows.day,
        customers=rows.customers,
        kind=rows.kind,
        service_point=place.astype(np.int32),
        labels=rows.labels,
    )
    return numbered, known


def _columns(
    part: LedgerPart, *, zone: ZoneInfo, now: datetime, causes: Sequence[str], feeders: Sequence[str]
) -> Interruptions:
    started_us = part.started_at.astype("datetime64[us]").astype(np.int64)
    ended_us = part.ended_at.astype("datetime64[us]").astype(np.int64)
    now_us = (now - _EPOCH) // timedelta(microseconds=1)
    ended_us[np.isnat(part.ended_at)] = now_us
    return Interruptions(
        started_us=started_us,
        ended_us=np.maximum(ended_us, started_us),
        day=local_days(started_us, zone=zone),
        customers=part.customers.astype(np.int32),
        kind=part.kind.astype(np.int8),
        labels={
            "cause": Labels(part.cause.astype(np.int32), causes),
            "feeder": Labels(part.feeder.astype(np.int32), feeders),
        },
    )


def local_days(at_us: Numbers, *, zone: ZoneInfo) -> Codes:
    """Return the local day of moments (microseconds since 1970 UTC), in days since 1970-01-01."""
    if len(at_us) == 0:
        return np.empty(0, dtype=np.int32)
    day = at_us // _DAY_US
    first = int(day.min())
    edges = [_offset_us(one * _DAY_US, zone) for one in range(first, int(day.max()) + 2)]
    edge = np.array(edges, dtype=np.int64)
    offset = edge[day - first]
    # Only on the days on which the clock changes do moments differ: those are looked at one by one.
    moves = np.flatnonzero((edge[1:] != edge[:-1])[day - first])
    if len(moves):
        present, place = np.unique(at_us[moves] // _QUARTER_US, return_inverse=True)
        offsets = [_offset_us(int(one) * _QUARTER_US, zone) for one in present]
        offset[moves] = np.array(offsets, dtype=np.int64)[place]
    return ((at_us + offset) // _DAY_US).astype(np.int32)


def _offset_us(at_us: int, zone: ZoneInfo) -> int:
    at = (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone)
    return (at.utcoffset() or timedelta(0)) // timedelta(microseconds=1)
