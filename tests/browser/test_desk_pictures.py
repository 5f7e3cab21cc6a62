"""A storm night at 1366 × 768: every view of the desk fits, by day and in the dark, in both languages.

The pictures of the papers are taken on the way (CONTRIBUTING.md).
"""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

CONTROL_ROOM = {"width": 1366, "height": 768}


@pytest.fixture
def storm_night(town, street):
    """Six streets in trouble, with a client of the dispatcher; over again at the end."""
    streets = [street, *(town.next_street() for _ in range(5))]
    wang = town.client("wang")
    for number, one in enumerate(streets):
        town.lose(
            *one.households[:4], hazard="wire_down" if number == 1 else None, minutes_ago=8 + 9 * number
        )
    yield streets, wang
    town.clear(*streets)


def _outages(client, streets, page):
    """Return street → its outage, once all are there."""
    for one in streets:
        rows = page.locator(".list").get_by_role("row")
        expect(rows.filter(has=page.get_by_text(one.fuse, exact=True))).to_be_visible()
    found = client.get("/api/outages", params={"active": True, "limit": 1000}).json()["outages"]
    by_device = {one["device"]: one for one in found}
    return [by_device[one.fuse] for one in streets]


def _order(client, outage, action, **fields):
    path = f"/api/outages/{outage['id']}/{action}"
    answer = client.post(path, json={"version": None, **fields})
    assert answer.status_code == 200, answer.text


def _now():
    return datetime.now(UTC).isoformat()


def _at_work(town, streets, wang, outages):
    """Let four be confirmed, and two of these have a crew: one on its way, one working."""
    for outage in outages[:4]:
        _order(wang, outage, "confirm")
    for one, outage, steps in ((streets[0], outages[0], 2), (streets[3], outages[3], 4)):
        _order(wang, outage, "assign", crew_id=one.crew)
        crew = town.client(one.crew)
        (job,) = crew.get("/api/jobs/mine").json()["jobs"]
        for step in ("accepted", "en_route", "on_site", "working")[:steps]:
            told = {"status": step, "client_event_id": f"{job['id']}-{step}", "occurred_at": _now()}
            answer = crew.post(f"/api/jobs/{job['id']}/progress", json=told)
            assert answer.status_code == 200, answer.text


def _tidy(desk):
    """The map is there, and the first words to newcomers are read."""
    expect(desk.page.locator(".desk_map canvas")).to_be_visible()
    desk.button("dispatcher.try.put_away").click()


def _show_all(desk):
    """Look at all outages together."""
    desk.button("dispatcher.map.outages").click()


def _draft(client, outage):
    """Draft an order that makes the street dead for the work, and feeds it again; return its id."""
    number = outage["device"][1:]
    steps = [{"action": "open", "device": f"B{number}"}, {"action": "close", "device": f"B{number}"}]
    order = {"kind": "emergency", "outage_id": outage["id"], "steps": steps}
    answer = client.post("/api/switching-orders", json=order)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_a_storm_night_fits_and_pictures_are_taken(town, storm_night, open_page, picture):
    streets, wang = storm_night
    desk = open_page("Desk", "en", size=CONTROL_ROOM)
    page, keyboard = desk.page, desk.page.keyboard
    desk.open("wang", town.password)
    outages = _outages(wang, streets, page)
    _at_work(town, streets, wang, outages)
    expect(desk.row_of(streets[3].fuse)).to_contain_text(desk.words("dispatcher.next.job.working"))
    _tidy(desk)

    # The desk as it is worked at: an outage that needs a crew, by day and in the dark.
    page.locator("select[name=list_grouping]").select_option("status")
    desk.choose(streets[1].fuse)
    expect(page.locator(".crews .crew").first).to_be_visible()
    _show_all(desk)
    desk.fits()
    picture(desk, "dispatcher-en")
    page.emulate_media(color_scheme="dark")
    desk.fits()
    picture(desk, "dispatcher-en-dark")
    page.emulate_media(color_scheme="light")

    # What the feeder of it carries, on the map and in words.
    keyboard.press("/")
    keyboard.type("B99")
    expect(page.get_by_role("option", name="B99").first).to_be_visible()
    keyboard.press("Enter")
    page.locator(".list").focus()
    keyboard.press("d")
    expect(page.locator(".trace_card .told")).to_contain_text(desk.words("trace.customers"))
    desk.fits()
    picture(desk, "trace-en")
    keyboard.press("Escape")
    page.get_by_role("button", name=desk.words("dispatcher.found.leave")).click()

    # The storm at one look.
    keyboard.press("v")
    expect(page.locator(".storm_view .curve_chart path.past")).to_be_visible()
    expect(page.locator(".storm_view .feed_list tbody tr").first).to_be_visible()
    desk.fits()
    picture(desk, "storm-en")
    keyboard.press("v")


def test_the_same_night_in_chinese_and_its_pictures(town, storm_night, open_page, picture):
    streets, wang = storm_night
    desk = open_page("Desk", "zh", size=CONTROL_ROOM, scheme="dark")
    page, keyboard = desk.page, desk.page.keyboard
    desk.open("wang", town.password)
    outages = _outages(wang, streets, page)
    _at_work(town, streets, wang, outages)
    _tidy(desk)
    desk.choose(streets[1].fuse)
    expect(page.locator(".crews .crew").first).to_be_visible()

    # Several marked, and a time for all of them.
    page.emulate_media(color_scheme="light")
    page.locator("select[name=list_grouping]").select_option("feeder")
    for one in streets[1:5]:
        desk.row_of(one.fuse).get_by_role("checkbox").check()
    page.locator(".list").focus()
    keyboard.press("Shift+E")
    expect(page.locator(".bulk input[name=etr_at]")).to_be_visible()
    _show_all(desk)
    desk.fits()
    picture(desk, "dispatcher-zh")
    keyboard.press("Escape")

    keyboard.press("v")
    expect(page.locator(".storm_view .curve_chart path.past")).to_be_visible()
    expect(page.locator(".storm_view .feed_list tbody tr").first).to_be_visible()
    page.emulate_media(color_scheme="dark")
    desk.fits()
    picture(desk, "storm-zh")
    keyboard.press("v")
    page.emulate_media(color_scheme="light")

    # An order to switch the fault off, step by step, with what each step would do.
    keyboard.press("w")
    expect(page.locator(".switching_view")).to_be_visible()
    order_id = _draft(wang, outages[0])
    page.locator(f".switching_view [data-order={order_id}]").click()
    expect(page.locator(".panel tbody.step").first).to_be_visible()
    _show_all(desk)
    desk.fits()
    picture(desk, "switching-zh")
    cancelled = {"version": None, "reason": "over"}
    assert wang.post(f"/api/switching-orders/{order_id}/cancel", json=cancelled).status_code == 200
