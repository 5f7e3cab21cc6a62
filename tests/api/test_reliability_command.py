"""`relight reliability`: indices of a file, dirty rows as findings, exit codes."""

from __future__ import annotations

import json

import pytest

# The example of the IEEE guide (2,000 customers): minutes as h:mm:ss, customers.
GUIDE = [
    ("00:08:10.2", 200),
    ("01:11:18", 600),
    ("00:30:18", 25),
    ("04:27:12", 90),
    ("02:00:00", 700),
    ("00:10:00", 1500),
    ("00:40:00", 100),
]


@pytest.fixture(autouse=True)
def no_database(monkeypatch):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


@pytest.fixture
def guide(tmp_path):
    path = tmp_path / "guide.csv"
    rows = [
        f"2026-03-{day:02d}T00:00:00+08:00,2026-03-{day:02d}T{end}+08:00,{customers},tree,false"
        for day, (end, customers) in enumerate(GUIDE, start=1)
    ]
    path.write_text("\n".join(["start,end,customers,cause,planned", *rows]) + "\n", encoding="utf-8")
    return path


def test_worked_example_for_programs_and_people(relight, guide):
    code, said, mentioned = relight("reliability", guide, "--customers-served", 2000, "--json")
    told = json.loads(said)

    assert (code, mentioned.strip()) == (0, "")
    assert f"{told['saidi_minutes']:.3f}" == "86.110"
    assert f"{told['saifi']:.4f}" == "1.6075"
    assert f"{told['caidi_minutes']:.3f}" == "53.567"
    indices = {"saidi_minutes", "saifi", "caidi_minutes", "asai", "t_med_minutes"}
    assert indices | {"major_event_days", "years", "findings"} <= told.keys()
    assert (told["findings"], told["major_event_days"], len(told["years"])) == ([], [], 1)

    _, said, _ = relight("reliability", guide, "--customers-served", 2000, "--by", "month", "--by", "cause")
    assert "SAIDI 86.110 min, SAIFI 1.6075, CAIDI 53.567 min" in said
    assert "2026-03: 86.110" in said
    assert "tree: 86.110" in said


def test_the_other_rule_book_and_the_way_there(relight, guide):
    with guide.open("a", encoding="utf-8") as file:
        file.write("2026-03-20T00:00:00+08:00,2026-03-20T00:04:00+08:00,500,,true\n")

    ieee, dlt = (
        json.loads(relight("reliability", guide, "--customers-served", 2000, "--rules", rules, "--json")[1])
        for rules in ("ieee1366", "dlt836")
    )
    code, said, _ = relight("reliability", guide, "--customers-served", 2000, "--reconcile")
    lines = json.loads(relight("reliability", guide, "--customers-served", 2000, "--reconcile", "--json")[1])[
        "reconciliation"
    ]

    assert dlt["saidi_minutes"] - ieee["saidi_minutes"] == pytest.approx(1)
    assert code == 0
    assert "longer than 3 and up to 5 minutes" in said
    by_rule = {line["rule"]: line for line in lines}
    assert by_rule["from_three_to_five_minutes"]["saidi_minutes"] == pytest.approx(1)
    assert by_rule["of_it_prearranged"]["saifi"] == pytest.approx(0.25)


def test_dirty_rows_are_findings_and_the_rest_is_counted(relight, guide):
    with guide.open("a", encoding="utf-8") as file:
        file.write("2026-03-20T00:00:00+08:00,,500,,\n")

    code, said, mentioned = relight("reliability", guide, "--customers-served", 2000)
    assert code == 1
    assert "SAIDI 86.110" in said
    assert "no_end (interruption): Row 9 has no end." in mentioned
    told = json.loads(relight("reliability", guide, "--customers-served", 2000, "--json")[1])
    assert [(one["rule"], one["ids"]) for one in told["findings"]] == [("no_end", ["9"])]


def test_days_are_those_of_the_zone(relight, guide):
    words = ("reliability", guide, "--customers-served", 2000, "--by", "month", "--json")

    as_written = json.loads(relight(*words)[1])
    in_utc = json.loads(relight(*words, "--zone", "UTC")[1])

    months = [
        {part["name"]: part["interruptions"] for part in told["by"]["month"] if part["interruptions"]}
        for told in (as_written, in_utc)
    ]
    assert months == [{"2026-03": 7}, {"2026-02": 1, "2026-03": 6}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.csv", "--customers-served", 5), "cannot be read"),
        (("FILE", "--customers-served", 0), "customers-served"),
        (("FILE",), "customers-served"),
        (("FILE", "--customers-served", 5, "--rules", "mine"), "rules"),
        (("FILE", "--customers-served", 5, "--zone", "Moon/Base"), "no time zone"),
        (("FILE", "--customers-served", 5, "--by", "weather"), "weather"),
    ],
)
def test_wrong_usage_is_said_and_ends_with_2(relight, guide, words, said):
    code, _, mentioned = relight("reliability", *(guide if word == "FILE" else word for word in words))

    assert code == 2
    assert said in mentioned


def test_a_file_without_rows_has_no_interruptions(relight, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("start,end,customers\n", encoding="utf-8")

    code, said, _ = relight("reliability", path, "--customers-served", 10, "--json", "--by", "cause")

    told = json.loads(said)
    assert code == 0
    assert (told["saidi_minutes"], told["saifi"], told["caidi_minutes"], told["t_med_minutes"]) == (
        0,
        0,
        None,
        None,
    )


def test_the_ledger_of_the_house(relight, world, database_url, monkeypatch):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", database_url)
    told = json.loads(relight("reliability", "--from-ledger", "--by", "feeder", "--json")[1])

    assert (told["customers_served"], told["saidi_minutes"], told["by"]) == (9, 0, {"feeder": []})
    code, _, mentioned = relight("reliability", "--from-ledger", "--customers-served", 5)
    assert (code, "takes no file" in mentioned) == (2, True)


def test_a_period_of_a_file(relight, guide):
    days = ("--first-day", "2026-03-02", "--last-day", "2026-03-03")
    told = json.loads(relight("reliability", guide, "--customers-served", 2000, *days, "--json")[1])

    assert (told["first_day"], told["customers_interrupted"]) == ("2026-03-02", 625)
