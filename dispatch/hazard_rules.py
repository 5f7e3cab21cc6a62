"""Hazards first: levels, their clocks, what a waiting authority changes, and what closing one takes. Pure.

RULE 1: a kind of hazard begins at a level of its own; a person may set another.
RULE 2: a level gives minutes to acknowledge, to have somebody on site, and to make safe, each a deadline of
    its own from when the hazard was raised.
RULE 3: a higher level never gives more time than there was: of the old and the new deadline the earlier one
    holds. A lower level counts from when a person set it.
RULE 4: police or a fire brigade who wait make it a danger at least, and must be relieved in time; somebody
    of ours has to stand there by then.
RULE 5: a warning is given when a quarter of the time is left, and when it is over; each once.
RULE 6: it is closed with evidence only: what was found, who saw it, when, and a photo or a crew's own
    finding; with nobody of others waiting still, and no crew at it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from dispatch.hazard_kinds import HazardKind, HazardStatus
from dispatch.skills import Skill


class Level(IntEnum):
    """How bad it is, the worst first."""

    IMMINENT_DANGER = 1
    DANGER = 2
    NUISANCE = 3


class Stage(StrEnum):
    """What a clock runs for."""

    ACKNOWLEDGE = "acknowledge"
    ATTEND = "attend"
    RELIEVE = "relieve"
    MAKE_SAFE = "make_safe"


@dataclass(frozen=True, slots=True)
class Limits:
    """Minutes from raising to each stage; `relieve` counts from when the authority began to wait."""

    acknowledge: float
    attend: float
    make_safe: float
    relieve: float


# Three levels as wires-down plans in the north-east of the USA have them: a threat to life; hindering police
# and fire brigade; site secured. Arrival follows the 45 and 90 minutes of State Grid's service promise for
# town and country. The other minutes are our own judgement (docs/hazards.md).
LIMITS = {
    Level.IMMINENT_DANGER: Limits(acknowledge=5.0, attend=45.0, make_safe=120.0, relieve=45.0),
    Level.DANGER: Limits(acknowledge=15.0, attend=90.0, make_safe=240.0, relieve=60.0),
    Level.NUISANCE: Limits(acknowledge=60.0, attend=240.0, make_safe=1440.0, relieve=60.0),
}
FIRST_LEVEL = {
    HazardKind.WIRE_DOWN: Level.IMMINENT_DANGER,
    HazardKind.FIRE: Level.IMMINENT_DANGER,
    HazardKind.SMOKE: Level.DANGER,
    HazardKind.BURNING_SMELL: Level.DANGER,
    HazardKind.TREE_ON_LINE: Level.DANGER,
    HazardKind.BLOCKED_ROAD: Level.DANGER,
    HazardKind.OTHER: Level.NUISANCE,
}
# Of the time for a stage, the share that is left when its warning is given.
WARNING_SHARE = 0.25
# Reports of one family, so near and so soon after the last, are of one hazard: a wire lies over a span or so.
SAME_WITHIN_M = 150.0
SAME_WITHIN = timedelta(hours=6)
_FAMILIES = {HazardKind.SMOKE: HazardKind.FIRE, HazardKind.BURNING_SMELL: HazardKind.FIRE}


@dataclass(frozen=True, slots=True)
class MakeSafeWork:
    """What making safe takes: minutes at the place, and skills."""

    minutes: float
    skills: tuple[Skill, ...]


# To find, switch off, test, earth and guard: our own judgement, without counts behind it.
MAKE_SAFE_WORK = {
    HazardKind.WIRE_DOWN: MakeSafeWork(45.0, (Skill.LINE,)),
    HazardKind.FIRE: MakeSafeWork(45.0, (Skill.SWITCHING,)),
    HazardKind.SMOKE: MakeSafeWork(30.0, (Skill.SWITCHING,)),
    HazardKind.BURNING_SMELL: MakeSafeWork(30.0, (Skill.LOW_VOLTAGE,)),
    HazardKind.TREE_ON_LINE: MakeSafeWork(60.0, (Skill.LINE,)),
    HazardKind.BLOCKED_ROAD: MakeSafeWork(60.0, (Skill.LINE,)),
    HazardKind.OTHER: MakeSafeWork(30.0, ()),
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """By when each stage is to be done; None where it is not asked for."""

    acknowledge_by: datetime
    attend_by: datetime
    make_safe_by: datetime
    relieve_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One running clock: from when until when."""

    stage: Stage
    since: datetime
    due_at: datetime

    @property
    def warns_at(self) -> datetime:
        """Return from when on it is said that time runs out."""
        return self.due_at - (self.due_at - self.since) * WARNING_SHARE

    def is_over(self, now: datetime) -> bool:
        """Return whether the time is over."""
        return now >= self.due_at


