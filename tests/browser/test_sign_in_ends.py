"""A sign-in ends in the midst of work: the page says so, the way back is there, and nothing typed is lost."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from sqlalchemy import text

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _end_sign_ins(town, name):
    """Let every sign-in of an account be over, as after a shift."""
    with town.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE user_session SET expires_at = :now FROM user_account"
                " WHERE user_account.id = user_id AND name = :name"
            ),
            {"now": datetime.now(UTC), "name": name},
        )


def _end_passes(town, account):
    with town.engine.begin() as connection:
        ended = connection.execute(
            text("UPDATE supply_pass SET expires_at = :now WHERE account = :account"),
            {"now": datetime.now(UTC), "account": account},
        )
        assert ended.rowcount > 0


@both_languages
def test_the_dispatcher_signs_in_again_over_the_page(town, street, open_page, language):
    desk = open_page("Desk", language)
    desk.open("li", town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.dismiss").click()
    desk.page.locator("input[name=reason]").fill("误报 · a false alarm")
    _end_sign_ins(town, "li")
    # The desk itself may have asked, and been told, just before: then the button is behind the veil already.
    with suppress(sync_api.TimeoutError):
        desk.page.locator(".action_form button[type=submit]").click(timeout=3000)

    desk.says("shared.sign_in.ended")
    veil = desk.page.locator(".veil")
    expect(veil.get_by_label(desk.words("shared.sign_in.name"))).to_have_value("li")
    veil.get_by_label(desk.words("shared.sign_in.password")).fill(town.password)
    veil.get_by_role("button", name=desk.words("shared.sign_in.send")).click()
    expect(veil).to_have_count(0)
    expect(desk.page.locator("input[name=reason]")).to_have_value("误报 · a false alarm")
    desk.is_live()
    desk.page.locator(".action_form button[type=submit]").click()
    expect(desk.row_of(street.fuse)).to_have_count(0)


@both_languages
def test_the_crew_taps_on_and_signs_in_when_there_is_time(town, street, open_page, language):
    desk, crew = open_page("Desk", language), open_page("CrewPhone", language)
    desk.open("wang", town.password)
    crew.open(street.crew, town.password)
    town.lose(*street.households[:4])
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    desk.page.locator(".crews .crew button.send").first.click()
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    crew.tap("accepted")
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.job.accepted"))

    _end_sign_ins(town, street.crew)
    crew.tap("en_route")
    crew.says("crew.signal.ended")
    crew.tap("on_site")
    crew.shows(crew.words("crew.signal.waiting.other", count=2))
    crew.button("shared.sign_in.send").first.click()
    veil = crew.page.locator(".veil")
    veil.get_by_label(crew.words("shared.sign_in.password")).fill(town.password)
    veil.get_by_role("button", name=crew.words("shared.sign_in.send")).click()
    crew.says("crew.signal.all_sent")
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.job.on_site"))
    told = desk.page.locator(".panel .history > li")
    for step in ("en_route", "on_site"):
        expect(told.filter(has_text=desk.words(f"change.job.{step}", crew=street.crew_name))).to_have_count(1)


@both_languages
def test_the_customer_is_led_back_and_keeps_what_was_written(town, street, open_page, language):
    customer = open_page("CustomerPhone", language)
    words, page, household = customer.words, customer.page, street.households[0]
    customer.find(household)
    customer.says("customer.on.headline")
    page.get_by_role("link", name=words("customer.report.button")).click()
    page.get_by_label(words("customer.report.text.label")).fill("咣当一声 · a loud bang")
    page.get_by_label(words("customer.report.danger.fire")).check()
    _end_passes(town, household.account)
    customer.button("customer.report.send").click()

    # Danger first; what was written is still there, and a place is all that is missing.
    customer.says("customer.safety.fire.title")
    customer.says("customer.safety.not_told")
    expect(page.get_by_label(words("customer.report.text.label"))).to_have_value("咣当一声 · a loud bang")
    expect(page.get_by_label(words("customer.report.danger.fire"))).to_be_checked()
    page.get_by_label(words("customer.report.place.address"), exact=True).fill(household.address)
    customer.button("customer.report.send").click()
    customer.says("customer.done.title")

    # The page of the supply says that the pass has ended, and asks for it again.
    page.goto(f"{town.address}/supply")
    customer.try_in(household.account, household.digits)
    expect(page.locator("#live")).to_have_text(words("customer.mine.live"))
    _end_passes(town, household.account)
    customer.says("customer.error.ended.title")
    customer.try_in(household.account, household.digits)
    expect(page.locator("#live")).to_have_text(words("customer.mine.live"))
