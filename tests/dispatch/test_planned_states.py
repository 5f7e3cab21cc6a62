"""The table of a planned outage's life."""

from itertools import product

import pytest

from dispatch.errors import IllegalTransition
from dispatch.planned_states import (
    OVER_PLANNED_STATUSES,
    PLANNED_TRANSITIONS,
    PlannedAction,
    PlannedStatus,
    allowed_planned_actions,
    planned_status_after,
)


def test_every_status_has_its_row_and_only_ends_have_none():
    assert set(PLANNED_TRANSITIONS) == set(PlannedStatus)
    assert {status for status, row in PLANNED_TRANSITIONS.items() if not row} == set(OVER_PLANNED_STATUSES)


@pytest.mark.parametrize(("status", "action"), [*product(PlannedStatus, PlannedAction)])
def test_what_is_not_in_the_table_is_refused_and_says_what_is(status, action):
    if action in PLANNED_TRANSITIONS[status]:
        assert planned_status_after(planned_outage_id="P-1", status=status, action=action)
        return
    with pytest.raises(IllegalTransition, match=status) as refused:
        planned_status_after(planned_outage_id="P-1", status=status, action=action)
    assert refused.value.allowed == allowed_planned_actions(status)
    assert PlannedAction.NOTIFY not in refused.value.allowed


def test_from_everywhere_an_end_is_reached():
    for status in PlannedStatus:
        reached, waiting = {status}, [status]
        while waiting:
            for then in PLANNED_TRANSITIONS[waiting.pop()].values():
                if then is not None and then not in reached:
                    reached.add(then)
                    waiting.append(then)
        assert reached & set(OVER_PLANNED_STATUSES), status
