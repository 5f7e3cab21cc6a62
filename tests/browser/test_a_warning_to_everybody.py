"""The desk warns everybody of an outage; and whoever hears the pages of desk and crew finds the way there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_dispatcher_warns_of_a_wire_that_is_down(town, street, open_page, by_axe, language):
    desk, crew = open_page("Desk", language), open_page("CrewPhone", language)
    words, page = desk.words, desk.page
    crew.open(street.crew, town.password)
    by_axe(crew.page, "no job")
    desk.open("wang", town.password)
    town.lose(*street.households[:4], hazard="wire_down")
    desk.choose(street.fuse)
    desk.button("danger_word.open").click()
    # Whom it reaches, and what they read in both languages, stands there before anything is sent.
    desk.says("danger_word.reach.other", count=4)
    for line in page.locator(".panel blockquote").all():
        expect(line).to_contain_text("O-")
    outage = _outage(town, street)
    assert _warned(town, outage) == 0
    by_axe(page, "a warning to everybody")
    desk.button("danger_word.send").click()
    desk.says("danger_word.sent.other", count=4)
    assert _warned(town, outage) == 4
    told = words("change.outage.danger_told", actor="wang", danger=words("danger_word.kind.wire_down"))
    expect(page.locator(".panel .history")).to_contain_text(told)
    # Nobody is left to be told of it; of something else there is.
    desk.button("danger_word.open").click()
    desk.says("danger_word.told", count=4)
    expect(desk.button("danger_word.send")).to_be_disabled()
    page.get_by_label(words("danger_word.kind.keep_away")).check()
    expect(desk.button("danger_word.send")).to_be_enabled()
    desk.button("danger_word.cancel").click()


def _outage(town, street):
    outages = town.client("wang").get("/api/outages?active=true").json()["outages"]
    return next(one["id"] for one in outages if one["device"] == street.fuse)


def _warned(town, outage):
    query = text("SELECT count(*) FROM notification WHERE kind = 'danger_wire_down' AND outage_id = :outage")
    with town.engine.connect() as connection:
        return connection.execute(query, {"outage": outage}).scalar_one()
