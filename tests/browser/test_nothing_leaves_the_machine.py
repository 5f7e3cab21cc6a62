"""Control rooms are cut off from the internet: no page asks anything of anybody but Relight.

Chromium's own log of the network is read: it knows of whatever a page had it ask, for a worker or a font too.
"""

import json
from urllib.parse import urlsplit

from playwright.sync_api import expect

# What a page asks carries the page's origin; what Chromium wants for itself carries none.
NO_PAGE = "not an origin"


def _go_through_everything(town, street, desk, crew, customer):
    town.lose(*street.households[:4])
    desk.open("wang", town.password)
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    desk.page.locator(".crews .crew button.send").first.click()
    desk.button("dispatcher.map.whole").click()
    desk.page.mouse.move(700, 450)
    desk.page.mouse.wheel(0, -800)
    desk.page.emulate_media(color_scheme="dark")
    desk.speak("zh")
    desk.page.reload()
    expect(desk.row_of(street.fuse)).to_be_visible()
    crew.open(street.crew, town.password)
    crew.tap("accepted")
    expect(crew.page.locator(".job_map canvas")).to_be_visible()
    customer.page.goto(f"{town.address}/")
    customer.page.goto(f"{town.address}/docs")
    expect(customer.page.locator(".opblock").first).to_be_visible()
    customer.find(street.households[0])
    expect(customer.page.locator("#live")).to_have_text(customer.words("customer.mine.live"))
    customer.page.get_by_role("link", name=customer.words("customer.mine.tell_more")).click()
    customer.button("customer.report.send").click()
    customer.says("customer.done.title")


def test_pages_ask_only_their_own_server(town, street, open_page, start_browser, tmp_path):
    log = tmp_path / "network.json"
    browser = start_browser(f"--log-net-log={log}")
    _go_through_everything(
        town,
        street,
        open_page("Desk", "en", browser=browser),
        open_page("CrewPhone", "zh", browser=browser),
        open_page("CustomerPhone", "zh", browser=browser),
    )
    browser.close()

    asked = _asked_by_pages(json.loads(log.read_text(encoding="utf-8")))
    # The log knows of everything, workers and streams included …
    for kind in ("/tiles/", "-worker", "/api/changes/stream", "/supply/stream", "style.css", "swagger-ui"):
        assert any(kind in url for url in asked), kind
    # … and all of it went to Relight.
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(town.address).netloc}


def _asked_by_pages(log):
    """Return the addresses that pages asked for."""
    types = {number: name for name, number in log["constants"]["logEventTypes"].items()}
    told = [
        event.get("params", {}) for event in log["events"] if types[event["type"]] == "URL_REQUEST_START_JOB"
    ]
    # Chromium asks for its own ends too (updates, help with forms): in nobody's name.
    return [one["url"] for one in told if one.get("initiator", NO_PAGE) != NO_PAGE]
