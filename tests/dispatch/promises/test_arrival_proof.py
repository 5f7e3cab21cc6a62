"""Tap and position: which counts, and what does not fit together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.arrival_proof import ArrivalProof, arrival_flags, counted_arrival, first_arrival
from dispatch.promise_document import ArrivalCounts, default_promise_rules

T0 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RULE = default_promise_rules().proof


def at(minutes):
    return None if minutes is None else T0 + timedelta(minutes=minutes)


def proof(tap=None, position=None, *, told=None, job="J-1"):
    return ArrivalProof(
        job_id=job,
        crew_id="north",
        tap_at=at(tap),
        tap_recorded_at=at(tap if told is None else told),
        tap_change=None,
        position_at=at(position),
        position_recorded_at=at(position),
        position_distance_m=None,
        lon=None,
        lat=None,
    )


@pytest.mark.parametrize(
    ("facts", "now", "flags"),
    [
        ({"tap": 30, "position": 38}, 100, ()),
        ({"tap": 30, "position": 41}, 100, ("times_differ",)),
        ({"tap": 41, "position": 30}, 100, ("times_differ",)),
        ({"tap": 30}, 40, ()),
        ({"tap": 30}, 41, ("no_position",)),
        ({"position": 30}, 41, ("no_tap",)),
        ({"tap": 30, "position": 30, "told": 50}, 100, ("told_late",)),
    ],
)
def test_differences_beyond_the_limit_are_flagged(facts, now, flags):
    assert arrival_flags(proof(**facts), rule=RULE, now=at(now)) == flags


@pytest.mark.parametrize(("counts", "expected"), [("hand", 30), ("position", 38), ("later", 38)])
def test_the_rules_say_which_proof_counts(counts, expected):
    rule = replace(RULE, arrival_counts=ArrivalCounts(counts))
    assert counted_arrival(proof(30, 38), rule=rule) == at(expected)


def test_one_proof_alone_is_not_the_later_of_both():
    rule = replace(RULE, arrival_counts=ArrivalCounts.LATER)
    assert counted_arrival(proof(30), rule=rule) is None


def test_the_first_of_several_crews_counts():
    found = first_arrival([proof(40), proof(30, job="J-2"), proof(position=10, job="J-3")], rule=RULE)
    assert found.job_id == "J-2"
    assert first_arrival([proof(position=10)], rule=RULE) is None
