"""Text messages leave through Apprise to a real gateway: each once, and never again when nobody knows."""

import json
import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select, text, update

from dispatch.delivery import MAXIMUM_ATTEMPTS, Delivery, DeliveryFailed, deliver_notifications
from dispatch.notifications import LANGUAGES, MessageKind, notification_summary, set_channels
from dispatch.operations import confirm_outage, set_etr
from dispatch.sms import SmsUnreachable, check_sms_url
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction

VOCABULARY = Path(__file__).parents[2] / "web" / "vocabulary"
TEXTS = {
    language: json.loads((VOCABULARY / f"{language}.json").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
PHONES = {f"a{n}": f"+1555010000{n - 1}" for n in (1, 2, 3, 4)}
# The basic signs of GSM 03.38: with any other one, a text message holds 70 signs instead of 160.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


class Gateway:
    """A gateway for text messages that takes, declines, fails, hangs, or cuts the line in the middle."""

    def __init__(self):
        self.taken = []
        self.asked = 0
        self.mood = "take"
        self.good_ones = None
        self.released = threading.Event()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                gateway.asked += 1
                mood = gateway.next_mood()
                if mood == "hang":
                    gateway.released.wait(30)
                if mood in {"hang", "cut"}:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if mood == "take":
                    gateway.taken.append(gateway.read(self.headers["Content-Type"], body))
                self.send_response({"take": 200, "decline": 400, "fail": 500, "busy": 503}[mood])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self):
        # Reading gives up soon, or a hanging gateway would hold the tests up.
        return f"json://127.0.0.1:{self.server.server_port}/sms?:to={{phone}}&rto=0.5"

    def next_mood(self):
        if self.good_ones is None or self.asked > self.good_ones:
            return self.mood
        return "take"

    @staticmethod
    def read(kind, body):
        if kind.startswith("application/json"):
            document = json.loads(body)
            return document["to"], document["message"]
        form = parse_qs(body)
        return form["to"][0], form["message"][0]

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def gateway():
    made = Gateway()
    yield made
    made.close()


@pytest.fixture
def sms_world(world):
    """A world that has the channel, and an outage of four households."""
    with intake_transaction(world.engine) as session:
        set_channels(session, channels=["email", "sms"])
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    return world


@pytest.fixture
def queued(sms_world):
    (outage,) = sms_world.outages()
    sms_world.do(confirm_outage, outage_id=outage.id, version=None)
    return ids_on(sms_world, "sms")


def ids_on(world, channel):
    with read_transaction(world.engine) as session:
        query = select(NotificationRow.id).where(NotificationRow.channel == channel)
        return session.scalars(query.order_by(NotificationRow.id)).all()


def deliver(world, gateway, ids, url=None):
    delivery = Delivery(sms_url=url or gateway.url, texts=TEXTS, time_zone=UTC)
    return deliver_notifications(world.engine, notification_ids=ids, delivery=delivery, now=world.now)


def counts(world):
    found = world.ask(notification_summary).by_channel["sms"]
    return {status: count for status, count in found.items() if count}


def statuses(world, ids):
    with read_transaction(world.engine) as session:
        query = select(NotificationRow.status).where(NotificationRow.id.in_(ids))
        return session.scalars(query.order_by(NotificationRow.id)).all()


class TestQueueing:
    def test_without_the_channel_no_text_message_is_queued(self, world):
        world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
        (outage,) = world.outages()
        world.do(confirm_outage, outage_id=outage.id, version=None)
        assert ids_on(world, "sms") == []
        assert len(ids_on(world, "email")) == 4

    def test_each_customer_is_owed_one_on_each_channel_for_each_change(self, sms_world, queued):
        (outage,) = sms_world.outages()
        assert len(queued) == 4
        at = sms_world.now + timedelta(hours=3)
        sms_world.do(set_etr, outage_id=outage.id, version=None, etr_at=at)
        assert len(ids_on(sms_world, "sms")) == len(ids_on(sms_world, "email")) == 8
        with read_transaction(sms_world.engine) as session:
            keys = session.execute(
                select(NotificationRow.account, NotificationRow.channel, NotificationRow.change_position)
            ).all()
        assert len(set(keys)) == 16

    def test_a_batch_is_of_one_change_one_channel_and_one_language(self, sms_world, queued):
        with sms_world.engine.connect() as connection:
            jobs = connection.execute(
                text("SELECT queue_name, args -> 'notification_ids' FROM procrastinate_jobs")
            ).all()
        assert sorted(queue for queue, _ in jobs) == ["notifications_email"] * 2 + ["notifications_sms"] * 2
        texts = [ids for queue, ids in jobs if queue == "notifications_sms"]
        assert sorted(id for ids in texts for id in ids) == list(queued)

    def test_who_has_no_phone_is_owed_none(self, sms_world):
        with sms_world.engine.begin() as connection:
            connection.execute(
                text("UPDATE customer SET phone = NULL, phone_digits = NULL WHERE account = 'A-a1'")
            )
        (outage,) = sms_world.outages()
        sms_world.do(confirm_outage, outage_id=outage.id, version=None)
        assert len(ids_on(sms_world, "sms")) == 3

    def test_a_channel_that_is_taken_away_is_queued_for_no_longer(self, sms_world, queued):
        with intake_transaction(sms_world.engine) as session:
            set_channels(session, channels=["email"])
        (outage,) = sms_world.outages()
        at = sms_world.now + timedelta(hours=3)
        sms_world.do(set_etr, outage_id=outage.id, version=None, etr_at=at)
        assert ids_on(sms_world, "sms") == queued

    def test_an_unknown_channel_is_an_error(self, world):
        with pytest.raises(ValueError, match="pigeon"), intake_transaction(world.engine) as session:
            set_channels(session, channels=["pigeon"])


class TestSending:
    @pytest.mark.parametrize("scheme", ["json", "form"])
    def test_each_customer_gets_one_in_the_own_language(self, sms_world, gateway, queued, scheme):
        url = gateway.url.replace("json:", f"{scheme}:")
        assert deliver(sms_world, gateway, queued, url) == 4
        said = dict(gateway.taken)
        assert set(said) == set(PHONES.values())
        assert said[PHONES["a1"]].startswith("Your power has been out since 11-23")
        assert said[PHONES["a2"]].startswith("您家11-23")
        assert counts(sms_world) == {"sent": 4}

    def test_a_batch_sent_again_sends_nothing(self, sms_world, gateway, queued):
        deliver(sms_world, gateway, queued)
        assert deliver(sms_world, gateway, queued) == 0
        assert len(gateway.taken) == 4

    @pytest.mark.parametrize("mood", ["decline", "busy"])
    def test_what_is_declined_waits_for_another_try(self, sms_world, gateway, queued, mood):
        gateway.mood = mood
        with pytest.raises(DeliveryFailed):
            deliver(sms_world, gateway, queued)
        assert counts(sms_world) == {"queued": 4}
        gateway.mood = "take"
        assert deliver(sms_world, gateway, queued) == 4

    def test_after_the_last_try_it_has_failed(self, sms_world, gateway, queued):
        gateway.mood = "decline"
        for _ in range(MAXIMUM_ATTEMPTS):
            with pytest.raises(DeliveryFailed):
                deliver(sms_world, gateway, queued)
        assert counts(sms_world) == {"failed": 4}

    def test_without_a_connection_everything_waits(self, sms_world, gateway, queued):
        with socket.create_server(("127.0.0.1", 0)) as free:
            nobody = f"json://127.0.0.1:{free.getsockname()[1]}/?:to={{phone}}"
        with pytest.raises(SmsUnreachable):
            deliver(sms_world, gateway, queued, nobody)
        assert counts(sms_world) == {"queued": 4}
        assert deliver(sms_world, gateway, queued) == 4


class TestWhenNobodyKnows:
    @pytest.mark.parametrize("mood", ["hang", "cut", "fail"])
    def test_a_lost_answer_leaves_one_uncertain_and_the_rest_waiting(self, sms_world, gateway, queued, mood):
        gateway.mood, gateway.good_ones = mood, 1
        with pytest.raises(DeliveryFailed):
            deliver(sms_world, gateway, queued)
        assert statuses(sms_world, queued) == ["sent", "uncertain", "queued", "queued"]
        assert gateway.asked == 2

    def test_an_uncertain_one_is_never_sent_again(self, sms_world, gateway, queued):
        gateway.mood, gateway.good_ones = "cut", 1
        with pytest.raises(DeliveryFailed):
            deliver(sms_world, gateway, queued)
        gateway.mood = "take"
        assert deliver(sms_world, gateway, queued) == 2
        assert deliver(sms_world, gateway, queued) == 0
        assert statuses(sms_world, queued) == ["sent", "uncertain", "sent", "sent"]
        assert [phone for phone, _ in gateway.taken].count(PHONES["a2"]) == 0

    def test_an_uncertain_last_one_asks_for_no_other_try(self, sms_world, gateway, queued):
        gateway.mood, gateway.good_ones = "cut", 3
        assert deliver(sms_world, gateway, queued) == 3
        assert counts(sms_world) == {"sent": 3, "uncertain": 1}

    def test_what_a_killed_worker_left_under_way_is_uncertain_and_not_sent_again(
        self, sms_world, gateway, queued
    ):
        with intake_transaction(sms_world.engine) as session:
            left = update(NotificationRow).where(NotificationRow.id == queued[0])
            session.execute(left.values(status="sending", attempts=1))
        assert deliver(sms_world, gateway, queued) == 3
        assert statuses(sms_world, queued) == ["uncertain", "sent", "sent", "sent"]
        assert PHONES["a1"] not in dict(gateway.taken)


class TestPersonalData:
    @pytest.mark.parametrize("mood", ["take", "decline", "cut"])
    def test_no_number_reaches_a_log(self, sms_world, gateway, queued, caplog, mood):
        caplog.set_level(logging.DEBUG)
        gateway.mood = mood
        url = gateway.url.replace("/sms?", "/sms/{phone}?")
        said = []
        try:
            deliver(sms_world, gateway, queued, url)
        except DeliveryFailed as failure:
            said.append(str(failure))
        said += [record.getMessage() for record in caplog.records]
        assert not [message for message in said if "5550100" in message]

    def test_the_queue_holds_no_number(self, sms_world, queued):
        assert queued
        with sms_world.engine.connect() as connection:
            jobs = connection.scalars(text("SELECT procrastinate_jobs::text FROM procrastinate_jobs")).all()
        assert not [job for job in jobs if "5550100" in job or "555 010" in job]


class TestAddresses:
    @pytest.mark.parametrize("url", ["nonsense", "json://", "no-such-service://gateway/{phone}", "{phone}"])
    def test_an_address_that_leads_nowhere_is_told_before_anything_is_sent(self, url):
        with pytest.raises(SmsUnreachable, match="phone"):
            check_sms_url(url)

    @pytest.mark.parametrize(
        "url",
        [
            "json://gateway.example.org/?:to={phone}",
            "twilio://AC0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef@+15550100000/{phone}",
        ],
    )
    def test_usual_addresses_will_do(self, url):
        check_sms_url(url)


def _longest(language):
    """Return the longest window and source of a restoration time."""
    words = TEXTS[language]
    sources = [words[f"message.etr_source.{source}"] for source in ("crew", "dispatcher", "engine")]
    window = words["message.etr_window"].format(earliest="18:30", latest="01:15")
    return {"window": window, "source": max(sources, key=len)}


@pytest.mark.parametrize("kind", MessageKind)
def test_a_text_message_fits_into_one(kind):
    at = datetime(2026, 11, 23, 18, 30, tzinfo=UTC).strftime("%m-%d %H:%M")
    values = {"outage": "O-1234567", "started": at, "etr": at, "restored": at, "window": "", "source": ""}
    values |= {"starts": at, "ends": at, "old_starts": at, "old_ends": at}
    english, chinese = (
        TEXTS[language][f"message.{kind}.sms"].format_map({**values, **_longest(language)})
        for language in ("en", "zh")
    )
    assert set(english) <= GSM
    assert len(english) <= 160
    assert len(chinese) <= 70
    for language, said in (("en", english), ("zh", chinese)):
        unknown = said.replace(at, TEXTS[language]["message.etr_unknown"])
        assert len(unknown) <= (160 if language == "en" else 70)
