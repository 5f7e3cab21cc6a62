"""The pages on the screens they are read on: nothing runs out of the side, and what matters is in sight."""

import pytest
from playwright.sync_api import expect


def _sees(face, locator):
    """What is looked for lies within the window as it is, without scrolling."""
    expect(locator).to_be_in_viewport(ratio=0.99)


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (390, "zh")])
def test_phones(town, street, open_page, language, width):
    size = {"width": width, "height": 640}
    crew = open_page("CrewPhone", language, size=size, has_touch=True)
    customer = open_page("CustomerPhone", language, size=size, has_touch=True)
    crew.page.goto(f"{town.address}/crew/")
    _sees(crew, crew.button("shared.sign_in.send"))
    crew.fits()
    customer.page.goto(f"{town.address}/supply")
    customer.fits()
    town.lose(*street.households[:4])
    crew.open(street.crew, town.password)
    crew.fits()
    customer.find(street.households[0])
    customer.says("customer.out.headline_probably")
    # The first thing a worried customer reads: is it out, and until when.
    _sees(customer, customer.page.locator("#headline-1"))
    _sees(customer, customer.page.locator(".etr strong"))
    customer.fits()

    _put_on_the_job(town.client("wang"), street)
    for step in ("accepted", "en_route", "on_site", "working", "finished"):
        # One thumb, wherever the page is scrolled to: the next step is always in reach.
        button = crew.button(f"crew.step.{step}")
        _sees(crew, button)
        assert button.bounding_box()["height"] >= 48
        crew.fits()
        button.click()
    crew.says("crew.no_jobs")
    customer.fits()
    customer.page.get_by_role("link", name=customer.words("customer.mine.tell_more")).click()
    customer.says("customer.report.title")
    customer.fits()


@pytest.mark.parametrize(("language", "scripts"), [("en", False), ("zh", True)])
def test_messages_are_chosen_on_a_phone_by_keyboard(street, open_page, language, scripts):
    size = {"width": 320, "height": 640}
    customer = open_page("CustomerPhone", language, size=size, java_script_enabled=scripts)
    customer.find(street.households[4 if scripts else 3])
    page, words = customer.page, customer.words
    link = page.get_by_role("link", name=words("customer.mine.messages"))
    link.focus()
    page.keyboard.press("Enter")
    customer.says("customer.messages.title")
    email = page.get_by_label(words("customer.messages.address.email"), exact=True)
    email.focus()
    page.keyboard.type("nobody at home")
    page.keyboard.press("Enter")
    customer.says("customer.messages.problem.email")
    expect(email).to_have_attribute("aria-invalid", "true")
    email.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("me@example.net")
    page.get_by_label(words("customer.messages.quiet"), exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    customer.says("customer.messages.saved")
    expect(email).to_have_value("me@example.net")
    expect(page.get_by_label(words("customer.messages.quiet"), exact=True)).to_be_checked()
    if scripts:
        customer.fits()
    customer.button("customer.messages.calendar.make").press("Enter")
    customer.says("customer.messages.calendar.once")
    if scripts:
        customer.fits()
    page.get_by_role("link", name=words("customer.messages.back")).press("Enter")
    expect(page.get_by_role("link", name=words("customer.mine.messages"))).to_be_visible()


@pytest.mark.parametrize(("width", "language"), [(1280, "zh"), (1024, "en"), (1024, "zh")])
def test_small_desks(town, street, open_page, language, width):
    desk = open_page("Desk", language, size={"width": width, "height": 768})
    desk.open("wang", town.password)
    desk.fits()
    town.lose(*street.households[:4], hazard="wire_down")
    desk.choose(street.fuse)
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("hazard.wire_down"))
    desk.fits()
    _sees(desk, desk.button("dispatcher.actions.confirm"))
    # The map keeps enough room to be read.
    assert desk.page.locator(".desk_map").bounding_box()["width"] >= 300
    _put_on_the_job(town.client("wang"), street)
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.job.assigned"))
    desk.fits()
    desk.button("dispatcher.actions.etr").click()
    _sees(desk, desk.button("dispatcher.etr.send"))
    desk.fits()


@pytest.mark.parametrize(("size", "language"), [((1024, 600), "en"), ((390, 740), "zh")])
def test_the_search_on_small_desks(town, street, open_page, size, language):
    desk = open_page("Desk", language, size=dict(zip(("width", "height"), size, strict=True)))
    home = street.households[0]
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    field = desk.page.get_by_role("combobox", name=desk.words("dispatcher.search.label"))
    _sees(desk, field)
    field.fill(home.address)
    results = desk.page.locator("#search_results").get_by_role("option")
    expect(results.first).to_contain_text(home.account)
    _sees(desk, results.first)
    desk.fits()
    results.first.click()
    card = desk.page.locator(".found_card")
    expect(card).to_contain_text(desk.words.before("dispatcher.found.out"))
    _sees(desk, card)
    desk.fits()
    # The map is still there to show it.
    assert desk.page.locator(".desk_map").bounding_box()["height"] >= 100


def _put_on_the_job(dispatcher, street):
    """Confirm the outage of a street and send its crew, from another desk."""
    listed = dispatcher.get("/api/outages", params={"active": True}).json()["outages"]
    outage = next(one for one in listed if one["device"] == street.fuse)
    for action, order in (("confirm", {}), ("assign", {"crew_id": street.crew})):
        answer = dispatcher.post(
            f"/api/outages/{outage['id']}/{action}", json={"version": outage["version"], **order}
        )
        assert answer.status_code == 200, answer.text
        outage = answer.json()
