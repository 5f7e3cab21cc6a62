"""WeCom and webhooks through Apprise against a local receiver that takes, refuses, delays and cuts."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from api.vocabulary import read_vocabulary
from dispatch.address_confirmations import CodeAnswer, Codes
from dispatch.channels import Channel
from dispatch.chat_messages import check_wecom_url
from dispatch.delivery import Delivery, DeliveryFailed, deliver_notifications
from dispatch.errors import InvalidInput
from dispatch.gateways import GatewayUnreachable
from dispatch.message_addresses import masked_address, plain_address
from dispatch.notifications import set_channels
from dispatch.operations import confirm_outage
from dispatch.subscriptions import Preferences, confirm_address, read_subscriptions, save_subscriptions
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction
from dispatch.webhooks import is_webhook

STATUS = {"take": 200, "decline": 400, "busy": 503, "fail": 500, "move": 302}


class Receiver:
    """An HTTP receiver in a mood."""

    def __init__(self):
        self.taken = []
        self.asked = []
        self.mood = "take"
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.asked.append(self.path)
                if receiver.mood == "hang":
                    receiver.released.wait(30)
                if receiver.mood in {"hang", "cut"}:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if receiver.mood == "take":
                    receiver.taken.append((self.path, json.loads(body)))
                self.send_response(STATUS[receiver.mood])
                if receiver.mood == "move":
                    self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def choose(world, receiver, channel, address, account="A-a1"):
    with intake_transaction(world.engine) as session:
        set_channels(session, channels=["email", "sms", "wecom", "webhook"])
        save_subscriptions(
            session,
            account=account,
            preferences=Preferences(language="en", quiet=None),
            channels={channel: address},
            webhook_hosts=[receiver.host],
            codes=Codes(make=lambda: "123456", now=world.now),
            now=world.now,
        )
        found = confirm_address(
            session, account=account, channel=channel, code="123456", real_now=world.now, now=world.now
        )
        assert found is CodeAnswer.RIGHT


@pytest.fixture
def queued(world, receiver):
    """One household on WeCom and two on webhooks, of an outage that is confirmed; ids by channel."""
    choose(world, receiver, Channel.WECOM, "LiLei")
    choose(world, receiver, Channel.WEBHOOK, f"http://{receiver.host}/hook/a2", "A-a2")
    choose(world, receiver, Channel.WEBHOOK, f"http://{receiver.host}/hook/a3", "A-a3")
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    with read_transaction(world.engine) as session:
        query = select(NotificationRow.channel, NotificationRow.id).order_by(NotificationRow.id)
        rows = session.execute(query).all()
    return {channel: [id for name, id in rows if name == channel] for channel in Channel}


def deliver(world, receiver, ids, hosts=None):
    delivery = Delivery(
        wecom_url=f"json://{receiver.host}/wecom?:touser={{user}}&rto=0.5",
        webhook_hosts=[receiver.host] if hosts is None else hosts,
        texts=read_vocabulary(),
        time_zone=UTC,
    )
    return deliver_notifications(world.engine, notification_ids=ids, delivery=delivery, now=world.now)


def state(world, id):
    with read_transaction(world.engine) as session:
        return session.get_one(NotificationRow, id).status


def test_only_who_chose_a_channel_is_owed_there_and_nothing_more_on_those_that_were_left(queued):
    assert (len(queued["wecom"]), len(queued["webhook"])) == (1, 2)
    # Each of the three named one channel, which leaves the others; a4 chose nothing.
    assert len(queued["email"]) == len(queued["sms"]) == 1


def test_wecom_gets_the_short_words(world, receiver, queued):
    assert deliver(world, receiver, queued["wecom"]) == 1
    ((path, body),) = receiver.taken
    assert path == "/wecom"
    assert body["touser"] == "LiLei"
    assert body["message"].startswith("Your power has been out since 11-23 08:00.")


def test_a_webhook_gets_the_facts_beside_the_words_and_a_number_of_its_own(world, receiver, queued):
    assert deliver(world, receiver, queued["webhook"]) == 2
    assert [path for path, _ in receiver.taken] == ["/hook/a2", "/hook/a3"]
    bodies = [body for _, body in receiver.taken]
    assert {body["kind"] for body in bodies} == {"confirmed"}
    assert {body["outage"] for body in bodies} == {"O-1"}
    assert len({body["id"] for body in bodies}) == 2
    assert bodies[0]["title"] == "Power outage in your area"


@pytest.mark.parametrize("mood", ["decline", "busy"])
def test_what_is_refused_waits(world, receiver, queued, mood):
    receiver.mood = mood
    with pytest.raises(DeliveryFailed):
        deliver(world, receiver, queued["webhook"])
    assert {state(world, id) for id in queued["webhook"]} == {"queued"}
    receiver.mood = "take"
    assert deliver(world, receiver, queued["webhook"]) == 2


@pytest.mark.parametrize("mood", ["cut", "fail"])
def test_a_webhook_that_nobody_knows_about_is_told_again_under_the_same_number(world, receiver, queued, mood):
    receiver.mood = mood
    with pytest.raises(DeliveryFailed):
        deliver(world, receiver, queued["webhook"])
    assert [state(world, id) for id in queued["webhook"]] == ["uncertain", "queued"]
    receiver.mood = "take"
    assert deliver(world, receiver, queued["webhook"]) == 2
    assert len({body["id"] for _, body in receiver.taken}) == 2


@pytest.mark.parametrize("mood", ["hang", "cut"])
def test_wecom_is_not_told_again_where_nobody_knows(world, receiver, queued, mood):
    receiver.mood = mood
    assert deliver(world, receiver, queued["wecom"]) == 0
    receiver.released.set()
    receiver.mood = "take"
    assert deliver(world, receiver, queued["wecom"]) == 0
    assert state(world, queued["wecom"][0]) == "uncertain"
    assert len(receiver.asked) == 1


def test_no_redirection_is_followed(world, receiver, queued):
    receiver.mood = "move"
    with pytest.raises(DeliveryFailed):
        deliver(world, receiver, queued["webhook"])
    assert "/elsewhere" not in receiver.asked


def test_a_host_that_is_no_longer_allowed_is_not_asked(world, receiver, queued):
    with pytest.raises(DeliveryFailed):
        deliver(world, receiver, queued["webhook"], hosts=["hooks.example.org"])
    assert not receiver.asked


def test_no_address_reaches_a_log(world, receiver, queued, caplog):
    caplog.set_level("DEBUG")
    receiver.mood = "decline"
    for channel in ("wecom", "webhook"):
        with pytest.raises(DeliveryFailed):
            deliver(world, receiver, queued[channel])
    said = [record.getMessage() for record in caplog.records]
    assert not [line for line in said if "LiLei" in line or "/hook/" in line]


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.org/x",
        "https://evil.example.com/x",
        "https://hooks.example.org@evil.example.com/",
        "https://hooks.example.org:8443/",
        "https://hooks.example.org/?method=GET",
        "https://hooks.example.org/#x",
        "https://hooks.example.org\\@evil.example.com/",
        "https://hooks.example.org/a b",
        "file:///etc/passwd",
        "https://[::1/",
        "https://",
        "javascript:alert(1)",
        "https://hooks.example.org/" + "x" * 600,
    ],
)
def test_what_is_no_webhook_is_refused(address):
    assert not is_webhook(address, hosts=["hooks.example.org"])


def test_an_https_address_at_a_host_that_is_allowed_will_do():
    assert is_webhook("https://Hooks.example.org/my/supply", hosts=["hooks.example.org"])


@pytest.mark.parametrize(
    ("channel", "typed"),
    [
        (Channel.SMS, "0151-CALL-ME"),
        (Channel.SMS, "12345"),
        (Channel.SMS, "1" * 16),
        (Channel.SMS, "+49 151 <script>"),
        (Channel.EMAIL, "nobody"),
        (Channel.EMAIL, "a@b"),
        (Channel.EMAIL, "a@example.org, b@example.org"),
        (Channel.EMAIL, "a@example.org\r\nBcc: all@example.org"),
        (Channel.EMAIL, "<script>@example.org"),
        (Channel.WECOM, "<script>alert(1)</script>"),
        (Channel.WECOM, "a/b?c"),
    ],
)
def test_what_is_no_address_is_refused_and_its_channel_named(channel, typed):
    with pytest.raises(InvalidInput) as refused:
        plain_address(channel, typed, webhook_hosts=())
    assert refused.value.field == channel


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("+1 (555) 010-0001", "+15550100001"),
        ("０１５１ 2345678", "01512345678"),
        ("139 0000 0000", "13900000000"),
    ],
)
def test_a_phone_number_is_taken_as_people_write_it(typed, plain):
    assert plain_address(Channel.SMS, typed, webhook_hosts=()) == plain


def test_an_address_on_file_is_shown_in_part():
    assert masked_address("someone@example.org") == "s…@example.org"
    assert masked_address("+1 555 010 4567") == "…4567"


def test_a_gateway_address_that_leads_nowhere_is_told_at_the_start():
    with pytest.raises(GatewayUnreachable, match="WeCom"):
        check_wecom_url("nonsense/{user}")
    check_wecom_url("wecombot://{user}")


def test_what_was_chosen_is_read_back(world, receiver):
    choose(world, receiver, Channel.SMS, "+49 151 234567")
    with read_transaction(world.engine) as session:
        chosen = read_subscriptions(session, account="A-a1", real_now=world.now)
    on = {one.channel: one.address for one in chosen.channels if one.is_on}
    assert on == {Channel.SMS: "+49151234567"}
