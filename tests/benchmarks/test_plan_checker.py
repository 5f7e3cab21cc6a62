"""Plans keep the rules by a checker that knows nothing of the planner, and it notices what is wrong."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.plan_checker import breaches
from benchmarks.random_problems import random_problem
from dispatch.planning.plan import make_plan, plan_as_json
from dispatch.planning.problem_file import problem_from_json


def _planned(given, *, steps=20):
    return json.loads(json.dumps(plan_as_json(make_plan(problem_from_json(given), iterations=steps))))


@pytest.mark.parametrize("hundred", range(3))
def test_plans_of_some_hundreds_of_problems_keep_all_rules(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        drawn = random_problem(seed)
        assert breaches(drawn, _planned(drawn)) == [], seed


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**9))
def test_any_plan_keeps_all_rules(seed):
    drawn = random_problem(seed, most_jobs=9)
    assert breaches(drawn, _planned(drawn)) == []


PROBLEM = {
    "now": "2026-07-01T08:00:00Z",
    "crews": [
        {
            "id": id,
            "skills": ["line", skill],
            "available_from": "2026-07-01T08:00:00Z",
            "available_until": "2026-07-01T12:00:00Z",
        }
        for id, skill in (("A", "cable"), ("B", "truck"))
    ],
    "jobs": [
        {"id": "trunk", "customers": 9, "repair_minutes": 60, "skills": ["cable"], "after": []},
        {
            "id": "lateral",
            "customers": 5,
            "repair_minutes": 30,
            "skills": ["line"],
            "after": ["trunk"],
            "pinned_crew": "B",
            "due_by": "2026-07-01T08:30:00Z",
        },
        {"id": "late", "customers": 1, "repair_minutes": 230, "skills": [], "after": []},
    ],
    "travel_minutes": [[10] * 5 for _ in range(5)],
}


def _stop(plan, job):
    return next(stop for stop in plan["stops"] if stop["job"] == job)


def _as_other_crew(plan):
    _stop(plan, "trunk")["crew"] = "B"


def _off_the_pin(plan):
    _stop(plan, "lateral")["crew"] = "A"


def _faster(plan):
    _stop(plan, "trunk")["arrive"] = "2026-07-01T08:05:00Z"


def _restored_before_upstream(plan):
    _stop(plan, "lateral")["restored"] = _stop(plan, "lateral")["finish"]


def _not_told_late(plan):
    plan["late"] = []


def _twice(plan):
    plan["stops"].append(_stop(plan, "trunk"))


def _forgotten(plan):
    plan["unassigned"] = []


def _better_than_it_is(plan):
    plan["customer_minutes"] -= 1


def _bound_too_high(plan):
    plan["lower_bound"] = plan["customer_minutes"] + 1


def _other_baseline(plan):
    plan["baselines"]["priority"] += 1


def test_a_good_plan_has_no_breach():
    assert breaches(PROBLEM, _planned(PROBLEM)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        _as_other_crew,
        _off_the_pin,
        _faster,
        _restored_before_upstream,
        _not_told_late,
        _twice,
        _forgotten,
        _better_than_it_is,
        _bound_too_high,
        _other_baseline,
    ],
)
def test_the_checker_notices(spoil):
    plan = copy.deepcopy(_planned(PROBLEM))
    spoil(plan)
    assert breaches(PROBLEM, plan) != []


def test_the_checker_notices_work_after_the_shift():
    plan = _planned(PROBLEM)
    shorter = copy.deepcopy(PROBLEM)
    shorter["crews"][0]["available_until"] = "2026-07-01T09:00:00Z"
    assert any("shift" in breach for breach in breaches(shorter, plan))
