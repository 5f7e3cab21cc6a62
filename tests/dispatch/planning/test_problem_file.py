"""Planning problems in files: read whole, and every wrong thing told with its place."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.planning.errors import PlanningError, WrongProblemError
from dispatch.planning.plan import make_plan, plan_as_json
from dispatch.planning.problem_file import problem_from_json, read_problem
from gis.place import Place
from gis.travel import estimate_travel

PAPER = Path(__file__).parents[3] / "docs" / "formats" / "plan.md"
DROP = object()


def _crew(**more):
    crew = {
        "id": "x",
        "lon": 8.0,
        "lat": 50.0,
        "skills": ["line"],
        "available_from": "2026-07-01T08:00:00Z",
        "available_until": "2026-07-01T16:00:00+02:00",
    }
    return _changed(crew, more)


def _job(**more):
    return _changed({"id": "a", "lon": 8.1, "lat": 50.1, "customers": 3, "repair_minutes": 60}, more)


def _problem(**more):
    problem = {"now": "2026-07-01T08:00:00Z", "crews": [_crew()], "jobs": [_job()]}
    return _changed(problem, more)


def _changed(entry, more):
    return {name: value for name, value in {**entry, **more}.items() if value is not DROP}


def _wrong(document):
    with pytest.raises(WrongProblemError) as refused:
        problem_from_json(document)
    return {error.place: error.text for error in refused.value.findings}


def test_the_problem_in_the_paper_has_the_answer_in_the_paper():
    blocks = dict(re.findall(r"```json (\w+)\n(.*?)```", PAPER.read_text(encoding="utf-8"), re.DOTALL))
    plan = plan_as_json(make_plan(problem_from_json(json.loads(blocks["problem"])), iterations=200))

    assert plan.pop("lower_bound") <= plan["customer_minutes"]
    assert plan.pop("weighted_lower_bound") <= plan["weighted_minutes"]
    assert plan == json.loads(blocks["plan"])


def test_every_entry_is_read():
    job = _job(
        id="b",
        skills=["line", "cable"],
        after=["a"],
        not_before="2026-07-01T09:00:00+08:00",
        due_by="2026-07-01T10:00:00Z",
        pinned_crew="x",
        weight=7,
        under_way="x",
        forbidden_crews=["x"],
    )
    read = problem_from_json(_problem(jobs=[_job(), job])).jobs[1]

    assert (read.skills, read.after) == (frozenset(["line", "cable"]), ("a",))
    assert read.not_before == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert read.due_by == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert (read.pinned_crew, read.under_way, read.weight) == ("x", "x", 7.0)
    assert read.forbidden_crews == frozenset(["x"])


def test_without_travel_minutes_ways_are_estimated():
    problem = problem_from_json(_problem())
    there = estimate_travel(origin=Place(lon=8.0, lat=50.0), destination=Place(lon=8.1, lat=50.1))

    assert problem.travel_source == "straight_line"
    assert problem.travel_minutes == pytest.approx(
        np.array([[0, there.travel_minutes], [there.travel_minutes, 0]])
    )


def test_null_is_no_way():
    problem = problem_from_json(_problem(travel_minutes=[[0, None], [3.5, 0]]))

    assert problem.travel_source == "given"
    assert problem.travel_minutes.tolist() == [[0, np.inf], [3.5, 0]]


def test_with_travel_minutes_no_place_is_needed():
    crew, job = _crew(lon=DROP, lat=DROP), _job(lon=DROP, lat=DROP)

    assert problem_from_json(_problem(crews=[crew], jobs=[job], travel_minutes=[[0, 1], [1, 0]])).jobs


@pytest.mark.parametrize("empty", [{"crews": []}, {"jobs": []}, {"crews": [], "jobs": []}])
def test_nobody_or_nothing_is_an_answer(empty):
    problem = problem_from_json(_problem(**empty))
    plan = make_plan(problem, iterations=5)

    assert len(plan.unassigned) == len(problem.jobs)
    assert plan.stops == ()


WRONG = [
    ("not an object", [], "problem", "is not an object"),
    ("no time", _problem(now=DROP), "now", "it is missing"),
    ("no zone", _problem(now="2026-07-01T08:00:00"), "now", "no time zone; write Z"),
    ("no such time", _problem(now="yesterday"), "now", "not a time such as"),
    ("a number for a time", _problem(now=5), "now", "5 is not a time such as"),
    ("the end of the calendar", _problem(now="0001-01-01T00:00:00+14:00"), "now", "not a time"),
    ("no list", _problem(crews={}), "crews", "not a list of objects"),
    ("no jobs entry", _problem(jobs=DROP), "jobs", "not a list of objects"),
    ("no object", _problem(jobs=["a"]), "jobs[0]", '"a" is not an object'),
    ("no id", _problem(jobs=[_job(id=7)]), "jobs[0].id", "7 is not an id"),
    ("one id twice", _problem(jobs=[_job(), _job()]), "jobs[1].id", "'a' is also the id of jobs[0]"),
    ("one crew twice", _problem(crews=[_crew(), _crew()]), "crews[1].id", "also the id of crews[0]"),
    ("unknown upstream", _problem(jobs=[_job(after=["z"])]), "jobs[0].after", "there is no job 'z'"),
    ("unknown pin", _problem(jobs=[_job(pinned_crew="z")]), "jobs[0].pinned_crew", "no crew 'z'"),
    ("unknown crew", _problem(jobs=[_job(under_way="z")]), "jobs[0].under_way", "no crew 'z'"),
    ("unknown ban", _problem(jobs=[_job(forbidden_crews=["z"])]), "jobs[0].forbidden_crews", "no crew 'z'"),
    ("itself upstream", _problem(jobs=[_job(after=["a"])]), "jobs[0].after", "in a circle: a → a"),
    (
        "a circle",
        _problem(jobs=[_job(after=["b"]), _job(id="b", after=["a"])]),
        "jobs[0].after",
        "in a circle: a → b → a; break it",
    ),
    (
        "two at once",
        _problem(jobs=[_job(under_way="x"), _job(id="b", under_way="x")]),
        "jobs[1].under_way",
        "has jobs[0] under way already",
    ),
    ("negative", _problem(jobs=[_job(customers=-1)]), "jobs[0].customers", "not a number from 0 to"),
    ("not a number", _problem(jobs=[_job(weight=float("nan"))]), "jobs[0].weight", "NaN is not"),
    ("infinite", _problem(jobs=[_job(repair_minutes=float("inf"))]), "jobs[0].repair_minutes", "Infinity"),
    ("huge", _problem(jobs=[_job(repair_minutes=10**400)]), "jobs[0].repair_minutes", "is not a number from"),
    ("a truth", _problem(jobs=[_job(repair_minutes=True)]), "jobs[0].repair_minutes", "true is not a number"),
    ("a text", _problem(jobs=[_job(repair_minutes="60")]), "jobs[0].repair_minutes", '"60" is not a number'),
    ("missing", _problem(jobs=[_job(repair_minutes=DROP)]), "jobs[0].repair_minutes", "it is missing"),
    ("a text for a list", _problem(crews=[_crew(skills="line")]), "crews[0].skills", "not a list of texts"),
    ("a list of numbers", _problem(jobs=[_job(after=[1])]), "jobs[0].after", "not a list of texts"),
    ("in no world", _problem(crews=[_crew(lat=91)]), "crews[0].lat", "91 is not a number from -90 to 90"),
    (
        "half a place",
        _problem(jobs=[_job(lon=DROP)]),
        "jobs[0]",
        "it has no lon; give both, or travel_minutes",
    ),
    ("no place", _problem(jobs=[_job(lon=DROP, lat=None)]), "jobs[0]", "it has no lon and lat"),
    (
        "a shift backwards",
        _problem(crews=[_crew(available_until="2026-07-01T07:59:59Z")]),
        "crews[0].available_until",
        "is before available_from",
    ),
    (
        "a window backwards",
        _problem(jobs=[_job(not_before="2026-07-01T09:00:00Z", not_after="2026-07-01T08:59:59Z")]),
        "jobs[0].not_after",
        "it lies before not_before",
    ),
    ("not square", _problem(travel_minutes=[[0, 1], [1]]), "travel_minutes[1]", "it needs 2 numbers"),
    ("too small", _problem(travel_minutes=[[0]]), "travel_minutes", "it needs 2 rows"),
    ("no matrix", _problem(travel_minutes="far"), "travel_minutes", 'not "far"'),
    ("a negative way", _problem(travel_minutes=[[0, -1], [1, 0]]), "travel_minutes[0][1]", "-1 is not"),
    ("misspelt", _problem(jobs=[_job(pined_crew="x")]), "jobs[0].pined_crew", "it is called pinned_crew"),
    ("misspelt above", _problem(travel_minute=[]), "travel_minute", "it is called travel_minutes"),
]


@pytest.mark.parametrize(
    ("document", "place", "text"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG]
)
def test_what_is_wrong_is_told_with_its_place(document, place, text):
    wrong = _wrong(document)

    assert list(wrong) == [place]
    assert text in wrong[place]


def test_all_that_is_wrong_is_told_at_once():
    document = _problem(crews=[_crew(lon=200, skills=7)], jobs=[_job(customers=-1), _job(after=["z"])])

    assert set(_wrong(document)) == {
        "crews[0].lon",
        "crews[0].skills",
        "jobs[0].customers",
        "jobs[1].id",
        "jobs[1].after",
    }


def test_an_entry_of_somebody_else_is_passed_over():
    assert problem_from_json(_problem(comment="first storm of the year"))


def test_a_file_that_is_no_json(tmp_path):
    path = tmp_path / "problem.json"
    path.write_bytes(b"\xff\xfe{")

    with pytest.raises(PlanningError, match="it is no JSON"):
        read_problem(path)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["id", "lon", "lat", "customers", "repair_minutes", "skills", "after", "not_before", "weight"]
)


@settings(deadline=None)
@given(NAMES, ANY)
def test_whatever_stands_in_a_job_is_read_or_refused(name, value):
    try:
        problem = problem_from_json(_problem(jobs=[{**_job(), name: value}]))
    except WrongProblemError as wrong:
        places = [error.place for error in wrong.findings]
    else:
        make_plan(problem, iterations=2)
        places = []
    assert all(place.startswith("jobs[0]") for place in places)


@settings(deadline=None)
@given(st.sampled_from(["now", "crews", "jobs", "travel_minutes"]), ANY)
def test_whatever_stands_in_a_problem_is_read_or_refused(name, value):
    try:
        problem = problem_from_json({**_problem(), name: value})
    except WrongProblemError:
        return
    make_plan(problem, iterations=2)
