"""A customer's phone is told while no page is open: the button, the worker that shows it, what hinders it.

Chromium by itself has no push service to subscribe at. So `PushManager.subscribe` is answered here by a
prepared subscription, at a push service of this machine, which Relight's own delivery worker posts to; what
came there is opened with the prepared key and handed to the real service worker by the browser's own tools.
Without the prepared answer Chromium refuses, which is tested as well. A tap is told to the worker as an
event, for no tool taps a notification.
"""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import expect

from api.settings import MessageSettings
from dispatch.push_signature import PushKey

KEY = PushKey.make()
PATIENCE_S = 60
PHONE = {"has_touch": True, "is_mobile": True}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
# What the browser would keep stays in the page's own store, so that the next page finds it.
PREPARED = """(() => {
  const told = %s;
  const held = () => ({
    endpoint: told.endpoint,
    toJSON: () => told,
    unsubscribe: async () => localStorage.removeItem("subscribed"),
  });
  PushManager.prototype.getSubscription = async () => (localStorage.getItem("subscribed") ? held() : null);
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new Error("refused");
    localStorage.setItem("subscribed", btoa(String.fromCharCode(...applicationServerKey)));
    return held();
  };
})()"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration("/supply/push/");
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, tag, lang, requireInteraction, actions, data }) =>
    ({ title, body, tag, lang, requireInteraction, actions: actions.map((one) => one.title), data }));
}"""
TAP = """async (action) => {
  const opened = [], waiting = [];
  self.clients.openWindow = async (address) => opened.push(address);
  const [notification] = await self.registration.getNotifications();
  const event = Object.assign(new Event("notificationclick"), {
    notification, action, waitUntil: (promise) => waiting.push(promise),
  });
  self.dispatchEvent(event);
  await Promise.all(waiting);
  return opened;
}"""


@pytest.fixture(scope="module")
def service(push_service_module):
    service = push_service_module.PushService()
    yield service
    service.close()


@pytest.fixture(scope="module")
def told_town(open_town, service):
    """A town of its own, whose operator lets phones be told."""
    messages = MessageSettings(
        time_zone="UTC",
        web_push_key=KEY.private_text,
        web_push_hosts=service.host,
        web_push_contact="mailto:outages@example.org",
    )
    with open_town(messages=messages) as town:
        yield town


@pytest.fixture
def open_phone(told_town, open_page):
    """Return open_phone(language): a phone on the page about messages, in the street of the test."""

    def open_phone(household, language="en", *, browser=None, may_show=True, before="", **options):
        customer = open_page("CustomerPhone", language, address=told_town.address, **{**PHONE, **options})
        # Where any are granted, all others are denied.
        customer.page.context.grant_permissions(
            ["notifications" if may_show else "geolocation"], origin=told_town.address
        )
        if browser is not None:
            told = {"endpoint": browser.endpoint, "keys": browser.keys}
            customer.page.add_init_script(PREPARED % json.dumps(told))
        if before:
            customer.page.add_init_script(before)
        customer.find(household)
        customer.page.get_by_role("link", name=customer.words("customer.mine.messages")).click()
        customer.says("customer.messages.push.title")
        return customer

    return open_phone


class Worker:
    """The service worker of a phone, as the browser's tools reach it."""

    def __init__(self, customer):
        self._page, self._address, self._registrations = customer.page, customer.address, []
        self._tools = customer.page.context.new_cdp_session(customer.page)
        self._tools.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._tools.send("ServiceWorker.enable")
        wait_until(lambda: self._registrations, self._page)

    def _note(self, event):
        self._registrations += [one for one in event["registrations"] if not one["isDeleted"]]

    @property
    def scope(self):
        (scope,) = {one["scopeURL"] for one in self._registrations}
        return scope

    def push(self, said):
        """Hand over a message as the browser's push service would."""
        told = {
            "origin": self._address,
            "registrationId": self._registrations[-1]["registrationId"],
            "data": json.dumps(said, ensure_ascii=False),
        }
        self._tools.send("ServiceWorker.deliverPushMessage", told)

    def shows(self, *texts):
        """Wait until notifications with these texts, and no others, are shown; return them."""
        wait_until(lambda: sorted(one["body"] for one in self._shown()) == sorted(texts), self._page)
        return self._shown()

    def _shown(self):
        return self._page.evaluate(SHOWN)

    def tap(self, action=""):
        """Return what the tap on the first notification opens."""
        (worker,) = self._page.context.service_workers
        return worker.evaluate(TAP, action)


