"""`relight benchmark messages`: queueing a storm's messages, each exactly once.

Rule 1: a private database with the real tables, keys and triggers; one outage of so many service points,
each with a customer who has a mail address and a phone, some with choices of their own. The change is
committed, to the disk.
Rule 2: what was queued is compared with what a twin finds that goes through the customers one by one, and the
jobs with the rows: each row that may leave stands in exactly one job.
Rule 3: the peer is one statement a message, and its job, on a thirtieth of the customers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from benchmarks.report import Report, Row
from benchmarks.scale_house import house
from dispatch.message_kinds import MessageKind
from dispatch.message_rules import MessageRules, QuietHours, put_message_rules_in_force
from dispatch.notifications import LANGUAGES, queue_notifications, set_channels
from dispatch.outages import outage_row
from dispatch.transactions import read_transaction, write_transaction
from gis.network_partitions import attach_partitions, make_partitions

SIZES = (300_000,)
QUEUED_WITHIN_S = 60.0
NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # half past eleven at night in Shanghai
_PEER_SHARE = 30
_ZONE = "Asia/Shanghai"

WORDS = """Made by `relight benchmark messages --save docs/benchmarks`. One outage is told to all it holds, by
mail and text message: one statement writes the rows and the jobs that deliver them, committed to the disk. A
fifth of the customers chose quiet hours, a tenth left one of the channels, and of one in a thousand the life
hangs on the supply. What was queued is compared with a twin that asks customer by customer, and the jobs with
the rows."""

_FILL = (
    """
    INSERT INTO network_version (id, name, source, format, status, imported_at, counts, findings)
    VALUES (1, 'benchmark', 'benchmark', 'text', 'active', now(), '{}', '[]')
    """,
    """
    INSERT INTO service_point (network_version, id, node, phases, customers, account, priority)
    SELECT 1, 'SP-' || n, 'N', 'ABC', 1, 'A-' || n, CASE WHEN n % 1000 = 0 THEN 'life_support' END
    FROM generate_series(1, CAST(:size AS bigint)) AS n
    """,
    """
    INSERT INTO customer (network_version, account, email, phone, phone_digits, language)
    SELECT 1, 'A-' || n, 'c' || n || '@example.org', '+1555' || n, '1555' || n,
           CASE n % 2 WHEN 0 THEN 'zh' ELSE 'en' END
    FROM generate_series(1, CAST(:size AS bigint)) AS n
    """,
    """
    INSERT INTO message_preference (account, quiet_from, quiet_until, outages, progress, planned, changed_at)
    SELECT 'A-' || n, 1320, 420, true, true, true, now()
    FROM generate_series(1, CAST(:size AS bigint)) AS n WHERE n % 5 = 0
    """,
    """
    INSERT INTO message_subscription (account, channel, left_at, changed_at)
    SELECT 'A-' || n, 'sms', now(), now()
    FROM generate_series(1, CAST(:size AS bigint)) AS n WHERE n % 10 = 3
    """,
    """
    INSERT INTO outage (id, version, network_version, status, device, device_kind, phases, probability,
        candidates, reasons, service_points_out, customers_out, started_at, predicted_at, confirmed_at)
    VALUES ('O-1', 1, 1, 'confirmed', 'D', 'breaker', 'ABC', 1, '[]', '[]', :size, :size, now(), now(), now())
    """,
    """
    INSERT INTO affected_service_point (outage_id, service_point, phases, started_at, customers)
    SELECT 'O-1', 'SP-' || n, 'ABC', now(), 1 FROM generate_series(1, CAST(:size AS bigint)) AS n
    """,
    """
    INSERT INTO change_log (position, recorded_at, occurred_at, name, actor, subject, outage_id, data)
    SELECT n, now(), now(), 'outage.confirmed', 'benchmark', 'outage:O-1', 'O-1', '{}'
    FROM generate_series(1, 3) AS n
    """,
)
_ROWS = text(
    "SELECT account, channel, language, status, rank FROM notification WHERE change_position = :position"
)
_IN_JOBS = text(
    "SELECT count(*), count(DISTINCT message.number) FROM procrastinate_jobs, "
    "jsonb_array_elements(args -> 'notification_ids') AS message (number)"
)
_PEER_ROW = text(
    "INSERT INTO notification (account, channel, change_position, outage_id, kind, language, queued_at) "
    "VALUES (:account, :channel, 3, 'O-1', 'confirmed', :language, :now) "
    "ON CONFLICT DO NOTHING RETURNING id"
)
_PEER_JOB = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
    "VALUES ('peer', 'peer', jsonb_build_object('notification_ids', jsonb_build_array(CAST(:id AS bigint))))"
)


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows for each size, a number of customers."""
    return Report("messages", tuple(row for size in sizes for row in _measure(size, progress)))