@dataclass(frozen=True, slots=True)
class HazardFacts:
    """What the rules need to know of one hazard."""

    status: HazardStatus
    level: Level
    raised_at: datetime
    deadlines: Deadlines
    is_acknowledged: bool = False
    is_attended: bool = False
    is_made_safe: bool = False
    waiting_since: datetime | None = None
    has_outcome: bool = False
    has_finder: bool = False
    has_finding_time: bool = False
    has_photo: bool = False
    has_crew_finding: bool = False
    has_crew: bool = False


def family(kind: HazardKind) -> HazardKind:
    """Return the kind that reports are compared by: smoke, smells and fire may be one fire."""
    return _FAMILIES.get(kind, kind)


def kind_told(word: str) -> HazardKind:
    """Return the kind that a report means; a word nobody knows is some other danger, and never dropped."""
    return HazardKind(word) if word in set(HazardKind) else HazardKind.OTHER


def first_deadlines(level: Level, *, raised_at: datetime) -> Deadlines:
    """Return the deadlines of a hazard raised at a level (rule 2)."""
    limits = LIMITS[level]
    return Deadlines(
        acknowledge_by=raised_at + timedelta(minutes=limits.acknowledge),
        attend_by=raised_at + timedelta(minutes=limits.attend),
        make_safe_by=raised_at + timedelta(minutes=limits.make_safe),
    )


def deadlines_at_level(old: Deadlines, *, before: Level, after: Level, now: datetime) -> Deadlines:
    """Return the deadlines once a person has set another level (rule 3)."""
    new = first_deadlines(after, raised_at=now)
    if after > before:
        return Deadlines(new.acknowledge_by, new.attend_by, new.make_safe_by, old.relieve_by)
    return Deadlines(
        acknowledge_by=min(old.acknowledge_by, new.acknowledge_by),
        attend_by=min(old.attend_by, new.attend_by),
        make_safe_by=min(old.make_safe_by, new.make_safe_by),
        relieve_by=old.relieve_by,
    )


def level_with_authority(level: Level) -> Level:
    """Return the level once an authority waits (rule 4)."""
    return min(level, Level.DANGER)


def relieve_by(level: Level, *, waiting_since: datetime) -> datetime:
    """Return by when a waiting authority must be relieved (rule 4)."""
    return waiting_since + timedelta(minutes=LIMITS[level].relieve)


def running_clocks(facts: HazardFacts) -> list[Clock]:
    """Return the clocks that run, the one due first at the front; none once it is safe and nobody waits."""
    due, clocks = facts.deadlines, []
    if facts.status is HazardStatus.CLOSED:
        return []
    if not facts.is_acknowledged and not facts.is_attended and not facts.is_made_safe:
        clocks.append(Clock(Stage.ACKNOWLEDGE, facts.raised_at, due.acknowledge_by))
    if not facts.is_attended and not facts.is_made_safe:
        clocks.append(Clock(Stage.ATTEND, facts.raised_at, due.attend_by))
    if not facts.is_made_safe:
        clocks.append(Clock(Stage.MAKE_SAFE, facts.raised_at, due.make_safe_by))
    if facts.waiting_since is not None and due.relieve_by is not None:
        clocks.append(Clock(Stage.RELIEVE, facts.waiting_since, due.relieve_by))
    return sorted(clocks, key=lambda clock: (clock.due_at, clock.stage))


def warnings_due(facts: HazardFacts, *, warned: Collection[str], now: datetime) -> list[str]:
    """Return the warnings to give now, `stage_soon` or `stage_over`, that were not given before (rule 5)."""
    found = []
    for clock in running_clocks(facts):
        over, soon = f"{clock.stage}_over", f"{clock.stage}_soon"
        if clock.is_over(now):
            found += [] if over in warned else [over]
        elif now >= clock.warns_at:
            found += [] if soon in warned else [soon]
    return found


def missing_to_close(facts: HazardFacts) -> list[str]:
    """Return what closing still lacks, as codes (rule 6); empty where it may be closed."""
    checks = {
        "outcome": facts.has_outcome,
        "found_by": facts.has_finder,
        "found_at": facts.has_finding_time,
        "photo_or_crew_finding": facts.has_photo or facts.has_crew_finding,
        "authority_relieved": facts.waiting_since is None,
        "crew_finished": not facts.has_crew,
    }
    return [code for code, is_there in checks.items() if not is_there]
