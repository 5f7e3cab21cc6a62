"""Messages leave through Apprise to a real SMTP server, each once, in the customer's language."""

import json
import socket
from datetime import UTC, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text, update

from dispatch.channels import Channel
from dispatch.delivery import MAXIMUM_ATTEMPTS, Delivery, DeliveryFailed, deliver_notifications
from dispatch.mail import MailUnreachable
from dispatch.message_rules import MessageRules, put_message_rules_in_force
from dispatch.notifications import notification_summary
from dispatch.operations import confirm_outage, restore_outage, set_etr
from dispatch.subscriptions import leave_channel
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction

VOCABULARY = Path(__file__).parents[2] / "web" / "vocabulary"
TEXTS = {
    language: json.loads((VOCABULARY / f"{language}.json").read_text(encoding="utf-8"))
    for language in ("en", "zh")
}


class Mailbox:
    """An SMTP server that keeps what it is given, or refuses everything."""

    def __init__(self):
        self.mails = []
        self.refuses = False
        self.cuts_after = None

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd names it so
        if self.cuts_after is not None and len(self.mails) >= self.cuts_after:
            server.transport.abort()
            return "421 gone"
        if self.refuses:
            return "451 come back later"
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 taken"


@pytest.fixture
def mailbox():
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    box.stop = controller.stop
    yield box
    if controller.server is not None:
        controller.stop()


@pytest.fixture
def queued(world):
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    with read_transaction(world.engine) as session:
        return session.scalars(select(NotificationRow.id).order_by(NotificationRow.id)).all()


def deliver(world, mailbox, ids):
    delivery = Delivery(
        mail_url=f"mailto://127.0.0.1:{mailbox.port}/?from=outages@example.org&mode=insecure",
        texts=TEXTS,
        time_zone=UTC,
    )
    return deliver_notifications(world.engine, notification_ids=ids, delivery=delivery, now=world.now)


def rules(world, **changed):
    with intake_transaction(world.engine) as session:
        put_message_rules_in_force(session, rules=MessageRules(**changed), new_key=b"k" * 32)


def statuses(world):
    with read_transaction(world.engine) as session:
        query = select(NotificationRow.kind, NotificationRow.status, NotificationRow.because)
        return {tuple(row) for row in session.execute(query)}


def on_kind(world, kind):
    with read_transaction(world.engine) as session:
        query = select(NotificationRow.id).where(NotificationRow.kind == kind)
        return session.scalars(query.order_by(NotificationRow.id)).all()


def summary(world):
    return world.ask(notification_summary)


def test_each_customer_gets_one_mail_in_the_own_language(world, mailbox, queued):
    assert deliver(world, mailbox, queued) == 4
    addressed = sorted(address for addresses, _ in mailbox.mails for address in addresses)
    assert addressed == ["a1@example.org", "a2@example.org", "a3@example.org", "a4@example.org"]
    subjects = {addresses[0]: mail["Subject"] for addresses, mail in mailbox.mails}
    assert subjects["a1@example.org"] == "Power outage in your area"
    assert subjects["a2@example.org"] == "您所在区域停电"
    for addresses, mail in mailbox.mails:
        assert len(addresses) == 1
        assert mail["To"].count("@") == 1
    assert summary(world).sent == 4


def test_a_batch_sent_again_sends_nothing(world, mailbox, queued):
    deliver(world, mailbox, queued)
    assert deliver(world, mailbox, queued) == 0
    assert len(mailbox.mails) == 4


def test_what_is_refused_waits_for_another_try(world, mailbox, queued):
    mailbox.refuses = True
    with pytest.raises(DeliveryFailed):
        deliver(world, mailbox, queued)
    assert summary(world).queued == 4
    mailbox.refuses = False
    deliver(world, mailbox, queued)
    assert summary(world).sent == 4


def test_after_the_last_try_a_message_has_failed(world, mailbox, queued):
    mailbox.refuses = True
    for _ in range(MAXIMUM_ATTEMPTS):
        with pytest.raises(DeliveryFailed):
            deliver(world, mailbox, queued)
    assert summary(world).failed == 4


def test_what_was_under_way_when_it_broke_off_is_mailed_again_as_the_same_message(world, mailbox, queued):
    deliver(world, mailbox, queued)
    with intake_transaction(world.engine) as session:
        session.execute(update(NotificationRow).values(status="sending", sent_at=None))
    assert summary(world).sending == 4
    deliver(world, mailbox, queued)
    assert summary(world).sent == 4
    numbers = [mail["Message-ID"] for _, mail in mailbox.mails]
    assert len(numbers) == 8
    assert len(set(numbers)) == 4


def test_a_connection_cut_in_the_middle_leaves_one_uncertain_and_the_rest_waiting(world, mailbox, queued):
    mailbox.cuts_after = 2
    with pytest.raises(DeliveryFailed):
        deliver(world, mailbox, queued)
    found = summary(world)
    assert (found.sent, found.uncertain, found.queued) == (2, 1, 1)
    mailbox.cuts_after = None
    assert deliver(world, mailbox, queued) == 2
    assert summary(world).sent == 4


def test_no_address_reaches_a_log(world, mailbox, queued, caplog):
    caplog.set_level("DEBUG")
    deliver(world, mailbox, queued)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    assert not [message for message in ours if "@example.org" in message]


