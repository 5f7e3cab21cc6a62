"""A tab cut off from the changes acts on what is over meanwhile: told in words, nothing typed is lost."""

import pytest
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])
STREAM = "**/api/changes/stream?*"
NOTE = "误报 · a false alarm"


class Colleague:
    """Another dispatcher, who works without a page."""

    def __init__(self, town):
        self._client = town.client("li")

    def act(self, street, action, **told):
        found = self._client.get("/api/outages", params={"active": True, "limit": 1000}).json()["outages"]
        (outage,) = [one["id"] for one in found if one["device"] == street.fuse]
        answer = self._client.post(f"/api/outages/{outage}/{action}", json={"version": None, **told})
        assert answer.status_code == 200, answer.text

    def close(self, street):
        self.act(street, "close", cause="wind", failed_equipment="none", failed_device=None, note=None)


def _look_again(desk):
    """The end of what is said where somebody else was faster."""
    return desk.words("dispatcher.problem.stale").rpartition("}")[2].strip()


def _cut_off(desk, wire, meanwhile):
    """Cut the tab off, let others work, and mend the line for all but the stream of changes."""
    desk.page.route(STREAM, lambda route: route.abort())
    wire.cut()
    desk.is_cut_off()
    meanwhile()
    wire.mend()


def _follows_again(desk, *streets):
    """The stream is back, and with it the list is right."""
    desk.page.unroute(STREAM)
    desk.is_live()
    for one in streets:
        expect(desk.row_of(one.fuse)).to_have_count(0)


@both_languages
def test_closing_what_is_closed_keeps_what_was_written(town, street, open_page, wire, language):
    town.lose(*street.households[:4])
    desk, li = open_page("Desk", language, address=wire.address), Colleague(town)
    page, words = desk.page, desk.words
    desk.open("wang", town.password)
    desk.choose(street.fuse)
    li.act(street, "confirm")
    li.act(street, "restore", restored_at=None)
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.close"))
    desk.button("dispatcher.actions.close").click()
    page.locator("select[name=cause]").select_option("animal")
    page.locator("textarea[name=note]").fill(NOTE)

    _cut_off(desk, wire, lambda: li.close(street))
    # The tab knows nothing of it: the list has it, the form can be sent.
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.close"))
    page.locator(".action_form button[type=submit]").click()
    told = page.locator(".actions [role=alert]")
    expect(told).to_contain_text(words("change.outage.closed", actor="li", cause=words("cause.wind")))
    expect(told).to_contain_text(_look_again(desk))
    closed = words("status.outage.closed")
    expect(page.locator(".panel .head")).to_contain_text(closed)
    expect(page.locator(".actions")).to_contain_text(words("dispatcher.actions.too_late", status=closed))
    expect(page.locator("textarea[name=note]")).to_have_value(NOTE)
    expect(page.locator("select[name=cause]")).to_have_value("animal")
    expect(page.locator(".action_form button[type=submit]")).to_be_disabled()

    _follows_again(desk, street)
    expect(page.locator("textarea[name=note]")).to_have_value(NOTE)
    page.locator(".action_form").get_by_role("button", name=words("shared.cancel")).click()
    expect(page.locator(".action_form")).to_have_count(0)


@both_languages
def test_a_crew_and_several_at_once_for_what_is_over(town, street, open_page, wire, language):
    sent, over, left = street, town.next_street(), town.next_street()
    for one in (sent, over, left):
        town.lose(*one.households[:4])
    desk, li = open_page("Desk", language, address=wire.address), Colleague(town)
    page, words = desk.page, desk.words
    desk.open("wang", town.password)
    for one in (over, left):
        desk.row_of(one.fuse).get_by_role("checkbox").check()
    page.keyboard.press("Shift+D")
    reason = page.locator(".bulk input[name=reason]")
    reason.fill(NOTE)
    desk.choose(sent.fuse)
    li.act(sent, "confirm")
    crew = page.locator(".crews .crew button.send")
    expect(crew.first).to_be_enabled()

    def meanwhile():
        li.act(sent, "restore", restored_at=None)
        li.close(sent)
        li.act(over, "dismiss", reason="42")

    _cut_off(desk, wire, meanwhile)
    crew.first.click()
    told = page.locator(".actions [role=alert]")
    expect(told).to_contain_text(words("change.outage.closed", actor="li", cause=words("cause.wind")))
    expect(told).to_contain_text(_look_again(desk))
    expect(page.locator(".panel .head")).to_contain_text(words("status.outage.closed"))
    expect(crew).to_have_count(0)

    # Of two that are marked one is done, the other says who was faster; the reason stays for it.
    page.locator(".bulk button[type=submit]").click()
    bar = page.locator(".bulk")
    expect(bar).to_contain_text(words("dispatcher.bulk.done.dismiss.one", count=1))
    refused = bar.locator(".refused li")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text(over.fuse)
    expect(refused).to_contain_text(words("change.outage.dismissed", actor="li", reason="42"))
    expect(reason).to_have_value(NOTE)
    expect(bar.locator("button[type=submit]")).to_be_disabled()

    _follows_again(desk, sent, over, left)
    expect(reason).to_have_value(NOTE)
    page.locator(".bulk .line button").click()
    expect(bar).to_have_count(0)
