"""A customer in the dark: a phone with one bar of signal, by keyboard, with scripts and without."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import text

# As developers' tools call slow 3G: 400 kbit/s, and most of half a second to and fro.
SLOW = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}
LARGEST_FIRST_PAGE_BYTES = 50_000
MOST_TABS = 60


class Line:
    """A slow line, and how many bytes came over it since the last look."""

    def __init__(self, page):
        self._bytes = 0
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", SLOW)
        tools.on("Network.loadingFinished", self._count)

    def _count(self, event):
        self._bytes += round(event["encodedDataLength"])

    def take(self):
        """Return the bytes since the last time."""
        taken, self._bytes = self._bytes, 0
        return taken


def tab_to(page, locator):
    """Go to an element as a keyboard does, and by no other way."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if locator.evaluate("(one) => one === document.activeElement"):
            return
    pytest.fail(f"no key leads to {locator}")


def a_photo():
    """A photo as phones take them, which is more than this line carries in a minute."""
    content = io.BytesIO()
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(content, format="JPEG", quality=70)
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def _code(town, household):
    """Return the code that was sent last: here no mail leaves."""
    found = text("SELECT code FROM address_confirmation WHERE account = :account ORDER BY id DESC LIMIT 1")
    with town.engine.connect() as connection:
        return connection.execute(found, {"account": household.account}).scalar_one()


def _find(customer, household, line, weigh, check):
    page, words = customer.page, customer.words
    page.goto(f"{customer.address}/supply")
    page.wait_for_load_state("networkidle")
    weight = line.take()
    weigh("the start", weight)
    assert 0 < weight <= LARGEST_FIRST_PAGE_BYTES
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    check()
    tab_to(page, page.get_by_label(words("customer.find.account"), exact=True))
    page.keyboard.type(household.account)
    tab_to(page, page.get_by_label(words("customer.find.digits"), exact=True))
    page.keyboard.type(household.digits)
    page.keyboard.press("Enter")
    customer.says("customer.on.headline")
    weigh("my supply, found", line.take())
    check()


def _report(customer, line, weigh, check, *, scripts):
    page, words = customer.page, customer.words
    tab_to(page, page.get_by_role("link", name=words("customer.report.button")))
    page.keyboard.press("Enter")
    customer.says("customer.report.title")
    weigh("the report's form", line.take())
    check()
    # One key leads into the group, the arrows go on within it.
    tab_to(page, page.get_by_label(words("customer.report.extent.unknown")))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label(words("customer.report.extent.neighbours"))).to_be_checked()
    tab_to(page, page.get_by_label(words("customer.report.text.label")))
    page.keyboard.type("咣当一声 · a loud bang")
    photo = page.get_by_label(words("customer.report.photo.label"))
    tab_to(page, photo)
    if scripts:
        photo.set_input_files(a_photo())
        said = words.before("customer.report.photo.made_smaller")
        expect(page.locator("#photo-said")).to_contain_text(said)
    tab_to(page, customer.button("customer.report.send"))
    page.keyboard.press("Enter")
    customer.says("customer.done.title")
    if scripts:
        customer.says("customer.done.photo.kept")
    check()


def _messages(customer, code_of, line, weigh, check):
    page, words = customer.page, customer.words
    tab_to(page, page.get_by_role("link", name=words("customer.mine.messages")))
    page.keyboard.press("Enter")
    customer.says("customer.messages.title")
    weigh("my messages", line.take())
    check()
    email = page.get_by_label(words("customer.messages.address.email"), exact=True)
    tab_to(page, email)
    page.keyboard.type("me@example.net")
    page.keyboard.press("Enter")
    customer.says("customer.messages.confirm.title")
    check()
    tab_to(page, page.get_by_label(words("customer.messages.confirm.code"), exact=True))
    page.keyboard.type(code_of())
    page.keyboard.press("Enter")
    customer.says("customer.messages.confirmed")
    expect(email).to_have_value("me@example.net")
    tab_to(page, page.get_by_role("link", name=words("customer.messages.back")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=words("customer.mine.messages"))).to_be_visible()


@pytest.mark.parametrize(("language", "scripts"), [("en", False), ("zh", True), ("en", True), ("zh", False)])
def test_a_customer_finds_reports_and_chooses_messages(  # noqa: PLR0917
    town, street, open_page, by_axe, record_property, language, scripts
):
    customer = open_page(
        "CustomerPhone", language, java_script_enabled=scripts, has_touch=True, is_mobile=True
    )
    household, line = street.households[0], Line(customer.page)
    how = "with scripts" if scripts else "without"

    def weigh(what, size):
        record_property("measured_bytes", (f"{what} ({language}, {how})", size))

    def check():
        # axe is a script itself: without scripts the pages are the same.
        if scripts:
            by_axe(customer.page, customer.page.url)

    _find(customer, household, line, weigh, check)
    _report(customer, line, weigh, check, scripts=scripts)
    town.lose(*street.households[:4])
    tab_to(customer.page, customer.page.get_by_role("link", name=customer.words("customer.done.follow")))
    customer.page.keyboard.press("Enter")
    if scripts:
        customer.says("customer.out.headline_probably")
        check()
    _messages(customer, lambda: _code(town, household), line, weigh, check)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_read_without_an_account_and_what_went_wrong(town, open_page, by_axe, language):
    customer = open_page("CustomerPhone", language)
    page = customer.page
    for address in ("report", "reported?danger=wire_down&photo=too_large", "nothing", "stop/1.x"):
        page.goto(f"{town.address}/supply/{address}")
        by_axe(page, address)
    page.goto(f"{town.address}/supply/report")
    page.locator("input[value=wire_down]").check()
    customer.button("customer.report.send").click()
    expect(page.locator(".safety")).to_be_visible()
    by_axe(page, "a wire is down, and nothing else told")
