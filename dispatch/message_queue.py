"""Queueing messages: one statement writes them all, with the jobs that deliver them.

RULE 1: one row per customer, channel and change; the database's unique key refuses a second one.
RULE 2: rows and jobs come from one statement in the change's own transaction: all of them, or none. No row
is carried through this process, so that three hundred thousand take seconds.
RULE 3: a batch is of one change, channel, language and rank. Whose life hangs on supply has the first rank,
and first batches are taken first.
RULE 4: what falls into a customer's quiet hours is held until they end, but for the first rank.
RULE 5: a danger is told to everybody whom the outage holds or held, by the first rank and whatever they chose
to hear, but where they left; nobody is told the same danger of an outage twice on a channel.
No address, number or name stands in a job.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from dispatch.message_kinds import DANGERS, TOPIC_OF, MessageKind, MessageStatus
from dispatch.message_rules import MessageRules, message_rules_in_force
from dispatch.tables import NotificationRow

DELIVERY_TASK = "deliver_notifications"
BATCH_SIZE = 200

# Who is concerned, and on which channels they are reached.
_REACHED = """
WITH told AS (
    SELECT affected.service_point AS id
    FROM affected_service_point AS affected
    WHERE affected.outage_id = :outage_id
      AND (
        :is_danger
        OR (NOT :is_restored AND affected.ended_at IS NULL)
        OR (
            :is_restored AND affected.ended_at = :back_at
            AND NOT EXISTS (
                SELECT FROM affected_service_point AS elsewhere
                WHERE elsewhere.service_point = affected.service_point AND elsewhere.ended_at IS NULL
            )
        )
      )
    UNION ALL
    SELECT unnest(CAST(:service_points AS text[]))
),
concerned AS (
    SELECT service_point.account,
           min(
               CASE
                   WHEN :is_danger OR service_point.priority = 'life_support' THEN 0
                   WHEN service_point.priority = 'important_1' THEN 1
                   WHEN service_point.priority = 'important_2' THEN 2
                   WHEN service_point.priority = 'sensitive' THEN 3
                   ELSE 4
               END
           ) AS rank
    FROM told
    JOIN service_point ON service_point.network_version = :network_version AND service_point.id = told.id
    WHERE service_point.account IS NOT NULL
    GROUP BY service_point.account
),
reachable AS (
    SELECT concerned.account, channel.name AS channel, concerned.rank,
           COALESCE(
               preference.language, CASE WHEN lower(customer.language) LIKE 'zh%' THEN 'zh' ELSE 'en' END
           ) AS language,
           CASE WHEN preference.account IS NULL THEN CAST(:quiet_from AS integer)
                ELSE preference.quiet_from END AS quiet_from,
           CASE WHEN preference.account IS NULL THEN CAST(:quiet_until AS integer)
                ELSE preference.quiet_until END AS quiet_until
    FROM concerned
    CROSS JOIN (SELECT 'email' AS name UNION SELECT name FROM message_channel) AS channel
    LEFT JOIN customer
        ON customer.network_version = :network_version AND customer.account = concerned.account
    LEFT JOIN message_preference AS preference ON preference.account = concerned.account
    LEFT JOIN message_subscription AS subscription
        ON subscription.account = concerned.account AND subscription.channel = channel.name
    WHERE subscription.left_at IS NULL
      AND COALESCE(
          subscription.address,
          CASE channel.name WHEN 'email' THEN customer.email WHEN 'sms' THEN customer.phone_digits END
      ) IS NOT NULL
      AND COALESCE(
          CASE :topic WHEN 'outages' THEN preference.outages WHEN 'progress' THEN preference.progress
                      WHEN 'planned' THEN preference.planned END,
          true
      )
),
reached AS (
    SELECT reachable.*
    FROM reachable
    WHERE NOT (
        :is_danger
        AND EXISTS (
            SELECT FROM notification AS before
            WHERE before.outage_id = :outage_id AND before.account = reachable.account
              AND before.channel = reachable.channel AND before.kind = :kind
              AND before.status NOT IN ('failed', 'dropped')
        )
    )
)
"""

# Jobs are written as procrastinate's own function for it does; its version is pinned.
_QUEUE = text(
    f"""{_REACHED},
timed AS (
    SELECT account, channel, rank, language,
           CASE
               WHEN rank > 0 AND (
                   (quiet_from < quiet_until AND :minute >= quiet_from AND :minute < quiet_until)
                   OR (quiet_from > quiet_until AND (:minute >= quiet_from OR :minute < quiet_until))
               )
               THEN timezone(
                   :time_zone,
                   CAST(:midnight AS timestamp)
                   + make_interval(
                       days => CASE WHEN quiet_until <= :minute THEN 1 ELSE 0 END, mins => quiet_until
                   )
               )
           END AS not_before
    FROM reached
),
queued AS (
    INSERT INTO notification (account, channel, change_position, outage_id, planned_outage_id, kind, language,
        rank, queued_at, not_before, status)
    SELECT account, channel, :position, :outage_id, :planned_outage_id, :kind, language,
           rank, :now, not_before, CASE WHEN not_before IS NULL THEN 'queued' ELSE 'held' END
    FROM timed
    ORDER BY rank, account
    ON CONFLICT (account, channel, change_position) DO NOTHING
    RETURNING id, channel, language, rank, status
),
released AS (SELECT id, channel, language, rank FROM queued WHERE status = 'queued'),
batched AS (
    SELECT id, channel, language, rank,
           (row_number() OVER (PARTITION BY channel, language, rank ORDER BY id) - 1) / :batch_size AS batch
    FROM released
),
jobs AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)
    SELECT 'notifications_' || channel, :task, 4 - rank,
           jsonb_build_object('notification_ids', jsonb_agg(id ORDER BY id))
    FROM batched
    GROUP BY channel, language, rank, batch
    ORDER BY rank, min(id)
)
SELECT count(*) FROM queued
"""  # noqa: S608 - put together from constants
)

_COUNT = text(
    f"""{_REACHED}
