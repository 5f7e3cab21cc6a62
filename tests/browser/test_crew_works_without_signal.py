"""The crew's page without signal: it starts, knows the job, keeps every tap, tells it when signal returns."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from benchmarks.crew_phone import CrewPhone
from benchmarks.crew_shift import Shift, play_shift

# The keys of what the page keeps in one store of its database.
KEPT = """(store) => new Promise((done) => {
  const asked = indexedDB.open('relight-crew');
  asked.onsuccess = () => {
    const all = asked.result.transaction(store).objectStore(store).getAllKeys();
    all.onsuccess = () => { asked.result.close(); done(all.result) };
  };
})"""
both_languages = pytest.mark.parametrize("language", ["en", "zh"])


def send_crew(town, street):
    """Let the street lose its supply, confirm the outage and send its crew; return the outage's id."""
    town.lose(*street.households[:4])
    desk = town.client("li")
    outage = None
    while outage is None:
        outages = desk.get("/api/outages", params={"active": True, "limit": 10_000}).json()["outages"]
        outage = next((one["id"] for one in outages if one["device"] == street.fuse), None)
    for action, more in (("confirm", {}), ("assign", {"crew_id": street.crew})):
        version = desk.get(f"/api/outages/{outage}").json()["version"]
        answer = desk.post(f"/api/outages/{outage}/{action}", json={"version": version, **more})
        assert answer.status_code == 200, answer.text
    return outage


def can_do_without_signal(crew):
    """Wait until the page has everything it needs, and the job's package is on the phone."""
    crew.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    expect(crew.page.locator(".taken_along .age")).to_be_visible()


def sign_in_again(crew, password):
    """Sign in on the page that stayed as it was; the name is filled in already."""
    crew.page.locator(".signal").get_by_role("button").click()
    form = crew.page.locator("form.sign_in")
    form.locator("input[name=password]").fill(password)
    form.locator("button.primary").click()


def all_is_sent(crew, *, made):
    """Wait until so many reports were made since the page was opened, and nothing waits."""
    expect(crew.page.locator(f".signal [data-made='{made}'][data-waiting='0']")).to_be_visible()


