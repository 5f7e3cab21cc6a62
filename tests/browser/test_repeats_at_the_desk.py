"""The list of what is out or trips again and again, at the desk."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from dispatch.transactions import write_transaction

ALERT = text(
    "INSERT INTO repeat_alert (kind, subject, level, times, first_at, last_at, service_points, customers, "
    "rules_version, found_at) VALUES ('feeder', :subject, 'alarm', 5, now() - interval '9 days', "
    "now(), 40, 55, '2026-11', now())"
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_repeated_outage_is_taken_in_hand_and_closed_with_a_note(town, open_page, by_axe, language):
    with write_transaction(town.engine) as session:
        session.execute(ALERT, {"subject": f"HEAD-{language}"})
    desk = open_page("Desk", language)
    words, page = desk.words, desk.page
    desk.open("wang", town.password)

    # R opens the list from anywhere at the desk.
    expect(page.locator(".repeats summary")).to_be_visible()
    page.keyboard.press("r")
    entry = page.locator(".repeats li").filter(has_text=f"HEAD-{language}")
    expect(entry).to_contain_text(words("repeat.kind.feeder"))
    expect(entry).to_contain_text(words("repeat.level.alarm"))
    entry.get_by_role("button", name=words("repeat.look_at")).click()
    expect(entry).to_contain_text("wang")

    # To close it, a person says what was done.
    entry.get_by_role("button", name=words("repeat.close")).click()
    entry.locator("input[name=note]").fill("Trees cut along the line")
    by_axe(page, "what fails again and again")
    entry.locator("form button[type=submit]").click()
    expect(entry).to_have_count(0)
