"""Somebody calls, by the keyboard alone; the storm at one look; a report that opens without any network."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])
CONTROL_ROOM = {"width": 1366, "height": 768}


def _fits(face, part):
    """Nothing is cut off at the side, and the page itself does not scroll."""
    size = face.page.evaluate(
        "part => { const one = document.querySelector(part), page = document.documentElement; return ["
        "one.scrollWidth, one.clientWidth, page.scrollWidth, innerWidth, page.scrollHeight, innerHeight] }",
        part,
    )
    assert size[0] <= size[1], part
    assert size[2] <= size[3]
    assert size[4] <= size[5]


@both_languages
def test_a_caller_is_answered_by_the_keyboard_alone(town, street, open_page, language):
    desk = open_page("Desk", language, size=CONTROL_ROOM)
    keyboard, words, home = desk.page.keyboard, desk.words, street.households[0]
    desk.open("wang", town.password)
    keyboard.press("a")
    view = desk.page.locator(".caller_view")
    field = view.get_by_role("combobox")
    expect(field).to_be_focused()

    # A place that is nowhere: the way out is said. A street waits for its number.
    keyboard.type("Nowhere Lane")
    desk.says("caller.nothing.account")
    field.fill("")
    keyboard.type(home.account)
    keyboard.press("Enter")
    expect(view).to_contain_text(home.address)
    expect(view).to_contain_text(words("caller.code.nothing_known"))
    # From the source to the household.
    path = view.locator(".supply_path li")
    expect(path.first).to_contain_text(f"B{street.number}")
    expect(path.last).to_contain_text(home.service_point)

    keyboard.press("1")
    keyboard.press("n")
    keyboard.press("b")
    expect(view.get_by_role("button", name=words("caller.form.neighbours"))).to_have_attribute(
        "aria-pressed", "true"
    )
    keyboard.press("r")
    desk.shows(words.before("caller.taken"))
    history = view.locator(".household_history")
    expect(history).to_contain_text(words("hazard.wire_down"))
    expect(history).to_contain_text(words("caller.said.call_back"))
    _fits(desk, ".caller_view")

    # What becomes known while the caller is on the line is told, with the time and where it comes from.
    town.lose(*street.households[:4])
    expect(view).to_contain_text(words("caller.code.known_outage"))
    expect(path.filter(has_text=street.fuse)).to_contain_text(words.before("caller.path.outage"))
    expect(view.locator(".etr")).to_contain_text(words("dispatcher.etr.title"))
    spoken = view.locator(".words")
    before = spoken.inner_text()
    keyboard.press("l")
    expect(spoken).not_to_have_text(before)
    keyboard.press("a")
    expect(field).to_be_focused()
    keyboard.press("Escape")
    keyboard.press("Escape")
    expect(view).to_have_count(0)
    expect(desk.row_of(street.fuse)).to_be_visible()

    # Searched for at the desk, a household leads there as well.
    keyboard.press("/")
    keyboard.type(home.account)
    keyboard.press("Enter")
    desk.button("caller.about_it").click()
    expect(view).to_contain_text(words("caller.code.known_outage"))
    keyboard.press("Escape")
    expect(view).to_have_count(0)


def confirm(desk, device):
    """Confirm an outage; once more where a report came in between, as the desk asks for."""
    for patience_ms in (5_000, 60_000):
        desk.button("dispatcher.actions.confirm").click()
        with suppress(AssertionError if patience_ms < 60_000 else ()):
            expect(desk.row_of(device)).to_contain_text(
                desk.words("dispatcher.next.send"), timeout=patience_ms
            )
            return


@both_languages
def test_the_storm_at_one_look(town, street, open_page, tmp_path, language):
    town.lose(*street.households[:4], hazard="wire_down")
    desk = open_page("Desk", language, size=CONTROL_ROOM)
    page, words = desk.page, desk.words
    desk.open("wang", town.password)
    desk.choose(street.fuse)
    confirm(desk, street.fuse)
    page.keyboard.press("v")
    view = page.locator(".storm_view")
    expect(view.locator(".curve_chart path.past")).to_have_attribute("d", re.compile("^M"))
    expect(view.locator(".feed_list tbody tr").first).to_be_visible()
    expect(view.locator(".crew_hours .figures")).to_contain_text(words("storm.crews.on_shift"))
    first = view.locator(".decision_list li").first
    expect(first.locator(".about")).to_contain_text(words("hazard.wire_down"))
    expect(view.locator(".decision_list")).to_be_in_viewport(ratio=1)
    _fits(desk, ".storm_view")

    # The report of the chosen outage opens from a file, and asks nobody for anything.
    with page.expect_download() as download:
        view.get_by_role("link").last.click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    _opens_without_a_network(page.context.browser, file, street.fuse)

    # A key jumps to what waits; the storm stays beside it.
    hazard = first.locator(".about").inner_text().rpartition(" ")[2]
    page.keyboard.press("1")
    expect(page.locator(".places > .panel")).to_contain_text(hazard)
    expect(view).to_be_visible()
    _fits(desk, ".storm_view")

    page.keyboard.press("?")
    desk.says("keys.in_caller")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.key_list:focus-within")).to_have_count(0)
    page.keyboard.press("v")
    expect(view).to_have_count(0)


def _opens_without_a_network(browser, file: Path, device):
    context = browser.new_context(offline=True)
    try:
        asked, mistakes = [], []
        context.on("request", lambda request: asked.append(request.url))
        context.on("weberror", lambda error: mistakes.append(str(error.error)))
        page = context.new_page()
        refused = []
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        page.goto(file.as_uri())
        expect(page.locator(".report_map .leaflet-container canvas")).to_be_visible()
        expect(page.locator("table").first).to_contain_text(device)
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
        assert not mistakes
        assert not refused
    finally:
        context.close()


def test_an_agent_has_the_callers_view_alone(town, street, open_page):
    desk = open_page("Desk", "en", size=CONTROL_ROOM)
    desk.page.goto(f"{town.address}/dispatcher/")
    desk.sign_in("ann", town.password)
    view = desk.page.locator(".caller_view")
    expect(view.get_by_role("combobox")).to_be_focused()
    desk.page.keyboard.type(street.households[4].account)
    desk.page.keyboard.press("Enter")
    expect(view).to_contain_text(street.households[4].address)
    assert desk.page.locator(".desk_map").count() == 0
    desk.button("shared.sign_out").click()
    expect(desk.page.get_by_label(desk.words("shared.sign_in.name"))).to_be_visible()
