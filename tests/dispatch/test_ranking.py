"""Which crew is there first, and why."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.duty import DutyRules, Stretch, available_window
from dispatch.etr import SET_OFF_MINUTES, repair_minutes
from dispatch.ranking import CrewFacts, Drives, Fit, JobAhead, RankReason, rank_crews
from gis.place import Place
from gis.travel import estimate_travel

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HERE = Place(lon=11.40, lat=53.63)


def crew(
    crew_id="C1",
    *,
    lon=11.41,
    skills=("switching",),
    hours_left=6.0,
    starts_in=-2.0,
    jobs=(),
    worked=(),
    age_minutes=3,
):
    shift = Stretch(NOW + timedelta(hours=starts_in), NOW + timedelta(hours=hours_left))
    return CrewFacts(
        crew_id=crew_id,
        name=f"Crew {crew_id}",
        skills=frozenset(skills),
        window=available_window(shifts=[shift], worked=worked, rules=DutyRules(), now=NOW),
        place=Place(lon=lon, lat=53.63),
        position_at=NOW - timedelta(minutes=age_minutes),
        jobs_ahead=tuple(jobs),
    )


def straight(origin, destination):
    return estimate_travel(origin=origin, destination=destination).travel_minutes


STRAIGHT = Drives(minutes=straight)


def ask(*crews, needed=("switching",), drives=STRAIGHT):
    return rank_crews(
        crews=crews,
        device_place=HERE,
        device_kind="breaker",
        needed_skills=needed,
        drives=drives,
        now=NOW,
    )


def rank(*crews, needed=("switching",), drives=STRAIGHT):
    return ask(*crews, needed=needed, drives=drives).crews


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
        assert better.fit <= worse.fit
        if better.fit == worse.fit:
            assert better.arrival_at <= worse.arrival_at


def by_road(minutes, *, why="no_road"):
    """Drives by crew's longitude; what is not given is unreachable."""

    def drive(origin, _destination):
        return minutes.get(origin.lon, float("inf"))

    def because(_origin, _destination):
        return RankReason(f"unreachable_{why}", {}, "no road leads there")

    return Drives(minutes=drive, source="roads", why=because)


def test_drives_by_road_decide_not_distances():
    ranking = ask(crew("near", lon=11.41), crew("far", lon=11.6), drives=by_road({11.41: 50.0, 11.6: 20.0}))
    assert [one.crew_id for one in ranking.crews] == ["far", "near"]
    assert ranking.crews[0].travel_source == "roads"
    assert ranking.crews[0].reasons[0].code == "travel_by_road"
    assert ranking.why_not_nearest is None, "by road it is the nearest"


def test_a_crew_whom_no_road_leads_there_is_last_and_says_so_never_guessing():
    ranked = rank(crew("island", lon=11.41), crew("far", lon=11.6), drives=by_road({11.6: 20.0}))
    assert [one.crew_id for one in ranked] == ["far", "island"]
    island = ranked[1]
    assert (island.arrival_at, island.travel_minutes, island.fitting) == (None, None, False)
    assert island.reasons[0].code == "unreachable_no_road"


def test_a_shift_that_ends_in_mid_repair_is_said_and_comes_after_those_that_fit():
    ranked = rank(crew("short", lon=11.41, hours_left=0.6), crew("far", lon=11.6))
    assert [(one.crew_id, one.fit) for one in ranked] == [
        ("far", Fit.FITS),
        ("short", Fit.SHIFT_ENDS_IN_REPAIR),
    ]
    assert ranked[1].fitting
    assert "ends_in_repair" in [reason.code for reason in ranked[1].reasons]


def test_rest_is_a_hard_limit_where_the_end_of_a_shift_is_not():
    worked = [Stretch(NOW - timedelta(hours=15.4), NOW)]
    (tired,) = rank(crew("tired", starts_in=-15.4, worked=worked))
    assert tired.fit is Fit.DOES_NOT_FIT
    assert "rest_due" in [reason.code for reason in tired.reasons]
    done = [Stretch(NOW - timedelta(hours=16), NOW)]
    (resting,) = rank(crew("resting", starts_in=-16, hours_left=12, worked=done))
    assert "must_rest" in [reason.code for reason in resting.reasons]
    assert resting.arrival_at > NOW + timedelta(hours=8)


def test_an_old_position_is_told():
    (one,) = rank(crew(age_minutes=61))
    assert one.reasons[-1] == RankReason("position_old", {"minutes": 61}, "position 61 min old")


def test_what_a_crew_would_drop_is_named_with_who_waits_for_it():
    ahead = JobAhead(
        outage_id="O-9",
        status="accepted",
        device_kind="fuse",
        place=Place(lon=11.5, lat=53.63),
        on_site_at=None,
        customers=40,
    )
    (busy,) = rank(crew(jobs=[ahead]))
    assert busy.would_drop == ("O-9",)
    load = busy.reasons[-1]
    assert load.values == {"jobs_ahead": 1, "outages": ["O-9"], "customers": 40}
    here = straight(Place(lon=11.41, lat=53.63), HERE)
    assert busy.arrival_if_sent_now_at == NOW + timedelta(minutes=SET_OFF_MINUTES + here)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"skills": ()}, "nearest_lacks_skill"),
        ({"hours_left": 0.6}, "nearest_ends_in_repair"),
        ({"hours_left": 0.01}, "nearest_off_duty"),
        ({"starts_in": 5.0, "hours_left": 9.0}, "nearest_starts_later"),
        (
            {"jobs": [JobAhead("O-9", "accepted", "station", Place(lon=11.5, lat=53.63), None)]},
            "nearest_is_busy",
        ),
    ],
)
def test_why_the_first_is_not_the_nearest_is_said_in_one_line(change, code):
    ranking = ask(crew("near", lon=11.41, **change), crew("far", lon=11.6))
    assert ranking.crews[0].crew_id == "far"
    assert ranking.why_not_nearest.code == code
    assert ranking.why_not_nearest.values["crew"] == "Crew near"


def test_nothing_need_be_said_where_the_first_is_the_nearest():
    assert ask(crew("near"), crew("far", lon=11.6)).why_not_nearest is None
    assert ask().why_not_nearest is None
