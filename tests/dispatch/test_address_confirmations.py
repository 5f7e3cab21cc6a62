"""An address that was typed gets one code, and nothing else before that is typed back."""

from __future__ import annotations

import json
from datetime import UTC

import pytest
from sqlalchemy import select, text

from api.demo.mail_sink import MailSink
from api.vocabulary import read_vocabulary
from dispatch.address_confirmations import (
    CODES_A_DAY,
    CODES_AN_HOUR,
    CodeAnswer,
    Codes,
    forget_old_codes,
    old_codes_wait,
)
from dispatch.channels import Channel
from dispatch.code_delivery import deliver_code
from dispatch.delivery import Delivery
from dispatch.errors import InvalidInput
from dispatch.mail import MailUnreachable
from dispatch.message_tables import AddressConfirmationRow, MessageSubscriptionRow
from dispatch.notifications import set_channels
from dispatch.operations import confirm_outage
from dispatch.subscriptions import (
    Preferences,
    confirm_address,
    leave_channel,
    read_subscriptions,
    save_subscriptions,
    send_another_code,
)
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction

NEW = "new@example.net"


@pytest.fixture
def world(world):
    with intake_transaction(world.engine) as session:
        set_channels(session, channels=["email", "sms", "wecom", "webhook"])
    world.codes = iter(f"{number:06}" for number in range(100_000, 200_000))
    return world


def codes(world):
    return Codes(make=lambda: next(world.codes), now=world.now)


def save(world, channels, account="A-a1"):
    with intake_transaction(world.engine) as session:
        save_subscriptions(
            session,
            account=account,
            preferences=Preferences(language="en", quiet=None),
            channels=channels,
            webhook_hosts=["hooks.example.org"],
            codes=codes(world),
            now=world.now,
        )


def confirm(world, code, channel=Channel.EMAIL, account="A-a1"):
    with intake_transaction(world.engine) as session:
        return confirm_address(
            session, account=account, channel=channel, code=code, real_now=world.now, now=world.now
        )


def rows(world):
    with read_transaction(world.engine) as session:
        return session.scalars(select(AddressConfirmationRow).order_by(AddressConfirmationRow.id)).all()


def choice(world, channel=Channel.EMAIL, account="A-a1"):
    with read_transaction(world.engine) as session:
        found = read_subscriptions(session, account=account, real_now=world.now)
    return next(one for one in found.channels if one.channel is channel)


def owed(world):
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    with read_transaction(world.engine) as session:
        query = select(NotificationRow.channel).where(NotificationRow.account == "A-a1")
        return sorted(session.scalars(query))


def deliver(world, sink, number):
    delivery = Delivery(mail_url=sink.url, texts=read_vocabulary(), time_zone=UTC)
    return deliver_code(world.engine, confirmation_id=number, delivery=delivery, now=world.now)


def test_a_new_address_waits_and_what_held_before_holds(world):
    save(world, {Channel.EMAIL: NEW, Channel.WEBHOOK: "https://hooks.example.org/mine"})
    one = choice(world)
    assert (one.is_on, one.address, one.waiting.address) == (True, None, NEW)
    hook = choice(world, Channel.WEBHOOK)
    assert (hook.is_on, hook.waiting.address) == (False, "https://hooks.example.org/mine")
    # The mail goes to what is on file; nothing to the program, whose owner has said nothing.
    assert owed(world) == ["email"]
    with read_transaction(world.engine) as session:
        assert session.get(MessageSubscriptionRow, ("A-a1", "email")) is None


def test_the_code_typed_back_lets_messages_go_there(world):
    save(world, {Channel.EMAIL: NEW})
    assert confirm(world, "999999") is CodeAnswer.WRONG
    # As people type it, on a Chinese keyboard too.
    assert confirm(world, " １００ 000 ") is CodeAnswer.RIGHT
    one = choice(world)
    assert (one.is_on, one.address, one.waiting) == (True, NEW, None)
    assert confirm(world, "100000") is CodeAnswer.ENDED


@pytest.mark.parametrize(
    ("channel", "typed"), [(Channel.EMAIL, "A1@Example.org"), (Channel.SMS, "+1 (555) 010-0000")]
)
def test_what_is_on_file_needs_no_code(world, channel, typed):
    save(world, {channel: typed})
    assert rows(world) == []
    one = choice(world, channel)
    assert (one.is_on, one.address, one.waiting) == (True, None, None)


def test_saved_again_it_is_the_same_code_and_another_address_ends_it(world):
    save(world, {Channel.EMAIL: NEW})
    save(world, {Channel.EMAIL: NEW})
    assert [row.code for row in rows(world)] == ["100000"]
    save(world, {Channel.EMAIL: "another@example.net"})
    assert confirm(world, "100000") is CodeAnswer.WRONG
    assert confirm(world, "100001") is CodeAnswer.RIGHT
    assert choice(world).address == "another@example.net"


