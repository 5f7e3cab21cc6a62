"""The work list: groups with counts, one action on several that are marked; traces; ten thousand calls."""

import re
from datetime import UTC, datetime

from playwright.sync_api import expect


def _fold_a_group_over_a_reload(desk, street):
    """Grouped by feeder, each street hangs on a breaker of its own; folded away, its group stays so."""
    page, words = desk.page, desk.words
    page.locator("select[name=list_grouping]").select_option("feeder")
    heading = page.locator(".group_heading", has_text=f"B{street.number}")
    expect(heading).to_contain_text(words("dispatcher.group.outages.one", count=1))
    expect(heading).to_contain_text(words("dispatcher.search.customers.other", count=4))
    heading.get_by_role("button").click()
    expect(desk.row_of(street.fuse)).to_have_count(0)
    page.reload()
    desk.is_live()
    expect(heading.get_by_role("button")).to_have_attribute("aria-expanded", "false")
    expect(desk.row_of(street.fuse)).to_have_count(0)
    heading.get_by_role("button").click()


def _confirm_while_another_dismisses(town, desk, streets):
    """Li dismisses one while the order is under way: the others go through, and the list says which not."""
    page, words, bar = desk.page, desk.words, desk.page.locator(".bulk")
    held = []
    page.route("**/api/worklist/actions", lambda route: held.append(route))  # noqa: PLW0108 - not a method
    page.keyboard.press("Shift+C")
    expect(bar).to_contain_text(words("dispatcher.bulk.under_way", done=0, of=3))
    li = town.client("li")
    outages = li.get("/api/outages", params={"active": True}).json()["outages"]
    (late,) = [one for one in outages if one["device"] == streets[2].fuse]
    answer = li.post(f"/api/outages/{late['id']}/dismiss", json={"version": None, "reason": "wang"})
    assert answer.status_code == 200
    held[0].continue_()
    page.unroute("**/api/worklist/actions")
    expect(bar).to_contain_text(words("dispatcher.bulk.done.confirm.other", count=2))
    refused = bar.locator(".refused li")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text(streets[2].fuse)
    expect(refused).to_contain_text("li")
    for one in streets[:2]:
        expect(desk.row_of(one.fuse)).to_contain_text(words("dispatcher.next.send"))


def test_several_outages_are_acted_on_at_once(town, street, open_page):
    """In Chinese, since a result list is all words; another dispatcher is faster at one of them."""
    streets = [street, town.next_street(), town.next_street()]
    for one in streets:
        town.lose(*one.households[:4])
    desk = open_page("Desk", "zh")
    desk.open("wang", town.password)
    page, words, keyboard = desk.page, desk.words, desk.page.keyboard
    for one in streets:
        expect(desk.row_of(one.fuse)).to_be_visible()
    _fold_a_group_over_a_reload(desk, street)

    # Each marked with X; what is marked is counted, with its customers.
    for one in streets:
        desk.choose(one.fuse)
        page.locator(".list").focus()
        keyboard.press("x")
    expect(page.locator(".row.marked")).to_have_count(3)
    bar = page.locator(".bulk")
    expect(bar).to_contain_text(words("dispatcher.bulk.marked.other", count=3))
    expect(bar).to_contain_text(words("dispatcher.search.customers.other", count=12))
    _confirm_while_another_dismisses(town, desk, streets)

    # One time for both, then one crew, each with a form that the keyboard leads through.
    for one in streets[:2]:
        desk.row_of(one.fuse).get_by_role("checkbox").check()
    # The keys go on after a click on a box.
    expect(page.locator(".list")).to_be_focused()
    keyboard.press("Shift+E")
    promised = page.locator(".bulk input[name=etr_at]").input_value()[-5:]
    page.locator(".bulk .action_form button.primary").click()
    expect(bar).to_contain_text(words("dispatcher.bulk.done.etr.other", count=2))
    for one in streets[:2]:
        expect(desk.row_of(one.fuse)).to_contain_text(promised)
        desk.row_of(one.fuse).get_by_role("checkbox").check()
    keyboard.press("Shift+S")
    crews = page.locator("select[name=bulk_crew]")
    expect(crews).not_to_have_value("")
    crews.select_option(street.crew)
    page.locator(".bulk .action_form button.primary").click()
    for one in streets[:2]:
        expect(desk.row_of(one.fuse)).to_contain_text(words("dispatcher.next.job.assigned"))
    keyboard.press("Escape")
    expect(bar).to_have_count(0)
    town.clear(*streets)


def test_a_trace_goes_up_and_down_from_what_is_chosen(town, street, open_page):
    desk = open_page("Desk", "en")
    desk.open("wang", town.password)
    page, words, keyboard = desk.page, desk.words, desk.page.keyboard
    expect(page.locator(".desk_map canvas")).to_be_visible()
    card = page.locator(".trace_card")
    expect(card).to_have_count(0)
    keyboard.press("/")
    keyboard.type(street.households[0].account)
    keyboard.press("Enter")
    expect(page.locator(".found_card .title")).to_contain_text(street.households[0].service_point)
    page.locator(".list").focus()
    keyboard.press("u")
    # The way to the source, with what protects it, near to far.
    expect(card.locator("li").first).to_contain_text(street.fuse)
    expect(card.locator("li").last).to_contain_text(f"B{street.number}")
    expect(card).to_contain_text(words("trace.on_it.other", count=2))
    # Another device is traced the same way: here the fuse itself, then what it feeds.
    keyboard.press("/")
    keyboard.type(street.fuse)
    expect(page.get_by_role("option", name=re.compile(street.fuse)).first).to_be_visible()
    keyboard.press("Enter")
    expect(card.locator(".told b").first).to_have_text(street.fuse)
    page.locator(".list").focus()
    keyboard.press("d")
    expect(card.locator("dd").first).to_contain_text("4")
    page.locator("input[name=trace_normal]").check()
    expect(card.locator("dd").first).to_contain_text("4")
    keyboard.press("Escape")
    expect(card.locator(".told")).to_have_count(0)


def test_ten_thousand_calls_about_one_feeder_are_one_thing(town, street, open_page):
    """Calls of all its households in one minute: one outage of the feeder, and the desk stays live."""
    desk = open_page("Desk", "en")
    desk.open("wang", town.password)
    now = datetime.now(UTC).isoformat()
    calls = "".join(
        f'{{"id": "call-{street.number}-{number}", "kind": "trouble_call", "at": "{now}", "service_point": '
        f'"{street.households[number % 5].service_point}"}}\n'
        for number in range(10_000)
    )
    answer = town.client("meters").post(
        "/api/evidence/batch", content=calls, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.json()["accepted"] == 10_000, answer.text
    row = desk.row_of(f"B{street.number}")
    expect(row).to_be_visible()
    expect(row.locator(".customers")).to_have_text("5")
    desk.is_live()
    desk.choose(f"B{street.number}")
    expect(desk.page.locator(".panel")).to_contain_text("10,000")
    beneath = re.compile(f"[FTUV]{street.number}\\b")
    assert desk.page.locator(".list").get_by_role("row").filter(has_text=beneath).count() == 0
    desk.button("dispatcher.actions.dismiss").click()
    desk.page.locator("input[name=reason]").fill("10,000")
    desk.page.locator(".action_form button[type=submit]").click()
    expect(row).to_have_count(0)
