"""The ledger counted by user units (用户统计单位), as DL/T 836 does for medium voltage.

A unit is a distribution transformer with all service points behind it, or a service point that has none
above. RULE: a unit is without supply while all of its service points are. One household out is no unit; what
is out above the transformer is.
"""

from __future__ import annotations

import numpy as np

from dispatch.reliability.columns import Codes, Interruptions, Labels
from dispatch.reliability.stretches import order_by_place_and_time, stretches


def user_units(rows: Interruptions, *, unit_of: Codes, members: Codes) -> Interruptions:
    """Return the interruptions of units, each counted once; labels are those of the last household to go out.

    Args:
        rows: with service points.
        unit_of: by number of the service point its unit; -1 for none.
        members: by unit, how many service points it has.
    """
    of = stretches(rows)
    if rows.service_point is None or len(rows) == 0:
        return rows.rows(slice(0, 0))
    first = np.flatnonzero(of.is_first & (rows.service_point >= 0))
    unit = unit_of[rows.service_point[first]]
    first, unit = first[unit >= 0], unit[unit >= 0]
    begin = rows.started_us[first]
    # Even is an end, odd a begin: at the same moment ends come first.
    moment = np.concatenate([begin * 2 + 1, (begin + of.length_us[first]) * 2])
    at_unit = np.concatenate([unit, unit])
    order = order_by_place_and_time(at_unit, moment)
    moment, at_unit = moment[order], at_unit[order]
    is_begin = (moment & 1).astype(np.bool_)
    out_now = np.cumsum(np.where(is_begin, 1, -1))
    dark = np.flatnonzero(is_begin & (out_now == members[at_unit]))
    # The next moment of a unit that is wholly out is the end of one of its households.
    source = first[order[dark] % len(first)]
    return Interruptions(
        started_us=moment[dark] >> 1,
        ended_us=moment[dark + 1] >> 1,
        day=of.day[source],
        customers=np.ones(len(dark), dtype=np.int32),
        kind=rows.kind[source],
        service_point=at_unit[dark],
        labels={name: Labels(one.codes[source], one.names) for name, one in rows.labels.items()},
    )
