"""The life of an outage and of a job."""

import pytest

from dispatch.errors import IllegalTransition
from dispatch.states import (
    ENDED_JOB_STATUSES,
    JOB_TRANSITIONS,
    OUTAGE_TRANSITIONS,
    JobStatus,
    OutageAction,
    OutageStatus,
    job_status_after,
    outage_status_after,
)


@pytest.mark.parametrize("status", OutageStatus)
@pytest.mark.parametrize("action", OutageAction)
def test_an_action_is_taken_or_refused_with_what_is_allowed(status, action):
    allowed = OUTAGE_TRANSITIONS[status]
    if action in allowed:
        after = outage_status_after(outage_id="O-1", status=status, action=action)
        assert after == (allowed[action] or status)
        return
    with pytest.raises(IllegalTransition) as refusal:
        outage_status_after(outage_id="O-1", status=status, action=action)
    assert set(refusal.value.allowed) == {str(name) for name in allowed}
    assert "O-1" in str(refusal.value)


@pytest.mark.parametrize("status", JobStatus)
@pytest.mark.parametrize("reported", JobStatus)
def test_a_crew_reports_one_step_after_the_other(status, reported):
    if reported in JOB_TRANSITIONS[status]:
        assert job_status_after(job_id="J-1", status=status, reported=reported) == reported
    else:
        with pytest.raises(IllegalTransition):
            job_status_after(job_id="J-1", status=status, reported=reported)


def test_every_outage_can_come_to_an_end_and_ends_stay():
    ends = {OutageStatus.CLOSED, OutageStatus.DISMISSED, OutageStatus.MERGED}
    for status in set(OutageStatus) - ends:
        reached, frontier = {status}, [status]
        while frontier:
            for after in OUTAGE_TRANSITIONS[frontier.pop()].values():
                if after is not None and after not in reached:
                    reached.add(after)
                    frontier.append(after)
        assert reached & ends
    reopened = {OutageStatus.CLOSED: {OutageAction.REOPEN: OutageStatus.CONFIRMED}}
    assert all(OUTAGE_TRANSITIONS[status] == reopened.get(status, {}) for status in ends)
    assert all(not JOB_TRANSITIONS[status] for status in ENDED_JOB_STATUSES)