def photo():
    buffer = io.BytesIO()
    Image.effect_noise((900, 700), 80).save(buffer, format="JPEG", quality=90)
    return {"name": "pole.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


@both_languages
def test_it_starts_without_signal_and_goes_on_where_it_was(town, street, open_page, wire, language):
    outage = send_crew(town, street)
    desk = town.client("li")
    tag = desk.post("/api/tags", json={"device": street.fuse, "kind": "hold", "note": None}).json()
    crew = open_page("CrewPhone", language, address=wire.address)
    words = crew.words
    crew.open(street.crew, town.password)
    can_do_without_signal(crew)
    wire.cut()
    crew.shows(words.before("crew.signal.lost"))

    # The page is closed and opened again: nothing of it comes over the wire.
    crew.page.goto("about:blank")
    crew.page.goto(f"{wire.address}/crew/")
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    crew.shows(words("crew.package.tag_here", kind=words("switching.tag.kind.hold")))
    expect(crew.page.locator(".job_map, .job .notice").first).to_be_visible()
    for step in ("accepted", "en_route", "on_site"):
        crew.tap(step)
        crew.page.wait_for_timeout(1000)
    crew.button("crew.materials.report").click()
    crew.page.locator(".materials .more", has_text=words("material.pole")).click()
    crew.button("crew.materials.send").click()
    crew.shows(words("crew.signal.waiting.other", count=4))
    crew.page.reload()
    crew.shows(words("crew.signal.waiting.other", count=4))
    expect(crew.button("crew.check.ask")).to_be_disabled()
    crew.button("crew.journal.title").click()
    expect(crew.page.locator(".journal_view li.waiting")).to_have_count(4)

    wire.mend()
    crew.says("crew.signal.all_sent")
    expect(crew.page.locator(".journal_view li.applied")).to_have_count(4)
    expect(crew.page.locator(".materials")).to_contain_text(words("material.pole"))
    history = desk.get(f"/api/outages/{outage}/history").json()["changes"]
    told = [one for one in history if one["actor"] == street.crew]
    assert [one["name"] for one in told] == [
        "job.accepted",
        "job.en_route",
        "job.on_site",
        "materials.reported",
    ]
    desk.post(f"/api/tags/{tag['id']}/remove", json={})


def test_a_sign_in_that_ended_meanwhile_and_a_recalled_job(town, street, open_page, wire):
    outage = send_crew(town, street)
    crew = open_page("CrewPhone", address=wire.address)
    words = crew.words
    crew.open(street.crew, town.password)
    can_do_without_signal(crew)
    crew.tap("accepted")
    all_is_sent(crew, made=1)
    wire.cut()
    crew.shows(words.before("crew.signal.lost"))
    # Meanwhile the sign-in ends, and the dispatcher calls the crew back.
    crew.page.context.clear_cookies()
    desk = town.client("li")
    now = desk.get(f"/api/outages/{outage}").json()
    (job,) = now["jobs"]
    order = {"version": now["version"], "job_id": job["id"], "reason": None}
    assert desk.post(f"/api/outages/{outage}/recall", json=order).status_code == 200
    crew.page.reload()
    crew.tap("en_route")
    wire.mend()
    crew.says("crew.signal.ended")
    crew.shows(words("crew.signal.waiting.one", count=1))

    sign_in_again(crew, town.password)
    # It goes out under the name it was done, and what became of it stays to be read.
    crew.shows(words("crew.refused.status", status=words("status.job.recalled")))
    crew.says("crew.signal.all_sent")
    crew.button("crew.journal.title").click()
    expect(crew.page.locator(".journal_view li.refused")).to_contain_text(words("status.job.en_route"))


def test_signed_out_nothing_about_customers_stays_and_what_waits_is_kept(town, street, open_page, wire):
    send_crew(town, street)
    crew = open_page("CrewPhone", address=wire.address)
    crew.open(street.crew, town.password)
    can_do_without_signal(crew)
    crew.button("shared.sign_out").click()
    crew.says("shared.sign_in.name")
    crew.page.wait_for_function("async () => !(await caches.keys()).includes('relight-crew-tiles')")
    crew.page.wait_for_function(f"async () => (await ({KEPT})('jobs')).length === 0")
    assert crew.page.evaluate(KEPT, "taken_along") == []
    # Without signal, somebody who signed out has no page of anybody.
    wire.cut()
    crew.page.reload()
    crew.says("shared.away_trying")


def test_a_newer_version_waits_for_the_crew_and_keeps_what_waits(town, street, open_page):
    send_crew(town, street)
    crew = open_page("CrewPhone")
    words = crew.words
    crew.open(street.crew, town.password)
    can_do_without_signal(crew)
    crew.page.context.clear_cookies()
    crew.tap("accepted")
    crew.says("crew.signal.ended")
    crew.shows(words("crew.signal.waiting.one", count=1))
    # Another worker for the same page is what a newer build brings.
    crew.page.evaluate(
        "() => navigator.serviceWorker.register('/crew/service_worker.js?newer', { scope: '/crew/' })"
    )
    crew.says("crew.newer")
    crew.page.evaluate("window.is_the_older_page = true")
    crew.button("crew.newer.take").click()
    crew.page.wait_for_function("() => window.is_the_older_page === undefined")
    crew.shows(words("crew.signal.waiting.one", count=1))
    sign_in_again(crew, town.password)
    crew.says("crew.signal.all_sent")
    expect(crew.page.locator(".next .primary")).to_have_text(words("crew.step.en_route"))


def test_a_full_phone_says_so_and_loses_nothing(town, street, open_page):
    send_crew(town, street)
    crew = open_page("CrewPhone")
    words = crew.words
    crew.open(street.crew, town.password)
    can_do_without_signal(crew)
    # As the browser does it once its share of the disk is used up.
    crew.page.evaluate(
        """() => {
          window.put_with_room = IDBObjectStore.prototype.put;
          IDBObjectStore.prototype.put = function () {
            throw new DOMException('The disk is full.', 'QuotaExceededError');
          };
        }"""
    )
    crew.page.context.set_offline(True)
    crew.tap("accepted")
    expect(crew.page.locator(".signal .unkept")).to_have_text(words("crew.signal.unkept.one", count=1))
    expect(crew.page.locator(".next .primary")).to_have_text(words("crew.step.en_route"))
    # Signal comes first: it is sent from the page. Then there is room again, and the next is kept as ever.
    crew.page.context.set_offline(False)
    all_is_sent(crew, made=1)
    expect(crew.page.locator(".signal .unkept")).to_have_count(0)
    crew.page.evaluate("() => { IDBObjectStore.prototype.put = window.put_with_room }")
    crew.page.context.set_offline(True)
    crew.tap("en_route")
    crew.shows(words("crew.signal.waiting.one", count=1))
    expect(crew.page.locator(".signal .unkept")).to_have_count(0)
    crew.page.reload()
    crew.shows(words("crew.signal.waiting.one", count=1))
    crew.page.context.set_offline(False)
    all_is_sent(crew, made=0)


def test_who_signs_in_after_somebody_sees_nothing_of_theirs(town, street, open_page):
    send_crew(town, street)
    other = town.next_street()
    crew = open_page("CrewPhone")
    words = crew.words
    crew.open(street.crew, town.password)
    can_do_without_signal(crew)
    crew.page.context.clear_cookies()
    crew.tap("accepted")
    crew.says("crew.signal.ended")
    crew.page.locator(".signal").get_by_role("button").click()
    form = crew.page.locator("form.sign_in")
    form.locator("input[name=name]").fill(other.crew)
    form.locator("input[name=password]").fill(town.password)
    form.locator("button.primary").click()
    crew.says("crew.no_jobs")
    # What the first one tapped is said to wait for them, and is sent by nobody else.
    crew.shows(words("crew.signal.of_others.one", count=1, name=street.crew))
    kept = f"async () => (await ({KEPT})('jobs')).filter((key) => key === '{street.crew}').length === 0"
    crew.page.wait_for_function(kept)


def test_a_photo_cut_off_goes_on_from_there(town, street, open_page, wire):
    outage = send_crew(town, street)
    crew = open_page("CrewPhone", address=wire.address)
    words = crew.words
    crew.open(street.crew, town.password)
    for step in ("accepted", "en_route", "on_site"):
        crew.tap(step)
        crew.page.wait_for_timeout(1000)
    all_is_sent(crew, made=3)
    wire.cut()
    crew.button("damage.report").click()
    crew.page.locator(".kind .more", has_text=words("damage.kind.pole")).first.click()
    crew.page.locator(".damage input[type=file]").set_input_files([photo() for _ in range(3)])
    expect(crew.page.locator(".picker img")).to_have_count(3)
    crew.page.locator(".damage").get_by_role("button", name=words("crew.etr.hours", hours=2)).click()
    crew.button("damage.send").click()
    # Signal for moments only: each brings some parts across, and none is sent again.
    for _ in range(6):
        wire.mend()
        crew.page.wait_for_timeout(250)
        wire.cut()
    crew.page.reload()
    wire.mend()
    all_is_sent(crew, made=0)
    (report,) = town.client("li").get(f"/api/outages/{outage}/damage").json()["reports"]
    assert len(report["photos"]) == 3


def test_a_shift_on_two_phones_comes_to_the_same_on_both_sides(town, street, browser):
    # The short twin of `relight benchmark crew_app`; here no hours pass, since others use this town's clock.
    send_crew(town, street)
    contexts = [browser.new_context(viewport={"width": 360, "height": 740}) for _ in range(2)]
    phones = [
        CrewPhone(one, town.address, skew) for one, skew in zip(contexts, (0, 6 * 3_600_000), strict=True)
    ]
    try:
        for phone in phones:
            phone.sign_in(street.crew, town.password)
        shift = Shift(actions=26, photos=4, hours=0.0)
        outcome = play_shift(phones, engine=town.engine, crew=street.crew, shift=shift, seed=7)
    finally:
        for context in contexts:
            context.close()
    assert outcome.wrong == ()
    assert outcome.taken > 15
    assert outcome.refused >= 1  # both took the same steps: the second of each was refused
