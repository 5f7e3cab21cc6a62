"""The whole desk by axe, in every state a storm night brings: for those who hear it or use it by keyboard."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

both_languages = pytest.mark.parametrize("language", ["en", "zh"])
CONTROL_ROOM = {"width": 1366, "height": 768}
NARROW = {"width": 800, "height": 900}


@pytest.fixture
def trouble(town, street):
    """Three streets without supply, a wire down in one; over again at the end."""
    streets = [street, town.next_street(), town.next_street()]
    for number, one in enumerate(streets):
        town.lose(*one.households[:4], hazard="wire_down" if number == 0 else None, minutes_ago=5 + number)
    yield streets
    town.clear(*streets)


@pytest.fixture
def desk(town, trouble, open_page, language):
    """A desk of the control room that shows all of them."""
    desk = open_page("Desk", language, size=CONTROL_ROOM)
    desk.open("wang", town.password)
    for one in trouble:
        expect(desk.row_of(one.fuse)).to_be_visible()
    expect(desk.page.locator(".desk_map canvas")).to_be_visible()
    return desk


def _outage(client, street):
    outages = client.get("/api/outages", params={"active": True, "limit": 1000}).json()["outages"]
    return next(one["id"] for one in outages if one["device"] == street.fuse)


def _order(client, outage, action, **fields):
    answer = client.post(f"/api/outages/{outage}/{action}", json={"version": None, **fields})
    assert answer.status_code == 200, answer.text


def _every_form(desk, by_axe, state):
    """Open each of the small forms that the panel offers."""
    forms = desk.page.locator(".actions .others button")
    for number in range(forms.count()):
        forms.nth(number).click()
        expect(desk.page.locator(".panel .action_form")).to_be_visible()
        by_axe(desk.page, f"{state}: {forms.nth(number).inner_text()}")
        forms.nth(number).click()


@both_languages
def test_the_list_and_an_outage_in_the_panel(town, trouble, desk, by_axe):
    page, words, keyboard = desk.page, desk.words, desk.page.keyboard
    by_axe(page, "nothing chosen")
    desk.button("dispatcher.try.put_away").click()
    for grouping in ("status", "feeder"):
        page.locator("select[name=list_grouping]").select_option(grouping)
        expect(page.locator(".group_heading").first).to_be_visible()
    desk.choose(trouble[1].fuse)
    expect(page.locator(".panel .history > li").first).to_be_visible()
    by_axe(page, "grouped, a prediction in the panel")
    for one in trouble[1:]:
        desk.row_of(one.fuse).get_by_role("checkbox").check()
    for key in ("E", "D"):
        page.locator(".list").focus()
        keyboard.press(f"Shift+{key}")
        expect(page.locator(".bulk .action_form")).to_be_visible()
        by_axe(page, f"two marked, Shift+{key}")
        keyboard.press("Escape")
    keyboard.press("Escape")
    desk.button("dispatcher.actions.confirm").click()
    expect(page.locator(".crews .crew").first).to_be_visible()
    page.locator(".crews .way").first.click()
    desk.button("danger_word.open").click()
    desk.button("switching.proposals.ask").click()
    expect(page.locator(".proposals")).to_be_visible()
    by_axe(page, "a crew is to be sent")
    desk.row_of(trouble[1].fuse).get_by_role("checkbox").check()
    keyboard.press("Shift+S")
    expect(page.locator("select[name=bulk_crew]")).not_to_have_value("")
    by_axe(page, "one marked, Shift+S")
    keyboard.press("Escape")
    keyboard.press("Escape")
    _every_form(desk, by_axe, "confirmed")
    page.locator(".crews .crew button.send").first.click()
    expect(desk.row_of(trouble[1].fuse)).to_contain_text(words("dispatcher.next.job.assigned"))
    by_axe(page, "a crew is sent")
    client = town.client("li")
    outage = _outage(client, trouble[2])
    _order(client, outage, "confirm")
    _order(client, outage, "restore", restored_at=None)
    desk.choose(trouble[2].fuse)
    expect(desk.row_of(trouble[2].fuse)).to_contain_text(words("dispatcher.next.close"))
    expect(page.locator(".panel .asked li").first).to_be_visible()
    by_axe(page, "restored, to be verified")
    _every_form(desk, by_axe, "restored")
    page.locator("select[name=list_grouping]").select_option("none")
    page.set_viewport_size(NARROW)
    by_axe(page, "on a narrow screen")


@both_languages
def test_what_stands_over_and_beside_it(trouble, desk, by_axe):
    page, words, keyboard = desk.page, desk.words, desk.page.keyboard
    household = trouble[0].households[0]
    desk.choose(trouble[1].fuse)
    keyboard.press("v")
    # Where nobody is out by a confirmed outage, the curve lies on the ground.
    expect(page.locator(".storm_view .curve_chart path.past")).to_have_attribute("d", re.compile("^M"))
    expect(page.locator(".storm_view .feed_list tbody tr").first).to_be_visible()
    by_axe(page, "the storm")
    keyboard.press("v")

    keyboard.press("a")
    view = page.locator(".caller_view")
    expect(view.get_by_role("combobox")).to_be_focused()
    by_axe(page, "somebody calls")
    keyboard.type("Nowhere Lane")
    desk.says("caller.nothing.account")
    by_axe(page, "nothing is found for a caller")
    view.get_by_role("combobox").fill("Street")
    expect(view.get_by_role("option").first).to_be_visible()
    by_axe(page, "something is found for a caller")
    view.get_by_role("combobox").fill(household.account)
    keyboard.press("Enter")
    expect(view).to_contain_text(household.address)
    keyboard.press("1")
    by_axe(page, "a caller's household")
    keyboard.press("Escape")

    keyboard.press("/")
    keyboard.type(household.account)
    expect(page.locator("#search_results").get_by_role("option").first).to_be_visible()
    by_axe(page, "something is found")
    keyboard.press("Enter")
    expect(page.locator(".found_card .title")).to_be_visible()
    page.locator(".list").focus()
    keyboard.press("u")
    expect(page.locator(".trace_card .told")).to_be_visible()
    by_axe(page, "a trace up from a household")
    keyboard.press("Escape")
    desk.button("dispatcher.found.leave").click()

    keyboard.press("?")
    expect(page.locator("dialog.key_list")).to_be_visible()
    by_axe(page, "the list of keys")
    keyboard.press("Escape")
    page.locator(".hazards .hazard", has_text=words("hazard.wire_down")).first.click()
    expect(page.locator("article.panel .clocks")).to_be_visible()
    by_axe(page, "a danger")
    keyboard.press("k")
    page.locator(".guests > summary").click()
    page.locator(".guests details summary").click()
    page.locator("li.crew summary").first.click()
    by_axe(page, "the crews")
    keyboard.press("k")


@both_languages
def test_plans_orders_and_planned_work(town, trouble, desk, by_axe):
    page, keyboard = desk.page, desk.page.keyboard
    keyboard.press("p")
    expect(page.locator(".plan_view")).to_be_visible()
    expect(page.locator(".plan_view .summary").or_(page.locator(".plan_view .alone"))).to_be_visible()
    by_axe(page, "the plan")

    keyboard.press("w")
    view = page.locator(".switching_view")
    desk.button("switching.new", exact=True).click()
    view.get_by_role("button", name=desk.words("switching.tag.place")).click()
    expect(view.locator(".action_form")).to_have_count(2)
    by_axe(page, "switching, a new order and a tag")
    number = trouble[0].number
    steps = [{"action": "open", "device": f"B{number}"}, {"action": "close", "device": f"B{number}"}]
    wang = town.client("wang")
    order = wang.post("/api/switching-orders", json={"kind": "planned", "steps": steps}).json()
    page.locator(f".switching_view [data-order={order['id']}]").click()
    expect(page.locator(".panel tbody.step").first).to_be_visible()
    by_axe(page, "an order as a draft")
    desk.button("switching.study", exact=True).click()
    expect(page.locator(".study")).to_be_visible()
    by_axe(page, "its study copy")
    desk.button("switching.study.leave").click()
    cancelled = {"version": None, "reason": "over"}
    assert wang.post(f"/api/switching-orders/{order['id']}/cancel", json=cancelled).status_code == 200

    keyboard.press("o")
    desk.button("planned.new", exact=True).click()
    expect(page.locator(".planned_view .action_form")).to_be_visible()
    by_axe(page, "planned work, a request")
    now = datetime.now(UTC)
    work = {
        "device": trouble[0].fuse,
        "starts_at": (now + timedelta(days=3)).isoformat(),
        "ends_at": (now + timedelta(days=3, hours=2)).isoformat(),
        "text": "43",
    }
    planned = town.client("chief").post("/api/planned-outages", json=work).json()
    page.locator(f"[data-planned={planned['id']}]").click()
    expect(page.locator(".panel blockquote")).to_be_visible()
    by_axe(page, "planned work in the panel")
    answer = town.client("chief").post(
        f"/api/planned-outages/{planned['id']}/cancel", json={"version": None, "reason": "over"}
    )
    assert answer.status_code == 200, answer.text


@both_languages
def test_the_past_a_cut_line_and_a_sign_in_that_ends(  # noqa: PLR0917
    town, trouble, open_page, wire, by_axe, language
):
    desk = open_page("Desk", language, size=CONTROL_ROOM, address=wire.address)
    page = desk.page
    page.goto(f"{wire.address}/dispatcher/")
    expect(page.get_by_label(desk.words("shared.sign_in.name"))).to_be_focused()
    by_axe(page, "signing in")
    desk.sign_in("li", "wrong")
    desk.says("shared.error.sign_in_refused")
    by_axe(page, "a password refused")
    desk.sign_in("li", town.password)
    desk.is_live()
    desk.choose(trouble[1].fuse)
    page.keyboard.press("h")
    expect(page.locator(".replay .replay_slider path")).to_be_attached()
    expect(page.locator(".past_list [role=option]").first).to_be_visible()
    expect(page.locator(".past_panel h2")).to_be_visible()
    by_axe(page, "looking back")
    page.keyboard.press("Escape")
    wire.cut()
    desk.is_cut_off()
    by_axe(page, "cut off")
    wire.mend()
    desk.is_live()
    page.locator(".list").focus()
    with town.engine.begin() as connection:
        ended = "UPDATE user_session SET expires_at = :now FROM user_account WHERE user_account.id = user_id"
        connection.execute(text(f"{ended} AND name = 'li'"), {"now": datetime.now(UTC)})
    desk.says("shared.sign_in.ended")
    by_axe(page, "the sign-in has ended")
    # Signed in again, the keys are where they were.
    veil = page.locator(".veil")
    veil.get_by_label(desk.words("shared.sign_in.password")).fill(town.password)
    veil.get_by_role("button", name=desk.words("shared.sign_in.send")).click()
    expect(veil).to_have_count(0)
    expect(page.locator(".list")).to_be_focused()


def test_an_agents_page_and_one_for_somebody_else(town, street, open_page, by_axe):
    agent = open_page("Desk", "en", size=CONTROL_ROOM)
    agent.page.goto(f"{town.address}/dispatcher/")
    agent.sign_in("ann", town.password)
    expect(agent.page.locator(".caller_view").get_by_role("combobox")).to_be_focused()
    by_axe(agent.page, "an agent's page")
    crew = open_page("Desk", "en")
    crew.page.goto(f"{town.address}/dispatcher/")
    crew.sign_in(street.crew, town.password)
    crew.says("dispatcher.to_crew_page")
    by_axe(crew.page, "a crew at the desk's page")
