"""Crews and customers by axe, in what they meet: a job step by step, a supply and its ways out, the ends."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from dispatch.message_links import LinkPurpose, link_token
from dispatch.message_rules import message_rules_in_force
from dispatch.transactions import read_transaction

both_languages = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture
def crew(town, street, open_page, language):
    crew = open_page("CrewPhone", language)
    crew.open(street.crew, town.password)
    return crew


def _outage_of(town, street):
    outages = (
        town.client("wang").get("/api/outages", params={"active": True, "limit": 1000}).json()["outages"]
    )
    return next((one["id"] for one in outages if one["device"] == street.fuse), None)


def _order(town, outage, action, **fields):
    answer = town.client("wang").post(f"/api/outages/{outage}/{action}", json={"version": None, **fields})
    assert answer.status_code == 200, answer.text


def _outage(town, street, open_page, **how):
    """Lose supply in a street, and return the outage once a page knows it."""
    town.lose(*street.households[:4], **how)
    customer = open_page("CustomerPhone", "en")
    customer.find(street.households[0])
    customer.says("customer.out.headline_probably")
    return _outage_of(town, street)


def _next(crew, step):
    crew.tap(step)
    expect(crew.page.locator(".signal [data-waiting='0']")).to_be_visible()
    # A second tap is taken for a slip of the finger until the button has rested.
    crew.page.wait_for_timeout(1000)


@both_languages
def test_a_job_with_a_danger_step_by_step(town, street, crew, open_page, by_axe):
    wang = town.client("wang")
    tag = wang.post("/api/tags", json={"device": street.fuse, "kind": "hold"}).json()["id"]
    outage = _outage(town, street, open_page, hazard="wire_down")
    _order(town, outage, "confirm")
    _order(town, outage, "assign", crew_id=street.crew)
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    expect(crew.page.locator("article.job .hazards")).to_be_visible()
    expect(crew.page.locator("article.job .notice.danger")).to_be_visible()
    by_axe(crew.page, "a job is given")
    crew.button("crew.decline").click()
    by_axe(crew.page, "a job is declined")
    crew.page.locator(".decline").get_by_role("button", name=crew.words("shared.cancel")).click()
    _next(crew, "accepted")
    _next(crew, "en_route")
    by_axe(crew.page, "on the way")
    _next(crew, "on_site")
    crew.button("damage.report").click()
    crew.button("crew.materials.report").click()
    by_axe(crew.page, "there, with damage and materials to tell")
    _next(crew, "working")
    crew.button("crew.journal.title").click()
    by_axe(crew.page, "at work, with the journal")
    assert wang.post(f"/api/tags/{tag}/remove").status_code == 200
    (job,) = wang.get(f"/api/outages/{outage}").json()["jobs"]
    _order(town, outage, "recall", job_id=job["id"])
    expect(crew.page.locator(".not_taken")).to_be_visible()
    by_axe(crew.page, "called back")


@both_languages
def test_a_danger_is_made_safe(town, street, crew, by_axe):
    wang = town.client("wang")
    told = {"kind": "wire_down", "client_event_id": f"axe-{street.number}", "device": f"V{street.number}"}
    hazard = wang.post("/api/hazards", json=told).json()["id"]
    answer = wang.post(f"/api/hazards/{hazard}/assign", json={"crew_id": street.crew})
    assert answer.status_code == 200, answer.text
    expect(crew.page.locator(".make_safe")).to_be_visible()
    by_axe(crew.page, "sent to a danger")
    for step in ("accepted", "en_route", "on_site"):
        _next(crew, step)
    by_axe(crew.page, "at a danger")


def test_signing_in_and_what_is_not_for_the_reader(town, open_page, by_axe):
    crew = open_page("CrewPhone", "en")
    crew.page.goto(f"{town.address}/crew/")
    expect(crew.page.get_by_label(crew.words("shared.sign_in.name"))).to_be_visible()
    by_axe(crew.page, "a crew signs in")
    crew.sign_in("wang", town.password)
    crew.says("crew.to_dispatcher_page")
    by_axe(crew.page, "a dispatcher at the crew's page")


def _plan_work(town, street):
    """Work at the street in two days, told to those it concerns; and another that is called off again."""
    starts = datetime.now(UTC) + timedelta(days=2)
    chief = town.client("chief")
    for day in (0, 1):
        work = {
            "device": street.fuse,
            "starts_at": (starts + timedelta(days=day)).isoformat(),
            "ends_at": (starts + timedelta(days=day, hours=3)).isoformat(),
            "text": "42",
        }
        answer = chief.post("/api/planned-outages", json=work)
        assert answer.status_code == 201, answer.text
    called_off = {"version": None, "reason": "42"}
    answer = chief.post(f"/api/planned-outages/{answer.json()['id']}/cancel", json=called_off)
    assert answer.status_code == 200, answer.text


@both_languages
def test_my_supply_from_planned_work_to_power_back(town, street, open_page, by_axe, language):
    customer = open_page("CustomerPhone", language)
    _plan_work(town, street)
    customer.find(street.households[0])
    customer.says("customer.planned.title")
    by_axe(customer.page, "planned work")
    outage = _outage(town, street, open_page)
    customer.says("customer.out.headline_probably")
    _order(town, outage, "confirm")
    _order(town, outage, "assign", crew_id=street.crew)
    expect(customer.page.locator("#main .state")).to_contain_text(customer.words("customer.crew.assigned"))
    customer.page.locator("details[id^=history] summary").first.click()
    by_axe(customer.page, "an outage with a crew")
    _order(town, outage, "restore", restored_at=None)
    expect(customer.page.locator("#main .state.restored")).to_be_visible()
    by_axe(customer.page, "power is back")
    ended = text("UPDATE supply_pass SET expires_at = :now WHERE account = :account")
    with town.engine.begin() as connection:
        connection.execute(ended, {"now": datetime.now(UTC), "account": street.households[0].account})
    customer.page.goto(f"{town.address}/supply/mine")
    by_axe(customer.page, "the visit has ended")


@both_languages
def test_where_i_stand(town, street, open_page, by_axe, language):
    longitude, latitude = street.place
    customer = open_page(
        "CustomerPhone",
        language,
        geolocation={"longitude": longitude, "latitude": latitude, "accuracy": 10},
        permissions=["geolocation"],
    )
    customer.page.goto(f"{town.address}/supply")
    by_axe(customer.page, "find my supply")
    customer.button("customer.find.here").click()
    expect(customer.page.locator("h1")).to_have_text(customer.words("customer.here.title"))
    by_axe(customer.page, "where I stand")


@both_languages
def test_leaving_by_the_link_of_a_message(town, street, open_page, by_axe, language):
    outage = _outage(town, street, open_page)
    _order(town, outage, "confirm")
    account = street.households[0].account
    told = text("SELECT id FROM notification WHERE account = :account ORDER BY id DESC LIMIT 1")
    with town.engine.connect() as connection:
        number = connection.execute(told, {"account": account}).scalar_one()
    with read_transaction(town.engine) as session:
        key = message_rules_in_force(session).link_key
    token = link_token(key, purpose=LinkPurpose.LEAVE, number=number)
    customer = open_page("CustomerPhone", language)
    customer.page.goto(f"{town.address}/supply/stop/{token}")
    customer.says("customer.stop.title")
    by_axe(customer.page, "whether to leave")
    customer.page.locator("main form button").click()
    customer.says("customer.stop.done.title")
    by_axe(customer.page, "left")
    customer.page.goto(f"{town.address}/supply/stop/{token}")
    customer.says("customer.stop.before.title")
    by_axe(customer.page, "left before")
