"""What is worded or put in order only when it is read says what it would have said at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.inference import Inference, InferenceResult, infer
from topology.inference_result import EvidenceIds, Reason
from topology.observations import Observation, ObservationKind
from topology.supply_tree import SupplyTree

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = [
    (ObservationKind.TROUBLE_CALL, None),
    (ObservationKind.LAST_GASP, None),
    (ObservationKind.PING, "off"),
    (ObservationKind.PING, "on"),
    (ObservationKind.POWER_UP, None),
]


def read(result: InferenceResult) -> list[tuple[str, list[str], tuple[str, ...]]]:
    return [
        (one.device, [reason.text for reason in one.reasons], tuple(one.evidence_ids))
        for one in result.outages
    ]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_results_read_after_all_has_changed_say_what_they_said_at_once(
    data, twin: ModuleType, posterior_twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(posterior_twin.drawn_trees(twin.Drawn))
    tree = tree_of_rows(drawn)
    subjects = st.sampled_from([one for one, *_ in drawn.service_points])
    said = data.draw(st.lists(st.tuples(subjects, st.sampled_from(KINDS)), min_size=2, max_size=12))
    observations = [
        Observation(f"E{place:02}", kind, START + timedelta(minutes=place // 3), subject, result=result)
        for place, (subject, (kind, result)) in enumerate(said)
    ]
    now = START + timedelta(minutes=10)
    inference = Inference(tree=tree)
    unread = [inference.update([one], now=now) for one in observations]
    for place, late in enumerate(unread):
        at_once = read(infer(tree=tree, observations=observations[: place + 1], now=now))
        assert read(late) == at_once


def test_ids_are_put_in_the_order_of_their_times_and_compare_with_plain_ones():
    later, sooner = (
        Observation(id_, ObservationKind.LAST_GASP, START + timedelta(seconds=second), "M1")
        for id_, second in (("E1", 1), ("E2", 0))
    )
    ids = EvidenceIds([(later,), (sooner,)])
    assert (ids, len(ids), ids[0], ids[1:], list(ids)) == (("E2", "E1"), 2, "E2", ("E1",), ["E2", "E1"])
    assert ids == EvidenceIds([(sooner, later)])
    assert hash(ids) == hash(("E2", "E1"))
    assert repr(ids) == "('E2', 'E1')"


def test_a_reason_that_nobody_has_worded_is_refused():
    with pytest.raises(KeyError):
        _ = Reason("unheard_of", {}).text
