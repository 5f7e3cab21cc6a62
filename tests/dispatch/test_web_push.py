"""Web push to browsers of a push service that takes, refuses, delays, cuts, and forgets."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from api.vocabulary import read_vocabulary
from dispatch.address_confirmations import Codes
from dispatch.channels import Channel
from dispatch.danger_words import Danger, tell_danger
from dispatch.dead_letters import send_again
from dispatch.delivery import Delivery, DeliveryFailed, deliver_notifications
from dispatch.errors import InvalidInput
from dispatch.message_links import LinkPurpose, link_token
from dispatch.message_rules import MessageRules, QuietHours, put_message_rules_in_force
from dispatch.notifications import set_channels
from dispatch.operations import confirm_outage, set_etr
from dispatch.push_addresses import PushAddress, is_push_endpoint
from dispatch.push_choice import PushChoice, end_push, read_push, subscribe_push
from dispatch.push_signature import PushKey
from dispatch.subscriptions import Preferences, leave_channel, read_subscriptions, save_subscriptions
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction
from dispatch.web_push import PushRoute

KEY = PushKey.make()
LINK_KEY = b"k" * 32
REAL_NOW = datetime(2027, 1, 2, 3, 4, tzinfo=UTC)
PHONES = ("a1", "a2", "a3")


def subscribe(world, service, browser, account):
    address = PushAddress.read(endpoint=browser.endpoint, **browser.keys, hosts=[service.host])
    with intake_transaction(world.engine) as session:
        subscribe_push(session, account=account, address=address, now=world.now)
    return browser


@pytest.fixture
def phones(world, push_service):
    """A world with the channel, whose first three households are told on their phones; name → browser."""
    with intake_transaction(world.engine) as session:
        set_channels(session, channels=["email", "web_push"])
        put_message_rules_in_force(session, rules=MessageRules(), new_key=LINK_KEY)
    return {name: subscribe(world, push_service, push_service.browser(name), f"A-{name}") for name in PHONES}


def confirm(world):
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    return outage.id


@pytest.fixture
def queued(world, phones):
    """The messages of an outage that is confirmed, by household."""
    confirm(world)
    return dict(zip(PHONES, ids(world), strict=True))


def ids(world, kind="confirmed"):
    query = select(NotificationRow.id).where(
        NotificationRow.channel == "web_push", NotificationRow.kind == kind
    )
    with read_transaction(world.engine) as session:
        return session.scalars(query.order_by(NotificationRow.account)).all()


def deliver(world, service, messages, hosts=None):
    route = PushRoute(
        key=KEY,
        contact="mailto:outages@example.org",
        hosts=[service.host] if hosts is None else hosts,
        real_now=lambda: REAL_NOW,
    )
    delivery = Delivery(push=route, texts=read_vocabulary(), time_zone=UTC)
    return deliver_notifications(
        world.engine, notification_ids=list(messages), delivery=delivery, now=world.now
    )


def states(world, messages):
    with read_transaction(world.engine) as session:
        rows = [session.get_one(NotificationRow, id) for id in messages]
        return [(row.status, row.because) for row in rows]


def choice(world, account="A-a1"):
    with read_transaction(world.engine) as session:
        return read_push(session, account=account)


class TestArriving:
    def test_each_browser_opens_its_own_words_and_a_tap_leads_to_the_supply(
        self, world, push_service, phones, queued
    ):
        assert deliver(world, push_service, queued.values()) == 3
        assert deliver(world, push_service, queued.values()) == 0
        for name, request in zip(PHONES, push_service.taken, strict=True):
            assert request.path == f"/push/{name}?token=a%2Fb"
            said = phones[name].read(request)
            words = read_vocabulary()[said["language"]]
            assert said["title"] == words["message.confirmed.subject"]
            assert "11-23 08:00" in said["text"]
            assert (said["kind"], said["outage"]) == ("confirmed", "O-1")
            for purpose, way in ((LinkPurpose.OPEN, "open"), (LinkPurpose.LEAVE, "stop")):
                token = link_token(LINK_KEY, purpose=purpose, number=queued[name])
                assert said[way] == f"/supply/{purpose}/{token}"
            assert said["stop_word"] == words["message.push.stop"]
            assert len(json.dumps(said)) < 3000
            assert len(request.body) < 3000
        assert len({phones[n].read(r)["id"] for n, r in zip(PHONES, push_service.taken, strict=True)}) == 3

    def test_it_is_signed_for_this_service_by_the_real_time_whatever_the_clock_of_a_storm(
        self, world, push_service, push_service_module, queued
    ):
        deliver(world, push_service, queued.values())
        for request in push_service.taken:
            claims, key = push_service_module.signed_claims(request.headers["Authorization"])
            assert key == KEY.public_text
            assert claims["aud"] == push_service.address
            assert claims["sub"] == "mailto:outages@example.org"
            assert REAL_NOW < datetime.fromtimestamp(claims["exp"], UTC) <= REAL_NOW + timedelta(hours=24)
            assert request.headers["Content-Encoding"] == "aes128gcm"

    def test_nothing_that_the_service_sees_says_what_it_is_about(self, world, push_service, queued):
        deliver(world, push_service, queued.values())
        for request in push_service.taken:
            seen = str(request.headers).encode() + request.body
            assert b"O-1" not in seen
            assert b"A-a" not in seen
        # Nor which phones share an outage.
        assert len({request.headers["Topic"] for request in push_service.taken}) == 3

    @pytest.mark.usefixtures("queued")
    def test_a_later_message_takes_the_place_of_one_that_waits_but_of_no_danger(self, world, push_service):
        world.do(tell_danger, outage_id="O-1", danger=Danger.WIRE_DOWN)
        for kind in ("confirmed", "danger_wire_down"):
            deliver(world, push_service, ids(world, kind)[:1])
        world.do(set_etr, outage_id="O-1", version=None, etr_at=world.now + timedelta(hours=3))
        deliver(world, push_service, ids(world, "etr_changed")[:1])
        wishes = [
            tuple(request.headers[name] for name in ("Topic", "Urgency", "TTL"))
            for request in push_service.taken
        ]
        first, danger, later = wishes
        assert first == later == (first[0], "normal", "21600")
        assert danger[0] != first[0]
        assert danger[1:] == ("high", "86400")
        for topic, *_ in wishes:
            assert len(topic) == 32
            assert base64.urlsafe_b64decode(topic)

    def test_it_speaks_the_customers_language(self, world, push_service, phones):
        with intake_transaction(world.engine) as session:
            save(session, world, Preferences(language="zh", quiet=None))
        confirm(world)
        deliver(world, push_service, ids(world)[:1])
        said = phones["a1"].read(push_service.taken[0])
        assert (said["title"], said["language"], said["stop_word"]) == ("您所在区域停电", "zh", "不再接收")


def save(session, world, preferences, channels=None):
    save_subscriptions(
        session,
        account="A-a1",
        preferences=preferences,
        channels=channels or {},
        webhook_hosts=[],
        codes=Codes(make=lambda: "123456", now=world.now),
        now=world.now,
    )


class TestGoingWrong:
    @pytest.mark.parametrize("mood", ["busy", "slow down", "decline", "large", "move"])
    def test_what_is_refused_waits_and_is_taken_later(self, world, push_service, queued, mood):
        push_service.mood = mood
        with pytest.raises(DeliveryFailed):
            deliver(world, push_service, queued.values())
        assert states(world, queued.values()) == [("queued", None)] * 3
        assert not [request for request in push_service.asked if "/elsewhere" in request.path]
        push_service.mood = "take"
        assert deliver(world, push_service, queued.values()) == 3

    def test_what_is_refused_at_every_try_is_a_dead_letter_that_can_be_sent_again(
        self, world, push_service, queued
    ):
        push_service.mood = "busy"
        for _ in range(6):
            with pytest.raises(DeliveryFailed):
                deliver(world, push_service, queued.values())
        assert states(world, queued.values()) == [("failed", "refused")] * 3
        push_service.mood = "take"
        with intake_transaction(world.engine) as session:
            assert send_again(session, ids=None) == 3
        assert deliver(world, push_service, queued.values()) == 3

    @pytest.mark.parametrize("mood", ["cut", "fail"])
    def test_what_nobody_knows_about_is_told_again_under_the_same_number_after_the_others(
        self, world, push_service, phones, queued, mood
    ):
        push_service.mood = mood
        with pytest.raises(DeliveryFailed):
            deliver(world, push_service, queued.values())
        assert [status for status, _ in states(world, queued.values())] == ["uncertain", "queued", "queued"]
        unsure = phones["a1"].read(push_service.asked[0])["id"]
        push_service.mood = "take"
        assert deliver(world, push_service, queued.values()) == 3
        assert [request.path[6:8] for request in push_service.taken] == ["a2", "a3", "a1"]
        assert phones["a1"].read(push_service.taken[-1])["id"] == unsure

    @pytest.mark.parametrize("mood", ["gone", "unknown"])
    def test_a_browser_that_is_gone_is_told_once_and_forgotten_and_the_others_are_told(
        self, world, push_service, queued, mood
    ):
        push_service.mood = mood
        first, *others = queued.values()
        assert deliver(world, push_service, [first]) == 0
        assert deliver(world, push_service, [first]) == 0
        assert len(push_service.asked) == 1
        assert states(world, [first]) == [("failed", "gone")]
        assert choice(world) == PushChoice(is_on=False, ending=None, has_ended=True)
        push_service.mood = "take"
        assert deliver(world, push_service, others) == 2
        # What comes up later is not even queued for it.
        world.do(set_etr, outage_id="O-1", version=None, etr_at=world.now + timedelta(hours=3))
        assert len(ids(world, "etr_changed")) == 2

    def test_what_took_its_place_meanwhile_is_not_forgotten_with_it(self, world, push_service, queued):
        with read_transaction(world.engine) as session:
            chosen = read_subscriptions(session, account="A-a1", real_now=world.now)
        (old,) = [one.address for one in chosen.channels if one.channel is Channel.WEB_PUSH]
        newer = subscribe(world, push_service, push_service.browser("newer"), "A-a1")
        with intake_transaction(world.engine) as session:
            end_push(session, number=queued["a1"], address=old)
        assert newer.endpoint.endswith(choice(world).ending)
        assert deliver(world, push_service, [queued["a1"]]) == 1
        assert newer.read(push_service.taken[0])["outage"] == "O-1"

    @pytest.mark.usefixtures("phones")
    def test_a_service_that_is_away_does_not_keep_another_waiting(
        self, world, push_service, push_service_module
    ):
        away = push_service_module.PushService()
        away.close()
        subscribe(world, away, away.browser("a1"), "A-a1")
        confirm(world)
        messages = ids(world)
        hosts = [push_service.host, away.host]
        with pytest.raises(DeliveryFailed):
            deliver(world, push_service, messages, hosts)
        assert [status for status, _ in states(world, messages)] == ["queued", "sent", "sent"]

    @pytest.mark.parametrize("hosts", [["push.example.org"], []])
    def test_a_host_that_is_no_longer_allowed_is_not_asked(self, world, push_service, queued, hosts):
        with pytest.raises(DeliveryFailed):
            deliver(world, push_service, queued.values(), hosts=hosts)
        assert not push_service.asked

    @pytest.mark.parametrize("mood", ["take", "decline", "cut", "gone"])
    def test_no_endpoint_and_no_key_reaches_a_log(self, world, push_service, phones, caplog, mood):
        confirm(world)
        caplog.set_level("DEBUG")
        push_service.mood, failure = mood, ""
        try:
            deliver(world, push_service, ids(world))
        except DeliveryFailed as failed:
            failure = repr(failed)
        said = "\n".join([failure, *(record.getMessage() for record in caplog.records)])
        assert push_service.asked
        secrets = [KEY.private_text, "/push/", *phones["a1"].keys.values()]
        assert not [secret for secret in secrets if secret in said]


class TestChoosing:
    @pytest.mark.usefixtures("phones")
    def test_without_a_tap_nobody_is_told_and_after_leaving_nobody_any_more(self, world):
        with intake_transaction(world.engine) as session:
            assert leave_channel(session, account="A-a1", channel=Channel.WEB_PUSH, now=world.now)
            assert not leave_channel(session, account="A-a1", channel=Channel.WEB_PUSH, now=world.now)
        confirm(world)
        # Of four that are out, one left and one never tapped.
        assert len(ids(world)) == 2
        assert choice(world) == PushChoice(is_on=False, ending=None, has_ended=False)

    def test_a_message_under_way_to_who_left_is_dropped(self, world, push_service, queued):
        with intake_transaction(world.engine) as session:
            leave_channel(session, account="A-a1", channel=Channel.WEB_PUSH, now=world.now)
        assert deliver(world, push_service, queued.values()) == 2
        assert states(world, [queued["a1"]]) == [("dropped", "left")]

    @pytest.mark.usefixtures("phones")
    def test_topics_and_quiet_hours_hold_for_the_phone_too_but_not_for_danger(self, world):
        asleep = QuietHours(0, 23 * 60 + 59)
        with intake_transaction(world.engine) as session:
            save(session, world, Preferences(language=None, quiet=asleep, progress=False))
        confirm(world)
        assert [status for status, _ in states(world, ids(world))] == ["held", "queued", "queued"]
        world.do(tell_danger, outage_id="O-1", danger=Danger.KEEP_AWAY)
        warned = states(world, ids(world, "danger_keep_away"))
        assert [status for status, _ in warned] == ["queued"] * 3

    @pytest.mark.usefixtures("phones")
    def test_saving_the_other_channels_leaves_the_phone_as_it_is(self, world):
        with intake_transaction(world.engine) as session:
            save(session, world, Preferences(language=None, quiet=None), {})
        assert choice(world).is_on
        with read_transaction(world.engine) as session:
            chosen = read_subscriptions(session, account="A-a1", real_now=world.now)
        assert {one.channel: one.is_on for one in chosen.channels} == {
            Channel.EMAIL: False,
            Channel.WEB_PUSH: True,
        }

    def test_the_same_browser_twice_is_once_and_another_takes_its_place(self, world, push_service, phones):
        subscribe(world, push_service, phones["a1"], "A-a1")
        other = subscribe(world, push_service, push_service.browser("other"), "A-a1")
        confirm(world)
        deliver(world, push_service, ids(world)[:1])
        assert other.read(push_service.taken[0])["outage"] == "O-1"
        assert len(push_service.asked) == 1


HOSTS = ["push.example.org", "*.example.net", "127.0.0.1:9"]


class TestAddresses:
    @pytest.mark.parametrize(
        "endpoint",
        [
            "https://push.example.org/a/b-c_d:e?token=f%2Fg",
            "https://PUSH.example.org/a",
            "https://west-1.example.net/a",
            "https://a.b.example.net/a",
            "http://127.0.0.1:9/a",
        ],
    )
    def test_what_browsers_give_out_will_do(self, endpoint):
        assert is_push_endpoint(endpoint, hosts=HOSTS)

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://push.example.org/a",
            "https://evil.example.com/a",
            "https://push.example.org:8443/a",
            "https://push.example.org@evil.example.com/a",
            "https://evil.example.com#push.example.org",
            "https://evil.example.com\\.example.net/a",
            "https://evilexample.net/a",
            "https://example.net/a",
            "https://.example.net/a",
            "https://push.example.org/a#b",
            "https://push.example.org/a b",
            "https://push.example.org/\x00",
            "https://push.example.org/ä",
            "https://127.0.0.1:9@push.example.org/",
            "http://localhost/a",
            "ftp://push.example.org/a",
            "file:///etc/passwd",
            "//push.example.org/a",
            "https://[::1/",
            "",
            "https://push.example.org/" + "x" * 1000,
        ],
    )
    def test_what_is_not_at_an_allowed_host_is_refused(self, endpoint):
        assert not is_push_endpoint(endpoint, hosts=HOSTS)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"p256dh": ""},
            {"p256dh": "AAAA"},
            {"p256dh": "not base64 at all"},
            {"p256dh": "B" + "A" * 86},
            {"p256dh": "A" * 1_000_000},
            {"auth": ""},
            {"auth": "A" * 20},
            {"auth": "A" * 24},
            {"auth": "?"},
        ],
    )
    def test_broken_keys_are_refused(self, push_service, wrong):
        browser = push_service.browser("a")
        with pytest.raises(InvalidInput) as refused:
            PushAddress.read(
                endpoint=browser.endpoint, **{**browser.keys, **wrong}, hosts=[push_service.host]
            )
        assert refused.value.field == Channel.WEB_PUSH

    def test_what_is_kept_is_read_back(self, push_service):
        browser = push_service.browser("a")
        keys = {name: f"{key}==" for name, key in browser.keys.items()}
        address = PushAddress.read(endpoint=browser.endpoint, **keys, hosts=[push_service.host])
        assert PushAddress.kept(address.text) == address
        assert json.loads(address.text) == {"endpoint": browser.endpoint, **browser.keys}
