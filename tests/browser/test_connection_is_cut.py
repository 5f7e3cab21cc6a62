"""The connection is cut while things happen, and comes back: no page misses a change or shows one twice."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect


def _order(client, outage, action, **fields):
    """Give an order over HTTP, on another line than the one that is cut."""
    now = client.get(f"/api/outages/{outage}").json()
    answer = client.post(f"/api/outages/{outage}/{action}", json={"version": now["version"], **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def _outage_of(client, device):
    outages = client.get("/api/outages", params={"active": True}).json()["outages"]
    return next((one["id"] for one in outages if one["device"] == device), None)


def _in(minutes):
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_happened_meanwhile_comes_once_and_in_order(town, street, open_page, wire, language):
    desk, crew, customer = (
        open_page(kind, language, address=wire.address) for kind in ("Desk", "CrewPhone", "CustomerPhone")
    )
    words = desk.words
    desk.open("wang", town.password)
    crew.open(street.crew, town.password)
    town.lose(*street.households[:4])
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.confirm"))
    desk.choose(street.fuse)
    customer.find(street.households[0])
    customer.says("customer.out.headline_probably")
    li = town.client("li")
    outage = _outage_of(li, street.fuse)
    for page in (desk.page, crew.page, customer.page):
        page.evaluate("window.is_the_same_page = true")

    # Cut, and each page says so; what happens meanwhile happens elsewhere.
    wire.cut()
    desk.is_cut_off()
    crew.shows(words.before("crew.signal.lost"))
    customer.says("customer.mine.away")
    _order(li, outage, "confirm")
    _order(li, outage, "assign", crew_id=street.crew)
    _order(li, outage, "etr", etr_at=_in(90))
    _order(li, outage, "etr", etr_at=_in(120))
    another = town.next_street()
    town.lose(*another.households[:4])
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.confirm"))
    assert desk.row_of(another.fuse).count() == 0

    wire.mend()
    desk.is_live()
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.job.assigned"))
    expect(desk.row_of(another.fuse)).to_have_count(1)
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    expect(customer.page.locator("#main .state")).to_contain_text(words("customer.crew.assigned"))
    customer.says("customer.mine.live")

    # Cut again and again in the midst of it; the crew taps on, and its taps are kept.
    for step in ("accepted", "en_route", "on_site"):
        wire.cut()
        crew.tap(step)
        crew.shows(words("crew.signal.waiting.one", count=1))
        _order(li, outage, "etr", etr_at=_in(150))
        wire.mend()
        crew.says("crew.signal.all_sent")
        _order(li, outage, "etr", etr_at=_in(160))
    desk.is_live()
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.job.on_site"))
    expect(customer.page.locator("#main .state")).to_contain_text(words("customer.crew.on_site"))

    # The log over the wire: every position once, in order, to the newest one.
    changes = li.get("/api/changes", params={"after": wire.positions()[0] - 1, "limit": 10_000}).json()
    wanted = [change["position"] for change in changes["changes"]]
    assert wire.positions_until(changes["position"]) == wanted
    # And on the page: each tap of the crew once, however often it was sent; the outages as they are.
    for step in ("accepted", "en_route", "on_site"):
        told = desk.page.locator(".panel .history > li")
        expect(told.filter(has_text=words(f"change.job.{step}", crew=street.crew_name))).to_have_count(1)
    for page in (desk.page, crew.page, customer.page):
        assert page.evaluate("window.is_the_same_page === true")
    open_now = li.get("/api/outages", params={"active": True, "limit": 10_000}).json()["outages"]
    listed = desk.page.locator(".row .device").all_inner_texts()
    assert sorted(listed) == sorted(one["device"] for one in open_now)
