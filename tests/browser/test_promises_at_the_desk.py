"""What was promised, as the desk sees it: in the list, in the panel, and in the list of broken promises."""

import pytest
from playwright.sync_api import expect

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _send_first_crew(desk, street):
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    first = desk.page.locator(".crews .crew").first
    first.get_by_role("button", name=desk.words("dispatcher.crews.send")).click()
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.job.assigned"))


@both_languages
def test_a_broken_promise_is_told_everywhere_and_can_be_paused_and_listed(
    town, street, open_page, by_axe, language
):
    desk = open_page("Desk", language)
    words = desk.words
    desk.open("wang", town.password)
    # The town is rural by its customers: a crew is promised within ninety minutes.
    town.lose(*street.households[:4], minutes_ago=100)
    late = desk.row_of(street.fuse).locator(".promise")
    expect(late).to_have_class("promise warning")
    expect(late).to_contain_text(words("promise.short.legal_arrival"))
    _send_first_crew(desk, street)

    panel = desk.page.locator(".panel")
    arrival = panel.locator("[data-promise=arrival]")
    expect(arrival).to_contain_text(words("promise.state.breached"))
    expect(panel).to_contain_text(words.before("promise.area_source.density"))

    # The desk pauses the clocks with a reason; the law goes on.
    desk.button("promise.pause").click()
    panel.locator("select[name=pause_reason]").select_option("unsafe_weather")
    panel.locator("form.pausing button[type=submit]").click()
    expect(panel).to_contain_text(words("promise.reason.unsafe_weather"))
    expect(panel.locator("[data-promise=legal_arrival]")).to_contain_text(words("promise.state.warning"))
    desk.button("promise.resume").click()
    expect(desk.button("promise.pause")).to_be_visible()

    # B opens the list of broken promises, which leads back to the outage.
    desk.page.locator(".list").first.focus()
    desk.page.keyboard.press("b")
    row = desk.page.locator("dialog.breaches tbody tr").filter(has_text=street.fuse)
    expect(row).to_contain_text(words("promise.name.arrival"))
    expect(row).to_contain_text(words("promise.nobody_there"))
    expect(row).to_contain_text(words("promise.reason.unsafe_weather"))
    by_axe(desk.page, "broken promises")
    with desk.page.expect_download() as table:
        desk.page.get_by_role("link", name=words("promise.breaches.csv")).click()
    assert street.fuse in table.value.path().read_text(encoding="utf-8")
    row.get_by_role("button").click()
    expect(desk.page.locator("dialog.breaches")).not_to_be_visible()
    expect(desk.page.locator(".panel h2", has_text=street.fuse)).to_be_visible()
