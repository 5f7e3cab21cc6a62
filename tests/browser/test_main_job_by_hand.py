"""The main job done by hand in the three faces: each page follows what the others do, without a reload."""

import re

import pytest
from playwright.sync_api import expect

ROW, JOB, STATE = ".row.selected", "article.job", "#main .state"


def _report(customer, street):
    """The customer reports by account."""
    words = customer.words
    customer.find(street.households[0])
    customer.says("customer.on.headline")
    customer.page.get_by_role("link", name=words("customer.report.button")).click()
    customer.page.get_by_label(words("customer.report.extent.neighbours")).check()
    customer.button("customer.report.send").click()
    customer.says("customer.done.title")
    customer.page.get_by_role("link", name=words("customer.done.follow")).click()
    customer.says("customer.out.headline_probably")


def _report_by_address(neighbour, street):
    """A neighbour reports by address."""
    neighbour.page.goto(f"{neighbour.address}/supply/report")
    where = neighbour.page.get_by_label(neighbour.words("customer.report.place.address"), exact=True)
    where.fill(street.households[1].address)
    neighbour.button("customer.report.send").click()
    neighbour.says("customer.done.title")


def _read_the_prediction(desk, street):
    """The desk says what it is, why, and whom it touches."""
    row = desk.row_of(street.fuse)
    expect(row).to_contain_text(desk.words("dispatcher.next.confirm"))
    expect(row.locator(".customers")).to_have_text("4")
    desk.choose(street.fuse)
    expect(desk.page.locator(".reasons li").first).to_be_visible()
    desk.button("dispatcher.affected.list").click()
    for household in street.households[:4]:
        desk.shows(household.address)
    assert desk.page.get_by_text(street.households[4].address).count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_a_customers_report_to_the_closed_outage(  # noqa: PLR0917
    town, street, open_page, picture, stopwatch, language
):
    desk, crew, customer = (open_page(kind, language) for kind in ("Desk", "CrewPhone", "CustomerPhone"))
    words = desk.words
    desk.open("wang", town.password)
    crew.open(street.crew, town.password)

    # Two report by hand, and the meters of two more fall silent. The first report may be enough for the desk.
    with stopwatch.step("report and two last gasps", None, (desk, ".list", street.fuse)):
        _report(customer, street)
        town.lose(*street.households[2:4])
    _report_by_address(open_page("CustomerPhone", language, name="neighbour"), street)
    _read_the_prediction(desk, street)

    with stopwatch.step(
        "confirm",
        desk,
        (desk, ROW, words("dispatcher.next.send")),
        (customer, STATE, words("customer.crew.none")),
    ):
        desk.button("dispatcher.actions.confirm").click()
    customer.says("customer.out.headline")

    # The crew that waits in the street is first of the ranking, and is sent.
    first = desk.page.locator(".crews .crew").first
    expect(first).to_contain_text(street.crew_name)
    with stopwatch.step(
        "assign",
        desk,
        (desk, ROW, words("dispatcher.next.job.assigned")),
        (crew, JOB, street.fuse),
        (customer, STATE, words("customer.crew.assigned")),
    ):
        first.get_by_role("button", name=words("dispatcher.crews.send")).click()

    # The dispatcher promises a time; the customer reads whose word it is.
    desk.button("dispatcher.actions.etr").click()
    desk.button("dispatcher.etr.in_hours", hours=2).click()
    promised = desk.page.locator("input[name=etr_at]").input_value()[-5:]
    with stopwatch.step(
        "promise",
        desk,
        (desk, ".panel .figures", promised),
        (crew, ".job .figures", promised),
        (customer, STATE, words("customer.etr.source.dispatcher")),
    ):
        desk.button("dispatcher.etr.send").click()
    expect(customer.page.locator(".etr strong")).to_contain_text(promised)

    # Five taps, from "accept" to "finished".
    with stopwatch.step("accept", crew, (desk, ROW, words("dispatcher.next.job.accepted"))):
        crew.tap("accepted")
    for step in ("en_route", "on_site", "working"):
        with stopwatch.step(
            step.replace("_", " "),
            crew,
            (desk, ROW, words(f"dispatcher.next.job.{step}")),
            (customer, STATE, words(f"customer.crew.{step}")),
        ):
            crew.tap(step)
    for phone, name in ((crew, "crew"), (customer, "customer")):
        picture(phone, f"{name}-{language}")
    with stopwatch.step(
        "finish",
        crew,
        (desk, ROW, words("dispatcher.next.restore")),
        (crew, "main", words("crew.no_jobs")),
        (customer, STATE, words("customer.crew.finished")),
    ):
        crew.tap("finished")

    # The panel's own word for it comes a moment after the list's.
    desk.page.locator(".actions .primary", has_text=words("dispatcher.actions.restore")).click()
    with stopwatch.step(
        "restore",
        desk,
        (desk, ROW, words("dispatcher.next.close")),
        (customer, STATE, words("customer.restored.headline")),
    ):
        desk.button("dispatcher.restore.send").click()

    desk.button("dispatcher.actions.close").click()
    desk.page.get_by_label(words("dispatcher.close.cause")).select_option("equipment")
    desk.page.get_by_label(words("dispatcher.close.note")).fill("F-1")
    desk.button("dispatcher.close.send", exact=True).click()
    expect(desk.row_of(street.fuse)).to_have_count(0)

    _read_the_history(desk, customer, street)


def _read_the_history(desk, customer, street):
    """The whole story stands at the desk, newest first, and in the customer's own words on the phone."""
    words = desk.words
    desk.show("all")
    expect(desk.row_of(street.fuse)).to_contain_text(words("status.outage.closed"))
    told = desk.page.locator(".panel .history > li")
    story = [
        words("change.outage.closed", actor="wang", cause=words("cause.equipment")),
        words("change.outage.restored", actor="wang"),
        *(words(f"change.job.{step}", crew=street.crew_name) for step in
          ("finished", "working", "on_site", "en_route", "accepted")),
        words("change.job.assigned", actor="wang", crew=street.crew_name),
        words("change.outage.confirmed", actor="wang"),
    ]  # fmt: skip
    for sentence in story:
        expect(told.filter(has_text=re.compile(_pattern(sentence)))).to_have_count(1)
    lines = [re.sub(r"\s+", " ", line) for line in told.all_inner_texts()]
    at = [next(n for n, line in enumerate(lines) if re.search(_pattern(one), line)) for one in story]
    assert at == sorted(at), lines

    customer.page.get_by_text(words("customer.history.title")).click()
    for event in ("outage_restored", "job_finished", "job_working", "job_on_site", "outage_confirmed"):
        expect(
            customer.page.locator(".history").get_by_text(words(f"customer.history.{event}"))
        ).to_be_visible()


def _pattern(sentence):
    """A sentence with a value left open, as a pattern."""
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(sentence))
