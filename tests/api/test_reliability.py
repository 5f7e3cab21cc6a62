"""`GET /api/reliability`: indices of the ledger by period, rules and part, and the rule sets reconciled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def figures(world):
    """All three behind T1 are out, for some minutes so far."""
    sender = world.client("meter_system")
    for household in ("a1", "a2", "a3"):
        assert sender.post("/api/evidence", json=world.call(household, minutes_ago=30)).status_code == 200
    world.analyse()
    desk = world.client("dispatcher")
    (outage,) = desk.get("/api/outages").json()["outages"]
    answer = desk.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
    assert answer.status_code == 200

    def ask(form="", **query):
        return desk.get(f"/api/reliability{form}", params=query)

    return ask


def test_figures_of_the_ledger_by_part(figures):
    told = figures(by=["feeder", "district", "cause", "month", "kind"]).json()

    assert (told["rules"], told["counted"], told["customers_served"]) == ("ieee1366", "customers", 9)
    assert told["customers_interrupted"] == 3
    assert told["saifi"] == pytest.approx(3 / 9)
    assert told["saidi_minutes"] == pytest.approx(3 * 30 / 9, abs=1)
    assert told["cemi"]["1"] == pytest.approx(3 / 9)
    feeders = {part["name"]: part for part in told["by"]["feeder"]}
    assert feeders["B1"]["customers_served"] == 6
    assert feeders["B1"]["own"]["saifi"] == pytest.approx(0.5)
    for parts in told["by"].values():
        assert sum(part["saifi"] for part in parts) == pytest.approx(told["saifi"])


def test_dlt836_counts_transformers_and_is_reconciled(figures):
    told = figures(rules="dlt836", reconcile=True).json()
    by_customers = figures(rules="dlt836", counted="customers").json()

    assert (told["counted"], told["customers_served"], told["customers_interrupted"]) == ("user_units", 3, 1)
    assert by_customers["customers_interrupted"] == 3
    lines = {line["rule"]: line for line in told["reconciliation"]}
    assert lines["ieee1366"]["saifi"] + lines["user_units_not_customers"]["saifi"] == pytest.approx(
        lines["dlt836_4"]["saifi"]
    )


def test_periods(figures):
    today = datetime.now(UTC).date()
    before = figures(first_day="2020-01-01", last_day="2020-12-31").json()

    assert (before["interruptions"], before["saidi_minutes"]) == (0, 0)
    later = figures(first_day=str(today), last_day=str(today - timedelta(days=1)))
    assert (later.status_code, later.json()["error"]["field"]) == (422, "first_day")
    assert figures(rules="mine").status_code == 422
    assert figures(by="weather").status_code == 422


def test_a_page_for_printing_and_a_table(figures):
    query = {"by": ["feeder", "month", "kind", "cause", "district"], "reconcile": True}
    for language, word in (("en", "Major event days"), ("zh", "重大事件日")):
        page = figures("/report", language=language, rules="dlt836", **query)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert word in page.text
        assert "<td>B1</td>" in page.text
        assert f"<td>{'fault' if language == 'en' else '故障停电'}</td>" in page.text
    table = figures("/parts.csv", by="feeder")
    lines = table.text.splitlines()
    assert lines[0].startswith("by,name,customers_served,")
    assert lines[2].startswith("feeder,B1,6,1,3,") or lines[2].startswith("feeder,B1,6,3,3,")