SELECT (SELECT count(*) FROM concerned) AS customers,
       (SELECT count(DISTINCT account) FROM reached) AS reached,
       (SELECT count(DISTINCT account) FROM reachable) AS reachable,
       COALESCE(
           (
               SELECT jsonb_object_agg(channel, messages)
               FROM (SELECT channel, count(*) AS messages FROM reached GROUP BY channel) AS counted
           ),
           '{{}}'
       ) AS messages
"""  # noqa: S608 - put together from constants
)

# What was held until now, or what a person wants sent once more.
_RELEASE = text(
    """
WITH released AS (
    UPDATE notification
    SET status = 'queued', because = NULL, attempts = CASE status WHEN 'held' THEN attempts ELSE 0 END
    WHERE (status = 'held' AND not_before <= :held_until)
       OR (status IN ('failed', 'uncertain') AND id = ANY(CAST(:ids AS bigint[])))
    RETURNING id, channel, language, rank
),
batched AS (
    SELECT id, channel, language, rank,
           (row_number() OVER (PARTITION BY channel, language, rank ORDER BY id) - 1) / :batch_size AS batch
    FROM released
),
jobs AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)
    SELECT 'notifications_' || channel, :task, 4 - rank,
           jsonb_build_object('notification_ids', jsonb_agg(id ORDER BY id))
    FROM batched
    GROUP BY channel, language, rank, batch
    ORDER BY rank, min(id)
)
SELECT count(*) FROM released
"""
)


@dataclass(frozen=True, slots=True)
class About:
    """What messages are about: an outage, with those still out or back since `back_at`; or planned work."""

    network_version: int
    outage_id: str | None = None
    back_at: datetime | None = None
    planned_outage_id: str | None = None
    service_points: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a message would reach now: customers concerned, those reached, and the messages by channel.

    `told`: customers whom everything has reached before; `unreached`: those that no channel reaches.
    """

    customers: int
    reached: int
    told: int
    unreached: int
    messages: Mapping[str, int]


def delivery_queue(channel: str) -> str:
    """Return the name of the queue in which the batches of a channel wait."""
    return f"notifications_{channel}"


def queue_messages(
    session: Session, *, about: About, kind: MessageKind, change_position: int, now: datetime
) -> int:
    """Queue one message to each customer concerned on each channel that reaches them; return how many."""
    rules = message_rules_in_force(session)
    session.flush()
    values = {
        **_whom(about, kind, rules),
        **_when(rules, now),
        "planned_outage_id": about.planned_outage_id,
        "position": change_position,
        "now": now,
        "task": DELIVERY_TASK,
        "batch_size": BATCH_SIZE,
    }
    return session.scalar(_QUEUE, values) or 0


def reach_of(session: Session, *, about: About, kind: MessageKind) -> Reach:
    """Return whom `queue_messages` would tell; nothing is queued."""
    session.flush()
    found = session.execute(_COUNT, _whom(about, kind, message_rules_in_force(session))).one()
    return Reach(
        customers=found.customers,
        reached=found.reached,
        told=found.reachable - found.reached,
        unreached=found.customers - found.reachable,
        messages=found.messages,
    )


def held_is_due(session: Session, *, now: datetime) -> bool:
    """Return whether anything that was held is to be released."""
    is_due = NotificationRow.status == MessageStatus.HELD, NotificationRow.not_before <= now
    return bool(session.scalar(select(exists().where(*is_due))))


def release_held(session: Session, *, now: datetime) -> int:
    """Queue what was held and whose quiet hours are over; return how many.

    Whether anybody still needs it is decided when it leaves (dispatch/delivery.py).
    """
    return _release(session, held_until=now, ids=())


def queue_again(session: Session, *, ids: Collection[int]) -> int:
    """Queue messages once more that failed, or whose outcome nobody knows; return how many."""
    return _release(session, held_until=None, ids=ids)


def _release(session: Session, *, held_until: datetime | None, ids: Collection[int]) -> int:
    values = {"held_until": held_until, "ids": sorted(ids), "task": DELIVERY_TASK, "batch_size": BATCH_SIZE}
    return session.scalar(_RELEASE, values) or 0


def _whom(about: About, kind: MessageKind, rules: MessageRules) -> dict[str, object]:
    return {
        "network_version": about.network_version,
        "outage_id": about.outage_id,
        "service_points": sorted(about.service_points),
        "is_danger": kind in DANGERS,
        "is_restored": kind is MessageKind.RESTORED,
        "back_at": about.back_at,
        "kind": str(kind),
        # A danger is of no topic: whatever somebody chose to hear, it is told.
        "topic": str(TOPIC_OF.get(kind, "")),
        "quiet_from": rules.quiet.begins if rules.quiet else None,
        "quiet_until": rules.quiet.ends if rules.quiet else None,
    }


def _when(rules: MessageRules, now: datetime) -> dict[str, object]:
    local = now.astimezone(ZoneInfo(rules.time_zone))
    return {
        "time_zone": rules.time_zone,
        "minute": local.hour * 60 + local.minute,
        "midnight": datetime(local.year, local.month, local.day),  # noqa: DTZ001 - local, without its zone
    }
