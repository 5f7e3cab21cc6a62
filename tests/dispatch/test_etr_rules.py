"""Which word is published, whatever the order of words: against a slow twin that goes through all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.etr import TIER_OF, EtrSource, EtrTier
from dispatch.etr_rules import (
    SPREADS,
    EtrRules,
    EtrWord,
    PublishedEtr,
    Spread,
    alarm_at,
    is_to_publish,
    is_to_send,
    newest_words,
    speaking_word,
    window,
)
from dispatch.etr_spreads import ENOUGH, learn_spreads

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RULES = EtrRules()


def in_minutes(minutes):
    return NOON + timedelta(minutes=minutes)


def word(source, minutes, *, number=1, said=0):
    at = in_minutes(minutes) if minutes is not None else None
    return EtrWord(
        number=number,
        source=EtrSource(source),
        at=at,
        earliest=at,
        latest=at,
        said_at=in_minutes(said),
    )


def twin(words, now):
    """The rules as a person reads them: strike out what was replaced, then ask one after the other."""
    left = []
    for one in sorted(words, key=lambda each: each.number):
        left = [other for other in left if TIER_OF[other.source] != TIER_OF[one.source]] + [one]
    left = [one for one in left if one.at is not None]
    of_persons = [one for one in left if str(one.source) in {"crew", "dispatcher"}]
    if of_persons:
        return of_persons[-1]
    of_plan = [one for one in left if str(one.source) == "plan" and one.at > now]
    of_rule = [one for one in left if TIER_OF[one.source] is EtrTier.RULE and one.at > now]
    return (of_plan + of_rule + [None])[0]


said = st.lists(
    st.tuples(st.sampled_from(list(EtrSource)), st.none() | st.integers(-60, 300)), min_size=1, max_size=12
)


@given(said, st.randoms())
@settings(max_examples=150)
def test_whatever_the_order_of_words_the_rules_choose_and_none_is_lost(told, random):
    words = [word(source, at, number=number) for number, (source, at) in enumerate(told)]
    expected = twin(words, NOON)
    shuffled = list(words)
    random.shuffle(shuffled)
    newest = newest_words(shuffled)
    assert speaking_word(newest, now=NOON) == expected
    for tier, found in newest.items():
        assert found == [one for one in words if one.tier is tier][-1]


@given(said)
@settings(max_examples=100)
def test_published_and_speaking_never_part_by_the_threshold(told):
    """Said one after the other: what is published is what speaks, or within the threshold of it."""
    published = PublishedEtr(None, None, None)
    words = []
    for number, (source, at) in enumerate(told):
        words.append(word(source, at, number=number))
        speaks = speaking_word(newest_words(words), now=NOON)
        if is_to_publish(speaks, published, rules=RULES, now=NOON, is_new=speaks is words[-1]):
            published = (
                PublishedEtr(None, None, None)
                if speaks is None
                else PublishedEtr(speaks.at, speaks.source, None)
            )
        if speaks is None:
            assert published.at is None
        else:
            assert published.source == speaks.source
            assert abs(published.at - speaks.at) < RULES.publish


class TestWhoSpeaks:
    def test_a_crews_word_wins_over_the_engine_also_when_the_engine_speaks_later(self):
        newest = newest_words([word("crew", 60, number=1), word("plan", 200, number=2)])
        assert speaking_word(newest, now=NOON).source == "crew"

    def test_of_persons_the_newer_word_speaks(self):
        override = [word("crew", 60, number=1), word("dispatcher", 90, number=2)]
        assert speaking_word(newest_words(override), now=NOON).source == "dispatcher"
        again = [*override, word("crew", 70, number=3)]
        assert speaking_word(newest_words(again), now=NOON).at == in_minutes(70)

    def test_a_crews_word_that_lapsed_stays_until_somebody_says_another(self):
        newest = newest_words([word("crew", -5, number=1), word("plan", 60, number=2)])
        assert speaking_word(newest, now=NOON).source == "crew"

    def test_an_engines_word_that_lapsed_gives_way(self):
        newest = newest_words([word("plan", -5, number=1), word("device_kind", 30, number=2)])
        assert speaking_word(newest, now=NOON).source == "device_kind"


class TestPublishing:
    published = PublishedEtr(in_minutes(90), "crew", in_minutes(70))

    @pytest.mark.parametrize(("minutes", "expected"), [(81, False), (90, False), (99, False), (100, True)])
    def test_below_the_threshold_nothing_is_published(self, minutes, expected):
        assert is_to_publish(word("crew", minutes), self.published, rules=RULES, now=NOON) is expected

    def test_another_source_is_published(self):
        assert is_to_publish(word("dispatcher", 91), self.published, rules=RULES, now=NOON)

    def test_a_dispatcher_is_published_always_and_only_when_it_has_just_spoken(self):
        by_hand = PublishedEtr(in_minutes(90), "dispatcher", in_minutes(70))
        again = word("dispatcher", 92)
        assert is_to_publish(again, by_hand, rules=RULES, now=NOON)
        assert not is_to_publish(again, by_hand, rules=RULES, now=NOON, is_new=False)

    def test_what_is_about_to_lapse_moves_on_by_less(self):
        assert is_to_publish(word("crew", 95), self.published, rules=RULES, now=in_minutes(70))
        assert not is_to_publish(word("crew", 85), self.published, rules=RULES, now=in_minutes(70))

    def test_what_is_sent_differs_from_what_was_told(self):
        assert is_to_send(word("crew", 60), told=None, rules=RULES)
        assert not is_to_send(word("crew", 60), told=word("plan", 55), rules=RULES)
        assert is_to_send(word("crew", 60), told=word("plan", 50), rules=RULES)
        assert not is_to_send(None, told=word("plan", 50), rules=RULES)

    @pytest.mark.parametrize(("minutes", "expected"), [(69, False), (80, False), (81, True), (39, True)])
    def test_an_estimate_is_sent_outside_the_window_that_was_told_only(self, minutes, expected):
        told = replace(word("plan", 60), earliest=in_minutes(40), latest=in_minutes(80))
        assert is_to_send(word("plan", minutes), told=told, rules=RULES) is expected
        assert is_to_send(word("crew", minutes), told=told, rules=RULES) is (abs(minutes - 60) >= 10)


@given(st.integers(1, 2000), st.integers(1, 240))
@settings(max_examples=80)
def test_the_alarm_comes_before_the_time_and_after_the_word(ahead, alarm):
    due = alarm_at(in_minutes(ahead), said_at=NOON, rules=EtrRules(alarm=timedelta(minutes=alarm)))
    assert NOON < due < in_minutes(ahead)
    assert due == in_minutes(max(ahead - alarm, ahead / 2))


@given(st.integers(1, 3000), st.sampled_from(list(EtrSource)))
@settings(max_examples=80)
def test_a_window_holds_the_time_in_steps_of_five_minutes(ahead, source):
    at = in_minutes(ahead)
    earliest, latest = window(at, said_at=NOON, spread=SPREADS[source])
    assert NOON <= earliest <= at <= latest
    assert latest.minute % 5 == 0
    assert earliest in {NOON, at} or earliest.minute % 5 == 0
    assert latest - NOON <= SPREADS[source].high * (at - NOON) + timedelta(minutes=5)


def test_windows_are_learned_where_enough_is_known():
    shares = [("crew", "fuse", 0.5 + 0.05 * number) for number in range(ENOUGH)]
    few = [("plan", "fuse", 1.0)] * (ENOUGH - 1)
    learned = learn_spreads([*shares, *few])
    assert set(learned) == {("crew", "fuse"), ("crew", None)}
    spread = learned["crew", "fuse"]
    inside = sum(spread.low <= share <= spread.high for _, _, share in shares)
    assert inside / ENOUGH == pytest.approx(0.8, abs=0.05)
    # What always came true says "at that time", and no window that leaves the time out.
    assert learn_spreads([("crew", "fuse", 0.4)] * ENOUGH)["crew", None] == Spread(0.4, 1.0)
