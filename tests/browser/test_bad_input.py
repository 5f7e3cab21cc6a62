"""What goes wrong at the faces: each has words its reader understands, in both languages; nothing is lost."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

both_languages = pytest.mark.parametrize("language", ["en", "zh"])
NO_WEBGL = ("--no-sandbox", "--disable-gpu", "--disable-software-rasterizer", "--disable-3d-apis")


@both_languages
def test_without_webgl_desk_and_crew_work_in_words(  # noqa: PLR0917
    town, street, open_page, start_browser, by_axe, language
):
    browser = start_browser(usual=NO_WEBGL)
    desk, crew = (open_page(kind, language, browser=browser) for kind in ("Desk", "CrewPhone"))
    desk.open("wang", town.password)
    desk.says("shared.map.no_webgl")
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    by_axe(desk.page, "a desk without WebGL")
    desk.page.locator(".crews .crew button.send").first.click()
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.job.assigned"))
    crew.open(street.crew, town.password)
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    crew.says("shared.map.no_webgl")
    by_axe(crew.page, "a crew's page without WebGL")
    crew.tap("accepted")
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.job.accepted"))


@both_languages
def test_a_wrong_account_or_phone_is_told_and_locked(town, street, open_page, language):
    customer = open_page("CustomerPhone", language)
    right = street.households[0]
    customer.page.goto(f"{town.address}/supply")
    customer.try_in("", "1234")
    customer.says("customer.find.problem.account")
    customer.try_in(right.account, "12")
    customer.says("customer.find.problem.digits")
    expect(customer.page.get_by_label(customer.words("customer.find.account"))).to_have_value(right.account)

    for _ in range(5):
        customer.try_in(right.account, "9999")
        customer.says("customer.find.problem.not_found")
    # Locked: the right digits are answered like wrong ones, from this phone and from another.
    customer.try_in(right.account, right.digits)
    customer.says("customer.find.problem.not_found")
    other = open_page("CustomerPhone", language)
    other.find(right)
    other.says("customer.find.problem.not_found")
    # The way out that the words name is open.
    other.page.get_by_role("link", name=other.words("customer.find.without_link")).click()
    other.says("customer.report.title")


@both_languages
def test_wrong_passwords_are_told_and_locked(town, street, open_page, language):
    desk = open_page("Desk", language)
    desk.page.goto(f"{town.address}/dispatcher/")
    for attempt in range(6):
        # The sixth is the right one, and comes too late.
        desk.sign_in("li" if attempt < 5 else "wang", "wrong" if attempt < 5 else town.password)
        desk.says("shared.error.sign_in_refused")
        expect(desk.page.locator("input[name=password]")).to_have_value("")
    with town.engine.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_attempt WHERE name = 'li'"))


@both_languages
def test_a_report_without_a_place_keeps_what_was_written(town, street, open_page, language):
    customer = open_page("CustomerPhone", language)
    words, page = customer.words, customer.page
    page.goto(f"{town.address}/supply/report")
    page.get_by_label(words("customer.report.danger.wire_down")).check()
    page.get_by_label(words("customer.report.text.label")).fill("咣当一声 · a loud bang")
    customer.button("customer.report.send").click()
    # Danger first, then what is missing; nothing written is gone.
    customer.says("customer.safety.wire_down.title")
    customer.says("customer.safety.not_told")
    customer.says("customer.report.problem.no_place")
    expect(page.get_by_label(words("customer.report.danger.wire_down"))).to_be_checked()
    expect(page.get_by_label(words("customer.report.text.label"))).to_have_value("咣当一声 · a loud bang")

    where = page.get_by_label(words("customer.report.place.address"), exact=True)
    where.fill("Nowhere Lane 77")
    customer.button("customer.report.send").click()
    customer.says("customer.report.problem.address_unknown")
    expect(where).to_have_value("Nowhere Lane 77")
    where.fill(street.households[0].address)
    customer.button("customer.report.send").click()
    customer.says("customer.safety.told")
    customer.says("customer.done.title")


@both_languages
def test_a_position_far_from_any_supply_is_told(town, street, open_page, language):
    customer = open_page(
        "CustomerPhone",
        language,
        geolocation={"longitude": 2.0, "latitude": 48.0, "accuracy": 10},
        permissions=["geolocation"],
    )
    customer.page.goto(f"{town.address}/supply/report")
    customer.button("customer.report.place.device").click()
    customer.says("customer.report.place.taken")
    customer.button("customer.report.send").click()
    customer.says("customer.report.problem.too_far")
    longitude, latitude = street.place
    customer.page.context.set_geolocation({"longitude": longitude, "latitude": latitude, "accuracy": 10})
    customer.button("customer.report.place.device").click()
    customer.says("customer.report.place.taken")
    customer.button("customer.report.send").click()
    customer.says("customer.done.title")


@both_languages
def test_of_two_dispatchers_the_later_one_is_told_what_changed(town, street, open_page, language):
    wang, li = (open_page("Desk", language, name=name) for name in ("wang", "li"))
    for desk in (wang, li):
        desk.open(desk.name, town.password)
    town.lose(*street.households[:4])
    for desk in (wang, li):
        desk.choose(street.fuse)
    # Li dismisses it; the order is under way when Wang, who knows nothing of it, confirms.
    li.button("dispatcher.actions.dismiss").click()
    li.page.locator("input[name=reason]").fill("误报 · a false alarm")
    held = []
    li.page.route("**/dismiss", lambda route: held.append(route))  # noqa: PLW0108 - a method cannot be wrapped
    li.page.get_by_role("button", name=li.words("dispatcher.actions.dismiss")).last.click()
    expect(li.page.locator(".action_form button[type=submit]")).to_be_disabled()
    wang.button("dispatcher.actions.confirm").click()
    expect(wang.row_of(street.fuse)).to_contain_text(wang.words("dispatcher.next.send"))
    held[0].continue_()

    told = li.page.locator(".actions [role=alert]")
    expect(told).to_contain_text(li.words("change.outage.confirmed", actor="wang"))
    expect(told).to_contain_text(li.words("dispatcher.problem.stale").rpartition("}")[2].strip())
    # Nothing was done, what Li wrote still stands there, and works once he has looked again.
    expect(li.page.locator(".panel .head")).to_contain_text(li.words("status.outage.confirmed"))
    expect(li.page.locator("input[name=reason]")).to_have_value("误报 · a false alarm")
    li.page.unroute("**/dismiss")
    li.page.locator(".action_form button[type=submit]").click()
    expect(wang.row_of(street.fuse)).to_have_count(0)
    expect(wang.page.locator(".panel")).to_contain_text("误报 · a false alarm")


@both_languages
def test_a_tab_from_another_time_loads_everything_anew(town, street, open_page, wire, language):
    desk = open_page("Desk", language, address=wire.address)
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    # The database was set back meanwhile, as after a restored backup: the tab's position lies beyond its log.
    ahead = re.compile(r"/api/changes/stream\?after=(\d+)")
    desk.page.route(
        ahead,
        lambda route: route.continue_(url=ahead.sub("/api/changes/stream?after=99999999", route.request.url)),
        times=1,
    )
    wire.cut()
    desk.is_cut_off()
    client = town.client("li")
    outage = next(one for one in client.get("/api/outages").json()["outages"] if one["device"] == street.fuse)
    client.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
    wire.mend()
    desk.is_live()
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.send"))
    expect(desk.page.locator(".panel h2")).to_have_text(street.fuse)
