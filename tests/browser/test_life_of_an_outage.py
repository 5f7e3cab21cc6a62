"""The life of an outage at the desk: parted, grouped, verified, closed with what failed, out again."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect


def _keep_picture(desk, name):
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("RELIGHT_TEST_PICTURES"):
        desk.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_outage_is_parted_grouped_verified_closed_and_reopened(town, street, open_page, language):
    desk = open_page("Desk", language)
    words, page = desk.words, desk.page
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.send"))

    # Somebody names another device; what the server says against it is said in words.
    desk.button("dispatcher.actions.device").click()
    _keep_picture(desk, f"device-{language}")
    page.locator("input[name=device]").fill(street.fuse)
    page.locator(".action_form button[type=submit]").click()
    same = words("shared.because.device_is_the_same", device=street.fuse)
    expect(page.get_by_role("alert")).to_contain_text(same)

    # One transformer below is out by itself.
    lower = street.fuse.replace("F", "U")
    desk.button("dispatcher.actions.split").click()
    page.locator("input[name=device]").fill(lower)
    page.locator(".action_form button[type=submit]").click()
    expect(desk.row_of(lower)).to_be_visible()

    # Both belong to one incident.
    name = f"{street.number} {street.number}"
    page.locator("input[name=incident_name]").fill(name)
    desk.button("dispatcher.incident.send", exact=True).click()
    expect(desk.row_of(street.fuse).locator(".incident")).to_be_visible()
    _keep_picture(desk, f"grouped-{language}")

    # The fuse holds again; then the transformer is back as well, and one house is asked.
    for device in (street.fuse, lower):
        desk.choose(device)
        desk.button("dispatcher.actions.restore").click()
        page.locator(".action_form button[type=submit]").click()
        expect(desk.row_of(device)).to_contain_text(words("dispatcher.next.close"))
    asked = page.locator(".asked li").first
    asked.get_by_role("button", name=words("dispatcher.verify.outcome.supply_is_back"), exact=True).click()
    expect(asked).to_contain_text(words("dispatcher.verify.supply.back"))
    _keep_picture(desk, f"verified-{language}")
    # What the desk has not been told of yet, it would be told of in place of closing.
    called_back, _ = words("change.outage.called_back", actor="wang", called="|", call_outcome="").split("|")
    expect(page.locator(".panel .history")).to_contain_text(called_back)
    desk.button("dispatcher.actions.close").click()
    page.locator("select[name=cause]").select_option("tree")
    page.locator("select[name=failed_equipment]").select_option("transformer")
    expect(page.locator("input[name=failed_device]")).to_have_value(lower)
    page.locator(".action_form button[type=submit]").click()
    expect(page.locator(".panel")).to_contain_text(words("status.outage.closed"))

    # It did not hold.
    desk.button("dispatcher.actions.reopen").click()
    page.locator("input[name=reason]").fill(street.fuse)
    _keep_picture(desk, f"reopen-{language}")
    page.locator(".action_form button[type=submit]").click()
    expect(page.locator(".panel .history")).to_contain_text(street.fuse)
    expect(desk.row_of(lower)).to_contain_text(words("dispatcher.next.send"))
    page.set_viewport_size({"width": 360, "height": 740})
    _keep_picture(desk, f"narrow-{language}")
