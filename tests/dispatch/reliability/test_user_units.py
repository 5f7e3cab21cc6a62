"""User units beside a slow twin that looks at every minute."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.reliability.user_units import user_units

UNITS = np.array([0, 0, 1, 1, 1, 2], dtype=np.int32)
MEMBERS = np.array([2, 3, 1], dtype=np.int32)


@settings(max_examples=60)
@given(minutes=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15), st.integers(0, 5)), max_size=14))
def test_a_unit_is_out_while_all_of_its_households_are(interruptions, minutes):
    is_out = np.zeros((6, 60), dtype=bool)
    rows = []
    for begin, length, place in sorted(minutes):
        # Nobody is out twice, as in the ledger.
        if not is_out[place, begin : begin + length].any():
            is_out[place, begin : begin + length] = True
            rows.append((begin, length, 3, place))

    found = user_units(interruptions(rows or [(0, 1, 1, -1)]), unit_of=UNITS, members=MEMBERS)

    for unit in range(3):
        dark = is_out[unit == UNITS].all(axis=0)
        own = found.service_point == unit
        assert found.duration_us[own].sum() / 60e6 == dark.sum()
        # The slow twin cannot see that two darknesses touch; there are never fewer than it sees.
        assert own.sum() >= (dark & ~np.append(False, dark[:-1])).sum()
    assert (found.customers == 1).all()


def test_a_unit_is_out_from_the_last_household_to_the_first_back(interruptions):
    rows = interruptions([(0, 60, 5, 0), (10, 30, 5, 1), (0, 60, 5, 2)], cause=["tree", "wind", "tree"])

    found = user_units(rows, unit_of=UNITS, members=MEMBERS)

    assert (found.ended_us - found.started_us).tolist() == [30 * 60_000_000]
    assert found.labels["cause"].names[found.labels["cause"].codes[0]] == "wind"
