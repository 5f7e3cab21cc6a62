"""Another network version comes into force: the desk draws it at once and names what was lost."""

import pytest
from playwright.sync_api import expect


def drawn_from(network_version, page, tiles):
    """Wait until the map has asked for a tile of a network version: words may come before tiles."""
    for _ in range(200):
        if any(f"/api/tiles/{network_version}/" in url for url in tiles):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"no tile of network version {network_version} was asked for")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_desk_follows_another_network_version(town, street, open_page, by_axe, language):
    desk = open_page("Desk", language)
    page, words = desk.page, desk.words
    town.lose(*street.households[:4])
    desk.open("wang", town.password)
    expect(desk.row_of(street.fuse)).to_be_visible()
    page.evaluate("window.not_reloaded = true")
    notice = page.locator(".worklist")
    expect(notice).to_have_count(0)

    tiles = []
    page.on("request", lambda request: tiles.append(request.url) if "/api/tiles/" in request.url else None)
    with town.network_without(street) as newer:
        expect(notice.locator("summary")).to_have_text(words("dispatcher.worklist.outages.one", count=1))
        notice.locator("summary").click()
        for lost in (street.fuse, *(home.service_point for home in street.households[:4])):
            expect(notice).to_contain_text(lost)
        expect(notice).to_contain_text(words("dispatcher.worklist.device_gone.one"))
        by_axe(page, "a device that is gone")
        notice.get_by_role("button", name=street.fuse).click()
        expect(page.locator(".panel h2")).to_have_text(street.fuse)
        drawn_from(newer, page, tiles)
        tiles.clear()
    # One step back: nothing is lost any more, and the map shows what it showed before.
    expect(notice).to_have_count(0)
    page.wait_for_function("(window.not_reloaded)")
    drawn_from(town.network_version, page, tiles)
