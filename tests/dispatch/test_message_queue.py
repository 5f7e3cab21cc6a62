"""Queueing messages: exactly once to everyone concerned, against a twin that asks one customer at a time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import procrastinate
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from dispatch.channels import Channel
from dispatch.message_kinds import TOPIC_OF, MessageKind
from dispatch.message_queue import BATCH_SIZE, DELIVERY_TASK, About, queue_messages, release_held
from dispatch.message_rules import MessageRules, QuietHours, put_message_rules_in_force
from dispatch.message_tables import MessagePreferenceRow, MessageSubscriptionRow
from dispatch.notifications import queue_notifications, set_channels
from dispatch.operations import confirm_outage
from dispatch.tables import AffectedRow, MessageChannelRow, NotificationRow, OutageRow
from dispatch.transactions import intake_transaction, read_transaction
from gis.tables import CustomerRow, ServicePointRow

ZONE = "Asia/Shanghai"
RANKS = {"life_support": 0, "important_1": 1, "important_2": 2, "sensitive": 3, None: 4}
MINUTES = st.integers(0, 1439)
QUIET = st.none() | st.tuples(MINUTES, MINUTES)
HOUSEHOLDS = ["a1", "a2", "a3", "a4"]

choices = st.fixed_dictionaries(
    {
        "email": st.sampled_from([None, "someone@example.org"]),
        "phone": st.sampled_from([None, "+1 555 010 0001"]),
        "language": st.sampled_from([None, "en", "zh-CN"]),
        "priority": st.sampled_from(list(RANKS)),
        "preference": st.none()
        | st.fixed_dictionaries(
            {
                "language": st.sampled_from([None, "en", "zh"]),
                "quiet": QUIET,
                "outages": st.booleans(),
                "progress": st.booleans(),
                "planned": st.booleans(),
            }
        ),
        "subscriptions": st.dictionaries(
            st.sampled_from(list(Channel)), st.sampled_from(["own", "on file", "left"]), max_size=3
        ),
    }
)


@pytest.fixture
def outage(world):
    """An outage of four households, confirmed, whose first messages are out of the way."""
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (found,) = world.outages()
    world.do(confirm_outage, outage_id=found.id, version=None)
    return found.id


def forget(session):
    """Take back what an example before this one left."""
    session.execute(delete(NotificationRow))
    session.execute(delete(MessagePreferenceRow))
    session.execute(delete(MessageSubscriptionRow))
    session.execute(delete(MessageChannelRow))
    session.execute(text("DELETE FROM procrastinate_jobs"))


def arrange(session, world, chosen, *, site_quiet, there):
    """Let the customers be as drawn."""
    forget(session)
    quiet = QuietHours(*site_quiet) if site_quiet else None
    put_message_rules_in_force(session, rules=MessageRules(time_zone=ZONE, quiet=quiet), new_key=b"k" * 32)
    set_channels(session, channels=there)
    for household, choice in chosen.items():
        customer = session.get_one(CustomerRow, (world.network_version, f"A-{household}"))
        customer.email, customer.phone = choice["email"], choice["phone"]
        customer.phone_digits = "15550100001" if choice["phone"] else None
        customer.language = choice["language"]
        session.get_one(ServicePointRow, (world.network_version, household)).priority = choice["priority"]
        preference = choice["preference"]
        if preference is not None:
            begins, ends = preference["quiet"] or (None, None)
            session.add(
                MessagePreferenceRow(
                    account=f"A-{household}",
                    language=preference["language"],
                    quiet_from=begins,
                    quiet_until=ends,
                    outages=preference["outages"],
                    progress=preference["progress"],
                    planned=preference["planned"],
                    changed_at=world.now,
                )
            )
        for channel, state in choice["subscriptions"].items():
            if state == "on file" and channel not in (Channel.EMAIL, Channel.SMS):
                continue
            session.add(
                MessageSubscriptionRow(
                    account=f"A-{household}",
                    channel=str(channel),
                    address="address" if state == "own" else None,
                    left_at=world.now if state == "left" else None,
                    changed_at=world.now,
                )
            )
    session.flush()


def quiet_until(quiet, now):
    """Return when quiet hours end, minute by minute: slow and obviously right."""
    if quiet is None or quiet[0] == quiet[1]:
        return None
    begins, ends = quiet
    silent, minute = set(), begins
    while minute != ends:
        silent.add(minute)
        minute = (minute + 1) % 1440
    local = now.astimezone(ZoneInfo(ZONE)).replace(second=0, microsecond=0)
    if local.hour * 60 + local.minute not in silent:
        return None
    while local.hour * 60 + local.minute != ends:
        local += timedelta(minutes=1)
    return local


def twin(chosen, *, kind, site_quiet, there, now):
    """Return who is owed what, asking one customer and one channel at a time."""
    owed = set()
    for household, choice in chosen.items():
        preference = choice["preference"]
        if preference is not None and not preference[TOPIC_OF[kind]]:
            continue
        language = (preference or {}).get("language") or (
            "zh" if (choice["language"] or "").startswith("zh") else "en"
        )
        rank = RANKS[choice["priority"]]
        until = quiet_until(preference["quiet"] if preference else site_quiet, now)
        for channel in Channel:
            if channel is not Channel.EMAIL and channel not in there:
                continue
            state = choice["subscriptions"].get(channel)
            on_file = {Channel.EMAIL: choice["email"], Channel.SMS: choice["phone"]}.get(channel)
            if state == "left" or (state != "own" and on_file is None):
                continue
            held = until if rank > 0 else None
            owed.add((f"A-{household}", str(channel), language, rank, held))
    return owed


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.fixed_dictionaries(dict.fromkeys(HOUSEHOLDS, choices)),
    site_quiet=QUIET,
    there=st.sets(st.sampled_from(list(Channel))),
    kind=st.sampled_from([MessageKind.CONFIRMED, MessageKind.CREW_EN_ROUTE, MessageKind.ETR_CHANGED]),
    minute=MINUTES,
)
def test_everyone_concerned_is_owed_exactly_what_the_twin_says(  # noqa: PLR0917
    world, outage, chosen, site_quiet, there, kind, minute
):
    now = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=minute)
    with Session(world.engine) as session:
        arrange(session, world, chosen, site_quiet=site_quiet, there=there)
        row = session.get_one(OutageRow, outage)
        position = session.scalar(text("SELECT max(position) FROM change_log"))
        owed = twin(chosen, kind=kind, site_quiet=site_quiet, there=there, now=now)
        order = {"outage": row, "kind": kind, "change_position": position, "now": now}
        assert queue_notifications(session, **order) == len(owed)
        assert queue_notifications(session, **order) == 0
        rows = session.scalars(select(NotificationRow).order_by(NotificationRow.id)).all()
        assert {(r.account, r.channel, r.language, r.rank, r.not_before) for r in rows} == owed
        assert len(rows) == len(owed)
        _assert_jobs_hold_each_once(session, rows)
        session.rollback()


def _assert_jobs_hold_each_once(session, rows):
    """Each message that may leave is in one batch of its own channel, language and rank; others in none."""
    jobs = session.execute(
        text("SELECT queue_name, priority, args -> 'notification_ids' FROM procrastinate_jobs ORDER BY id")
    ).all()
    in_jobs = Counter(id for _, _, ids in jobs for id in ids)
    assert in_jobs == Counter(row.id for row in rows if row.status == "queued")
    by_id = {row.id: row for row in rows}
    for queue, priority, ids in jobs:
        kinds = {(by_id[id].channel, by_id[id].language, by_id[id].rank) for id in ids}
        assert len(kinds) == 1
        ((channel, _, rank),) = kinds
        assert (queue, priority) == (f"notifications_{channel}", 4 - rank)


def test_a_job_is_as_procrastinate_itself_would_write_it(outage, world):
    assert outage
    with intake_transaction(world.engine) as session:
        app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        connection = session.connection().connection.driver_connection
        task = app.configure_task(DELIVERY_TASK, queue="theirs", connection=connection)
        number = task.defer(notification_ids=[1, 2])
        jobs = [dict(row) for row in session.execute(text("SELECT * FROM procrastinate_jobs")).mappings()]
        events = text("SELECT DISTINCT type FROM procrastinate_events GROUP BY job_id, type")
        assert session.scalars(events).all() == ["deferred"]
    assert {len(job.pop("args")["notification_ids"]) > 0 for job in jobs} == {True}
    assert number in {job.pop("id") for job in jobs}
    assert {job.pop("queue_name") for job in jobs} == {"notifications_email", "theirs"}
    assert all(job == jobs[0] for job in jobs)


def test_critical_customers_are_in_the_batches_that_are_taken_first(world, outage):
    with intake_transaction(world.engine) as session:
        forget(session)
        session.get_one(ServicePointRow, (world.network_version, "a3")).priority = "life_support"
        session.flush()
        row = session.get_one(OutageRow, outage)
        position = session.scalar(text("SELECT max(position) FROM change_log"))
        kind = MessageKind.CREW_EN_ROUTE
        queue_notifications(session, outage=row, kind=kind, change_position=position, now=world.now)
        first = session.execute(
            text(
                "SELECT args -> 'notification_ids' FROM procrastinate_jobs ORDER BY priority DESC, id LIMIT 1"
            )
        ).scalar_one()
        accounts = select(NotificationRow.account).where(NotificationRow.id.in_(first))
        assert session.scalars(accounts).all() == ["A-a3"]


def test_a_great_outage_is_batched_without_losing_or_doubling_anybody(world, outage):
    count = 3 * BATCH_SIZE + 7
    with intake_transaction(world.engine) as session:
        forget(session)
        version = world.network_version
        session.execute(
            text(
                "INSERT INTO service_point (network_version, id, node, phases, customers, account) "
                "SELECT :version, 'G' || n, 'N3', 'ABC', 1, 'G' || n FROM generate_series(1, :count) AS n"
            ),
            {"version": version, "count": count},
        )
        session.execute(
            text(
                "INSERT INTO customer (network_version, account, email) "
                "SELECT :version, 'G' || n, n || '@example.org' FROM generate_series(1, :count) AS n"
            ),
            {"version": version, "count": count},
        )
        position = session.scalar(text("SELECT max(position) FROM change_log"))
        about = About(
            network_version=version,
            outage_id=outage,
            service_points=[f"G{n}" for n in range(1, count + 1)],
        )
        kind = MessageKind.ETR_CHANGED
        queued = queue_messages(session, about=about, kind=kind, change_position=position, now=world.now)
        assert queued == count + 4
        batches = session.scalars(text("SELECT args -> 'notification_ids' FROM procrastinate_jobs")).all()
        assert sorted(map(len, batches), reverse=True)[:3] == [BATCH_SIZE] * 3
        ids = [id for batch in batches for id in batch]
        assert sorted(ids) == sorted(session.scalars(select(NotificationRow.id)))


def test_what_was_held_is_queued_when_its_quiet_hours_are_over(world):
    with intake_transaction(world.engine) as session:
        rules = MessageRules(quiet=QuietHours(7 * 60, 9 * 60))
        put_message_rules_in_force(session, rules=rules, new_key=b"k" * 32)
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)  # at eight
    with intake_transaction(world.engine) as session:
        assert set(session.scalars(select(NotificationRow.status))) == {"held"}
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
        assert release_held(session, now=world.later(59)) == 0
        assert release_held(session, now=world.later(1)) == 4
        assert release_held(session, now=world.now) == 0
        assert set(session.scalars(select(NotificationRow.status))) == {"queued"}
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 2


def test_nothing_is_queued_where_the_change_is_taken_back(world, outage):
    with Session(world.engine) as session:
        row = session.get_one(OutageRow, outage)
        position = session.scalar(text("SELECT min(position) FROM change_log"))
        kind = MessageKind.ETR_CHANGED
        assert queue_notifications(session, outage=row, kind=kind, change_position=position, now=world.now)
        session.rollback()
    with read_transaction(world.engine) as session:
        assert set(session.scalars(select(NotificationRow.kind))) == {"confirmed"}
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 2


def test_who_has_supply_again_is_not_told_of_what_comes_later(world, outage):
    with intake_transaction(world.engine) as session:
        forget(session)
        gone = session.get_one(AffectedRow, (outage, "a1"))
        gone.ended_at = world.later(5)
        session.flush()
        row = session.get_one(OutageRow, outage)
        position = session.scalar(text("SELECT max(position) FROM change_log"))
        kind = MessageKind.ETR_CHANGED
        queue_notifications(session, outage=row, kind=kind, change_position=position, now=world.now)
        assert sorted(session.scalars(select(NotificationRow.account))) == ["A-a2", "A-a3", "A-a4"]
