"""The customer's pages about messages: choose, leave by a link, go on from a link, the own calendar."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select, text

from api.settings import MessageSettings
from api.vocabulary import read_vocabulary
from dispatch.message_links import LinkPurpose, link_token
from dispatch.message_rules import MessageRules, put_message_rules_in_force
from dispatch.message_tables import AddressConfirmationRow, MessagePreferenceRow, MessageSubscriptionRow
from dispatch.notifications import set_channels
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction

KEY = b"k" * 32
SCRIPT = '"><script>alert(1)</script>'
USUAL = {"outages": "1", "planned": "1", "language": "en", "email": "1", "email_address": ""}


@pytest.fixture
def told(world):
    """A world with every channel, whose customers c1, c2, c3 wait for a message; return the first one."""
    world.app.state.messages = MessageSettings(webhook_hosts="hooks.example.org")
    with intake_transaction(world.engine) as session:
        put_message_rules_in_force(session, rules=MessageRules(public_url="https://o.example"), new_key=KEY)
        set_channels(session, channels=["email", "sms", "wecom", "webhook"])
    return world


@pytest.fixture
def message(told):
    """A message to c1 by mail."""
    meters, dispatcher = told.client("meter_system"), told.client("dispatcher")
    for household in ("c1", "c2", "c3"):
        meters.post("/api/evidence", json=told.call(household))
    told.analyse()
    outage = dispatcher.get("/api/outages").json()["outages"][0]
    dispatcher.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
    with read_transaction(told.engine) as session:
        query = select(NotificationRow.id).where(
            NotificationRow.account == "A-c1", NotificationRow.channel == "email"
        )
        return session.scalar(query)


def link(purpose, number):
    return f"/supply/{purpose}/{link_token(KEY, purpose=purpose, number=number)}"


def chosen(world, account="A-a1"):
    with read_transaction(world.engine) as session:
        rows = session.scalars(
            select(MessageSubscriptionRow).where(MessageSubscriptionRow.account == account)
        )
        return {row.channel: (row.address, row.left_at is None) for row in rows}


def preference(world, account="A-a1"):
    with read_transaction(world.engine) as session:
        return session.get(MessagePreferenceRow, account)


def code_of(world, channel, account="A-a1"):
    """Return the code that was sent last."""
    row = AddressConfirmationRow
    query = select(row.code).where(row.account == account, row.channel == channel).order_by(row.id.desc())
    with read_transaction(world.engine) as session:
        return session.scalar(query.limit(1))


def confirm(client, channel, code):
    return client.post("/supply/messages/confirm", data={"channel": channel, "code": code})


class TestConfirming:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_the_page_asks_for_the_code_and_says_what_became_of_it(self, told, visitor, language):
        client, words = visitor("a1", language=language), read_vocabulary()[language]
        client.post("/supply/messages", data={**USUAL, "email_address": "me@example.net"})
        page = client.get("/supply/messages")
        assert words["customer.messages.confirm.sent"].format(address="me@example.net") in page.text
        assert 'autocomplete="one-time-code"' in page.text
        code = code_of(told, "email")
        wrong = confirm(client, "email", "12" if code != "12" else "21")
        assert wrong.status_code == 422
        assert words["customer.messages.problem.code_wrong"] in wrong.text
        answer = confirm(client, "email", code)
        assert answer.headers["location"] == "/supply/messages?said=confirmed"
        page = client.get("/supply/messages?said=confirmed")
        assert words["customer.messages.confirmed"] in page.text
        assert "one-time-code" not in page.text
        assert words["customer.messages.problem.code_ended"] in confirm(client, "email", code).text

    def test_another_code_ends_the_one_before(self, told, visitor):
        client = visitor("a1")
        client.post("/supply/messages", data={**USUAL, "email_address": "me@example.net"})
        first = code_of(told, "email")
        again = client.post("/supply/messages/confirm", data={"channel": "email", "again": "1"})
        assert again.headers["location"] == "/supply/messages?said=code_sent"
        assert confirm(client, "email", first).status_code == (
            303 if first == code_of(told, "email") else 422
        )
        for _ in range(4):
            answer = client.post("/supply/messages/confirm", data={"channel": "email", "again": "1"})
        assert read_vocabulary()["en"]["customer.messages.problem.codes"] in answer.text

    @pytest.mark.usefixtures("told")
    def test_without_a_pass_or_with_nonsense_nothing_is_confirmed(self, visitor):
        assert confirm(visitor(), "email", "123456").headers["location"] == "/supply"
        for channel in ("email", "pigeon", SCRIPT):
            answer = confirm(visitor("a1"), channel, SCRIPT)
            assert answer.status_code == 422
            assert "<script>" not in answer.text


class TestChoosing:
    @pytest.mark.usefixtures("told")
    def test_the_page_shows_what_holds_without_a_choice_and_never_a_whole_address(self, visitor):
        page = visitor("a1").get("/supply/messages")
        assert page.status_code == 200
        assert "a…@example.org" in page.text
        assert "a1@example.org" not in page.text
        assert re.search(r'name="email" value="1" checked', page.text)
        assert re.search(r'name="sms" value="1" checked', page.text)
        assert not re.search(r'name="(wecom|webhook)" value="1" checked', page.text)
        assert len(page.content) < 12_000

    def test_without_a_pass_nothing_is_shown_or_kept(self, told, visitor):
        assert visitor().get("/supply/messages").headers["location"] == "/supply"
        assert visitor().post("/supply/messages", data=USUAL).headers["location"] == "/supply"
        assert chosen(told) == {}

    def test_what_is_chosen_is_kept_and_shown(self, told, visitor):
        client = visitor("a1")
        answer = client.post(
            "/supply/messages",
            data={
                **USUAL,
                "language": "zh",
                "email_address": " me@example.net ",
                "webhook": "1",
                "webhook_address": "https://hooks.example.org/my",
                "quiet": "1",
                "quiet_from": "22:30",
                "quiet_until": "6:45",
            },
        )
        assert answer.headers["location"] == "/supply/messages?said=saved"
        page = client.get("/supply/messages?said=saved")
        assert "Saved" in page.text
        assert 'value="me@example.net"' in page.text
        # Nothing goes to either address before its code was typed.
        assert chosen(told) == {"sms": (None, False)}
        kept = preference(told)
        assert (kept.language, kept.quiet_from, kept.quiet_until) == ("zh", 22 * 60 + 30, 6 * 60 + 45)
        assert (kept.outages, kept.progress, kept.planned) == (True, False, True)
        for channel in ("email", "webhook"):
            confirm(client, channel, code_of(told, channel))
        assert chosen(told) == {
            "email": ("me@example.net", True),
            "sms": (None, False),
            "webhook": ("https://hooks.example.org/my", True),
        }

    def test_chosen_by_mistake_twice_it_is_the_same(self, told, visitor):
        client = visitor("a1")
        for _ in range(2):
            client.post("/supply/messages", data=USUAL)
        assert chosen(told) == {"email": (None, True), "sms": (None, False)}

    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize(
        ("problem", "fields"),
        [
            ("sms", {"sms": "1", "sms_address": "0151-CALL-ME"}),
            ("email", {"email_address": "nobody at home"}),
            ("webhook", {"webhook": "1", "webhook_address": "https://10.0.0.1/admin"}),
            ("wecom", {"wecom": "1", "wecom_address": ""}),
            ("quiet", {"quiet": "1", "quiet_from": "late", "quiet_until": "7:00"}),
            ("quiet", {"quiet": "1", "quiet_from": "7:00", "quiet_until": "7:00"}),
        ],
    )
    def test_what_cannot_be_taken_is_said_and_what_was_typed_stays(
        self, told, visitor, problem, fields, language
    ):
        answer = visitor("a1", language=language).post("/supply/messages", data={**USUAL, **fields})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert read_vocabulary()[language][f"customer.messages.problem.{problem}"] in answer.text
        for typed in fields.values():
            assert typed in answer.text
        assert chosen(told) == {}
        assert preference(told) is None

    @pytest.mark.usefixtures("told")
    def test_a_script_in_every_field_stays_text(self, visitor):
        client = visitor("a1")
        fields = {f"{name}_address": SCRIPT for name in ("email", "sms", "wecom", "webhook")}
        fields |= {"quiet_from": SCRIPT, "quiet_until": SCRIPT, "language": SCRIPT, "quiet": SCRIPT}
        for name in ("email", "sms", "wecom", "webhook", "outages"):
            answer = client.post("/supply/messages", data={**fields, name: SCRIPT})
            assert "<script>" not in answer.text
        assert "<script>" not in client.get(f"/supply/messages?said={SCRIPT}").text

    def test_a_form_of_another_site_is_not_read(self, told, visitor):
        client = visitor("a1")
        answer = client.post("/supply/messages", data=USUAL, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert chosen(told) == {}


class TestLeaving:
    def test_looking_at_the_link_changes_nothing_and_its_button_leaves(self, told, visitor, message):
        client, address = visitor(), link(LinkPurpose.LEAVE, message)
        page = client.get(address)
        assert page.status_code == 200
        assert "Stop messages by e-mail" in page.text
        assert "A-c1" not in page.text
        assert chosen(told, "A-c1") == {}
        assert "Nothing more comes by e-mail" in client.post(address).text
        assert chosen(told, "A-c1") == {"email": (None, False)}

    @pytest.mark.parametrize(("language", "said"), [("en", "All is well already"), ("zh", "无需再操作")])
    @pytest.mark.usefixtures("told")
    def test_used_twice_it_says_so_kindly(self, visitor, message, language, said):
        client, address = visitor(language=language), link(LinkPurpose.LEAVE, message)
        client.post(address)
        for answer in (client.post(address), client.get(address)):
            assert answer.status_code == 200
            assert said in answer.text

    def test_a_mail_program_leaves_for_its_reader_with_one_tap(self, told, visitor, message):
        answer = visitor().post(
            link(LinkPurpose.LEAVE, message),
            content=b"List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
        assert chosen(told, "A-c1") == {"email": (None, False)}

    def test_nobody_can_make_a_link(self, told, visitor, message):
        right = link(LinkPurpose.LEAVE, message)
        wrong = [right[:-1], right + "x", right.replace("stop", "go"), "/supply/stop/1.", "/supply/stop/%00"]
        wrong.append(right.replace(f"/{message}.", f"/{message + 1}."))
        for address in wrong:
            assert visitor().post(address).status_code in {404, 405, 422}, address
        assert chosen(told, "A-c1") == {}


class TestGoingOn:
    @pytest.mark.usefixtures("told")
    def test_a_link_leads_to_the_own_page_without_typing(self, visitor, message):
        client = visitor()
        answer = client.get(link(LinkPurpose.OPEN, message))
        assert answer.headers["location"] == "/supply/mine"
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert client.get("/supply/mine").status_code == 200

    def test_after_a_week_it_leads_to_the_start(self, told, visitor, message):
        with told.engine.begin() as connection:
            connection.execute(text("UPDATE notification SET queued_at = queued_at - interval '8 days'"))
        answer = visitor().get(link(LinkPurpose.OPEN, message))
        assert answer.headers["location"] == "/supply"
        assert "set-cookie" not in answer.headers

    @pytest.mark.usefixtures("told")
    def test_a_link_to_leave_opens_no_page(self, visitor, message):
        address = link(LinkPurpose.LEAVE, message).replace("/stop/", "/go/")
        assert visitor().get(address).status_code == 404


class TestTheCalendar:
    def test_planned_work_stands_in_it_and_a_new_address_ends_the_old_one(self, told, visitor):
        now = datetime.now(UTC).replace(microsecond=0)
        with told.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO planned_outage (id, version, status, work, starts_at, ends_at, text, "
                    "requested_by, requested_at) VALUES ('P-1', 7, 'notified', 'planned', :starts, :ends, "
                    ":text, 'w', :now)"
                ),
                {
                    "starts": now + timedelta(days=2),
                    "ends": now + timedelta(days=2, hours=3),
                    "text": "A new transformer; 换变压器, with a \\ and a\nline",
                    "now": now,
                },
            )
            connection.execute(text("INSERT INTO planned_service_point VALUES ('P-1', 'a1')"))
        client = visitor("a1")
        addresses = []
        for _ in range(2):
            page = client.post("/supply/messages/calendar")
            addresses.append(re.search(r'/supply/calendar/[^"<]+\.ics', page.text)[0])
        assert visitor().get(addresses[0]).status_code == 404
        answer = visitor().get(addresses[1])
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        calendar = Calendar.from_ical(answer.content)
        (event,) = calendar.walk("VEVENT")
        assert event["SUMMARY"] == "Power off: planned work"
        assert event["DTSTART"].dt == now + timedelta(days=2)
        assert event["DTEND"].dt == now + timedelta(days=2, hours=3)
        assert "换变压器, with a \\ and a\nline" in event["DESCRIPTION"]
        assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("P-1@relight", 7, "CONFIRMED")
        assert b"A-a1" not in answer.content

    @pytest.mark.usefixtures("told")
    def test_another_customers_work_is_not_in_it(self, visitor):
        page = visitor("b1").post("/supply/messages/calendar")
        address = re.search(r'/supply/calendar/[^"<]+\.ics', page.text)[0]
        assert not Calendar.from_ical(visitor().get(address).content).walk("VEVENT")

    @pytest.mark.usefixtures("told")
    def test_a_secret_that_is_none_opens_nothing(self, visitor):
        assert visitor().get("/supply/calendar/nothing.ics").status_code == 404


class TestForApps:
    def test_a_customer_reads_and_keeps_the_own_choice(self, told):
        client = told.client("customer")
        before = client.get("/api/my-subscriptions").json()
        assert [one["channel"] for one in before["channels"] if one["is_on"]] == ["email", "sms"]
        order = {"channels": {"sms": "+49 151 2345678"}, "quiet_from": "22:00", "quiet_until": "07:00"}
        waits = client.put("/api/my-subscriptions", json=order).json()
        assert [one["waiting"] for one in waits["channels"]] == [None, "+491512345678", None, None]
        refused = client.post("/api/my-subscriptions/confirm", json={"channel": "sms", "code": "-"})
        assert refused.status_code == 422
        order = {"channel": "sms", "code": code_of(told, "sms", account="A-a1")}
        after = client.post("/api/my-subscriptions/confirm", json=order).json()
        assert [one["address"] for one in after["channels"] if one["is_on"]] == ["+491512345678"]
        assert (after["quiet_from"], after["quiet_until"]) == ("22:00", "07:00")
        path = client.post("/api/my-subscriptions/calendar").json()["path"]
        assert client.get(path).status_code == 200

    @pytest.mark.parametrize(
        "order",
        [
            {"channels": {"sms": "CALL-ME-NOW"}},
            {"channels": {"pigeon": "x"}},
            {"channels": {}, "quiet_from": "25:00", "quiet_until": "07:00"},
            {"channels": {}, "quiet_from": "22:00"},
            {"channels": {"email": "a\x00@example.org"}},
        ],
    )
    def test_what_cannot_be_kept_is_refused(self, told, order):
        client = told.client("customer")
        assert client.put("/api/my-subscriptions", json=order).status_code == 422
        assert chosen(told) == {}
