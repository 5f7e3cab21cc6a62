"""Plans: stops, who is left out and why, hand-overs, never worse than a simple rule."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.planning.plan import make_plan, plan_as_json
from dispatch.planning.schedule import is_kept
from tests.dispatch.planning.problems import at, crew, job, problem, random_problem

INF = float("inf")


def _plan(drawn, **more):
    return make_plan(drawn, iterations=100, **more)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_a_plan_is_never_worse_than_a_simple_rule(seed):
    drawn = random_problem(seed)
    plan = _plan(drawn)

    assert is_kept(drawn, plan.routes)
    assert plan.customer_minutes <= min(plan.baselines.values()) * (1 + 1e-9)
    assert plan.lower_bound <= plan.customer_minutes * (1 + 1e-9)
    assert plan.weighted_lower_bound <= plan.weighted_minutes * (1 + 1e-9)
    done = {stop.job for stop in plan.stops}
    left = {one.job for one in plan.unassigned}
    assert done | left == {one.id for one in drawn.jobs}
    assert not done & left
    json.dumps(plan_as_json(plan), allow_nan=False)


def test_the_stops_of_a_plan():
    drawn = problem(
        [crew("only", start=-60)],
        [job("feeder", minutes=30), job("lateral", customers=9, after=("feeder",), due_by=at(60))],
        [[0, 10, 20], [10, 0, 5], [20, 5, 0]],
    )
    answer = plan_as_json(_plan(drawn))

    assert answer["stops"] == [
        {
            "crew": "only",
            "job": "feeder",
            "depart": "2026-07-01T08:00:00Z",
            "arrive": "2026-07-01T08:10:00Z",
            "start": "2026-07-01T08:10:00Z",
            "finish": "2026-07-01T08:40:00Z",
            "restored": "2026-07-01T08:40:00Z",
        },
        {
            "crew": "only",
            "job": "lateral",
            "depart": "2026-07-01T08:40:00Z",
            "arrive": "2026-07-01T08:45:00Z",
            "start": "2026-07-01T08:45:00Z",
            "finish": "2026-07-01T09:45:00Z",
            "restored": "2026-07-01T09:45:00Z",
        },
    ]
    assert answer["travel_source"] == "given"


@pytest.mark.parametrize(
    ("crews", "jobs", "code", "words"),
    [
        ([], [job("a")], "no_crews", "there are no crews"),
        ([crew("x")], [job("a", skills=["cable"])], "no_crew_with_skills", "no crew has the skill cable"),
        (
            [crew("x"), crew("y", skills=["cable"])],
            [job("a", skills=["cable", "line"])],
            "no_crew_with_skills",
            "no crew has the skills cable and line",
        ),
        (
            [crew("x"), crew("y", skills=["cable"])],
            [job("a", pinned_crew="y")],
            "pinned_crew_lacks_skills",
            "it is pinned to crew y, which lacks the skill line",
        ),
        (
            [crew("x")],
            [job("a", pinned_crew="gone")],
            "pinned_crew_unknown",
            "it is pinned to crew gone, which is not there",
        ),
        (
            [crew("x"), crew("y")],
            [job("a", pinned_crew="y", forbidden_crews=frozenset("y"))],
            "pinned_crew_forbidden",
            "it is pinned to crew y, which is forbidden there",
        ),
        (
            [crew("x"), crew("y", skills=[])],
            [job("a", forbidden_crews=frozenset("x"))],
            "all_crews_forbidden",
            "every crew with the skill line is forbidden there",
        ),
        (
            [crew("x", end=65), crew("y", end=60.5)],
            [job("a")],
            "shift_too_short",
            "no shift is long enough: crew x comes closest and lacks 5 minutes",
        ),
        (
            [crew("x", end=80)],
            [job("a", customers=50), job("b")],
            "crews_busy",
            "every crew that could do it is busy until the end of its shift",
        ),
        (
            [crew("x"), crew("y", start=5)],
            [job("a", not_after=at(5))],
            "too_late",
            "work there may not begin so late: crew x comes first, 5 minutes too late",
        ),
        (
            [crew("x")],
            [job("a", customers=50, not_after=at(10)), job("b", not_after=at(60))],
            "crews_busy",
            "every crew that could do it is busy until it is too late to begin",
        ),
        (
            [crew("x", end=65)],
            [job("a", under_way="x")],
            "no_other_crew",
            (
                "crew x is at it but its shift ends before it is finished, and there is no other crew with "
                "the skill line to take over"
            ),
        ),
    ],
)
def test_why_a_job_is_left_out(crews, jobs, code, words):
    left = _plan(problem(crews, jobs)).unassigned

    assert [(one.reason.code, one.reason.text) for one in left] == [(code, words)]


def test_a_job_on_an_island_is_said_to_be_on_one():
    drawn = problem([crew("x")], [job("a"), job("island")], [[0, 5, INF], [5, 0, INF], [INF, INF, 0]])
    left = _plan(drawn).unassigned

    assert [(one.job, one.reason.code) for one in left] == [("island", "no_way")]
    assert left[0].reason.text == "no way leads there for any crew that may do it"


def test_a_crew_under_way_goes_on_first():
    drawn = problem([crew("x")], [job("small", customers=1, under_way="x"), job("large", customers=900)])

    assert [stop.job for stop in _plan(drawn).stops] == ["small", "large"]


def test_another_crew_takes_over_what_a_shift_does_not_suffice_for():
    crews = [crew("tired", end=60), crew("fresh")]
    drawn = problem(
        crews, [job("long", minutes=90, under_way="tired", pinned_crew="tired"), job("b", minutes=30)]
    )
    plan = _plan(drawn)

    assert [(one.job, one.from_crew, one.to_crew) for one in plan.handed_over] == [("long", "tired", "fresh")]
    assert {stop.job: stop.crew for stop in plan.stops} == {"long": "fresh", "b": "tired"}


def test_late_is_what_finishes_after_it_was_due():
    drawn = problem([crew("x")], [job("a", due_by=at(70)), job("b", due_by=at(139))])

    assert _plan(drawn).late == ("b",)


def test_weights_count_beside_customers():
    drawn = problem([crew("x"), crew("y")], [job("a", weight=30), job("b")])
    plan = _plan(drawn)

    assert (plan.customer_minutes, plan.weighted_minutes) == (1400, 2800)


def test_a_start_that_breaks_a_rule_is_passed_over():
    drawn = problem([crew("x", skills=[])], [job("a")])

    assert _plan(drawn, start=((0,),)).routes == ((),)
