"""Messages leave through Apprise to a real SMTP server, each once, in the customer's language."""

import json
import socket
from datetime import UTC
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from dispatch.delivery import MAXIMUM_ATTEMPTS, Delivery, DeliveryFailed, deliver_notifications
from dispatch.mail import MailUnreachable
from dispatch.notifications import notification_summary
from dispatch.operations import confirm_outage
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
