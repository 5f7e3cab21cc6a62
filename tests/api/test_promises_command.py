"""`relight promises`: what it prints and how it ends; a wrong file stops the start before anything runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from shapely.geometry import mapping

from dispatch.promise_document import DEFAULTS
from dispatch.promise_watch import keep_promises
from dispatch.transactions import write_transaction
from gis.customers_around import CustomersAround


@pytest.fixture
def database(database_url, monkeypatch):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", database_url)


@pytest.fixture
def no_database(monkeypatch):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")


@pytest.fixture
def wrong_file(tmp_path):
    path = tmp_path / "promises.toml"
    text = DEFAULTS.read_text(encoding="utf-8").replace("urban = 45", 'urban = "soon"')
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("no_database")
def test_a_file_is_checked_without_a_database(relight):
    code, out, _ = relight("promises", "check")
    assert code == 0
    assert "arrival: arrival from first_report on: urban 45 min, rural 90 min, remote 120 min" in out


@pytest.mark.usefixtures("no_database")
def test_a_wrong_file_is_refused_with_the_entry(relight, wrong_file, monkeypatch):
    code, _, said = relight("promises", "check", wrong_file)
    assert code == 2
    assert "promises[0].minutes.urban: 'soon' is no number" in said
    monkeypatch.setenv("RELIGHT_PROMISES_FILE", str(wrong_file))
    code, _, said = relight("up")
    assert code == 2
    assert "promises[0].minutes.urban" in said
    assert "RELIGHT_PROMISES_FILE" in said


@pytest.mark.usefixtures("database")
def test_areas_are_told_and_taken_back(relight, tmp_path):
    path = tmp_path / "areas.geojson"
    shape = mapping(shapely.box(11, 53, 12, 54))
    feature = {"type": "Feature", "geometry": shape, "properties": {"area_class": "urban"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    code, out, _ = relight("promises", "areas", "import", path)
    assert (code, out) == (0, "Polygons now: 1 urban, 0 rural, 0 remote.\n")
    code, out, _ = relight("promises", "areas", "feeder", "10kV 桃园线", "remote")
    assert (code, out) == (0, "Feeder 10kV 桃园线: remote.\n")
    code, out, _ = relight("promises", "areas", "feeder", "10kV 桃园线", "--json")
    assert json.loads(out) == {"feeder": "10kV 桃园线", "area_class": None}
    path.write_text("{", encoding="utf-8")
    code, _, said = relight("promises", "areas", "import", path)
    assert code == 2
    assert "cannot be read as JSON" in said


@pytest.mark.usefixtures("database")
def test_broken_promises_are_listed_for_people_and_programs(relight, world):
    sender = world.client("meter_system")
    for household in ("a1", "a2", "a3"):
        assert sender.post("/api/evidence", json=world.call(household, minutes_ago=300)).status_code == 200
    world.analyse()
    with write_transaction(world.engine) as session:
        keep_promises(session, customers_around=CustomersAround(), now=datetime.now(UTC))

    code, out, _ = relight("promises", "breaches")
    assert code == 0
    assert out.endswith("2 broken promises.\n")
    rows = list(csv.DictReader(io.StringIO(relight("promises", "breaches", "--csv")[1])))
    assert [(row["promise"], row["crew_id"], row["area_source"]) for row in rows] == [
        ("legal_arrival", "", "density"),
        ("arrival", "", "density"),
    ]
    assert float(rows[1]["late_minutes"]) == pytest.approx(180, abs=1)
    assert datetime.fromisoformat(rows[0]["due_at"]).utcoffset() == timedelta(0)
    listed = json.loads(relight("promises", "breaches", "--json", "--before", rows[0]["due_at"])[1])
    assert [one["promise"] for one in listed["breaches"]] == ["arrival"]
    code, _, said = relight("promises", "breaches", "--since", "yesterday")
    assert code == 2
    assert "is no time such as" in said