def write(report: Report, folder: Path) -> None:
    """Write the table of a report into a folder, as `docs/benchmarks/` has it."""
    (folder / "messages.md").write_text(report.as_page(WORDS), encoding="utf-8")


def _measure(size: int, progress: Callable[[str], None]) -> Iterator[Row]:
    case, limit = f"{size:,} customers out", QUEUED_WITHIN_S if size >= SIZES[0] else None
    with house() as home:
        progress(f"{case}: making them")
        _fill(home.engine, size)
        progress(f"{case}: queueing")
        seconds, queued = _queue(home.engine, position=1)
        owed = _twin(size)
        found = _found(home.engine, position=1)
        is_equal = queued == len(owed) and found == owed and _jobs_fit(home.engine, owed)
        yield Row(case, "queued on two channels", seconds, "s", target=limit, at_most=True, equal=is_equal)
        yield Row(case, "messages queued in a second", queued / seconds, "1/s")
        progress(f"{case}: queueing the same again")
        again_s, again = _queue(home.engine, position=1)
        yield Row(case, "the same change again", again_s, "s", equal=again == 0)
        progress(f"{case}: the peer")
        count, peer_s = _queue_one_by_one(home.engine, max(size // _PEER_SHARE, 1))
        yield Row(
            case,
            "for a thousand messages",
            seconds / queued * 1_000_000,
            "ms",
            peer="one statement a message",
            peer_value=peer_s / count * 1_000_000,
        )


def _fill(engine: Engine, size: int) -> None:
    with write_transaction(engine) as session:
        put_message_rules_in_force(
            session, rules=MessageRules(time_zone=_ZONE, quiet=None), new_key=b"benchmark"
        )
        set_channels(session, channels=["email", "sms"])
        make_partitions(session, network_version=1)
        attach_partitions(session, network_version=1)
        for statement in _FILL:
            session.execute(text(statement), {"size": size} if ":size" in statement else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _queue(engine: Engine, *, position: int) -> tuple[float, int]:
    begun = time.perf_counter()
    with write_transaction(engine) as session:
        queued = queue_notifications(
            session,
            outage=outage_row(session, outage_id="O-1"),
            kind=MessageKind.CONFIRMED,
            change_position=position,
            now=NOW,
        )
    return time.perf_counter() - begun, queued


def _twin(size: int) -> dict[tuple[str, str], tuple[str, str, int]]:
    """Return what is owed by account and channel: language, state and rank, customer by customer."""
    quiet = QuietHours(22 * 60, 7 * 60)
    is_night = quiet.until(NOW, time_zone=ZoneInfo(_ZONE)) is not None
    owed = {}
    for number in range(1, size + 1):
        rank = 0 if number % 1000 == 0 else 4
        is_held = is_night and number % 5 == 0 and rank > 0
        said = (LANGUAGES[1 - number % 2], "held" if is_held else "queued", rank)
        owed[f"A-{number}", "email"] = said
        if number % 10 != 3:  # noqa: PLR2004 - those who left, as above
            owed[f"A-{number}", "sms"] = said
    return owed


def _found(engine: Engine, *, position: int) -> dict[tuple[str, str], tuple[str, str, int]]:
    with read_transaction(engine) as session:
        rows = session.execute(_ROWS, {"position": position})
        return {(row.account, row.channel): (row.language, row.status, row.rank) for row in rows}


def _jobs_fit(engine: Engine, owed: dict[tuple[str, str], tuple[str, str, int]]) -> bool:
    """Return whether each message that may leave stands in exactly one job."""
    wanted = sum(status == "queued" for _, status, _ in owed.values())
    with read_transaction(engine) as session:
        count, different = session.execute(_IN_JOBS).one()
    return bool(count == different == wanted)


def _queue_one_by_one(engine: Engine, count: int) -> tuple[int, float]:
    begun = time.perf_counter()
    with write_transaction(engine) as session:
        for number in range(1, count + 1):
            values = {"account": f"A-{number}", "channel": "email", "language": "en", "now": NOW}
            id = session.scalar(_PEER_ROW, values)
            session.execute(_PEER_JOB, {"id": id})
    return count, time.perf_counter() - begun
