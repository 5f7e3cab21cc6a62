"""What else a dispatcher does to an outage, and how others hear of it: hand over, call back, dismiss."""

import pytest
from playwright.sync_api import expect

ROW, JOB = ".row.selected", "article.job"
both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def _send_first_crew(desk, street):
    """Confirm the outage of a street, and send the crew that waits in it."""
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.confirm").click()
    first = desk.page.locator(".crews .crew").first
    expect(first).to_contain_text(street.crew_name)
    first.get_by_role("button", name=desk.words("dispatcher.crews.send")).click()
    expect(desk.row_of(street.fuse)).to_contain_text(desk.words("dispatcher.next.job.assigned"))


@both_languages
def test_a_job_is_given_away_declined_and_called_back(town, street, open_page, stopwatch, language):
    desk, crew, other = (open_page(kind, language) for kind in ("Desk", "CrewPhone", "CrewPhone"))
    other.name = "the other crew"
    words = desk.words
    near = (street.place[0] + 0.0005, street.place[1])
    town.add_crew(f"D{street.number}", f"Relief {street.number}", place=near)
    desk.open("wang", town.password)
    crew.open(street.crew, town.password)
    other.open(f"D{street.number}", town.password)
    town.lose(*street.households[:4])
    _send_first_crew(desk, street)
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)

    desk.button("dispatcher.jobs.hand_over").click()
    desk.shows(words("dispatcher.crews.hand_over", crew=street.crew_name))
    row = desk.page.locator(".crews .crew").filter(has_text=f"Relief {street.number}")
    with stopwatch.step(
        "give to another crew",
        desk,
        (crew, "main", words("crew.taken_back", device=street.fuse)),
        (other, JOB, street.fuse),
    ):
        row.get_by_role("button", name=words("dispatcher.crews.send")).click()
    crew.page.locator(".not_taken button").click()
    crew.says("crew.no_jobs")

    # The other crew cannot take it, and says why.
    other.button("crew.decline").click()
    with stopwatch.step("decline", other, (desk, ROW, words("dispatcher.next.send"))):
        other.button("crew.decline.unsafe").click()
    expect(desk.page.locator(".jobs")).to_contain_text(words("crew.decline.unsafe"))
    other.says("crew.no_jobs")

    # Sent again and called back: asked twice, since the crew may be on its way.
    desk.page.locator(".crews .crew button.send").first.click()
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    desk.button("dispatcher.jobs.recall").click()
    with stopwatch.step(
        "call back",
        desk,
        (desk, ROW, words("dispatcher.next.send")),
        (crew, "main", words("crew.taken_back", device=street.fuse)),
    ):
        desk.button("dispatcher.jobs.recall_sure").click()


@both_languages
def test_what_is_no_outage_is_dismissed(town, street, open_page, stopwatch, language):
    desk, customer = open_page("Desk", language), open_page("CustomerPhone", language)
    words = desk.words
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    customer.find(street.households[0])
    customer.says("customer.out.headline_probably")
    desk.choose(street.fuse)
    desk.button("dispatcher.actions.dismiss").click()
    # Without a reason it cannot be sent.
    expect(desk.page.locator(".action_form button[type=submit]")).to_be_disabled()
    desk.button("dispatcher.dismiss.supply_is_on").click()
    with stopwatch.step("dismiss", desk, (customer, "#main .state", words("customer.on.headline"))):
        desk.page.locator(".action_form button[type=submit]").click()
    expect(desk.row_of(street.fuse)).to_have_count(0)
    desk.show("all")
    expect(desk.row_of(street.fuse)).to_contain_text(words("status.outage.dismissed"))
    expect(desk.page.locator(".panel .history")).to_contain_text(words("dispatcher.dismiss.supply_is_on"))


def test_the_keyboard_alone_will_do(town, street, open_page):
    desk = open_page("Desk", "en")
    keyboard, words = desk.page.keyboard, desk.words
    desk.open("wang", town.password)
    town.lose(*street.households[:4])
    expect(desk.row_of(street.fuse)).to_be_visible()
    desk.page.locator(".list").focus()
    keyboard.press("Home")
    while desk.page.locator(".row.selected .device").inner_text() != street.fuse:
        keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(desk.page.locator(".panel")).to_be_focused()
    expect(desk.button("dispatcher.actions.confirm")).to_be_visible()
    keyboard.press("c")
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.send"))
    expect(desk.page.locator(".crews .crew").first).to_contain_text(street.crew_name)
    keyboard.press("s")
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.job.assigned"))
    keyboard.press("Escape")
    expect(desk.page.locator(".panel")).to_have_count(0)
    expect(desk.page.locator(".list")).to_be_focused()
