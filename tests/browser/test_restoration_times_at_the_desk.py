"""A restoration time about to lapse: listed at the desk with a proposal, and who says what beside it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from dispatch.transactions import write_transaction


def _promise_what_lapses(town, device):
    """Confirm an outage, promise a time ten minutes ahead by hand, and let its alarm be due."""
    desk = town.client("wang")
    outages = desk.get("/api/outages").json()["outages"]
    path = next(f"/api/outages/{one['id']}" for one in outages if one["device"] == device)
    assert desk.post(f"{path}/confirm", json={"version": None}).status_code == 200
    at = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    assert desk.post(f"{path}/etr", json={"version": None, "etr_at": at}).status_code == 200
    with write_transaction(town.engine) as session:
        due = text("UPDATE outage SET etr_warn_at = now() - interval '1 minute' WHERE device = :device")
        session.execute(due, {"device": device})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_time_about_to_lapse_is_listed_and_a_later_one_published(town, street, open_page, by_axe, language):
    desk = open_page("Desk", language)
    words, page = desk.words, desk.page
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    expect(desk.row_of(street.fuse)).to_be_visible()
    _promise_what_lapses(town, street.fuse)

    # T opens the list from anywhere at the desk.
    expect(page.locator(".lapsing summary")).to_be_visible()
    page.keyboard.press("t")
    entry = page.locator(".lapsing li").filter(has_text=street.fuse)
    expect(entry).to_contain_text(words("etr_source.dispatcher"))

    # Its panel says who says what: the rule's word stands beside the published one.
    entry.get_by_role("button", name=street.fuse).click()
    panel = page.locator("article.panel")
    expect(panel).to_contain_text(words("dispatcher.etr_words.title"))
    expect(panel.locator("tr.published")).to_contain_text(words("etr_source.dispatcher"))
    expect(panel.locator("tr", has_text=words("etr_source.device_kind"))).to_be_visible()

    by_axe(page, "times about to lapse")

    # The proposal is published with one press, and the alarm is over.
    entry.locator("button:not(.quiet)").click()
    expect(entry).to_have_count(0)
    expect(panel.locator(".figures")).to_contain_text(words("etr_source.dispatcher"))
