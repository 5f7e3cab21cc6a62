"""Which of its skills a crew holds today: those for which enough members have a valid certificate. Pure.

RULE 1: a crew without members on file has the skills it was entered with; whoever entered it vouches.
RULE 2: with members, it has a skill while at least `MEMBERS_NEEDED` of them hold a valid certificate for it.
RULE 3: a certificate is valid until the end of its last day, by UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dispatch.skills import Skill

# One operates and one watches: switching is never done alone (China's safety rules for power work,
# 电力安全工作规程, 倒闸操作应由两人进行, and the two-person rule of OSHA 1910.269(l)(2) at high voltage).
MEMBERS_NEEDED = {Skill.SWITCHING: 2, Skill.SUBSTATION: 2}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One member's certified skill; `expires_on` is its last valid day, None if it has no end."""

    member: str
    skill: str
    expires_on: date | None

    def is_valid(self, today: date) -> bool:
        """Tell whether it holds on this day."""
        return self.expires_on is None or today <= self.expires_on


class Lapse(StrEnum):
    """Why a crew does not have a skill it was entered with."""

    EXPIRED = "expired"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class SkillStanding:
    """How a crew stands with one skill.

    `lapse` is None while it holds. `valid` of `needed` members have a valid certificate; `until` is the day
    after which that is too few (None: no end in sight), `expired_on` the last day of the newest that expired.
    """

    skill: str
    valid: int
    needed: int
    lapse: Lapse | None
    until: date | None
    expired_on: date | None

    @property
    def text(self) -> str:
        """Say it in English."""
        if self.lapse is None:
            return f"{self.skill}: held until {self.until}" if self.until else f"{self.skill}: held"
        if self.lapse is Lapse.EXPIRED:
            return f"{self.skill}: expired on {self.expired_on}; {self.valid} of {self.needed} certified"
        return f"{self.skill}: {self.valid} of {self.needed} members certified"


def skill_standings(
    *, declared: Sequence[str], members: int, certificates: Sequence[Certificate], today: date
) -> tuple[SkillStanding, ...]:
    """Return how a crew stands with each skill it was entered with, in order of skill.

    Args:
        declared: the skills the crew was entered with.
        members: how many members are on file; 0 means that nobody is (rule 1).
        certificates: those of its members.
        today: the day of the question, by UTC.
    """
    return tuple(_standing(skill, members, certificates, today) for skill in sorted(set(declared)))


def _standing(skill: str, members: int, certificates: Sequence[Certificate], today: date) -> SkillStanding:
    if members == 0:
        return SkillStanding(skill=skill, valid=0, needed=0, lapse=None, until=None, expired_on=None)
    needed = MEMBERS_NEEDED.get(Skill(skill), 1)
    own = [one for one in certificates if one.skill == skill]
    valid = [one for one in own if one.is_valid(today)]
    expired = [one.expires_on for one in own if not one.is_valid(today) and one.expires_on is not None]
    lapse = until = None
    if len(valid) < needed:
        lapse = Lapse.EXPIRED if expired else Lapse.TOO_FEW
    else:
        # The skill lasts as long as the `needed`-th longest certificate.
        until = sorted((one.expires_on or date.max for one in valid), reverse=True)[needed - 1]
        until = None if until == date.max else until
    return SkillStanding(
        skill=skill,
        valid=len(valid),
        needed=needed,
        lapse=lapse,
        until=until,
        expired_on=max(expired, default=None),
    )
