"""Notifications on the customer's phone: what the page offers and takes from a browser, and the settings."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text

from api.settings import MessageSettings
from api.vocabulary import read_vocabulary
from dispatch.message_tables import MessageSubscriptionRow
from dispatch.notifications import set_channels
from dispatch.push_signature import PushKey
from dispatch.transactions import intake_transaction, read_transaction

KEY = PushKey.make()
SETTINGS = {
    "web_push_key": KEY.private_text,
    "web_push_hosts": "push.example.org",
    "web_push_contact": "mailto:outages@example.org",
}
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture
def told(world):
    """A world that tells browsers."""
    world.app.state.messages = MessageSettings(**SETTINGS)
    with intake_transaction(world.engine) as session:
        set_channels(session, channels=["email", "sms", "web_push"])
    return world


@pytest.fixture
def phone(push_service_module):
    return push_service_module.Browser("https://push.example.org", "phone")


def fields(browser, **others):
    return {"endpoint": browser.endpoint, **browser.keys, **others}


def kept(world, account="A-a1"):
    row = MessageSubscriptionRow
    query = select(row).where(row.account == account, row.channel == "web_push")
    with read_transaction(world.engine) as session:
        found = session.scalar(query)
        return (found.address, found.left_at is None) if found is not None else None


def say(key, language="en"):
    return read_vocabulary()[language][f"customer.messages.{key}"]


class TestThePage:
    def test_where_it_is_not_set_up_the_page_says_nothing_of_it(self, world, visitor):
        with intake_transaction(world.engine) as session:
            set_channels(session, channels=["email"])
        page = visitor("a1").get("/supply/messages")
        assert page.status_code == 200
        for part in ("push", "manifest", say("push.title")):
            assert part not in page.text

    @pytest.mark.usefixtures("told")
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_where_it_is_the_page_has_a_button_and_says_what_is_needed_without_scripts(
        self, visitor, language
    ):
        page = visitor("a1", language=language).get("/supply/messages")
        assert f'data-key="{KEY.public_text}"' in page.text
        assert KEY.private_text not in page.text
        assert f'id="push-on" hidden>{say("push.button", language)}<' in page.text
        assert f'id="push-scripts">{say("push.no_scripts", language)}' in page.text
        assert "/supply/messages/push/leave" not in page.text
        assert 'name="web_push"' not in page.text
        assert len(page.content) < 12_000

    @pytest.mark.usefixtures("told")
    def test_what_the_page_needs_is_served_and_allowed(self, visitor):
        client = visitor("a1")
        page = client.get("/supply/messages")
        allowed = page.headers["content-security-policy"].split("; ")
        assert {"manifest-src 'self'", "worker-src 'self'", "script-src 'self'"} <= set(allowed)
        for address in re.findall(r'(?:href|src)="(/supply/[\w.]+\?v=\w+)"', page.text):
            assert client.get(address).status_code == 200, address
        manifest = client.get("/supply/app.webmanifest")
        assert manifest.headers["content-type"] == "application/manifest+json"
        for icon in manifest.json()["icons"]:
            assert client.get(icon["src"]).headers["content-type"] == "image/png"

    def test_the_worker_has_a_folder_of_its_own_and_may_fetch_nothing(self, world):
        worker = world.client().get("/supply/push/worker.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert worker.headers["cache-control"] == "no-cache"
        assert worker.headers["content-security-policy"] == "default-src 'none'"
        # Without this header its folder is all that it can ever have.
        assert "service-worker-allowed" not in worker.headers
        assert "fetch(" not in worker.text


class TestSubscribing:
    def test_a_browser_is_taken_and_the_page_says_so_without_showing_where_it_is(self, told, visitor, phone):
        client = visitor("a1")
        for _ in range(2):
            answer = client.post("/supply/messages/push", data=fields(phone))
            assert (answer.status_code, answer.content) == (204, b"")
        address, is_on = kept(told)
        assert is_on
        assert json.loads(address) == {"endpoint": phone.endpoint, **phone.keys}
        page = client.get("/supply/messages?said=push_on")
        assert say("push_on") in page.text
        assert say("push.on") in page.text
        assert f'data-ending="{phone.endpoint[-32:]}"' in page.text
        assert phone.endpoint not in page.text
        assert phone.keys["auth"] not in page.text

    def test_another_browser_takes_its_place(self, told, visitor, push_service_module, phone):
        client = visitor("a1")
        client.post("/supply/messages/push", data=fields(phone))
        other = push_service_module.Browser("https://push.example.org", "other")
        client.post("/supply/messages/push", data=fields(other))
        assert json.loads(kept(told)[0])["endpoint"] == other.endpoint

    def test_leaving_takes_one_tap_and_no_script_and_a_second_one_does_no_harm(self, told, visitor, phone):
        client = visitor("a1")
        client.post("/supply/messages/push", data=fields(phone))
        assert "/supply/messages/push/leave" in client.get("/supply/messages").text
        for _ in range(2):
            answer = client.post("/supply/messages/push/leave")
            assert answer.headers["location"] == "/supply/messages?said=push_off"
            assert kept(told) == (None, False)
        page = client.get("/supply/messages?said=push_off")
        assert say("push_off") in page.text
        assert say("push.hint") in page.text

    def test_saving_the_form_leaves_the_phone_as_it_is(self, told, visitor, phone):
        client = visitor("a1")
        client.post("/supply/messages/push", data=fields(phone))
        client.post("/supply/messages", data={"language": "en", "outages": "1"})
        assert kept(told)[1]
        assert say("saved") in client.get("/supply/messages?said=saved").text

    def test_a_browser_that_ended_by_itself_is_told_on_the_page(self, told, visitor):
        meters, dispatcher = told.client("meter_system"), told.client("dispatcher")
        meters.post("/api/evidence", json=told.call("a1"))
        told.analyse()
        outage = dispatcher.get("/api/outages").json()["outages"][0]
        dispatcher.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
        with told.engine.begin() as connection:
            end = "DELETE FROM notification WHERE channel <> 'email'"
            connection.execute(text(end))
            end = "UPDATE notification SET channel = 'web_push', status = 'failed', because = 'gone'"
            connection.execute(text(end))
        page = visitor("a1").get("/supply/messages")
        assert 'data-ended="1"' in page.text
        assert page.text.count(say("push.ended")) == 2


class TestBadInput:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"endpoint": "https://evil.example.com/a"},
            {"endpoint": "http://push.example.org/a"},
            {"endpoint": "https://push.example.org/" + "x" * 2000},
            {"endpoint": ""},
            {"endpoint": SCRIPT},
            {"p256dh": "AAAA"},
            {"p256dh": SCRIPT},
            {"auth": ""},
            {"auth": "A" * 4000},
        ],
    )
    def test_what_is_no_subscription_is_refused_and_nothing_kept(self, told, visitor, phone, wrong):
        answer = visitor("a1").post("/supply/messages/push", data=fields(phone, **wrong))
        assert (answer.status_code, answer.content) == (422, b"")
        assert kept(told) is None

    def test_a_megabyte_is_not_even_read(self, told, visitor, phone):
        client = visitor("a1")
        for size in (10_000, 1_000_000):
            answer = client.post("/supply/messages/push", data=fields(phone, endpoint="x" * size))
            assert answer.status_code == 413
        assert kept(told) is None

    def test_without_a_pass_nothing_is_kept(self, told, visitor, phone):
        for way in ("push", "push/leave"):
            answer = visitor().post(f"/supply/messages/{way}", data=fields(phone))
            assert answer.headers["location"] == "/supply/messages"
        assert kept(told) is None

    def test_another_site_cannot_subscribe_or_leave_for_a_customer(self, told, visitor, phone):
        client = visitor("a1")
        client.post("/supply/messages/push", data=fields(phone))
        foreign = {"Sec-Fetch-Site": "cross-site"}
        before = kept(told)
        for way in ("push", "push/leave"):
            answer = client.post(f"/supply/messages/{way}", data=fields(phone), headers=foreign)
            assert answer.status_code == 403
        assert kept(told) == before

    @pytest.mark.parametrize("missing", ["web_push_key", "web_push_hosts"])
    def test_where_it_is_not_set_up_nothing_is_taken(self, told, visitor, phone, missing):
        told.app.state.messages = MessageSettings(**{**SETTINGS, missing: None})
        assert visitor("a1").post("/supply/messages/push", data=fields(phone)).status_code == 422


class TestTheInterface:
    def test_a_portal_subscribes_and_leaves_for_its_customer(self, told, phone):
        client = told.client("customer")
        before = client.get("/api/my-subscriptions").json()
        assert before["web_push_key"] == KEY.public_text
        order = {"endpoint": phone.endpoint, "keys": phone.keys, "expirationTime": None}
        after = client.put("/api/my-subscriptions/web-push", json=order).json()
        (mine,) = [one for one in after["channels"] if one["channel"] == "web_push"]
        assert (mine["is_on"], mine["address"]) == (True, phone.endpoint)
        assert phone.keys["auth"] not in json.dumps(after)
        left = client.delete("/api/my-subscriptions/web-push").json()
        assert not [one for one in left["channels"] if one["channel"] == "web_push" and one["is_on"]]

    def test_what_is_no_subscription_is_refused_and_named(self, told, phone):
        client = told.client("customer")
        order = {"endpoint": "https://evil.example.com/", "keys": phone.keys}
        answer = client.put("/api/my-subscriptions/web-push", json=order)
        assert answer.status_code == 422
        assert "web_push" in answer.text
        typed = {"channels": {"web_push": phone.endpoint}}
        assert client.put("/api/my-subscriptions", json=typed).status_code == 422


class TestSettings:
    def test_a_key_is_made_once_and_is_all_that_is_printed(self, relight):
        variable, _, key = relight("push-key")[1].strip().partition("=")
        assert variable == "RELIGHT_WEB_PUSH_KEY"
        written = json.loads(relight("push-key", "--json")[1])
        assert PushKey.read(written["private"]).public_text == written["public"]
        assert PushKey.read(key).private_text == key != written["private"]

    def test_the_channel_is_there_with_key_and_hosts(self):
        messages = MessageSettings(**SETTINGS)
        assert messages.channels() == ("web_push",)
        assert KEY.private_text not in repr(messages)
        for missing in ("web_push_key", "web_push_hosts"):
            assert MessageSettings(**{**SETTINGS, missing: None}).channels() == ()

    def test_the_public_address_will_do_for_complaints(self):
        messages = MessageSettings(
            **{**SETTINGS, "web_push_contact": None}, public_url="https://outages.example.org"
        )
        assert messages.push_route(real_now=lambda: None).contact == "https://outages.example.org"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"web_push_key": "secret"},
            {"web_push_key": "A" * 43},
            {"web_push_contact": "outages@example.org"},
            {"web_push_contact": None},
            {"web_push_contact": None, "public_url": "http://outages.example.org"},
            {"web_push_per_minute": 0},
        ],
    )
    def test_what_cannot_be_is_refused_without_repeating_the_key(self, wrong):
        with pytest.raises(ValidationError) as refused:
            MessageSettings(**{**SETTINGS, **wrong})
        assert KEY.private_text not in str(refused.value)
