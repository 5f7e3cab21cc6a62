"""How the feeds of evidence are doing: what is silent, what comes late, and what only speaks seldom."""

from datetime import UTC, datetime, timedelta

from dispatch.feed_health import (
    FORGOTTEN_AFTER,
    LATE_FROM,
    LOOKED_AT,
    SILENT_KNOWN,
    FeedState,
    Message,
    feed_health,
    feed_of,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def spoken(*minutes_ago, late_s=2.0):
    """Return messages that came so many minutes before noon, made a little earlier."""
    came = [NOON - timedelta(minutes=ago) for ago in minutes_ago]
    return [Message(at - timedelta(seconds=late_s), at) for at in came]


def test_a_feed_that_flows():
    feed = feed_of("last_gasp", "meter_system", spoken(*range(30, 0, -1)), now=NOON)
    assert (feed.state, feed.in_hour, feed.delay_s) == (FeedState.FLOWING, 30, 2.0)
    assert (feed.gap_s, feed.longest_gap_s) == (60.0, 60.0)


def test_a_feed_is_silent_only_where_it_usually_speaks():
    often = spoken(*range(30, 10, -1))
    assert len(often) == SILENT_KNOWN
    assert feed_of("last_gasp", "meter_system", often, now=NOON).state is FeedState.SILENT
    # Once an hour is once an hour.
    seldom = spoken(*range(20 * 60, 10, -60))
    assert feed_of("switch_open", "meter_system", seldom, now=NOON).state is FeedState.FLOWING
    few = spoken(40, 39, 38)
    assert feed_of("trouble_call", "agent", few, now=NOON).state is FeedState.FLOWING


def test_a_feed_that_comes_late():
    late_s = LATE_FROM.total_seconds() + 60
    feed = feed_of("power_up", "meter_system", spoken(*range(30, 0, -1), late_s=late_s), now=NOON)
    assert (feed.state, feed.delay_s, feed.delay_p95_s) == (FeedState.LATE, late_s, late_s)
    # What was late yesterday says nothing of now.
    assert feed_of("power_up", "meter_system", spoken(90, late_s=late_s), now=NOON).state is FeedState.FLOWING


def test_feeds_are_told_by_kind_and_source_and_never_by_a_persons_name(world):
    world.send(("trouble_call", "a1"), ("last_gasp", "a2"), ("last_gasp", "a3"))
    world.send(
        {"id": "f1", "kind": "crew_finding", "at": world.now.isoformat(), "device": "T1", "result": "ok"}
    )
    told = {(feed.kind, feed.source): feed for feed in world.ask(feed_health, now=world.later(1))}
    assert set(told) == {("trouble_call", "desk"), ("last_gasp", "desk"), ("crew_finding", "crew")}
    assert told["last_gasp", "desk"].in_hour == 2
    assert told["last_gasp", "desk"].gap_s == 60.0
    world.later(FORGOTTEN_AFTER.total_seconds() / 60)
    assert world.ask(feed_health, now=world.now) == []


def test_no_more_than_the_last_of_each_kind_is_looked_at(world):
    world.send(*(("last_gasp", f"a{n % 4 + 1}") for n in range(LOOKED_AT + 50)))
    world.send(("trouble_call", "a1"))
    told = {feed.kind: feed.in_hour for feed in world.ask(feed_health, now=world.now)}
    assert told == {"last_gasp": LOOKED_AT, "trouble_call": 1}
