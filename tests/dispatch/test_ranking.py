"""Which crew is there first, and why."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.etr import SET_OFF_MINUTES, repair_minutes
from dispatch.ranking import CrewFacts, JobAhead, rank_crews
from gis.place import Place
from gis.travel import estimate_travel

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HERE = Place(lon=11.40, lat=53.63)


def crew(crew_id="C1", *, lon=11.41, skills=("switching",), hours_left=6.0, starts_in=-2.0, jobs=()):
    return CrewFacts(
        crew_id=crew_id,
        name=f"Crew {crew_id}",
        skills=frozenset(skills),
        shift_start=NOW + timedelta(hours=starts_in),
        shift_end=NOW + timedelta(hours=hours_left),
        place=Place(lon=lon, lat=53.63),
        position_at=NOW - timedelta(minutes=3),
        jobs_ahead=tuple(jobs),
    )


def rank(*crews, needed=("switching",)):
    return rank_crews(crews=crews, device_place=HERE, needed_skills=needed, now=NOW)


def test_the_nearest_fitting_crew_is_first_with_its_reasons():
    near, far = crew("near", lon=11.41), crew("far", lon=11.60)
    first, second = rank(far, near)
    assert [first.crew_id, second.crew_id] == ["near", "far"]
    assert [first.rank, second.rank] == [1, 2]
    travel = estimate_travel(origin=near.place, destination=HERE)
    assert first.arrival_at == NOW + timedelta(minutes=SET_OFF_MINUTES + travel.travel_minutes)
    assert first.travel_source == "straight_line"
    assert "has switching" in first.reason
    assert "360 min of shift left" in first.reason
    assert first.reason.endswith("free")
    assert [reason.code for reason in first.reasons] == ["travel", "skill_present", "shift_left", "load"]


def test_a_crew_without_the_skill_comes_after_a_farther_one_that_has_it():
    ranked = rank(crew("near", skills=("cable",)), crew("far", lon=11.6))
    assert [one.crew_id for one in ranked] == ["far", "near"]
    assert ranked[1].missing_skills == ("switching",)
    assert not ranked[1].fitting
    assert "lacks switching" in ranked[1].reason


def test_a_crew_whose_shift_ends_before_it_arrives_does_not_fit():
    (one,) = rank(crew(lon=11.9, hours_left=0.2))
    assert not one.fitting


def test_a_crew_that_starts_later_sets_off_then():
    (one,) = rank(crew(starts_in=1.0))
    assert one.arrival_at > NOW + timedelta(hours=1)
    assert "shift starts in 60 min" in one.reason


def test_a_job_ahead_counts_with_its_drive_and_repair():
    there = Place(lon=11.5, lat=53.63)
    ahead = JobAhead(outage_id="O-9", status="accepted", device_kind="fuse", place=there, on_site_at=None)
    (busy,) = rank(crew(jobs=[ahead]))
    first = estimate_travel(origin=Place(lon=11.41, lat=53.63), destination=there)
    second = estimate_travel(origin=there, destination=HERE)
    minutes = first.travel_minutes + repair_minutes("fuse") + SET_OFF_MINUTES + second.travel_minutes
    assert busy.arrival_at == NOW + timedelta(minutes=minutes)
    assert "1 job ahead" in busy.reason


def test_a_crew_at_work_needs_what_is_left_of_the_usual_time():
    started = NOW - timedelta(minutes=30)
    ahead = JobAhead(outage_id="O-9", status="working", device_kind="breaker", place=HERE, on_site_at=started)
    (busy,) = rank(crew(jobs=[ahead]))
    assert busy.arrival_at == NOW + timedelta(minutes=30 + SET_OFF_MINUTES)


@given(
    crews=st.lists(
        st.tuples(
            st.floats(11.0, 12.0),
            st.sampled_from([("switching",), ("cable",), ("switching", "cable")]),
            st.floats(0.1, 8.0),
        ),
        max_size=8,
    )
)
def test_the_order_is_that_of_comparing_every_pair(crews):
    facts = [
        crew(f"C{number}", lon=lon, skills=skills, hours_left=hours)
        for number, (lon, skills, hours) in enumerate(crews)
    ]
    ranked = rank(*facts)
    assert sorted(one.crew_id for one in ranked) == sorted(one.crew_id for one in facts)
    for better, worse in itertools.pairwise(ranked):
        assert better.fitting >= worse.fitting
        if better.fitting == worse.fitting:
            assert better.arrival_at <= worse.arrival_at
