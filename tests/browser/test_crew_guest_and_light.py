"""A crew of another company on its phone, until its leave is taken back; and the page by day and by night."""

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
# The keys of what the page keeps in one store of its database.
KEPT = """(store) => new Promise((done) => {
  const asked = indexedDB.open('relight-crew');
  asked.onsuccess = () => {
    const all = asked.result.transaction(store).objectStore(store).getAllKeys();
    all.onsuccess = () => { asked.result.close(); done(all.result) };
  };
})"""
LIGHT = "document.documentElement.dataset.light"
GROUND = "getComputedStyle(document.documentElement).backgroundColor"


def lose(town, street):
    """Let the street lose its supply and confirm the outage; return the desk and the outage's id."""
    town.lose(*street.households[:4])
    desk = town.client("li")
    outage = None
    while outage is None:
        outages = desk.get("/api/outages", params={"active": True, "limit": 10_000}).json()["outages"]
        outage = next((one["id"] for one in outages if one["device"] == street.fuse), None)
    order(desk, outage, "confirm")
    return desk, outage


def order(desk, outage, action, **more):
    version = desk.get(f"/api/outages/{outage}").json()["version"]
    answer = desk.post(f"/api/outages/{outage}/{action}", json={"version": version, **more})
    assert answer.status_code == 200, answer.text


def let_in(desk):
    """Let in a guest crew at the desk, where its map shows now; return the token of its link."""
    desk.page.keyboard.press("k")
    guests = desk.page.locator(".guests")
    guests.locator("> summary").click()
    guests.locator("details summary").click()
    guests.locator("input[name=guest_name]").fill("Squad 97")
    guests.locator("input[name=guest_company]").fill("Squad")
    desk.button("dispatcher.guests.admit").click()
    return token_shown(desk)


def token_shown(desk):
    link = desk.page.locator(".guests input[readonly]")
    expect(link).to_be_visible()
    return link.input_value().partition("#guest=")[2]


def can_do_without_signal(crew):
    crew.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    expect(crew.page.locator(".taken_along .age")).to_be_visible()


def test_a_guest_works_by_its_link_until_it_is_taken_back(town, street, open_page, wire):
    desk, outage = lose(town, street)
    shown = open_page("Desk", "zh")
    shown.open("wang", town.password)
    token = let_in(shown)
    (guest,) = [one["crew_id"] for one in desk.get("/api/guest-crews").json()["guest_crews"]]
    order(desk, outage, "assign", crew_id=guest)
    crew = open_page("CrewPhone", address=wire.address, size=PHONE)
    words = crew.words
    crew.page.goto(f"{wire.address}/crew/#guest={token}")
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    crew.shows(words.before("crew.guest.until"))
    # Whoever looks over a shoulder, or at the list of visited pages, finds no token.
    assert crew.page.url == f"{wire.address}/crew/"
    can_do_without_signal(crew)
    crew.tap("accepted")
    expect(crew.page.locator(".signal [data-made='1'][data-waiting='0']")).to_be_visible()

    wire.cut()
    crew.shows(words.before("crew.signal.lost"))
    crew.tap("en_route")
    shown.button("dispatcher.guests.end").click()
    shown.button("dispatcher.guests.end_sure").click()
    expect(shown.page.locator(".guests li.over")).to_contain_text("wang")
    wire.mend()
    crew.says("crew.guest.over.title")
    crew.shows(words("crew.guest.over.waiting.one", count=1))
    for store in ("jobs", "taken_along"):
        crew.page.wait_for_function(f"async () => (await ({KEPT})('{store}')).length === 0")
    assert len(crew.page.evaluate(KEPT, "reports")) > 0
    assert "relight-crew-tiles" not in crew.page.evaluate("caches.keys()")
    crew.page.reload()
    crew.says("crew.guest.over.title")

    # The link that was taken back opens nothing; a new one sends what waited, and says what became of it.
    shown.button("dispatcher.guests.renew").click()
    expect(shown.page.locator(".guests li.over")).to_have_count(0)
    crew.page.goto(f"{wire.address}/crew/#guest={token_shown(shown)}")
    crew.shows(words("crew.refused.status", status=words("status.job.recalled")))
    crew.says("crew.signal.all_sent")
    other = open_page("CrewPhone", address=wire.address, size=PHONE)
    other.page.goto(f"{wire.address}/crew/#guest={token}")
    other.says("shared.error.guest_link_refused")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_day_or_night_is_as_the_phone_says_until_it_is_chosen(town, street, open_page, scheme):
    crew = open_page("CrewPhone", scheme=scheme, size=PHONE)
    crew.open(street.crew, town.password)
    own, other = ("day", "night") if scheme == "light" else ("night", "day")
    assert crew.page.evaluate(LIGHT) == own
    ground = crew.page.evaluate(GROUND)
    crew.button(f"crew.light.to_{other}").click()
    crew.page.wait_for_function(f"() => {LIGHT} === '{other}'")
    assert crew.page.evaluate(GROUND) != ground
    # It begins as it was left, before the page's own code runs: no white flash at night.
    crew.page.route("**/assets/*.js", lambda route: route.abort())
    crew.page.evaluate(
        "navigator.serviceWorker.getRegistrations().then((all) => all.forEach((one) => one.unregister()))"
    )
    crew.page.goto("about:blank")
    crew.page.goto(f"{crew.address}/crew/", wait_until="commit")
    crew.page.wait_for_function(f"() => {LIGHT} === '{other}'")
    crew.page.unroute("**/assets/*.js")
    crew.page.reload()
    crew.button("crew.light.phone").click()
    crew.page.wait_for_function(f"() => {LIGHT} === '{own}'")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures_of_a_job_without_signal_by_day_and_by_night(
    town, street, open_page, *, wire, picture, language
):
    desk, outage = lose(town, street)
    tag = desk.post("/api/tags", json={"device": street.fuse, "kind": "hold", "note": None}).json()
    order(desk, outage, "assign", crew_id=street.crew)
    scheme, begins, other = ("light", "day", "night") if language == "en" else ("dark", "night", "day")
    crew = open_page("CrewPhone", language, address=wire.address, size=PHONE, scheme=scheme)
    words = crew.words
    crew.open(street.crew, town.password)
    can_do_without_signal(crew)
    wire.cut()
    crew.shows(words.before("crew.signal.lost"))
    for step in ("accepted", "en_route", "on_site"):
        crew.tap(step)
        crew.page.wait_for_timeout(1000)
    picture(crew, f"crew-offline-{language}-{begins}")
    crew.button("crew.materials.report").click()
    for kind in ("pole", "conductor_metres", "conductor_metres", "fuse"):
        crew.page.locator(".materials .more", has_text=words(f"material.{kind}")).first.click()
    crew.button(f"crew.light.to_{other}").click()
    if language == "zh":
        crew.button("crew.materials.send").scroll_into_view_if_needed()
        picture(crew, "crew-material-zh-day")
    crew.button("crew.materials.send").click()
    crew.shows(words("crew.signal.waiting.other", count=4))
    crew.button("crew.journal.title").click()
    expect(crew.page.locator(".journal_view li.waiting")).to_have_count(4)
    if language == "en":
        wire.mend()
        crew.says("crew.signal.all_sent")
        crew.page.locator(".journal_view").scroll_into_view_if_needed()
        picture(crew, "crew-journal-en-night")
    desk.post(f"/api/tags/{tag['id']}/remove", json={})
