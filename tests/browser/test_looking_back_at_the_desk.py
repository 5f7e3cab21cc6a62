"""A dispatcher looks back at what was known, by slider and keyboard; nothing can be done; live again."""

import re
import time

from playwright.sync_api import expect

CONTROL_ROOM = {"width": 1366, "height": 768}


class Colleague:
    """Another dispatcher, who works on one outage without a page."""

    def __init__(self, town, street):
        """Lose supply in a street, and wait for the outage."""
        self._client = town.client("li")
        town.lose(*street.households[:4])
        gives_up_at = time.monotonic() + 60
        while not (found := [one["id"] for one in self._outages() if one["device"] == street.fuse]):
            assert time.monotonic() < gives_up_at
            time.sleep(0.1)
        (self.outage,) = found

    def _outages(self):
        return self._client.get("/api/outages", params={"active": True}).json()["outages"]

    def act(self, action, **told):
        answer = self._client.post(f"/api/outages/{self.outage}/{action}", json={"version": None, **told})
        assert answer.status_code == 200, answer.text

    def status(self):
        return self._client.get(f"/api/outages/{self.outage}").json()["status"]


def _back_until(replay, text):
    """Step back until the panel says something."""
    panel = replay.locator(".past_panel")
    for _ in range(60):
        if text in panel.inner_text():
            return
        before = replay.locator("time").get_attribute("datetime")
        replay.page.keyboard.press("ArrowLeft")
        expect(replay.locator("time")).not_to_have_attribute("datetime", before)
    raise AssertionError(panel.inner_text())


def test_looking_back_and_live_again(town, street, open_page, picture):
    desk = open_page("Desk", "en", size=CONTROL_ROOM)
    page, words = desk.page, desk.words
    colleague = Colleague(town, street)
    outage = colleague.outage
    colleague.act("confirm")
    colleague.act("assign", crew_id=street.crew)
    desk.open("wang", town.password)
    desk.choose(street.fuse)

    page.keyboard.press("h")
    replay = page.locator(".replay")
    panel = replay.locator(".past_panel")
    expect(replay.locator(".banner")).to_contain_text(words("replay.banner"))
    expect(replay.locator(".time")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    expect(replay.locator(".replay_slider path")).to_have_attribute("d", re.compile("^M"))
    expect(panel).to_contain_text(words("status.outage.confirmed"))
    expect(panel).to_contain_text(street.crew_name)

    # Step by step back: no crew yet, then only predicted, then not known at all.
    _back_until(replay, words("replay.no_crew"))
    expect(panel).to_contain_text(words("status.outage.confirmed"))
    _back_until(replay, words("status.outage.predicted"))
    expect(replay.get_by_role("option").filter(has_text=street.fuse)).to_be_visible()
    _back_until(replay, words("replay.unknown_then", id=outage))
    page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text(words("status.outage.predicted"))

    # Nothing of the live desk is there to be pressed, and its keys say why.
    expect(page.locator("header.bar, .actions")).to_have_count(0)
    picture(desk, "looking-back-en")
    desk.speak("zh")
    expect(replay.locator(".banner")).to_contain_text("非实时")
    picture(desk, "looking-back-zh")
    desk.speak("en")
    page.keyboard.press("c")
    expect(replay.get_by_role("alert")).to_have_text(words("replay.read_only"))
    assert colleague.status() == "confirmed"

    # Meanwhile the live desk goes on, and is told of what is missed.
    colleague.act("restore")
    expect(replay.locator(".missed")).not_to_contain_text("0 ")
    expect(panel).to_contain_text(words("status.outage.predicted"))

    # The slider as well, by hand to the end and played from the beginning.
    slider = replay.get_by_role("slider")
    slider.fill(slider.get_attribute("max"))
    expect(panel).to_contain_text(street.crew_name)
    page.keyboard.press("Home")
    expect(slider).to_have_value(slider.get_attribute("min"))
    replay.locator(".play").click()
    expect(replay.locator(".play")).to_contain_text(words("replay.pause"))
    expect(slider).not_to_have_value(slider.get_attribute("min"))
    replay.locator(".play").click()

    page.keyboard.press("Escape")
    expect(replay).to_have_count(0)
    expect(page.locator("header.bar")).to_be_visible()
    desk.is_live()
    expect(page.locator(".panel")).to_contain_text(words("status.outage.restored"))