def test_who_gives_it_up_is_asked_no_more(world):
    save(world, {Channel.EMAIL: NEW})
    save(world, {Channel.EMAIL: None})
    assert confirm(world, "100000") is CodeAnswer.ENDED
    assert choice(world).waiting is None


def test_who_left_comes_back_by_the_code(world):
    with intake_transaction(world.engine) as session:
        leave_channel(session, account="A-a1", channel=Channel.EMAIL, now=world.now)
    save(world, {Channel.EMAIL: NEW})
    assert not choice(world).is_on
    assert confirm(world, "100000") is CodeAnswer.RIGHT
    assert choice(world).is_on


def test_after_five_wrong_tries_or_an_hour_the_right_one_is_worth_nothing(world):
    save(world, {Channel.EMAIL: NEW})
    assert [confirm(world, "111111") for _ in range(6)] == [CodeAnswer.WRONG] * 5 + [CodeAnswer.ENDED]
    assert confirm(world, "100000") is CodeAnswer.ENDED
    with intake_transaction(world.engine) as session:
        assert send_another_code(session, account="A-a1", channel=Channel.EMAIL, codes=codes(world))
    world.later(61)
    assert confirm(world, "100001") is CodeAnswer.ENDED
    assert choice(world).waiting is None


def test_codes_are_few_for_an_account_and_for_an_address(world):
    for number in range(CODES_AN_HOUR):
        save(world, {Channel.EMAIL: f"n{number}@example.net"})
    with pytest.raises(InvalidInput) as refused:
        save(world, {Channel.EMAIL: "one.more@example.net"})
    assert refused.value.field == "codes"
    for account in ("A-a2", "A-a3", "A-a4", "A-b1")[:CODES_A_DAY]:
        save(world, {Channel.EMAIL: "victim@example.net"}, account=account)
    with pytest.raises(InvalidInput):
        save(world, {Channel.EMAIL: "victim@example.net"}, account="A-b2")
    assert len(rows(world)) == CODES_AN_HOUR + CODES_A_DAY
    world.later(25 * 60)
    with read_transaction(world.engine) as session:
        assert old_codes_wait(session, now=world.now)
    with intake_transaction(world.engine) as session:
        forget_old_codes(session, now=world.now)
    assert rows(world) == []
    save(world, {Channel.EMAIL: "one.more@example.net"})


def test_the_code_is_sent_once_and_the_job_says_neither_code_nor_address(world, caplog):
    save(world, {Channel.EMAIL: NEW})
    (row,) = rows(world)
    with world.engine.connect() as connection:
        job = connection.execute(text("SELECT queue_name, args FROM procrastinate_jobs")).one()
    assert job == ("notifications_email", {"confirmation_id": row.id})
    with MailSink() as sink:
        assert deliver(world, sink, row.id)
        assert not deliver(world, sink, row.id)
        (mail,) = sink.last_messages()
    assert mail.to == NEW
    assert row.code in mail.subject
    assert row.code in mail.text
    assert NEW not in caplog.text
    assert row.code not in caplog.text


def test_without_a_connection_it_is_tried_again(world):
    save(world, {Channel.EMAIL: NEW})
    (row,) = rows(world)
    with MailSink() as sink:
        gone = sink.url
    delivery = Delivery(mail_url=gone, texts=read_vocabulary(), time_zone=UTC)
    with pytest.raises(MailUnreachable):
        deliver_code(world.engine, confirmation_id=row.id, delivery=delivery, now=world.now)
    with MailSink() as sink:
        assert deliver(world, sink, row.id)


@pytest.mark.parametrize("ended", ["typed back", "too old", "gone"])
def test_a_code_that_is_worth_nothing_is_not_sent(world, ended):
    save(world, {Channel.EMAIL: NEW})
    (row,) = rows(world)
    if ended == "typed back":
        confirm(world, "100000")
    else:
        world.later(61 if ended == "too old" else 25 * 60)
    if ended == "gone":
        with intake_transaction(world.engine) as session:
            forget_old_codes(session, now=world.now)
    with MailSink() as sink:
        assert not deliver(world, sink, row.id)
        assert sink.last_messages() == []


def test_a_program_gets_the_code_as_a_field_of_its_own(world, monkeypatch):
    save(world, {Channel.WEBHOOK: "https://hooks.example.org/mine"})
    (row,) = rows(world)
    sent = {}
    monkeypatch.setattr("dispatch.delivery.send_webhook", lambda **said: sent.update(said))
    delivery = Delivery(webhook_hosts=["hooks.example.org"], texts=read_vocabulary(), time_zone=UTC)
    deliver_code(world.engine, confirmation_id=row.id, delivery=delivery, now=world.now)
    assert sent["address"] == "https://hooks.example.org/mine"
    assert (sent["facts"]["kind"], sent["facts"]["code"]) == ("confirm_address", row.code)
    assert json.dumps(dict(sent["facts"]))
