"""The command line: what each command prints, for people and programs, and how it ends."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from api.tables import UserAccountRow
from gis.network_package import write_network_package
from topology.rates import EvidenceRates, write_rates


@pytest.fixture
def package(tmp_path, world_module):
    path = tmp_path / "drawn.gpkg"
    write_network_package(world_module.drawn_tables(), path)
    return path


@pytest.fixture
def dirty_package(tmp_path, world_module):
    path = tmp_path / "dirty.gpkg"
    drawing = world_module.DRAWN + "\n    fuse F9 X1 X2\n    service_points x X2 2\n"
    write_network_package(world_module.drawn_tables(drawing), path)
    return path


@pytest.fixture
def database(database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", database_url)
    monkeypatch.setenv("RELIGHT_HOME", str(tmp_path / "home"))


COMMANDS = [
    (),
    ("up",),
    ("demo",),
    ("network",),
    *[("network", name) for name in ("import", "activate", "list", "remove", "check", "export", "convert")],
    ("trace",),
    ("infer",),
    ("plan",),
    ("user",),
    ("user", "add"),
    ("user", "disable"),
    ("version",),
]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_explains_itself(relight, words):
    code, out, _ = relight(*words, "--help")
    assert code == 0
    assert "Usage" in out
    assert len(out.strip().splitlines()) > 3


def test_version_for_people_and_programs(relight):
    code, out, _ = relight("version", "--json")
    assert (code, set(json.loads(out))) == (0, {"relight", "python"})
    assert relight("version")[1].startswith("Relight 0.")


@pytest.mark.parametrize(
    "words", [("fly",), ("network", "import"), ("network", "activate", "one"), ("trace",)]
)
def test_wrong_usage_ends_with_2(relight, words):
    code, _, err = relight(*words)
    assert code == 2
    assert err


def test_trace_says_what_a_device_feeds(relight, package):
    code, out, _ = relight("trace", package, "F1", "--json")
    answer = json.loads(out)
    assert (code, answer["device"]) == (0, "F1")
    assert answer["service_points"] == [{"id": f"a{n}", "phases": "ABC"} for n in (1, 2, 3)]
    assert answer["devices"] == [{"id": "T1", "kind": "distribution", "phases": "ABC"}]


def test_trace_upstream_is_nearest_first_and_a_service_point_will_do(relight, package):
    _, out, _ = relight("trace", package, "a1", "--upstream", "--json")
    assert [one["id"] for one in json.loads(out)["devices"]] == ["T1", "F1", "B1"]
    _, out, _ = relight("trace", package, "a1", "--json")
    assert json.loads(out)["service_points"] == [{"id": "a1", "phases": "ABC"}]


def test_trace_sees_what_is_opened_and_closed_first(relight, package):
    _, out, _ = relight("trace", package, "B1", "--open", "F1", "--open", "T2", "--json")
    assert json.loads(out)["service_points"] == []
    _, out, _ = relight("trace", package, "B1", "--open", "F1", "--open", "T2", "--close", "F1", "--json")
    assert [one["id"] for one in json.loads(out)["service_points"]] == ["a1", "a2", "a3"]


def test_trace_names_the_feeders_of_a_ring_and_every_unknown_id(relight, world_module, tmp_path):
    # S --B1-- N1 (p1) ..T1.. N2 --B2-- S
    tables = world_module.drawn_tables("""
        breaker B1 S N1
        breaker B2 S N2
        switch T1 N1 N2
        service_points p N1 1
    """)
    tables.switch.loc[tables.switch["id"] == "T1", "normally_open"] = True
    path = tmp_path / "ring.gpkg"
    write_network_package(tables, path)
    code, out, err = relight("trace", path, "B1", "--close", "T1", "--json")
    assert code == 0
    assert json.loads(out)["service_points"] == []
    assert "T1 closes a loop, between feeder B1 (source S) and feeder B2 (source S)" in err
    code, _, err = relight("trace", path, "B1", "--open", "X1", "--close", "T1", "--close", "X2")
    assert code == 2
    assert "'X1', 'X2'" in err


def test_trace_of_an_unknown_device_is_told_in_one_sentence(relight, package):
    code, out, err = relight("trace", package, "B99")
    assert (code, out) == (2, "")
    assert "B99" in err


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "There is no file"), (b"", "empty"), (b"not a GeoPackage at all", "GeoPackage")],
)
@pytest.mark.parametrize("command", [("network", "check"), ("network", "import"), ("trace",)])
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(  # noqa: PLR0917
    relight, database, tmp_path, command, content, says
):
    path = tmp_path / "broken.gpkg"
    if content is not None:
        path.write_bytes(content)
    code, out, err = relight(*command, path, *(["B1"] if command == ("trace",) else []))
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_check_of_a_clean_network_finds_nothing(relight, package):
    code, out, _ = relight("network", "check", package, "--json")
    assert (code, json.loads(out)) == (0, {"findings": []})


def test_check_of_a_dirty_network_names_rule_layer_ids_and_ends_with_1(relight, dirty_package):
    code, out, _ = relight("network", "check", dirty_package, "--json")
    findings = json.loads(out)["findings"]
    assert code == 1
    assert all(set(one) == {"rule", "layer", "ids", "text"} for one in findings)
    assert {"x1", "x2"} <= {id for one in findings for id in one["ids"]}
    code, out, err = relight("network", "check", dirty_package)
    assert code == 1
    assert "findings" in out
    assert "x1" in err


def test_infer_says_which_device_opened_and_outages_are_no_findings(relight, package, tmp_path):
    began = datetime.now(UTC) - timedelta(minutes=10)
    documents = [
        {"id": "1", "kind": "trouble_call", "at": began.isoformat(), "account": "A-a1"},
        {"id": "2", "kind": "last_gasp", "at": began.isoformat(), "meter": "M-a2"},
        {"id": "3", "kind": "trouble_call", "at": began.isoformat(), "phone": "+1 (555) 010-00002"},
        {"id": "4", "kind": "ping", "result": "on", "at": began.isoformat(), "service_point": "b1"},
        {
            "id": "5",
            "kind": "trouble_call",
            "at": began.isoformat(),
            "location": {"lon": 11.42, "lat": 53.635},
        },
    ]
    evidence = tmp_path / "evidence.ndjson"
    evidence.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    code, out, _ = relight("infer", package, evidence, "--json")
    answer = json.loads(out)
    assert code == 0
    (outage,) = answer["outages"]
    assert outage["service_point_ids"] == ["a1", "a2", "a3"]
    assert {outage["device"], *outage["candidates"][0]["equivalent"]} & {"F1", "T1"}
    assert outage["reasons"]

    # Before anything was known, nothing was out.
    early = (began - timedelta(hours=1)).isoformat()
    assert json.loads(relight("infer", package, evidence, "--at", early, "--json")[1])["outages"] == []


def test_infer_reports_bad_evidence_by_line_and_goes_on(relight, package, tmp_path):
    evidence = tmp_path / "evidence.ndjson"
    now = datetime.now(UTC).isoformat()
    good = {"id": "1", "kind": "trouble_call", "at": now, "account": "A-a1"}
    bad = {"id": "2", "kind": "trouble_call", "at": now, "account": "A-nobody"}
    evidence.write_text(f"{json.dumps(good)}\nnot JSON\n{json.dumps(bad)}\n", encoding="utf-8")
    code, out, _ = relight("infer", package, evidence, "--json")
    answer = json.loads(out)
    assert code == 1
    assert len(answer["outages"]) == 1
    assert [one["text"].split(":")[0] for one in answer["findings"]] == ["Line 2", "Line 3"]


def test_infer_wants_a_time_with_a_zone(relight, package, tmp_path):
    (tmp_path / "e").write_text("")
    code, _, err = relight("infer", package, tmp_path / "e", "--at", "2026-11-23T08:00:00")
    assert code == 2
    assert "zone" in err


def test_a_network_goes_in_comes_into_force_and_comes_out_again(relight, database, package, tmp_path):
    code, out, _ = relight("network", "import", package, "--json")
    imported = json.loads(out)
    assert code == 0
    assert imported["counts"]["service_point"] == 9
    version = imported["network_version"]
    assert relight("network", "export", tmp_path / "early.gpkg")[0] == 2  # nothing is in force yet
    assert relight("network", "activate", version)[0] == 0
    assert relight("network", "export", tmp_path / "out.gpkg")[0] == 0
    assert relight("network", "check", tmp_path / "out.gpkg")[0] == 0
    assert relight("network", "convert", tmp_path / "out.gpkg", tmp_path / "again.gpkg")[0] == 0
    code, _, err = relight("network", "activate", 99)
    assert code == 2
    assert "99" in err


def test_an_account_is_added_with_the_password_from_standard_input(relight, database, engine):
    code, out, _ = relight(
        *(
            "user",
            "add",
            "Li Na",
            "--role",
            "dispatcher",
            "--role",
            "supervisor",
            "--password-stdin",
            "--json",
        ),
        typed="a long enough password\n",
    )
    assert (code, json.loads(out)["roles"]) == (0, ["dispatcher", "supervisor"])
    with Session(engine) as session:
        assert session.query(UserAccountRow).one().name == "Li Na"
    code, _, err = relight(
        "user", "add", "Li Na", "--role", "dispatcher", "--password-stdin", typed="a long enough password\n"
    )
    assert (code, "already" in err) == (2, True)
    code, _, err = relight("user", "add", "x", "--role", "dispatcher", "--password-stdin", typed="short\n")
    assert (code, "10" in err) == (2, True)
    code, _, err = relight(
        "user", "add", "x", "--role", "crew", "--password-stdin", typed="a long enough password\n"
    )
    assert (code, "crew" in err) == (2, True)
    assert relight("user", "disable", "Li Na")[0] == 0
    assert relight("user", "disable", "nobody")[0] == 2


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("RELIGHT_DATABASE_URL", "mysql://localhost/x", "PostGIS"),
        ("RELIGHT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x", "does not answer"),
    ],
)
def test_a_database_that_will_not_do_is_told_in_one_sentence(relight, monkeypatch, variable, value, says):
    monkeypatch.setenv(variable, value)
    code, _, err = relight("network", "activate", 1)
    assert code == 2
    assert says in err


def test_a_setting_that_will_not_do_is_named(relight, monkeypatch):
    monkeypatch.setenv("RELIGHT_PORT", "eighty")
    code, _, err = relight("up")
    assert code == 2
    assert "RELIGHT_PORT" in err


def test_versions_are_listed_put_in_force_and_removed(relight, package, database):
    first, second = (
        json.loads(relight("network", "import", package, "--json")[1])["network_version"] for _ in range(2)
    )
    code, out, _ = relight("network", "activate", first, "--json")
    assert (code, json.loads(out)["worklist"]) == (0, [])
    assert "It was before" in relight("network", "activate", first)[1]
    code, _, err = relight("network", "remove", first)
    assert code == 2
    assert "is in force" in err
    assert relight("network", "activate", second)[0] == 0
    versions = json.loads(relight("network", "list", "--json")[1])["network_versions"]
    assert [(one["network_version"], one["status"]) for one in versions] == [
        (second, "active"),
        (first, "retired"),
    ]
    assert relight("network", "remove", first)[0] == 0
    assert relight("network", "remove", first)[0] == 2
    assert "retired" not in relight("network", "list")[1]


def test_infer_by_the_usual_rules_and_with_rates_of_ones_own(relight, package, tmp_path):
    at = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    documents = [
        {"id": str(number), "kind": "trouble_call", "at": at, "service_point": point}
        for number, point in enumerate(("a1", "a2", "a3"))
    ]
    evidence = tmp_path / "evidence.ndjson"
    evidence.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    code, out, _ = relight("infer", package, evidence, "--method", "rollup", "--json")
    (outage,) = json.loads(out)["outages"]
    assert code == 0
    assert {outage["device"], *outage["candidates"][0]["equivalent"]} >= {"F1", "T1"}
    assert outage["reasons"] == [
        f"3 of 3 service points of {outage['device']} report no supply (rule: upstream)."
    ]

    # Rates that make the transformer likelier than the fuse and the breaker above it.
    rates = tmp_path / "rates.json"
    write_rates(EvidenceRates(priors={"breaker": 1e-6, "fuse": 1e-6, "distribution": 1e-2}), rates)
    code, out, _ = relight("infer", package, evidence, "--rates", rates, "--json")
    assert code == 0
    assert json.loads(out)["outages"][0]["device"] == "T1"


def test_infer_says_what_to_ask_next(relight, package, tmp_path):
    evidence = tmp_path / "evidence.ndjson"
    document = {"id": "1", "kind": "last_gasp", "at": "2026-11-23T08:00:00+00:00", "service_point": "a1"}
    evidence.write_text(json.dumps(document), encoding="utf-8")
    words = ("infer", package, evidence, "--at", "2026-11-23T08:05:00+00:00", "--ask", "2")
    code, out, _ = relight(*words, "--json")
    answer = json.loads(out)
    assert code == 0
    assert 1 <= len(answer["questions"]) <= 2
    assert {"service_point", "outage", "gain", "out_if", "on_if", "reason"} == set(answer["questions"][0])
    assert set(answer["patrol"]) >= {"device", "gain", "reason"}
    code, out, _ = relight(*words)
    assert f"1. Ask the meter of {answer['questions'][0]['service_point']} (" in out
    assert f"Look at {answer['patrol']['device']} (" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--method", "rollup", "--rates", "rates.json"], "know no rates"),
        (["--rates", "nowhere.json"], "nowhere.json"),
        (["--method", "guess"], "posterior"),
        (["--method", "rollup", "--ask", "3"], "cannot tell what to ask"),
        (["--ask", "0"], "--ask"),
    ],
)
def test_infer_refuses_what_cannot_be(relight, package, tmp_path, words, says):
    (tmp_path / "e").write_text("")
    code, _, err = relight("infer", package, tmp_path / "e", *words)
    assert code == 2
    assert says in err
