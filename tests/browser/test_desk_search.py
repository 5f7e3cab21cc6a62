"""The desk's one search field: whatever a caller says leads to the place, its supply and its outage."""

import re

import pytest
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])
SEARCH = "**/api/search?*"


def _field(desk):
    return desk.page.get_by_role("combobox", name=desk.words("dispatcher.search.label"))


def _find(desk, text):
    """Type into the field, and return what is said to be found."""
    _field(desk).fill(text)
    return desk.page.locator("#search_results").get_by_role("option")


@both_languages
def test_a_household_is_found_by_whatever_the_caller_says(town, street, open_page, language):
    desk = open_page("Desk", language)
    keyboard, words, home = desk.page.keyboard, desk.words, street.households[0]
    desk.open("wang", town.password)
    for number, by in ((f"010 0{home.digits}", "phone"), (f"M-{home.service_point}", "meter")):
        found = _find(desk, number)
        expect(found.first).to_contain_text(home.address)
        expect(found.first).to_contain_text(words(f"dispatcher.search.by.{by}"))
    expect(_find(desk, "Streat").first).to_contain_text(words("dispatcher.search.kind.street"))
    expect(_find(desk, street.fuse).first).to_contain_text(words("dispatcher.search.kind.device"))

    # By the keyboard alone; the first account is chosen even if Enter comes before the answer.
    keyboard.press("Escape")
    keyboard.press("Escape")
    expect(_field(desk)).not_to_be_focused()
    keyboard.press("/")
    expect(_field(desk)).to_be_focused()
    near = re.compile(r"/api/tiles/\d+/1[67]/")
    with desk.page.expect_request(near):
        keyboard.type(home.account)
        keyboard.press("Enter")
    card = desk.page.locator(".found_card")
    expect(card).to_contain_text(home.address)
    expect(card).to_contain_text(words("dispatcher.found.supplied"))

    # What happens to it from now on is told without asking.
    town.lose(*street.households[:4])
    expect(card).to_contain_text(words.before("dispatcher.found.out"))
    card.get_by_role("button", name=words.before("dispatcher.found.outage")).click()
    expect(desk.page.locator(".panel h2")).to_have_text(street.fuse)
    expect(_find(desk, home.account).first).to_contain_text(words("dispatcher.search.out"))
    keyboard.press("Enter")
    # Esc in the field empties it and leaves the panel alone.
    _field(desk).fill("A-")
    keyboard.press("Escape")
    expect(_field(desk)).to_have_value("")
    expect(desk.page.locator(".panel")).to_be_visible()
    card.get_by_role("button", name=words("dispatcher.found.leave")).click()
    expect(card).to_have_count(0)


@both_languages
def test_a_device_is_told_with_what_it_feeds(town, street, open_page, language):
    desk = open_page("Desk", language)
    desk.open("wang", town.password)
    _find(desk, street.fuse).first.click()
    card = desk.page.locator(".found_card")
    expect(card).to_contain_text(desk.words("device_kind.fuse"))
    expect(card).to_contain_text(desk.words("dispatcher.found.feeds.other", count=4))


@both_languages
def test_an_empty_a_slow_and_a_failed_search_say_so(town, open_page, language):
    desk = open_page("Desk", language)
    words, page = desk.words, desk.page
    desk.open("wang", town.password)
    _find(desk, "A")
    desk.says("dispatcher.search.too_short")
    _find(desk, "Qxqxqx 9")
    desk.says("dispatcher.search.nothing", query="Qxqxqx 9")
    _field(desk).fill("")

    waiting = []

    def hold(route):
        waiting.append(route)

    page.route(SEARCH, hold)
    # It asks once the typing has paused; what is not asked yet cannot be cut off.
    with page.expect_request(SEARCH):
        _find(desk, "A-h100-1")
    desk.says("dispatcher.search.searching")
    expect(page.locator("#search_results [role=option]")).to_have_count(0)
    for route in waiting:
        route.abort()
    desk.says("shared.error.away_network")
    page.unroute(SEARCH)
    page.keyboard.press("Enter")
    expect(page.locator("#search_results [role=option]").first).to_contain_text("A-h100-1")
    # The slash of an address belongs to the field.
    page.keyboard.press("End")
    page.keyboard.press("/")
    expect(_field(desk)).to_have_value("A-h100-1/")
    _field(desk).fill("")
    assert words("dispatcher.search.placeholder") == _field(desk).get_attribute("placeholder")