def test_a_server_that_is_away_leaves_everything_queued(world, mailbox, queued):
    mailbox.stop()
    with pytest.raises(MailUnreachable):
        deliver(world, mailbox, queued)
    assert summary(world).queued == 4


class TestWhatIsNotSent:
    def test_what_is_over_is_not_told_and_who_did_not_hear_of_it_not_that_it_is_over(
        self, world, mailbox, queued
    ):
        (outage,) = world.outages()
        world.later(30)
        world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
        restored = on_kind(world, "restored")
        assert deliver(world, mailbox, queued) == 0
        assert deliver(world, mailbox, restored) == 0
        assert not mailbox.mails
        assert statuses(world) == {("confirmed", "dropped", "over"), ("restored", "dropped", "never_told")}

    def test_who_heard_of_it_is_told_that_it_is_over(self, world, mailbox, queued):
        deliver(world, mailbox, queued)
        (outage,) = world.outages()
        world.later(30)
        world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
        assert deliver(world, mailbox, on_kind(world, "restored")) == 4

    def test_of_several_times_that_wait_only_the_last_is_told(self, world, mailbox, queued):
        deliver(world, mailbox, queued)
        (outage,) = world.outages()
        for hours in (5, 7):
            at = world.now + timedelta(hours=hours)
            world.do(set_etr, outage_id=outage.id, version=None, etr_at=at)
        changed = on_kind(world, "etr_changed")
        assert len(changed) == 8
        assert deliver(world, mailbox, changed[:4]) == 0
        assert deliver(world, mailbox, changed[4:]) == 4
        assert ("etr_changed", "dropped", "superseded") in statuses(world)

    def test_the_first_message_says_the_newest_time_itself(self, world, mailbox, queued):
        (outage,) = world.outages()
        at = world.now + timedelta(hours=5)
        world.do(set_etr, outage_id=outage.id, version=None, etr_at=at)
        assert deliver(world, mailbox, on_kind(world, "etr_changed")) == 0
        assert deliver(world, mailbox, queued) == 4
        assert all("2026-11-23 13:00" in mail.get_content() for _, mail in mailbox.mails[:1])

    def test_what_is_held_until_morning_keeps_nothing_back_tonight(self, world, mailbox, queued):
        deliver(world, mailbox, queued)
        (outage,) = world.outages()
        for hours in (5, 7):
            at = world.now + timedelta(hours=hours)
            world.do(set_etr, outage_id=outage.id, version=None, etr_at=at)
        changed = on_kind(world, "etr_changed")
        with intake_transaction(world.engine) as session:
            hold = update(NotificationRow).where(NotificationRow.id.in_(changed[4:]))
            session.execute(hold.values(status="held", not_before=world.now + timedelta(hours=9)))
        assert deliver(world, mailbox, changed[:4]) == 4

    def test_who_left_meanwhile_gets_no_more(self, world, mailbox, queued):
        with intake_transaction(world.engine) as session:
            leave_channel(session, account="A-a1", channel=Channel.EMAIL, now=world.now)
        assert deliver(world, mailbox, queued) == 3
        assert ("confirmed", "dropped", "left") in statuses(world)

    def test_who_has_no_address_any_more_is_told_of_at_the_desk(self, world, mailbox, queued):
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE customer SET email = NULL WHERE account = 'A-a1'"))
        assert deliver(world, mailbox, queued) == 3
        assert ("confirmed", "failed", "no_address") in statuses(world)

    def test_what_a_killed_worker_left_in_its_last_try_is_left_to_a_person(self, world, mailbox, queued):
        with intake_transaction(world.engine) as session:
            left = update(NotificationRow).where(NotificationRow.id == queued[0])
            session.execute(left.values(status="sending", attempts=MAXIMUM_ATTEMPTS))
        assert deliver(world, mailbox, queued) == 3
        assert ("confirmed", "uncertain", None) in statuses(world)


class TestTheThread:
    def test_a_mail_program_shows_one_outage_as_one_conversation(self, world, mailbox, queued):
        deliver(world, mailbox, queued)
        (outage,) = world.outages()
        at = world.now + timedelta(hours=5)
        world.do(set_etr, outage_id=outage.id, version=None, etr_at=at)
        deliver(world, mailbox, on_kind(world, "etr_changed"))
        to_a1 = [mail for addresses, mail in mailbox.mails if addresses == ["a1@example.org"]]
        first, second = to_a1
        assert first["References"] is None
        assert second["References"] == second["In-Reply-To"] == first["Message-ID"]
        assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == 8

    def test_without_a_public_address_there_are_no_links(self, world, mailbox, queued):
        rules(world)
        deliver(world, mailbox, queued)
        mail = mailbox.mails[0][1]
        assert mail["List-Unsubscribe"] is None
        assert "http" not in mail.get_content()

    def test_with_one_every_mail_says_how_it_goes_and_how_to_leave(self, world, mailbox, queued):
        rules(world, public_url="https://outages.example.org/")
        deliver(world, mailbox, queued)
        mail = mailbox.mails[0][1]
        leave = mail["List-Unsubscribe"].strip().strip("<>")
        assert leave.startswith("https://outages.example.org/supply/stop/")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        plain = mail.get_content()
        assert leave in plain
        assert "https://outages.example.org/supply/go/" in plain
        assert "A-a1" not in plain
