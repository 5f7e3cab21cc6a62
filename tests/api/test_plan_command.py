"""`relight plan`: the answer for people and programs, and how it ends."""

import json

import pytest


def _problem(**more):
    crew = {
        "id": "north",
        "lon": 8.6,
        "lat": 50.1,
        "skills": ["line"],
        "available_from": "2026-07-01T07:00:00Z",
        "available_until": "2026-07-01T16:00:00Z",
    }
    jobs = [
        {"id": "small", "lon": 8.65, "lat": 50.05, "customers": 3, "repair_minutes": 60},
        {
            "id": "large",
            "lon": 8.66,
            "lat": 50.06,
            "customers": 1200,
            "repair_minutes": 45,
            "after": ["small"],
        },
        {"id": "tower", "lon": 8.6, "lat": 50.0, "customers": 9, "repair_minutes": 5, "skills": ["climbing"]},
    ]
    return {"now": "2026-07-01T08:00:00Z", "crews": [crew], "jobs": jobs, **more}


@pytest.fixture
def problem_file(tmp_path):
    def write(document):
        path = tmp_path / "problem.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    return write


def test_a_plan_for_programs(relight, problem_file):
    code, out, _ = relight("plan", problem_file(_problem()), "--iterations", "50", "--json")
    plan = json.loads(out)

    assert code == 0
    assert {stop["job"] for stop in plan["stops"]} == {"small", "large"}
    assert plan["unassigned"] == [
        {"job": "tower", "why": "no crew has the skill climbing", "code": "no_crew_with_skills"}
    ]
    assert plan["lower_bound"] <= plan["customer_minutes"] <= min(plan["baselines"].values())
    assert plan["travel_source"] == "straight_line"


def test_a_plan_for_people(relight, problem_file):
    code, out, _ = relight("plan", problem_file(_problem()), "--seconds", "0.1")

    assert code == 0
    assert "Crew north" in out
    assert "large (1,200 customers, supply back 01 Jul " in out
    assert "tower is left out: no crew has the skill climbing." in out
    assert "below most customers first" in out
    assert "straight line × 1.3 at 30 km/h" in out


def test_the_same_seed_and_steps_give_the_same_plan(relight, problem_file):
    path = problem_file(_problem())
    words = ("plan", path, "--iterations", "30", "--seed", "4", "--json")

    assert relight(*words)[1] == relight(*words)[1]


def test_a_job_whose_crew_goes_home_is_handed_over(relight, problem_file):
    problem = _problem()
    problem["jobs"][0]["under_way"] = "north"
    problem["jobs"][0]["repair_minutes"] = 600
    code, out, _ = relight("plan", problem_file(problem), "--iterations", "5")

    assert code == 0
    assert "small is under way, but crew north cannot finish it within its shift: nobody takes over." in out


def test_what_is_wrong_in_the_problem_ends_with_1(relight, problem_file):
    path = problem_file(_problem(jobs=[{"id": "a", "customers": -1}], now="today"))
    code, out, err = relight("plan", path)
    assert (code, out) == (1, "")
    assert "jobs[0].customers: -1 is not a number from 0 to" in err
    assert 'now: "today" is not a time' in err

    code, out, _ = relight("plan", path, "--json")
    assert code == 1
    assert "jobs[0].repair_minutes" in {one["place"] for one in json.loads(out)["findings"]}


@pytest.mark.parametrize("empty", ["crews", "jobs"])
def test_nobody_or_nothing_is_an_answer(relight, problem_file, empty):
    code, out, _ = relight("plan", problem_file(_problem(**{empty: []})), "--iterations", "5")

    assert code == 0
    assert "0 jobs planned" in out


def test_a_file_that_cannot_be_read_ends_with_2(relight, problem_file, tmp_path):
    code, _, err = relight("plan", problem_file("[1,"))
    assert code == 2
    assert "it is no JSON" in err

    code, _, err = relight("plan", tmp_path / "nowhere.json")
    assert code == 2
    assert "nowhere.json" in err


def test_wrong_usage_ends_with_2(relight, problem_file):
    assert relight("plan")[0] == 2
    assert relight("plan", problem_file(_problem()), "--seconds", "-1")[0] == 2