def wait_until(is_so, page):
    gives_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < gives_up_at
        page.wait_for_timeout(50)


def confirm(town, street):
    """Let a street be out, and its outage be confirmed at the desk."""
    town.lose(*street.households[:4])
    desk = town.client("wang")

    def outages():
        listed = desk.get("/api/outages", params={"active": True, "limit": 10_000}).json()["outages"]
        return [one for one in listed if one["device"] == street.fuse]

    gives_up_at = time.monotonic() + PATIENCE_S
    while not outages():
        assert time.monotonic() < gives_up_at
        time.sleep(0.1)
    (outage,) = outages()
    answer = desk.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
    assert answer.status_code == 200, answer.text
    return outage["id"]


def taken(service, browser, page, count=1):
    """Wait for so many messages of a browser, and return the last one as the browser opens it."""
    path = browser.endpoint.removeprefix(service.address)

    def own():
        return [request for request in service.taken if request.path == path]

    wait_until(lambda: len(own()) >= count, page)
    return browser.read(own()[-1])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_tap_and_the_phone_is_told_with_no_page_open(  # noqa: PLR0917
    told_town, service, open_phone, violations, picture, language
):
    street = told_town.next_street()
    household, browser = street.households[0], service.browser(f"phone-{language}")
    customer = open_phone(household, language, browser=browser)
    page, button = customer.page, customer.button("customer.messages.push.button")
    expect(button).to_be_visible()
    assert violations(page) == []
    picture(customer, f"push-off-{language}")
    button.click()
    customer.says("customer.messages.push_on")
    customer.says("customer.messages.push.here")
    expect(button).to_be_hidden()
    assert violations(page) == []
    picture(customer, f"push-on-{language}")
    key = page.evaluate("localStorage.getItem('subscribed')")
    assert key.replace("+", "-").replace("/", "_").rstrip("=") == KEY.public_text

    worker = Worker(customer)
    assert worker.scope == f"{told_town.address}/supply/push/"
    assert page.evaluate("navigator.serviceWorker.controller") is None
    outage = confirm(told_town, street)
    said = taken(service, browser, page)
    assert said["outage"] == outage
    worker.push(said)
    (shown,) = worker.shows(said["text"])
    # The message speaks the language on file, whatever the page does.
    assert (shown["title"], shown["lang"]) == (said["title"], said["language"])
    assert not shown["requireInteraction"]
    assert shown["data"]["id"] == said["id"]

    (opened,) = worker.tap()
    page.goto(f"{told_town.address}{opened}")
    customer.says("customer.out.headline")
    assert page.url == f"{told_town.address}/supply/mine"
    worker.shows()


def test_a_later_message_takes_the_place_of_the_first_and_a_danger_stands_beside_it(
    told_town, service, open_phone
):
    street = told_town.next_street()
    browser = service.browser("phone-danger")
    customer = open_phone(street.households[1], browser=browser)
    customer.button("customer.messages.push.button").click()
    customer.says("customer.messages.push.here")
    worker = Worker(customer)
    outage = confirm(told_town, street)
    first = taken(service, browser, customer.page)
    desk = told_town.client("wang")
    desk.post(f"/api/outages/{outage}/danger-word", json={"danger": "wire_down"})
    danger = taken(service, browser, customer.page, 2)
    for said in (first, first, danger):
        worker.push(said)
    shown = worker.shows(first["text"], danger["text"])
    assert [one["title"] for one in shown if one["requireInteraction"]] == [danger["title"]]
    # Without a real change the desk would say nothing more: the words alone are others here.
    later = {**first, "id": "later", "text": "The crew has arrived."}
    worker.push(later)
    shown = worker.shows(later["text"], danger["text"])
    assert len({one["tag"] for one in shown}) == 2
    assert {one["actions"][0] for one in shown} == {first["stop_word"]}
    (opened,) = worker.tap("stop")
    customer.page.goto(f"{told_town.address}{opened}")
    customer.says("customer.stop.title")


