"""The plan at the desk: seen, taken from, and told what to keep to."""

import os
import re
import time

import pytest
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _picture(desk, name):
    folder = os.environ.get("RELIGHT_TEST_PICTURES")
    if folder:
        desk.page.screenshot(path=f"{folder}/{name}.png")


def _waits_for_a_plan_that_knows_all(town, plan):
    """An order makes the plan before it stale: what is sent by that one would be refused."""
    client, until = town.client("li"), time.monotonic() + 60
    position = client.get("/api/snapshot").json()["position"]
    while (made := client.get("/api/plan").json()["plan"])["based_on"] < position:
        assert time.monotonic() < until, f"no plan knows of {position}, only of {made['based_on']}"
        time.sleep(0.5)
    # Another plan may follow at once, with the bound looked for.
    while int(plan.get_attribute("data-version")) < made["version"]:
        assert time.monotonic() < until, "the desk does not follow"
        time.sleep(0.2)


@both_languages
def test_a_plan_is_seen_a_stop_taken_and_a_crew_pinned(town, street, open_page, by_axe, language):
    desk = open_page("Desk", language)
    words, page = desk.words, desk.page
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()

    # P opens the plan in the place of the list; who is planned for this outage, the panel says as well.
    page.locator(".list").first.focus()
    page.keyboard.press("p")
    plan, panel = page.locator(".plan_view"), page.locator(".panel")
    stop = plan.locator(".stop").filter(has_text=street.fuse)
    expect(stop).to_contain_text(words("plan.state.send_now"))
    expect(plan).to_contain_text(words.before("plan.made_now"))
    expect(panel.locator(".planned")).to_be_visible()

    # A pin to another crew moves it there, and taking the pin back leaves an ordinary plan.
    town.add_crew(f"X{street.number}", f"Relief {street.number}", place=street.place)
    desk.button("plan.order.pin").click()
    panel.locator("select[name=order_crew]").select_option(f"X{street.number}")
    panel.locator("input[name=order_reason]").fill("ABC")
    desk.button("plan.order.send.pin", exact=True).click()
    expect(panel.locator("[data-order=pin]")).to_contain_text("ABC")
    own = plan.locator(f"[data-crew=X{street.number}] .stop").filter(has_text=street.fuse)
    expect(own).to_contain_text(words("plan.pinned"))
    expect(panel.locator(".planned")).to_contain_text(f"Relief {street.number}")
    # Whoever is pinned is also the one that one key sends.
    expect(panel.locator("button.primary.large")).to_contain_text(f"Relief {street.number}")
    _picture(desk, f"plan-wide-{language}")
    by_axe(page, "a plan, one crew pinned")
    panel.locator("[data-order=pin]").get_by_role("button").click()
    expect(panel.locator("[data-order=pin]")).not_to_be_visible()
    expect(stop).not_to_contain_text(words("plan.pinned"))

    # One stop is taken: its crew is sent, as by the button of the panel.
    _waits_for_a_plan_that_knows_all(town, plan)
    stop.get_by_role("button", name=words("plan.stop.take"), exact=True).click()
    plan.locator(".sent, .under_way, .notice").first.wait_for()
    _picture(desk, f"plan-taken-{language}")
    # Sent, until the next plan knows that it is under way; that one comes soon.
    expect(stop).to_have_class(re.compile("sent|under_way"))
    expect(panel.locator(".jobs")).to_contain_text(words("status.job.assigned"))

    # On a narrow screen the plan is still whole: nothing runs out of the side.
    page.set_viewport_size({"width": 420, "height": 900})
    page.keyboard.press("Escape")
    expect(plan).to_be_visible()
    assert page.evaluate("document.querySelector('.plan_view').scrollWidth <= innerWidth")
    _picture(desk, f"plan-narrow-{language}")
