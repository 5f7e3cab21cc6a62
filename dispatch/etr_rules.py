"""Which of the words about a restoration is published, with what window, and when it is about to lapse. Pure.

RULE 1: of each tier the newest word counts; one without a time is taken back, and says nothing.
RULE 2: a person speaks before the engine. Of crew and dispatcher the newer word speaks: a dispatcher's
    override holds until the crew speaks again, and the crew's word stands beside it.
RULE 3: else the plan speaks before the rule; an engine's word whose time is past says nothing any more.
RULE 4: what speaks is published where it has another source than what is published, or a dispatcher has just
    said it, or its time differs by the publish threshold. Below that it is kept, and not published; but not
    where what is published is about to lapse and the new time is later.
RULE 5: what is published is sent where it differs by the threshold from what customers were told last; a mere
    estimate, where it lies outside the window that they were told: plans move all the time.
RULE 6: the alarm is due a set time before a published time, but never before half of the time to it is over:
    so it always comes before the time, also where a crew says "in ten minutes".
RULE 7: a window holds the restoration in four of five cases. Its ends are shares of the time from when it was
    said: learned from finished outages where there are enough, else by source (SPREADS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.etr import ROUNDING, TIER_OF, EtrSource, EtrTier, rounded_up

BY_A_PERSON = (EtrTier.CREW, EtrTier.DISPATCHER)
DEFAULT_PUBLISH_MINUTES = 10.0
DEFAULT_ALARM_MINUTES = 20.0
_HALF = 0.5
# Nobody has looked yet, or said so.
ESTIMATES = (EtrSource.DEVICE_KIND, EtrSource.DEVICE_KIND_AND_TRAVEL, EtrSource.PLAN)


@dataclass(frozen=True, slots=True)
class EtrRules:
    """Below which change nothing is sent, and how long before an ETR lapses the alarm comes."""

    publish: timedelta = timedelta(minutes=DEFAULT_PUBLISH_MINUTES)
    alarm: timedelta = timedelta(minutes=DEFAULT_ALARM_MINUTES)


@dataclass(frozen=True, slots=True)
class Spread:
    """The ends of a window, as shares of the time from when a word is said to the time it says."""

    low: float
    high: float


# Until there is history: what came true in storms of the demo, to the next twentieth, and judgement for the
# dispatcher. Times are pessimistic on purpose, so that supply is often back before.
SPREADS = {
    EtrSource.DEVICE_KIND: Spread(0.4, 1.75),
    EtrSource.DEVICE_KIND_AND_TRAVEL: Spread(0.4, 1.6),
    EtrSource.ASSESSED: Spread(0.4, 1.3),
    EtrSource.PLAN: Spread(0.4, 1.25),
    EtrSource.CREW: Spread(0.4, 1.2),
    EtrSource.DISPATCHER: Spread(0.5, 1.5),
}
# A window that history would make wider than this says nothing to anybody.
WIDEST = Spread(0.0, 4.0)


@dataclass(frozen=True, slots=True)
class EtrWord:
    """What a tier said: a time with its window, or None where it was taken back. `number` orders words."""

    number: int
    source: EtrSource
    at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    said_at: datetime

    @property
    def tier(self) -> EtrTier:
        """Return whose word it is."""
        return TIER_OF[self.source]


@dataclass(frozen=True, slots=True)
class PublishedEtr:
    """What is published of an outage now; `warn_at` is when the alarm is due."""

    at: datetime | None
    source: str | None
    warn_at: datetime | None


def newest_words(words: Iterable[EtrWord]) -> dict[EtrTier, EtrWord]:
    """Return the newest word of each tier (rule 1), those taken back included."""
    newest: dict[EtrTier, EtrWord] = {}
    for word in words:
        before = newest.get(word.tier)
        if before is None or word.number > before.number:
            newest[word.tier] = word
    return newest


def speaking_word(newest: Mapping[EtrTier, EtrWord], *, now: datetime) -> EtrWord | None:
    """Return the word that speaks for the outage (rules 1 to 3), None where nobody says anything."""
    standing = {tier: word for tier, word in newest.items() if word.at is not None}
    persons = [standing[tier] for tier in BY_A_PERSON if tier in standing]
    if persons:
        return max(persons, key=lambda word: word.number)
    engine = (standing.get(tier) for tier in (EtrTier.PLAN, EtrTier.RULE))
    return next((word for word in engine if word is not None and word.at and word.at > now), None)


def is_to_publish(
    word: EtrWord | None, published: PublishedEtr, *, rules: EtrRules, now: datetime, is_new: bool = True
) -> bool:
    """Return whether what speaks takes the place of what is published (rule 4); `is_new`: just said."""
    if word is None or word.at is None:
        return published.at is not None
    if published.at is None or word.source != published.source:
        return True
    if word.at == published.at:
        return False
    if word.tier is EtrTier.DISPATCHER and is_new:
        return True
    lapses = published.warn_at is not None and now >= published.warn_at and word.at > published.at
    return lapses or abs(word.at - published.at) >= rules.publish


def is_to_send(word: EtrWord | None, *, told: EtrWord | None, rules: EtrRules) -> bool:
    """Return whether customers are told of a published word, having been told `told` last (rule 5)."""
    if word is None or word.at is None:
        return False
    if told is None or told.at is None or told.earliest is None or told.latest is None:
        return True
    if abs(word.at - told.at) < rules.publish:
        return False
    return word.source not in ESTIMATES or not told.earliest <= word.at <= told.latest


def alarm_at(at: datetime, *, said_at: datetime, rules: EtrRules) -> datetime:
    """Return when the alarm about a time is due: before it, and after it was said (rule 6)."""
    return max(at - rules.alarm, said_at + _HALF * (at - said_at))


def window(at: datetime, *, said_at: datetime, spread: Spread) -> tuple[datetime, datetime]:
    """Return from when to when supply is back in four of five cases (rule 7), in steps of five minutes.

    Never from before it was said, and never without the time itself.
    """
    ahead = at - said_at
    earliest = _rounded_down(said_at + max(spread.low, WIDEST.low) * ahead)
    latest = rounded_up(said_at + min(spread.high, WIDEST.high) * ahead)
    return min(max(earliest, said_at), at), max(latest, at)


def _rounded_down(at: datetime) -> datetime:
    up = rounded_up(at)
    return at if up == at else up - ROUNDING
