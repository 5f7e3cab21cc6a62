"""Planned work at the desk: one requests, another approves and publishes; what overruns is an alarm."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect


def local(at):
    """A time as a field of a page takes it, in the zone of the pages of these tests."""
    return at.strftime("%Y-%m-%dT%H:%M")


def test_one_requests_another_approves_and_an_overrun_is_an_alarm(town, open_page, street):
    first, second = open_page("Desk", "en"), open_page("Desk", "zh")
    words, page = first.words, first.page
    first.open("wang", town.password)
    second.open("li", town.password)

    # O opens the list from anywhere. A request names the device; who goes dark is known at once.
    page.keyboard.press("o")
    view = page.locator(".planned_view")
    view.get_by_role("button", name=words("planned.new"), exact=True).click()
    starts = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    form = view.locator("form.action_form")
    form.locator("input[name=planned_starts]").fill(local(starts))
    form.locator("input[name=planned_ends]").fill(local(starts - timedelta(hours=2)))
    form.locator("input[name=planned_device]").fill(street.fuse)
    form.locator("select[name=planned_crew]").select_option(street.crew)
    form.locator("textarea[name=planned_text]").fill("42")
    form.get_by_role("button", name=words("planned.new.send"), exact=True).click()
    expect(form.get_by_role("alert")).to_have_text(words("shared.because.planned_ends_before_start"))
    form.locator("input[name=planned_ends]").fill(local(starts + timedelta(hours=2)))
    form.get_by_role("button", name=words("planned.new.send"), exact=True).click()
    panel = page.locator(".panel")
    expect(panel).to_contain_text(words("planned.status.requested"))
    expect(panel).to_contain_text(words("planned.whom.other", count=4, service_points=4))
    first.button("planned.action.study", exact=True).click()
    expect(panel).to_contain_text(words("planned.approve.another"))
    planned_id = re.search(r"P-\d+", panel.locator("h2").inner_text())[0]

    # The other desk sees it come, and publishes it: three days before is too late, which is said.
    second.page.keyboard.press("o")
    second.page.locator(f"[data-planned={planned_id}]").click()
    second.button("planned.action.approve", exact=True).click()
    second.button("planned.action.publish", exact=True).click()
    expect(second.page.locator(".panel .notices")).to_contain_text(second.words("planned.breach.queued_late"))
    expect(panel).to_contain_text(words("planned.status.notified"))

    # Called off with a reason: told to those who were told, and in the history with who.
    first.button("planned.action.cancel", exact=True).click()
    panel.locator("input[name=planned_reason]").fill("42")
    panel.locator("form").get_by_role("button", name=words("planned.action.cancel"), exact=True).click()
    expect(panel).to_contain_text(words("planned.status.cancelled"))
    expect(panel.locator(".notices")).to_contain_text(words("planned.kind.planned_cancelled"))
    expect(second.page.locator(".changes")).to_contain_text("wang")

    # Work that should be over is an alarm in the bar, until somebody says that supply is back.
    now = datetime.now(UTC)
    overrun = {
        "device": street.fuse,
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(seconds=1)).isoformat(),
        "text": "43",
    }
    answer = town.client("chief").post("/api/planned-outages", json=overrun)
    assert answer.status_code == 201, answer.text
    expect(page.locator(".bar .alarm")).to_contain_text("▲ 1")
    page.locator(f"[data-planned={answer.json()['id']}]").click()
    first.button("planned.action.begin", exact=True).click()
    first.button("planned.action.end", exact=True).click()
    expect(page.locator(".bar .alarm")).to_have_count(0)
