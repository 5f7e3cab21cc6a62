"""The clocks of hazards against a plain twin that counts minutes one by one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.hazard_kinds import HazardKind, HazardStatus
from dispatch.hazard_rules import (
    FIRST_LEVEL,
    LIMITS,
    MAKE_SAFE_WORK,
    HazardFacts,
    Level,
    deadlines_at_level,
    first_deadlines,
    kind_told,
    level_with_authority,
    missing_to_close,
    relieve_by,
    running_clocks,
    warnings_due,
)

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STAGES = ("acknowledge", "attend", "make_safe")


def at(minutes):
    return START + timedelta(minutes=minutes)


def facts(level=Level.IMMINENT_DANGER, **more):
    deadlines = more.pop("deadlines", first_deadlines(level, raised_at=START))
    return HazardFacts(
        status=more.pop("status", HazardStatus.RAISED),
        level=level,
        raised_at=START,
        deadlines=deadlines,
        **more,
    )


def test_every_kind_has_a_level_and_every_level_has_limits():
    assert set(FIRST_LEVEL) == set(HazardKind) == set(MAKE_SAFE_WORK)
    assert set(LIMITS) == set(Level)


def test_a_worse_level_never_gives_more_time():
    for worse, better in ((1, 2), (2, 3)):
        for stage in (*STAGES, "relieve"):
            assert getattr(LIMITS[Level(worse)], stage) <= getattr(LIMITS[Level(better)], stage)


def test_a_word_nobody_knows_is_some_other_danger():
    assert kind_told("gas leak") is HazardKind.OTHER
    assert kind_told("wire_down") is HazardKind.WIRE_DOWN


# Minute 0: raised. Afterwards people set levels at some minutes; the twin keeps for each stage the minute it
# is due, and knows only "worse: no more time than there was; milder: from now".
levels = st.sampled_from(list(Level))


@settings(max_examples=300, deadline=None)
@given(first=levels, steps=st.lists(st.tuples(st.integers(0, 2000), levels), max_size=6))
def test_deadlines_after_any_course_of_levels(first, steps):
    deadlines, level = first_deadlines(first, raised_at=START), first
    due = {stage: getattr(LIMITS[first], stage) for stage in STAGES}
    minute = 0
    for wait, after in steps:
        minute += wait
        deadlines = deadlines_at_level(deadlines, before=level, after=after, now=at(minute))
        for stage in STAGES:
            fresh = minute + getattr(LIMITS[after], stage)
            due[stage] = fresh if after > level else min(due[stage], fresh)
        level = after
    assert [deadlines.acknowledge_by, deadlines.attend_by, deadlines.make_safe_by] == [
        at(due[stage]) for stage in STAGES
    ]


@settings(max_examples=300, deadline=None)
@given(
    level=levels,
    done=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    waits_from=st.none() | st.integers(0, 100),
    looks=st.lists(st.integers(1, 200), max_size=30),
)
def test_each_warning_comes_once_and_in_time(level, done, waits_from, looks):
    acknowledged, attended, safe = done
    deadlines = first_deadlines(level, raised_at=START)
    since = None if waits_from is None else at(waits_from)
    if since is not None:
        deadlines = type(deadlines)(
            deadlines.acknowledge_by,
            deadlines.attend_by,
            deadlines.make_safe_by,
            relieve_by(level, waiting_since=since),
        )
    hazard = facts(
        level,
        deadlines=deadlines,
        is_acknowledged=acknowledged,
        is_attended=attended,
        is_made_safe=safe,
        waiting_since=since,
    )
    open_stages = [] if safe else ["make_safe"]
    open_stages += [] if attended or safe else ["attend"]
    open_stages += [] if attended or safe or acknowledged else ["acknowledge"]
    starts = dict.fromkeys(open_stages, 0)
    if waits_from is not None:
        starts["relieve"] = waits_from
    assert {clock.stage for clock in running_clocks(hazard)} == set(starts)
    warned, minute = [], 0
    for look in looks:
        minute += look
        expected = set()
        for stage, start in starts.items():
            limit = getattr(LIMITS[level], stage)
            if minute >= start + limit:
                expected.add(f"{stage}_over")
            elif minute >= start + limit * 0.75:
                expected.add(f"{stage}_soon")
        new = warnings_due(hazard, warned=warned, now=at(minute))
        assert set(new) == expected - set(warned)
        assert len(new) == len(set(new))
        warned += new


def test_the_clock_due_first_stands_in_front():
    clocks = running_clocks(facts())
    assert [clock.stage for clock in clocks] == ["acknowledge", "attend", "make_safe"]
    assert running_clocks(facts(status=HazardStatus.CLOSED)) == []


def test_an_authority_that_waits_makes_it_a_danger_at_least():
    assert level_with_authority(Level.NUISANCE) is Level.DANGER
    assert level_with_authority(Level.IMMINENT_DANGER) is Level.IMMINENT_DANGER


def test_closing_names_everything_that_is_missing():
    assert missing_to_close(facts()) == ["outcome", "found_by", "found_at", "photo_or_crew_finding"]
    told = {"has_outcome": True, "has_finder": True, "has_finding_time": True}
    assert missing_to_close(facts(**told)) == ["photo_or_crew_finding"]
    assert missing_to_close(facts(**told, has_photo=True, waiting_since=START)) == ["authority_relieved"]
    assert missing_to_close(facts(**told, has_crew_finding=True, has_crew=True)) == ["crew_finished"]


@pytest.mark.parametrize("evidence", ["has_photo", "has_crew_finding"])
def test_a_photo_or_the_finding_of_a_crew_is_evidence(evidence):
    told = {"has_outcome": True, "has_finder": True, "has_finding_time": True, evidence: True}
    assert missing_to_close(facts(**told)) == []
