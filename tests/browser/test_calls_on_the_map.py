"""Calls on the desk's map: a bubble where somebody called leads to its outage, or to the caller's view."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from dispatch.transactions import write_transaction

CONTROL_ROOM = {"width": 1366, "height": 768}
MAP_IS_DRAWN_MS = 2_500
# In the middle of a bubble, whose tip is at its place.
ABOVE_ITS_PLACE = 14
both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _call(client, household, *, number=0, minutes_ago=2, **more):
    told = {
        "id": f"rang-{household.service_point}-{number}",
        "at": (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat(),
        "service_point": household.service_point,
        **more,
    }
    answer = client.post("/api/calls", json=told)
    assert answer.status_code == 200, answer.text


def _marks(page):
    """Return where the page was told of calls last: every answer that it was given."""
    told = []
    page.on(
        "response",
        lambda answer: told.append(answer.json()) if "/api/calls/marks" in answer.url and answer.ok else None,
    )
    return told


@both_languages
def test_calls_of_the_chosen_outage_lead_to_it(town, street, open_page, picture, language):
    ann = town.client("ann")
    homes = street.households[:4]
    for number, home in enumerate(homes):
        if number != 1:
            _call(ann, home, minutes_ago=4 + 9 * number)
    town.lose(homes[1], hazard="wire_down")
    desk = open_page("Desk", language, size=CONTROL_ROOM)
    page = desk.page
    told = _marks(page)
    desk.open("wang", town.password)
    row = desk.row_of(street.fuse)
    expect(row).to_be_visible()
    with page.expect_response(lambda answer: "outage=" in answer.url and "/calls/marks" in answer.url):
        desk.choose(street.fuse)
    own = {home.service_point for home in homes}
    found = {mark["service_point"]: mark for mark in told[-1]["marks"] if mark["service_point"] in own}
    assert set(found) == own
    assert found[homes[1].service_point]["kind"] == "hazard"
    assert {mark["outage_id"] for mark in found.values()} == {found[homes[0].service_point]["outage_id"]}
    page.locator(".legend summary").click()
    expect(page.locator(".legend")).to_contain_text(desk.words("dispatcher.map.tone.call"))
    desk.fits()
    picture(desk, f"calls-{language}")
    town.clear(street)


def _click_bubble(desk, household):
    """Click the bubble over a household, which the map goes to the middle of."""
    page = desk.page
    page.keyboard.press("/")
    page.keyboard.type(household.account)
    expect(page.get_by_role("option", name=household.address).first).to_be_visible()
    with page.expect_response(lambda answer: "/calls/marks" in answer.url):
        page.keyboard.press("Enter")
    # Without a graphics card a map is drawn late, and does not say when.
    page.wait_for_timeout(MAP_IS_DRAWN_MS)
    box = page.locator(".desk_map canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - ABOVE_ITS_PLACE)


@both_languages
def test_a_call_that_waits_leads_to_the_caller_and_then_to_its_outage(town, street, open_page, language):
    ann, home = town.client("ann"), street.households[4]
    desk = open_page("Desk", language, size=CONTROL_ROOM)
    page = desk.page
    desk.open("wang", town.password)
    expect(page.locator(".desk_map canvas")).to_be_visible()
    # As long as something else writes, nothing is explained, and calls come in all the same.
    with write_transaction(town.engine):
        with page.expect_response(lambda answer: "/calls/marks" in answer.url and answer.json()["marks"]):
            _call(ann, home)
        _click_bubble(desk, home)
        view = page.locator(".caller_view")
        expect(view).to_contain_text(home.address)
        expect(view).to_contain_text(desk.words("caller.code.nothing_known"))
        page.keyboard.press("Escape")
        expect(view).to_have_count(0)
    # Explained, it stands with its outage, and leads to it.
    transformer = f"V{street.number}"
    expect(desk.row_of(transformer)).to_be_visible()
    with page.expect_response(lambda answer: "outage=" in answer.url and "/calls/marks" in answer.url):
        desk.choose(transformer)


def test_ten_thousand_calls_for_one_feeder_are_few_marks(town, open_page):
    """Of a flood the newest are marked, gathered in bubbles, and how many there are is said."""
    desk = open_page("Desk", "en", size=CONTROL_ROOM)
    page = desk.page
    flood = [
        {
            "service_point": f"flood-{number}",
            "lon": 11.43 + 0.0001 * (number % 100),
            "lat": 53.66 + 0.0001 * (number // 100),
            "at": datetime.now(UTC).isoformat(),
            "calls": 1,
            "kind": "hazard" if number % 50 == 0 else "out",
            "hazard": None,
            "outage_id": None,
        }
        for number in range(500)
    ]
    answer = {"marks": flood, "households": 4_800, "calls": 10_000}
    page.route("**/api/calls/marks?*", lambda route: route.fulfill(json=answer))
    desk.open("wang", town.password)
    desk.says("dispatcher.map.calls_more", marked="500", households="4,800")
    desk.fits()
