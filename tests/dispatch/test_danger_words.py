"""Warning everybody of an outage: whom it reaches, also in quiet hours, and nobody twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from api.demo.mail_sink import MailSink
from api.vocabulary import read_vocabulary
from dispatch.change_log import changes_of
from dispatch.channels import Channel
from dispatch.danger_words import Danger, danger_reach, tell_danger
from dispatch.delivery import Delivery, deliver_notifications
from dispatch.errors import Because, Conflict, UnknownThing
from dispatch.message_rules import MessageRules, QuietHours, put_message_rules_in_force
from dispatch.message_tables import MessagePreferenceRow
from dispatch.operations import confirm_outage, restore_outage, set_etr
from dispatch.subscriptions import leave_channel
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction

ALL_DAY = QuietHours(begins=0, ends=1439)


@pytest.fixture
def outage(world):
    """An outage of four households, all in their quiet hours; return its id."""
    with intake_transaction(world.engine) as session:
        put_message_rules_in_force(session, rules=MessageRules(quiet=ALL_DAY), new_key=b"k" * 32)
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (found,) = world.outages()
    world.do(confirm_outage, outage_id=found.id, version=None)
    return found.id


def warnings(world):
    with read_transaction(world.engine) as session:
        query = select(NotificationRow).where(NotificationRow.kind.like("danger_%"))
        return session.scalars(query.order_by(NotificationRow.id)).all()


def deliver(world, ids):
    with MailSink() as sink:
        delivery = Delivery(mail_url=sink.url, texts=read_vocabulary(), time_zone=world.now.tzinfo)
        deliver_notifications(world.engine, notification_ids=ids, delivery=delivery, now=world.now)
        return sink.last_messages()


def test_it_goes_to_everybody_at_once_also_in_quiet_hours_and_whatever_they_chose(world, outage):
    nothing = MessagePreferenceRow(
        account="A-a1",
        quiet_from=0,
        quiet_until=1439,
        outages=False,
        progress=False,
        planned=False,
        changed_at=world.now,
    )
    with intake_transaction(world.engine) as session:
        session.add(nothing)
    before = world.ask(danger_reach, outage_id=outage, danger=Danger.WIRE_DOWN)
    assert warnings(world) == []
    told = world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    assert told == before
    assert (told.customers, told.reached, told.told, told.unreached) == (4, 4, 0, 0)
    assert told.messages == {"email": 4}
    rows = warnings(world)
    assert {(row.account, row.status, row.rank) for row in rows} == {
        (f"A-a{n}", "queued", 0) for n in range(1, 5)
    }
    mails = deliver(world, [row.id for row in rows])
    assert len(mails) == 4
    assert all("10 " in mail.text for mail in mails)


def test_nobody_is_warned_of_the_same_twice_and_who_comes_later_is(world, outage):
    world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    with pytest.raises(Conflict) as refused:
        world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    assert refused.value.because is Because.DANGER_TOLD_ALREADY
    assert len(warnings(world)) == 4
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM notification WHERE account = 'A-a2' AND kind LIKE 'danger%%'")
    again = world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    assert (again.reached, again.told) == (1, 3)
    assert world.do(tell_danger, outage_id=outage, danger=Danger.KEEP_AWAY).reached == 4


def test_who_left_a_channel_is_not_told_there_and_counted_as_unreached(world, outage):
    with intake_transaction(world.engine) as session:
        leave_channel(session, account="A-a3", channel=Channel.EMAIL, now=world.now)
    told = world.do(tell_danger, outage_id=outage, danger=Danger.KEEP_AWAY)
    assert (told.customers, told.reached, told.unreached) == (4, 3, 1)


def test_it_stands_in_the_log_with_who_said_it_and_without_anybody_told(world, outage):
    world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    with read_transaction(world.engine) as session:
        last = changes_of(session, subject=f"outage:{outage}")[-1]
    assert (last.name, last.actor) == ("outage.danger_told", "wang")
    assert last.data == {"danger": "wire_down", "customers": 4, "messages": 4}


def test_of_an_outage_that_is_over_nobody_is_warned(world, outage):
    waiting = [row.id for row in warnings(world)]
    world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    world.later(30)
    world.do(restore_outage, outage_id=outage, version=None, restored_at=world.now)
    with pytest.raises(Conflict) as refused:
        world.do(tell_danger, outage_id=outage, danger=Danger.KEEP_AWAY)
    assert refused.value.because is Because.DANGER_OUTAGE_IS_OVER
    # What had not left by then says nothing any more.
    waiting = [row.id for row in warnings(world)]
    assert deliver(world, waiting) == []
    assert {(row.status, row.because) for row in warnings(world)} == {("dropped", "over")}


def test_it_leaves_also_to_those_who_have_supply_again(world, outage):
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE affected_service_point SET ended_at = now()")
    told = world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    assert told.reached == 4
    assert len(deliver(world, [row.id for row in warnings(world)])) == 4


def test_a_warning_keeps_no_other_message_back(world, outage):
    world.later(1)
    world.do(set_etr, outage_id=outage, version=None, etr_at=world.now + timedelta(hours=5))
    world.do(tell_danger, outage_id=outage, danger=Danger.WIRE_DOWN)
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET status = 'queued' WHERE kind = 'etr_changed'; "
            "UPDATE notification SET status = 'sent', sent_at = now() WHERE kind = 'confirmed'"
        )
    with read_transaction(world.engine) as session:
        changed = NotificationRow.kind == "etr_changed"
        ids = session.scalars(select(NotificationRow.id).where(changed)).all()
    assert len(deliver(world, ids)) == 4


def test_an_outage_that_there_is_not(world):
    with pytest.raises(UnknownThing):
        world.do(tell_danger, outage_id="O-none", danger=Danger.WIRE_DOWN)