def test_leaving_takes_one_tap_and_no_script(told_town, service, open_phone):
    household = told_town.next_street().households[0]
    customer = open_phone(household, browser=service.browser("phone-leaves"))
    customer.button("customer.messages.push.button").click()
    customer.says("customer.messages.push.here")
    plain = open_phone(household, java_script_enabled=False)
    plain.says("customer.messages.push.on")
    expect(plain.button("customer.messages.push.button")).to_be_hidden()
    plain.button("customer.messages.push.off").click()
    plain.says("customer.messages.push_off")
    plain.says("customer.messages.push.no_scripts")
    customer.page.reload()
    customer.says("customer.messages.push.hint")
    expect(customer.button("customer.messages.push.button")).to_be_visible()
    expect(customer.page.locator("#push-scripts")).to_be_hidden()


def test_another_phone_takes_its_place_and_the_first_one_says_so(told_town, service, open_phone):
    household = told_town.next_street().households[0]
    first, second = (
        open_phone(household, browser=service.browser(name)) for name in ("first-phone", "other-phone")
    )
    first.button("customer.messages.push.button").click()
    first.says("customer.messages.push.here")
    second.page.reload()
    second.says("customer.messages.push.elsewhere")
    second.button("customer.messages.push.instead").click()
    second.says("customer.messages.push.here")
    first.page.reload()
    first.says("customer.messages.push.elsewhere")


NO_PUSH = "delete window.PushManager"
ASKED_AND_CLOSED = "Notification.requestPermission = async () => 'default'"


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("blocked", {"may_show": False, "scheme": "dark"}),
        ("unsupported", {"before": NO_PUSH}),
        ("install", {"before": NO_PUSH, "user_agent": IPHONE}),
    ],
)
def test_what_stands_in_the_way_is_said_and_no_button_leads_nowhere(  # noqa: PLR0917
    told_town, open_phone, violations, picture, said, options
):
    customer = open_phone(told_town.next_street().households[0], **options)
    customer.says(f"customer.messages.push.{said}")
    expect(customer.button("customer.messages.push.button")).to_be_hidden()
    assert violations(customer.page) == []
    picture(customer, f"push-{said}")


def test_without_any_push_service_chromium_refuses_and_another_try_is_offered(told_town, open_phone):
    customer = open_phone(told_town.next_street().households[0])
    customer.button("customer.messages.push.button").click()
    customer.says("customer.messages.push.failed")
    expect(customer.button("customer.messages.push.button")).to_be_enabled()


def test_a_browser_of_a_service_that_is_not_allowed_is_told_so(told_town, push_service_module, open_phone):
    elsewhere = push_service_module.Browser("https://push.example.org", "phone")
    customer = open_phone(told_town.next_street().households[0], browser=elsewhere)
    customer.button("customer.messages.push.button").click()
    customer.says("customer.messages.push.refused")
    customer.page.reload()
    customer.says("customer.messages.push.hint")


def test_whoever_closes_the_question_is_asked_no_more_until_the_next_tap(told_town, service, open_phone):
    customer = open_phone(
        told_town.next_street().households[0],
        browser=service.browser("phone-undecided"),
        before=ASKED_AND_CLOSED,
    )
    customer.button("customer.messages.push.button").click()
    customer.says("customer.messages.push.hint")
    expect(customer.button("customer.messages.push.button")).to_be_enabled()
