"""Short ways to write down interruptions. Loaded by path, like the other modules of the tests."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from dispatch.reliability.columns import Interruptions, Kind, Labels

MINUTE_US = 60_000_000
DAY_MINUTES = 1440
START_DAY = datetime(2026, 1, 1, tzinfo=UTC).toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def interruptions(rows, **labels):
    """Return columns of (begin, minutes, customers[, service point[, kind]]); begin in minutes of 2026."""
    filled = [(*row, -1, Kind.FAULT)[:4] + ((row[4],) if len(row) > 4 else (Kind.FAULT,)) for row in rows]
    begin = np.array([round(row[0] * MINUTE_US) for row in filled], dtype=np.int64)
    length = np.array([round(row[1] * MINUTE_US) for row in filled], dtype=np.int64)
    started = begin + START_DAY * DAY_MINUTES * MINUTE_US
    return Interruptions(
        started_us=started,
        ended_us=started + length,
        day=(started // (DAY_MINUTES * MINUTE_US)).astype(np.int32),
        customers=np.array([row[2] for row in filled], dtype=np.int32),
        kind=np.array([row[4] for row in filled], dtype=np.int8),
        service_point=(
            np.array([row[3] for row in filled], dtype=np.int32)
            if any(len(row) > 3 for row in rows)
            else None
        ),
        labels={name: label(values) for name, values in labels.items()},
    )


def label(values):
    """Return names as a label; None: not known."""
    names = sorted({value for value in values if value is not None})
    codes = [names.index(value) if value is not None else -1 for value in values]
    return Labels(np.array(codes, dtype=np.int32), tuple(names))
