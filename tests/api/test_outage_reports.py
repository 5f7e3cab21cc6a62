"""Reports to hand on: what stands in them, what never does, and that nothing in them is fetched."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from api import outage_report_page
from gis.maps import MapScripts

WORDS = {"en": ("Outages", "Timeline", "supply back"), "zh": ("停电", "时间线", "复电")}


@pytest.fixture(autouse=True)
def built_pages(monkeypatch, tmp_path):
    """The pages need not be built to try what is said in a report."""
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "leaflet.js").write_text("var L={}", encoding="utf-8")
    (folder / "leaflet.css").write_text(".a{}", encoding="utf-8")
    scripts = outage_report_page.read_map_scripts(tmp_path)
    monkeypatch.setattr("api.routes.outage_reports.read_map_scripts", lambda: scripts)
    monkeypatch.setattr("api.cli.report.read_map_scripts", lambda: scripts)


@pytest.fixture
def storm(world, desk):
    """Three households out, a crew sent, and supply back; and a fourth whose own service failed."""
    desk.lose("a1", "a2", "a3", minutes_ago=40)
    desk.confirm()
    desk.assign()
    for status in ("accepted", "en_route", "on_site", "working", "finished"):
        desk.crew(status)
    desk.restore()
    return desk.outage


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_of_a_storm(world, storm, language):
    client = world.client("dispatcher")
    answer = client.get("/api/reports/storm", params={"language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.fullmatch(
        rf'attachment; filename="relight-storm-\d{{8}}T\d{{4}}-{language}.html"',
        answer.headers["content-disposition"],
    )
    html = answer.text
    for word in (*WORDS[language], storm.id, storm.device, "C-1"):
        assert word in html, word
    assert "outage_report." not in html
    assert html.count("<table>") >= 4


def test_a_report_of_one_outage(world, storm):
    html = world.client("supervisor").get(f"/api/reports/outages/{storm.id}").text
    assert f"Outage {storm.id}" in html
    assert "crew arrived" in html
    assert world.client("supervisor").get("/api/reports/outages/O-999").status_code == 404


def test_no_person_is_in_it(world, storm):
    html = world.client("dispatcher").get("/api/reports/storm").text
    for personal in ("wang", "Secret Name", "Household", "住户", "555", "example.org", "Street 1", "A-a1"):
        assert personal not in html, personal
    # Nor which households: their ids stand nowhere.
    assert not re.search(r"\ba[123]\b", re.sub(r"<style>.*?</style>|[a-z_]+_[0-9a-f]{32}", "", html))


def test_an_outage_of_one_household_is_nowhere_on_the_map(world, desk):
    sender = world.client("meter_system")
    for other in ("b2", "b3"):
        on = {**world.call(other, minutes_ago=1), "kind": "ping", "result": "on"}
        assert sender.post("/api/evidence", json=on).status_code == 200
    desk.lose("b1")
    assert desk.outage.service_points_out == 1
    desk.confirm()
    html = world.client("dispatcher").get("/api/reports/storm").text
    assert desk.outage.id in html
    assert "one household" in html
    assert '"said"' not in html
    assert not re.search(r"\bb1\b", html)


def test_nothing_happened_is_a_report_too(quiet_world):
    html = quiet_world.client("dispatcher").get("/api/reports/storm").text
    assert "Nothing." in html


def test_spans_that_cannot_be(quiet_world):
    client = quiet_world.client("dispatcher")
    now = datetime.now(UTC)

    def ask(since_hours, until_hours):
        since, until = (now + timedelta(hours=hours) for hours in (since_hours, until_hours))
        query = {"since": since.isoformat(), "until": until.isoformat()}
        return client.get("/api/reports/storm", params=query).status_code

    assert [ask(-1, -2), ask(1, 2), ask(-24 * 40, 0)] == [422, 422, 422]
    assert ask(-1, 5) == 200


def test_the_command_writes_the_same(world, storm, relight, monkeypatch, tmp_path):
    monkeypatch.setenv("RELIGHT_DATABASE_URL", world.engine.url.render_as_string(hide_password=False))
    out = tmp_path / "storm.html"
    code, said, _ = relight("report", out, "--language", "zh")
    assert (code, "1 outages, 3 customers" in said) == (0, True)
    assert storm.id in out.read_text(encoding="utf-8")
    code, said, _ = relight("report", out, "--outage", storm.id, "--json")
    assert (code, '"outages": 1' in said) == (0, True)
    assert relight("report", out, "--outage", "O-999")[0] == 2
    assert relight("report", out, "--outage", storm.id, "--since", "2026-11-23")[0] == 2
    assert relight("report", out, "--since", "yesterday")[0] == 2


def test_without_built_pages_it_says_what_to_do(tmp_path):
    with pytest.raises(outage_report_page.PagesNotBuiltError, match="make setup"):
        outage_report_page.read_map_scripts(tmp_path / "none")
    assert isinstance(outage_report_page.read_map_scripts(tmp_path), MapScripts)
